/** Profiles of system calls. */
package io.k8or.seccomp;
