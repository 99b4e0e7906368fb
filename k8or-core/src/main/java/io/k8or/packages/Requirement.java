package io.k8or.packages;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** What a package needs of others: a name, or an expression of names. */
public sealed interface Requirement {
  /**
   * A package or a capability by its name, of some versions. Which packages stand for it is the
   * database's to say ({@link PackageDatabase#providers}).
   *
   * @param name the name; a path where the format allows one
   * @param qualifier dpkg's Multi-Arch qualifier; empty where there is none
   * @param operator in the format's own signs; empty where any version will do
   * @param version the version; empty where any will do
   */
  record Named(String name, String qualifier, String operator, String version)
      implements Requirement {
    /** Checks that nothing is missing. */
    public Named {
      Objects.requireNonNull(name);
      Objects.requireNonNull(qualifier);
      Objects.requireNonNull(operator);
      Objects.requireNonNull(version);
    }

    @Override
    public String toString() {
      return name
          + (qualifier.isEmpty() ? "" : ":" + qualifier)
          + (operator.isEmpty() ? "" : " (" + operator + " " + version + ")");
    }
  }

  /**
   * One of several; the first is preferred.
   *
   * @param parts what may be met, in the order of preference
   */
  record AnyOf(List<Requirement> parts) implements Requirement {
    /** Copies the list. */
    public AnyOf {
      parts = List.copyOf(parts);
    }

    @Override
    public String toString() {
      return joined(parts, " | ");
    }
  }

  /**
   * All of several.
   *
   * @param parts what must be met
   */
  record AllOf(List<Requirement> parts) implements Requirement {
    /** Copies the list. */
    public AllOf {
      parts = List.copyOf(parts);
    }

    @Override
    public String toString() {
      return joined(parts, " and ");
    }
  }

  /**
   * One requirement or another one, by whether a third is met (rpm's {@code if} and {@code
   * unless}).
   *
   * @param condition what decides
   * @param then what must be met where the condition is
   * @param otherwise what must be met where it is not
   */
  record When(Requirement condition, Requirement then, Requirement otherwise)
      implements Requirement {
    @Override
    public String toString() {
      return "(" + then + " if " + condition + " else " + otherwise + ")";
    }
  }

  /**
   * One package that stands for both (rpm's {@code with}).
   *
   * @param one the first
   * @param other the second
   */
  record With(Requirement one, Requirement other) implements Requirement {
    @Override
    public String toString() {
      return "(" + one + " with " + other + ")";
    }
  }

  /**
   * One package that stands for the first and not for the second (rpm's {@code without}).
   *
   * @param one the first
   * @param other the second
   */
  record Without(Requirement one, Requirement other) implements Requirement {
    @Override
    public String toString() {
      return "(" + one + " without " + other + ")";
    }
  }

  /** Returns the requirement that is always met. */
  static Requirement nothing() {
    return new AllOf(List.of());
  }

  private static String joined(List<Requirement> parts, String separator) {
    return parts.stream().map(Object::toString).collect(Collectors.joining(separator));
  }
}
