/** Which functions of a program and its libraries can run, and which system calls they make. */
package io.k8or.seccomp.program;
