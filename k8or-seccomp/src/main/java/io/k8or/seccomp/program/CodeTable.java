package io.k8or.seccomp.program;

import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Functions;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.References;
import java.util.Map;
import java.util.function.Supplier;

/** What is known of an object's code from a summary; the code itself is read when it is needed. */
final class CodeTable implements MachineCode {
  private final Functions table;
  final boolean[] fallsThrough;
  final References references;
  private final Supplier<MachineCode> code;

  CodeTable(
      Functions table, boolean[] fallsThrough, References references, Supplier<MachineCode> code) {
    this.table = table;
    this.fallsThrough = fallsThrough;
    this.references = references;
    this.code = code;
  }

  @Override
  public Functions table() {
    return table;
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
  public FunctionValues values(int function) {
    return code.get().values(function);
  }

  @Override
  public FunctionValues values(int function, Map<Integer, Long> constants, Memory memory) {
    return code.get().values(function, constants, memory);
  }

  @Override
  public String toString() {
    return table.count() + " functions of a summary";
  }
}
