/** Seccomp filters: profiles compiled to classic BPF, and what such a program decides. */
package io.k8or.seccomp.bpf;
