/** Instructions of x86-64, as far as control flow and system calls need them. */
package io.k8or.seccomp.x86;
