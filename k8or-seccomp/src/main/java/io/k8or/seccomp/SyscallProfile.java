package io.k8or.seccomp;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What happens to each system call of a container: rules by name, and a verdict for all other
 * calls. Immutable.
 *
 * <p>A call has either one rule for all arguments, or rules with conditions, of which the first
 * that matches holds; where none does, the call is one of the others.
 *
 * <p>What it prints has its names sorted, so that equal profiles have equal bytes.
 */
public final class SyscallProfile {
  private final Architecture architecture;
  private final SortedMap<String, List<SyscallRule>> rules;
  private final Verdict otherwise;

  private SyscallProfile(
      Architecture architecture, SortedMap<String, List<SyscallRule>> rules, Verdict otherwise) {
    this.architecture = architecture;
    this.rules = Collections.unmodifiableSortedMap(rules);
    this.otherwise = Objects.requireNonNull(otherwise);
  }

  /**
   * Returns a profile of rules.
   *
   * <p>As in libseccomp, a rule without conditions takes the place of all others of its call, and
   * of several such rules the first one holds. Rules that say what the default says are left out.
   *
   * @param otherwise what happens to all other calls
   * @param rules the rules by the name of their call
   * @throws IllegalArgumentException if a name is not one of the architecture's calls
   */
  public static SyscallProfile of(
      Architecture architecture, Verdict otherwise, Map<String, List<SyscallRule>> rules) {
    SyscallTable table = SyscallTable.of(architecture);
    SortedMap<String, List<SyscallRule>> all = new TreeMap<>();
    rules.forEach(
        (name, list) -> {
          if (table.number(name).isEmpty()) {
            throw new IllegalArgumentException(
                "no system call of " + architecture.kernelName() + ": " + name);
          }
          Optional<SyscallRule> always =
              list.stream().filter(SyscallRule::isUnconditional).findFirst();
          List<SyscallRule> some =
              always.map(List::of).orElse(List.copyOf(new LinkedHashSet<>(list)));
          if (some.stream().anyMatch(rule -> !rule.verdict().equals(otherwise))) {
            all.put(name, some);
          }
        });
    return new SyscallProfile(architecture, all, otherwise);
  }

  /**
   * Returns a profile that allows the calls, kills on any other, and lets those of {@link #probed}
   * fail with ENOSYS.
   *
   * @throws IllegalArgumentException if a name is not one of the architecture's calls
   */
  public static SyscallProfile killing(Architecture architecture, Collection<String> allowed) {
    Map<String, List<SyscallRule>> rules = new TreeMap<>();
    for (String name : ProbedCalls.REASONS.keySet()) {
      if (SyscallTable.of(architecture).number(name).isPresent()) {
        rules.put(name, List.of(SyscallRule.always(Verdict.NO_SUCH_CALL)));
      }
    }
    for (String name : allowed) {
      rules.put(name, List.of(SyscallRule.always(Verdict.ALLOW)));
    }
    return of(architecture, Verdict.KILL_PROCESS, rules);
  }

  /**
   * Returns the calls that libcs and languages' runtimes try and do without where the kernel says
   * ENOSYS, each with who does, and what instead.
   */
  public static SortedMap<String, String> probed() {
    return ProbedCalls.REASONS;
  }

  /**
   * Reads a profile in the flat form of the OCI runtime specification, or in Moby's, whose {@code
   * includes} and {@code excludes} are resolved. Names that the architecture does not have are left
   * out, as runc does; the kernel is taken for a new one.
   *
   * @param architecture the architecture of the container
   * @param capabilities those of the container, such as {@code CAP_SYS_ADMIN}
   * @throws io.k8or.content.MalformedContentException if it is not such a document
   * @throws IOException if it cannot be read
   */
  public static SyscallProfile read(
      Content content, Architecture architecture, Collection<String> capabilities)
      throws IOException {
    return ProfileReader.read(content, architecture, Set.copyOf(capabilities));
  }

  /** Returns the architecture whose calls these are. */
  public Architecture architecture() {
    return architecture;
  }

  /** Returns the rules by the name of their call, without those that say what the default says. */
  public SortedMap<String, List<SyscallRule>> rules() {
    return rules;
  }

  /** Returns what happens to all other calls. */
  public Verdict otherwise() {
    return otherwise;
  }

  /** Returns the names of the calls that are allowed, for some arguments at least. */
  public SortedSet<String> allowed() {
    return names(name -> allows(of(name)));
  }

  /** Returns the names of the calls that are allowed for some arguments and not for others. */
  public SortedSet<String> conditional() {
    return names(name -> !of(name).get(0).isUnconditional() && allows(of(name)));
  }

  /** Returns the names of the calls that fail with ENOSYS. */
  public SortedSet<String> missing() {
    return names(name -> of(name).get(0).equals(SyscallRule.always(Verdict.NO_SUCH_CALL)));
  }

  @SuppressWarnings("JdkObsolete") // the public methods' type
  private SortedSet<String> names(Predicate<String> filter) {
    SortedSet<String> found = new TreeSet<>();
    SyscallTable.of(architecture).names().stream().filter(filter).forEach(found::add);
    return Collections.unmodifiableSortedSet(found);
  }

  private List<SyscallRule> of(String name) {
    return rules.getOrDefault(name, List.of(SyscallRule.always(otherwise)));
  }

  private static boolean allows(List<SyscallRule> list) {
    return list.stream().anyMatch(rule -> rule.verdict().isAllowed());
  }

  /**
   * Says what happens to a call.
   *
   * @param number the number of a call of this architecture
   * @param arguments six numbers
   */
  public Verdict decide(int number, List<Long> arguments) {
    return SyscallTable.of(architecture).name(number).map(this::of).orElse(List.of()).stream()
        .filter(rule -> rule.matches(arguments))
        .findFirst()
        .map(SyscallRule::verdict)
        .orElse(otherwise);
  }

  /**
   * Returns the audit of this profile: nothing is refused, and the kernel logs each call that this
   * one does not allow.
   */
  public SyscallProfile audit() {
    SortedMap<String, List<SyscallRule>> kept = new TreeMap<>();
    rules.forEach(
        (name, list) -> {
          List<SyscallRule> allowing =
              list.stream().filter(rule -> rule.verdict().isAllowed()).toList();
          if (!allowing.isEmpty()) {
            kept.put(name, allowing);
          }
        });
    return of(architecture, Verdict.LOG, kept);
  }

  /** Returns the profile that allows these calls too; those that it does not know are left out. */
  public SyscallProfile allowing(Collection<String> names) {
    SyscallTable table = SyscallTable.of(architecture);
    Map<String, List<SyscallRule>> all = new TreeMap<>(rules);
    names.stream()
        .filter(name -> table.number(name).isPresent())
        .forEach(name -> all.put(name, List.of(SyscallRule.always(Verdict.ALLOW))));
    return of(architecture, otherwise, all);
  }

  /**
   * Returns the profile with other rules for one call.
   *
   * @throws IllegalArgumentException if it is not one of the architecture's calls
   */
  public SyscallProfile with(String name, List<SyscallRule> newRules) {
    Map<String, List<SyscallRule>> all = new TreeMap<>(rules);
    all.put(name, newRules);
    return of(architecture, otherwise, all);
  }

  /**
   * Returns the profile that allows what one of the two allows. Where neither does, the milder
   * verdict holds. A call that is allowed under conditions is otherwise the default's.
   *
   * @throws IllegalArgumentException if the other is of another architecture
   */
  public SyscallProfile union(SyscallProfile other) {
    requireSame(other);
    Map<String, List<SyscallRule>> all = new TreeMap<>();
    for (String name : eitherNames(other)) {
      all.put(name, ProfileAlgebra.either(of(name), other.of(name)));
    }
    return of(architecture, ProfileAlgebra.milder(otherwise, other.otherwise), all);
  }

  /**
   * Returns the profile that allows what both allow. Where one does not, the stricter verdict
   * holds.
   *
   * @throws IllegalArgumentException if the other is of another architecture, or no rule can say
   *     both conditions on an argument
   */
  public SyscallProfile intersect(SyscallProfile other) {
    requireSame(other);
    Map<String, List<SyscallRule>> all = new TreeMap<>();
    Verdict stricter = ProfileAlgebra.stricter(otherwise, other.otherwise);
    for (String name : eitherNames(other)) {
      List<SyscallRule> both = ProfileAlgebra.both(name, of(name), other.of(name));
      all.put(name, both.isEmpty() ? List.of(SyscallRule.always(stricter)) : both);
    }
    return of(architecture, stricter, all);
  }

  private Set<String> eitherNames(SyscallProfile other) {
    Set<String> names = new TreeSet<>(rules.keySet());
    names.addAll(other.rules.keySet());
    return names;
  }

  /**
   * Returns the names of the calls that this allows where the other does not: at all, or for some
   * arguments.
   *
   * @throws IllegalArgumentException if the other is of another architecture
   */
  public SortedSet<String> beyond(SyscallProfile other) {
    requireSame(other);
    return names(name -> ProfileAlgebra.isBeyond(of(name), other.of(name)));
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
    return ProfileWriter.oci(this);
  }

  /** Returns the profile in the form of Docker's {@code --security-opt seccomp=FILE}. */
  public Content toDockerJson() {
    return ProfileWriter.docker(this);
  }

  /**
   * Returns the profile as a resource of the Security Profiles Operator 1.0, {@code SeccompProfile}
   * v1, which belongs to no namespace. It is JSON, which is YAML too.
   *
   * @param name the resource's name; nodes get the profile as {@code operator/NAME.json}
   */
  public Content toSeccompProfile(String name) {
    return ProfileWriter.resource(this, name);
  }

  /** Returns the names of the calls that are allowed, one a line. */
  public Content toNames() {
    StringBuilder text = new StringBuilder();
    allowed().forEach(name -> text.append(name).append('\n'));
    return Content.of(ByteString.utf8(text.toString()));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SyscallProfile that
        && architecture == that.architecture
        && rules.equals(that.rules)
        && otherwise.equals(that.otherwise);
  }

  @Override
  public int hashCode() {
    return Objects.hash(architecture, rules, otherwise);
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add(allowed().size() + " system calls of " + architecture.kernelName());
    if (!conditional().isEmpty()) {
      parts.add(conditional().size() + " of them under conditions");
    }
    return String.join(", ", parts)
        + ", "
        + missing().size()
        + " fail with ENOSYS, else "
        + otherwise;
  }
}
