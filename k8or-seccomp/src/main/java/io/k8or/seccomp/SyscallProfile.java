package io.k8or.seccomp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which system calls a container may make: a set of names that are allowed, a set that fails with
 * ENOSYS so that a libc takes its older way, and what happens on any other. Immutable.
 *
 * <p>What it prints has its names sorted, so that equal profiles have equal bytes.
 */
public final class SyscallProfile {
  /**
   * Calls that a libc or a language's runtime tries and does without where the kernel says ENOSYS.
   */
  private static final List<String> PROBED =
      List.of(
          "clone3",
          "close_range",
          "copy_file_range",
          "epoll_pwait2",
          "faccessat2",
          "futex_waitv",
          "io_uring_setup",
          "openat2",
          "pidfd_open",
          "preadv2",
          "pwritev2",
          "renameat2",
          "rseq",
          "statx");

  private static final int ENOSYS = 38;

  private final Architecture architecture;
  private final SortedSet<String> allowed;
  private final SortedSet<String> missing;
  private final Action defaultAction;

  private SyscallProfile(
      Architecture architecture,
      Collection<String> allowed,
      Collection<String> missing,
      Action defaultAction) {
    this.architecture = architecture;
    this.allowed = Collections.unmodifiableSortedSet(new TreeSet<>(allowed));
    SortedSet<String> rest = new TreeSet<>(missing);
    rest.removeAll(this.allowed);
    this.missing = Collections.unmodifiableSortedSet(rest);
    this.defaultAction = Objects.requireNonNull(defaultAction);
  }

  /** What happens on a call that is neither allowed nor fails with ENOSYS. */
  public enum Action {
    /** The process is killed, with SIGSYS. */
    KILL_PROCESS("SCMP_ACT_KILL_PROCESS"),
    /** The call fails with EPERM. */
    ERRNO("SCMP_ACT_ERRNO"),
    /** The call is made, and the kernel logs it. */
    LOG("SCMP_ACT_LOG");

    private final String seccompName;

    Action(String seccompName) {
      this.seccompName = seccompName;
    }

    /** Returns its name in profiles. */
    public String seccompName() {
      return seccompName;
    }
  }

  /**
   * Returns a profile that allows the calls, kills on any other, and lets those that libcs probe
   * for fail with ENOSYS.
   *
   * @throws IllegalArgumentException if a name is not one of the architecture's calls
   */
  public static SyscallProfile killing(Architecture architecture, Collection<String> allowed) {
    SyscallTable table = SyscallTable.of(architecture);
    for (String name : allowed) {
      if (table.number(name).isEmpty()) {
        throw new IllegalArgumentException(
            "no system call of " + architecture.kernelName() + ": " + name);
      }
    }
    List<String> probed = new ArrayList<>(PROBED);
    probed.removeIf(name -> table.number(name).isEmpty());
    return new SyscallProfile(architecture, allowed, probed, Action.KILL_PROCESS);
  }

  /** Returns the architecture whose calls these are. */
  public Architecture architecture() {
    return architecture;
  }

  /** Returns the names of the calls that are allowed. */
  public SortedSet<String> allowed() {
    return allowed;
  }

  /** Returns the names of the calls that fail with ENOSYS. */
  public SortedSet<String> missing() {
    return missing;
  }

  /** Returns what happens on any other call. */
  public Action defaultAction() {
    return defaultAction;
  }

  /** Returns the same profile with another default; with {@link Action#LOG} it is an audit. */
  public SyscallProfile withDefaultAction(Action action) {
    return new SyscallProfile(architecture, allowed, missing, action);
  }

  /** Returns the profile that allows these calls too; those that it does not know are left out. */
  public SyscallProfile allowing(Collection<String> names) {
    SyscallTable table = SyscallTable.of(architecture);
    Set<String> all = new TreeSet<>(allowed);
    names.stream().filter(name -> table.number(name).isPresent()).forEach(all::add);
    return new SyscallProfile(architecture, all, missing, defaultAction);
  }

  /**
   * Returns the profile that allows what one of the two allows.
   *
   * @throws IllegalArgumentException if the other is of another architecture
   */
  public SyscallProfile union(SyscallProfile other) {
    requireSame(other);
    SortedSet<String> all = new TreeSet<>(allowed);
    all.addAll(other.allowed);
    SortedSet<String> both = new TreeSet<>(missing);
    both.addAll(other.missing);
    return new SyscallProfile(architecture, all, both, defaultAction);
  }

  /**
   * Returns the profile that allows what both allow.
   *
   * @throws IllegalArgumentException if the other is of another architecture
   */
  public SyscallProfile intersect(SyscallProfile other) {
    requireSame(other);
    SortedSet<String> common = new TreeSet<>(allowed);
    common.retainAll(other.allowed);
    SortedSet<String> both = new TreeSet<>(missing);
    both.addAll(other.missing);
    return new SyscallProfile(architecture, common, both, defaultAction);
  }

  /**
   * Returns the names that this allows and the other does not.
   *
   * @throws IllegalArgumentException if the other is of another architecture
   */
  public SortedSet<String> beyond(SyscallProfile other) {
    requireSame(other);
    SortedSet<String> more = new TreeSet<>(allowed);
    more.removeAll(other.allowed);
    return Collections.unmodifiableSortedSet(more);
  }

  private void requireSame(SyscallProfile other) {
    if (architecture != other.architecture) {
      throw new IllegalArgumentException(
          "profiles of two architectures: " + architecture + ", " + other.architecture);
    }
  }

  /**
   * Returns the profile as {@code linux.seccomp} of the OCI runtime specification, the flat form
   * that containerd and {@code localhost/} profiles of Kubernetes take.
   */
  public Content toOciJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("defaultAction", defaultAction.seccompName());
    if (defaultAction == Action.ERRNO) {
      json.put("defaultErrnoRet", 1);
    }
    json.putArray("architectures").add(architecture.seccompName());
    addRules(json.putArray("syscalls"));
    return print(json);
  }

  /** Returns the profile in the form of Docker's {@code --security-opt seccomp=FILE}. */
  public Content toDockerJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("defaultAction", defaultAction.seccompName());
    if (defaultAction == Action.ERRNO) {
      json.put("defaultErrnoRet", 1);
    }
    ObjectNode map = json.putArray("archMap").addObject();
    map.put("architecture", architecture.seccompName());
    map.putArray("subArchitectures");
    addRules(json.putArray("syscalls"));
    return print(json);
  }

  /**
   * Returns the profile as a resource of the Security Profiles Operator, kind {@code
   * SeccompProfile}, in JSON, which is YAML too.
   *
   * @param name the resource's name
   * @param namespace the resource's namespace
   */
  public Content toSeccompProfile(String name, String namespace) {
    ObjectNode json = JSON.createObjectNode();
    json.put("apiVersion", "security-profiles-operator.x-k8s.io/v1beta1");
    json.put("kind", "SeccompProfile");
    json.putObject("metadata").put("name", name).put("namespace", namespace);
    ObjectNode spec = json.putObject("spec");
    spec.put("defaultAction", defaultAction.seccompName());
    spec.putArray("architectures").add(architecture.seccompName());
    addRules(spec.putArray("syscalls"));
    return print(json);
  }

  /** Returns the names of the calls that are allowed, one a line. */
  public Content toNames() {
    StringBuilder text = new StringBuilder();
    allowed.forEach(name -> text.append(name).append('\n'));
    return Content.of(ByteString.utf8(text.toString()));
  }

  private void addRules(ArrayNode rules) {
    if (!allowed.isEmpty()) {
      ObjectNode allow = rules.addObject();
      allowed.forEach(allow.putArray("names")::add);
      allow.put("action", "SCMP_ACT_ALLOW");
    }
    if (!missing.isEmpty()) {
      ObjectNode fail = rules.addObject();
      missing.forEach(fail.putArray("names")::add);
      fail.put("action", "SCMP_ACT_ERRNO");
      fail.put("errnoRet", ENOSYS);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private static Content print(ObjectNode json) {
    try {
      String text =
          JSON.writer(
                  new com.fasterxml.jackson.core.util.DefaultPrettyPrinter()
                      .withObjectIndenter(
                          new com.fasterxml.jackson.core.util.DefaultIndenter("  ", "\n")))
              .writeValueAsString(json);
      return Content.of(ByteString.utf8(text + "\n"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SyscallProfile that
        && architecture == that.architecture
        && allowed.equals(that.allowed)
        && missing.equals(that.missing)
        && defaultAction == that.defaultAction;
  }

  @Override
  public int hashCode() {
    return Objects.hash(architecture, allowed, missing, defaultAction);
  }

  @Override
  public String toString() {
    return allowed.size()
        + " system calls of "
        + architecture.kernelName()
        + ", "
        + missing.size()
        + " fail with ENOSYS, else "
        + defaultAction.seccompName();
  }
}
