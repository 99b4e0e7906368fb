package io.k8or.seccomp.program;

import io.k8or.filesystem.ImagePath;
import io.k8or.loader.LoadedObject;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** One object in this program, and what of it is alive. */
final class ProgramModule {
  final ImagePath path;
  final ObjectAnalysis object;
  final BitSet live = new BitSet();
  final BitSet taken = new BitSet();

  /** Of the taken functions, those that something else than this object takes. */
  final BitSet takenOutside = new BitSet();

  final BitSet slices = new BitSet();
  final BitSet relocations = new BitSet();

  /** Functions of which all can run, and instructions that can, by their references. */
  final BitSet whole = new BitSet();

  final BitSet reached = new BitSet();

  /** The constants that the other functions are entered with. */
  final Map<Integer, Set<Map<Integer, Long>>> entries = new HashMap<>();

  /** Who calls or jumps to a function: caller's module, function, instruction, 1 for a call. */
  final Map<Integer, Set<Caller>> callers = new HashMap<>();

  boolean isOpened;
  boolean isExported;

  /** Where symbols are looked up. */
  List<ProgramModule> scope = List.of();

  ProgramModule(ImagePath path, ObjectAnalysis object) {
    this.path = path;
    this.object = object;
  }

  LoadedObject loaded() {
    return new LoadedObject(
        path, object.header, object.interpreter, object.needed, object.rpath, object.runpath);
  }

  /** Returns the functions whose values say what holds at an instruction. */
  List<Integer> known(int function, long at) {
    Set<Integer> owners = owners(function);
    List<Integer> known =
        owners.stream().filter(owner -> object.values(owner).reaches(at)).toList();
    if (known.isEmpty()) {
      known = owners.stream().filter(owner -> object.values(owner).covers(at)).toList();
    }
    if (known.isEmpty() && object.values(function).covers(at)) {
      // A handler of exceptions in a part that stands elsewhere: no jump leads there.
      known = List.of(function);
    }
    return known;
  }

  /** Returns the functions whose graph a part of the code belongs to. */
  Set<Integer> owners(int part) {
    Set<Integer> owners = new TreeSet<>();
    Set<Integer> seen = new HashSet<>(Set.of(part));
    Deque<Integer> parts = new ArrayDeque<>(List.of(part));
    while (!parts.isEmpty()) {
      int function = parts.poll();
      if (!live.get(function)) {
        continue;
      }
      boolean callable = object.code.isCallable(function);
      if (callable) {
        owners.add(function);
      }
      for (long[] jump : object.jumpsInto.getOrDefault(function, List.of())) {
        boolean call = callable && jump[1] == object.code.start(function);
        if (jump[0] >= 0 && !call && seen.add((int) jump[0])) {
          parts.add((int) jump[0]);
        }
      }
    }
    if (owners.isEmpty()) {
      owners.add(part);
    }
    return owners;
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
