package io.k8or.users;

import java.util.Objects;

/**
 * What {@link UserPruner} decided about one line of {@code /etc/passwd} or {@code /etc/group}, and
 * why.
 *
 * @param kind user or group
 * @param name the account's name; bytes that are no ASCII as ISO 8859-1
 * @param id its uid or gid
 * @param kept whether it stays
 * @param rule the rule's name, such as {@code owner} or {@code unused}
 * @param evidence what was seen in the image
 */
public record AccountDecision(
    Kind kind, String name, long id, boolean kept, String rule, String evidence) {
  /** The two kinds of account. */
  public enum Kind {
    /** A line of {@code /etc/passwd}. */
    USER,
    /** A line of {@code /etc/group}. */
    GROUP
  }

  /** Checks that nothing is missing. */
  public AccountDecision {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(name);
    Objects.requireNonNull(rule);
    Objects.requireNonNull(evidence);
  }

  /** Returns kind, name, number, and why it stays or goes, in one line. */
  @Override
  public String toString() {
    return (kind == Kind.USER ? "user " : "group ")
        + name
        + " ("
        + id
        + ") "
        + (kept ? "kept: " : "removed: ")
        + evidence;
  }
}
