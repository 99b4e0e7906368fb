package io.k8or.packages.dpkg;

import java.util.Comparator;

/**
 * A version of dpkg's: {@code [EPOCH:]UPSTREAM[-REVISION]}, in the order of the Debian Policy
 * Manual, section 5.6.12.
 *
 * <p>Two versions that compare as equal need not have the same text ({@code 1.0} and {@code 1.00});
 * {@code equals} goes by the order.
 */
public final class DpkgVersion implements Comparable<DpkgVersion> {
  /** The order of versions as texts; a text that is no version orders by the same rules. */
  public static final Comparator<String> ORDER =
      Comparator.comparing(DpkgVersion::lenient, Comparator.naturalOrder());

  private final String text;
  private final long epoch;
  private final String upstream;
  private final String revision;

  private DpkgVersion(String text, long epoch, String upstream, String revision) {
    this.text = text;
    this.epoch = epoch;
    this.upstream = upstream;
    this.revision = revision;
  }

  /**
   * Parses a version.
   *
   * @throws IllegalArgumentException if the text is none: an epoch that is no number below 2^31, an
   *     empty upstream part or revision, a space, or a character that a version may not have
   */
  public static DpkgVersion parse(String text) {
    int colon = text.indexOf(':');
    long epoch = 0;
    if (colon >= 0) {
      epoch = number(text, colon);
    }
    String rest = text.substring(colon + 1);
    int hyphen = rest.lastIndexOf('-');
    String upstream = hyphen < 0 ? rest : rest.substring(0, hyphen);
    String revision = hyphen < 0 ? "" : rest.substring(hyphen + 1);
    if (upstream.isEmpty() || (hyphen >= 0 && revision.isEmpty())) {
      throw new IllegalArgumentException("not a version, a part is empty: " + text);
    }
    if (!allOf(upstream, ".-+~:") || !allOf(revision, ".+~")) {
      throw new IllegalArgumentException("not a version, a character that none has: " + text);
    }
    return new DpkgVersion(text, epoch, upstream, revision);
  }

  private static long number(String text, int end) {
    long value = 0;
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      value = value * 10 + (c - '0');
      if (c < '0' || c > '9' || value > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("not a version, the epoch is no number: " + text);
      }
    }
    if (end == 0) {
      throw new IllegalArgumentException("not a version, the epoch is empty: " + text);
    }
    return value;
  }

  private static boolean allOf(String part, String punctuation) {
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if (!isDigit(c) && !isLetter(c) && punctuation.indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  // What is in a database may be odd; an order must not fail.
  private static DpkgVersion lenient(String text) {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      return new DpkgVersion(text, 0, text, "");
    }
  }

  /** Returns the epoch; 0 where none is written. */
  public long epoch() {
    return epoch;
  }

  /** Returns the upstream part. */
  public String upstream() {
    return upstream;
  }

  /** Returns the revision; empty where none is written. */
  public String revision() {
    return revision;
  }

  @Override
  public int compareTo(DpkgVersion other) {
    int order = Long.compare(epoch, other.epoch);
    if (order == 0) {
      order = compareParts(upstream, other.upstream);
    }
    return order != 0 ? order : compareParts(revision, other.revision);
  }

  // Runs of other characters and of digits in turn.
  private static int compareParts(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() || j < b.length()) {
      while ((i < a.length() && !isDigit(a.charAt(i)))
          || (j < b.length() && !isDigit(b.charAt(j)))) {
        int order = Integer.compare(rank(a, i), rank(b, j));
        if (order != 0) {
          return order;
        }
        i++;
        j++;
      }
      while (i < a.length() && a.charAt(i) == '0') {
        i++;
      }
      while (j < b.length() && b.charAt(j) == '0') {
        j++;
      }
      int endA = endOfDigits(a, i);
      int endB = endOfDigits(b, j);
      int order = Integer.compare(endA - i, endB - j);
      if (order == 0) {
        order = Integer.signum(a.substring(i, endA).compareTo(b.substring(j, endB)));
      }
      if (order != 0) {
        return order;
      }
      i = endA;
      j = endB;
    }
    return 0;
  }

  private static int endOfDigits(String text, int from) {
    int end = from;
    while (end < text.length() && isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  // The tilde before the end, the end (and a digit, which ends the run) before letters, letters
  // before the rest.
  private static int rank(String text, int index) {
    if (index >= text.length()) {
      return 0;
    }
    char c = text.charAt(index);
    if (isDigit(c)) {
      return 0;
    }
    if (isLetter(c)) {
      return c;
    }
    return c == '~' ? -1 : c + 256;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DpkgVersion that && compareTo(that) == 0;
  }

  @Override
  public int hashCode() {
    // Leading zeros make no difference to the order, and neither does an absent revision to "0".
    return Long.hashCode(epoch) * 31 + upstream.replaceAll("0+", "").hashCode();
  }

  /** Returns the text. */
  @Override
  public String toString() {
    return text;
  }
}
