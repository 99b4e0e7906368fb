/** Instructions of 64-bit Arm, as far as control flow and system calls need them. */
package io.k8or.seccomp.aarch64;
