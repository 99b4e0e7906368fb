/** Which system calls a service can make, and profiles that allow no other. */
package io.k8or.seccomp;
