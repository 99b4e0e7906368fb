package io.k8or.seccomp;

import io.k8or.filesystem.ImagePath;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The system calls that a service can make, with where it makes them. Immutable. */
public final class ServiceSyscalls {
  private final String name;
  private final List<String> command;
  private final Architecture architecture;
  private final SortedMap<String, String> chains;
  private final SortedMap<String, SortedSet<Long>> arguments;
  private final List<Unresolved> unresolved;
  private final SortedSet<ImagePath> objects;

  ServiceSyscalls(
      String name,
      List<String> command,
      Architecture architecture,
      Map<String, String> chains,
      Map<String, ? extends Collection<Long>> arguments,
      Collection<Unresolved> unresolved,
      Collection<ImagePath> objects) {
    this.name = Objects.requireNonNull(name);
    this.command = List.copyOf(command);
    this.architecture = Objects.requireNonNull(architecture);
    this.chains = Collections.unmodifiableSortedMap(new TreeMap<>(chains));
    SortedMap<String, SortedSet<Long>> values = new TreeMap<>();
    arguments.forEach(
        (call, all) -> values.put(call, Collections.unmodifiableSortedSet(new TreeSet<>(all))));
    this.arguments = Collections.unmodifiableSortedMap(values);
    this.unresolved = List.copyOf(unresolved);
    this.objects = Collections.unmodifiableSortedSet(new TreeSet<>(objects));
  }

  /**
   * What the analysis could not tell, or took for granted.
   *
   * @param object the path of the program, library or script
   * @param function the function's name or address; empty where it is about all of the object
   * @param reason what is not known
   * @param open whether calls may be missing because of it; else it is a remark
   */
  public record Unresolved(String object, String function, String reason, boolean open) {}

  /** Returns the service's name. */
  public String name() {
    return name;
  }

  /** Returns the command that starts it. */
  public List<String> command() {
    return command;
  }

  /** Returns the architecture of its programs. */
  public Architecture architecture() {
    return architecture;
  }

  /** Returns the names of the calls. */
  public SortedSet<String> syscalls() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(chains.keySet()));
  }

  /**
   * Returns the chain of functions that leads to a call: from where the program, its loader or its
   * libraries begin to the function that makes it, separated by {@code " > "}; empty where the
   * service does not make it. It is the shortest by the number of functions.
   */
  public Optional<String> explain(String syscall) {
    return Optional.ofNullable(chains.get(syscall));
  }

  /**
   * Returns what the first argument of some calls can be, by name: of socket, socketpair, clone and
   * personality, where each place that makes the call has constants. Where {@link #isOpen}, other
   * places may be missing.
   */
  public SortedMap<String, SortedSet<Long>> firstArguments() {
    return arguments;
  }

  /** Returns what could not be told, and what was taken for granted. */
  public List<Unresolved> unresolved() {
    return unresolved;
  }

  /** Says whether calls may be missing. */
  public boolean isOpen() {
    return unresolved.stream().anyMatch(Unresolved::open);
  }

  /** Returns the programs, libraries and scripts that were looked at. */
  public SortedSet<ImagePath> objects() {
    return objects;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + chains.size()
        + " system calls, "
        + unresolved.size()
        + " findings, "
        + objects.size()
        + " files";
  }
}
