package io.k8or.seccomp;

/**
 * What is counted where a service starts a program whose name is not constant: its code gets the
 * name from a configuration, an argument or the network. Each such place is a finding that says
 * what was assumed.
 */
public enum UnknownPrograms {
  /**
   * Each program that the service's files name counts: the texts in what starts it and in its
   * libraries, the arguments, the service's configuration with what that names, and the files of a
   * language's application. A name that is put together of parts, or that only comes while the
   * service runs, is not foreseen. Where the image cannot know the name at all, calls may be
   * missing, and the finding says so: of shells that read commands from their input, and of
   * programs that run what their users ask for, such as sshd and cron.
   */
  REACHED,
  /** All programs of the image count. Nothing is missing but what is mounted into a container. */
  ALL,
  /** None counts: calls may be missing, and the finding says so. */
  UNRESOLVED
}
