/** Which system calls a service can make, and the profiles that kill it for any other. */
@org.jspecify.annotations.NullMarked
module io.k8or.seccomp {
  requires com.fasterxml.jackson.databind;
  requires transitive io.k8or.core;
  requires static transitive org.jspecify;

  exports io.k8or.seccomp;
  exports io.k8or.seccomp.bpf;
}
