package io.k8or.packages.rpm;

import java.util.Comparator;

/**
 * A version of rpm's: {@code [EPOCH:]VERSION[-RELEASE]}, in the order of rpm's {@code rpmvercmp}
 * (rpm-version(7)).
 *
 * @param epoch 0 where none is written
 * @param version the version
 * @param release empty where none is written
 */
public record RpmVersion(long epoch, String version, String release) {
  /** The order of versions as texts: by epoch, version and release. */
  public static final Comparator<String> ORDER =
      (a, b) -> {
        RpmVersion one = parse(a);
        RpmVersion other = parse(b);
        int order = Long.compare(one.epoch, other.epoch);
        if (order == 0) {
          order = compareSegments(one.version, other.version);
        }
        return order != 0 ? order : compareSegments(one.release, other.release);
      };

  /** Parses a version. An epoch that is no number counts as 0, as for rpm. */
  public static RpmVersion parse(String text) {
    long epoch = 0;
    String rest = text;
    int colon = text.indexOf(':');
    if (colon >= 0) {
      for (int i = 0; i < colon; i++) {
        char c = text.charAt(i);
        if (!isDigit(c)) {
          epoch = 0;
          break;
        }
        epoch = Math.min(epoch * 10 + (c - '0'), Integer.MAX_VALUE);
      }
      rest = text.substring(colon + 1);
    }
    int hyphen = rest.lastIndexOf('-');
    return hyphen < 0
        ? new RpmVersion(epoch, rest, "")
        : new RpmVersion(epoch, rest.substring(0, hyphen), rest.substring(hyphen + 1));
  }

  /**
   * Compares two versions as they meet in a dependency: a release is compared only where both have
   * one.
   */
  public int compareForDependency(RpmVersion other) {
    int order = Long.compare(epoch, other.epoch);
    if (order == 0) {
      order = compareSegments(version, other.version);
    }
    if (order == 0 && !release.isEmpty() && !other.release.isEmpty()) {
      order = compareSegments(release, other.release);
    }
    return order;
  }

  /**
   * Compares versions (or releases) segment by segment: runs of digits as numbers, runs of letters
   * as text, anything else separates. A tilde comes before the end, a caret after it but before any
   * other segment.
   */
  public static int compareSegments(String a, String b) {
    if (a.equals(b)) {
      return 0;
    }
    int i = 0;
    int j = 0;
    while (i < a.length() || j < b.length()) {
      while (i < a.length() && isSeparator(a.charAt(i))) {
        i++;
      }
      while (j < b.length() && isSeparator(b.charAt(j))) {
        j++;
      }
      boolean tildeA = i < a.length() && a.charAt(i) == '~';
      boolean tildeB = j < b.length() && b.charAt(j) == '~';
      if (tildeA || tildeB) {
        if (!tildeA || !tildeB) {
          return tildeA ? -1 : 1;
        }
        i++;
        j++;
        continue;
      }
      boolean caretA = i < a.length() && a.charAt(i) == '^';
      boolean caretB = j < b.length() && b.charAt(j) == '^';
      if (caretA || caretB) {
        if (caretA && caretB) {
          i++;
          j++;
          continue;
        }
        if (i >= a.length()) {
          return -1;
        }
        if (j >= b.length()) {
          return 1;
        }
        return caretA ? -1 : 1;
      }
      if (i >= a.length() || j >= b.length()) {
        break;
      }
      boolean digits = isDigit(a.charAt(i));
      int endA = endOfRun(a, i, digits);
      int endB = endOfRun(b, j, digits);
      if (endB == j) {
        return digits ? 1 : -1; // a number is newer than a word
      }
      int order =
          digits
              ? compareNumbers(a.substring(i, endA), b.substring(j, endB))
              : Integer.signum(a.substring(i, endA).compareTo(b.substring(j, endB)));
      if (order != 0) {
        return order;
      }
      i = endA;
      j = endB;
    }
    return Boolean.compare(i < a.length(), j < b.length());
  }

  private static int compareNumbers(String a, String b) {
    String one = withoutZeros(a);
    String other = withoutZeros(b);
    int order = Integer.compare(one.length(), other.length());
    return order != 0 ? order : Integer.signum(one.compareTo(other));
  }

  private static String withoutZeros(String digits) {
    int from = 0;
    while (from < digits.length() && digits.charAt(from) == '0') {
      from++;
    }
    return digits.substring(from);
  }

  private static int endOfRun(String text, int from, boolean digits) {
    int end = from;
    while (end < text.length()
        && (digits ? isDigit(text.charAt(end)) : isLetter(text.charAt(end)))) {
      end++;
    }
    return end;
  }

  private static boolean isSeparator(char c) {
    return !isDigit(c) && !isLetter(c) && c != '~' && c != '^';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  @Override
  public String toString() {
    return (epoch == 0 ? "" : epoch + ":") + version + (release.isEmpty() ? "" : "-" + release);
  }
}
