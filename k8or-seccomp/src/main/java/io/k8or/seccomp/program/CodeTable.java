package io.k8or.seccomp.program;

import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.References;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;

/** What is known of an object's code from a summary; the code itself is read when it is needed. */
final class CodeTable implements MachineCode {
  final long[] starts;
  final long[] ends;
  final boolean[] callable;
  final boolean[] fallsThrough;
  final References references;
  private final Supplier<MachineCode> code;

  CodeTable(
      long[] starts,
      long[] ends,
      boolean[] callable,
      boolean[] fallsThrough,
      References references,
      Supplier<MachineCode> code) {
    this.starts = starts;
    this.ends = ends;
    this.callable = callable;
    this.fallsThrough = fallsThrough;
    this.references = references;
    this.code = code;
  }

  @Override
  public int functions() {
    return starts.length;
  }

  @Override
  public long start(int function) {
    return starts[function];
  }

  @Override
  public long end(int function) {
    return ends[function];
  }

  @Override
  public boolean isCallable(int function) {
    return callable[function];
  }

  @Override
  public boolean fallsThrough(int function) {
    return fallsThrough[function];
  }

  @Override
  public References references() {
    return references;
  }

  @Override
  public int functionAt(long address) {
    int i = Arrays.binarySearch(starts, address);
    i = i >= 0 ? i : -i - 2;
    return i >= 0 && address < ends[i] ? i : -1;
  }

  @Override
  public FunctionValues values(int function) {
    return code.get().values(function);
  }

  @Override
  public FunctionValues values(int function, Map<Integer, Long> constants, Memory memory) {
    return code.get().values(function, constants, memory);
  }

  @Override
  public String toString() {
    return starts.length + " functions of a summary";
  }
}
