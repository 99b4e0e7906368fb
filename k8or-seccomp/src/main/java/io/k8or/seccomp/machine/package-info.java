/** What the analysis of programs asks of a machine's code, whichever machine it is. */
package io.k8or.seccomp.machine;
