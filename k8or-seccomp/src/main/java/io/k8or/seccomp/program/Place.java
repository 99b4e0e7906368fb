package io.k8or.seccomp.program;

/** A function, or a slice of data with an index below 0. */
record Place(ProgramModule module, int index) {
  @Override
  public String toString() {
    return index < 0
        ? String.format("%s data %#x", module.path.name(), module.object.cuts[-index - 1])
        : module.path.name() + " " + module.object.nameOf(index);
  }
}
