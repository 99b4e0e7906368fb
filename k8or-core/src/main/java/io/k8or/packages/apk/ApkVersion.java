package io.k8or.packages.apk;

import java.util.Comparator;
import java.util.List;

/**
 * The order of apk's versions: {@code NUMBER{.NUMBER}[LETTER]{_SUFFIX[NUMBER]}[~HASH][-rNUMBER]}
 * (apk-package(5)).
 *
 * <p>A component with leading zeros that is not the first counts as a fraction: {@code 1.05} comes
 * before {@code 1.1}. The suffixes alpha, beta, pre and rc come before the version without one, the
 * suffixes cvs, svn, git, hg and p after it.
 */
public final class ApkVersion {
  /** The order of versions as texts; a text that is no version orders by what is readable of it. */
  public static final Comparator<String> ORDER = (a, b) -> compare(a, b, false);

  private static final List<String> BEFORE = List.of("alpha", "beta", "pre", "rc");
  private static final List<String> AFTER = List.of("cvs", "svn", "git", "hg", "p");

  private ApkVersion() {}

  /**
   * Says whether a version fits the operator of a dependency.
   *
   * @param operator one of {@code = < <= > >= ~ <~ >~} and the like; {@code ><} compares checksums
   *     and is always false here
   */
  public static boolean accepts(String version, String operator, String wanted) {
    boolean fuzzy = operator.indexOf('~') >= 0;
    int order = compare(version, wanted, fuzzy);
    if (operator.indexOf('<') >= 0 && operator.indexOf('>') >= 0) {
      return false;
    }
    return (order == 0 && (fuzzy || operator.indexOf('=') >= 0))
        || (order < 0 && operator.indexOf('<') >= 0)
        || (order > 0 && operator.indexOf('>') >= 0);
  }

  private static int compare(String a, String b, boolean fuzzy) {
    Tokens one = new Tokens(a);
    Tokens other = new Tokens(b);
    long av = 0;
    long bv = 0;
    while (one.kind == other.kind && one.kind != Kind.END && one.kind != Kind.INVALID && av == bv) {
      av = one.next();
      bv = other.next();
    }
    if (av != bv) {
      return Long.compare(av, bv);
    }
    if (one.kind == other.kind || (fuzzy && other.kind == Kind.END)) {
      return 0;
    }
    // One has a part more: it is the later one, unless the part says that it comes before.
    int order = other.kind.compareTo(one.kind); // reading a value goes on to the next kind
    if (one.kind == Kind.SUFFIX && one.next() < 0) {
      return -1;
    }
    if (other.kind == Kind.SUFFIX && other.next() < 0) {
      return 1;
    }
    return order;
  }

  // In apk's order: of two versions that are equal so far the one with the earlier kind is greater.
  private enum Kind {
    INVALID,
    DIGIT_OR_ZERO,
    DIGIT,
    LETTER,
    SUFFIX,
    SUFFIX_NUMBER,
    HASH,
    REVISION,
    END
  }

  private static final class Tokens {
    private final String text;
    private int at;
    private Kind kind = Kind.DIGIT;

    Tokens(String text) {
      this.text = text;
    }

    /** Returns the value of the token at hand, and finds the kind of the next one. */
    long next() {
      if (at >= text.length()) {
        kind = Kind.END;
        return 0;
      }
      long value = 0;
      switch (kind) {
        case DIGIT_OR_ZERO -> {
          if (text.charAt(at) == '0') {
            int from = at;
            while (at < text.length() && text.charAt(at) == '0') {
              at++;
            }
            kind = Kind.DIGIT;
            return (long) from - at; // more zeros, less
          }
          value = number();
        }
        case DIGIT, SUFFIX_NUMBER, REVISION -> value = number();
        case LETTER -> value = text.charAt(at++);
        case SUFFIX -> {
          value = suffix();
          if (kind == Kind.INVALID) {
            return -1;
          }
        }
        case HASH -> value = hash();
        default -> {
          kind = Kind.INVALID;
          return -1;
        }
      }
      advance();
      return value;
    }

    private long number() {
      long value = 0;
      while (at < text.length() && isDigit(text.charAt(at))) {
        // Beyond 18 digits the order is apk's to define, and it does not.
        value = Math.min(value * 10 + (text.charAt(at) - '0'), Long.MAX_VALUE / 20);
        at++;
      }
      return value;
    }

    // In the order of its text, by as many digits as fit.
    private long hash() {
      long value = 0;
      for (int i = 0; i < 15; i++) {
        boolean digit = at < text.length() && Character.digit(text.charAt(at), 16) >= 0;
        value = value * 17 + (digit ? 1 + Character.digit(text.charAt(at++), 16) : 0);
      }
      while (at < text.length() && Character.digit(text.charAt(at), 16) >= 0) {
        at++;
      }
      return value;
    }

    private long suffix() {
      for (int i = 0; i < BEFORE.size(); i++) {
        if (text.startsWith(BEFORE.get(i), at)) {
          at += BEFORE.get(i).length();
          return (long) i - BEFORE.size();
        }
      }
      for (int i = 0; i < AFTER.size(); i++) {
        if (text.startsWith(AFTER.get(i), at)) {
          at += AFTER.get(i).length();
          return i;
        }
      }
      kind = Kind.INVALID;
      return -1;
    }

    private void advance() {
      if (at >= text.length()) {
        kind = Kind.END;
        return;
      }
      char c = text.charAt(at);
      Kind found;
      if ((kind == Kind.DIGIT || kind == Kind.DIGIT_OR_ZERO) && c >= 'a' && c <= 'z') {
        found = Kind.LETTER;
      } else if (kind == Kind.LETTER && isDigit(c)) {
        found = Kind.DIGIT;
      } else if (kind == Kind.SUFFIX && isDigit(c)) {
        found = Kind.SUFFIX_NUMBER;
      } else {
        found = Kind.INVALID;
        if (c == '.') {
          found = Kind.DIGIT_OR_ZERO;
        } else if (c == '_') {
          found = Kind.SUFFIX;
        } else if (c == '~') {
          found = Kind.HASH;
        } else if (c == '-' && at + 1 < text.length() && text.charAt(at + 1) == 'r') {
          found = Kind.REVISION;
          at++;
        }
        at++;
      }
      boolean allowed =
          found.compareTo(kind) >= 0
              || (found == Kind.DIGIT_OR_ZERO && kind == Kind.DIGIT)
              || (found == Kind.SUFFIX && kind == Kind.SUFFIX_NUMBER)
              || (found == Kind.DIGIT && kind == Kind.LETTER);
      kind = allowed ? found : Kind.INVALID;
    }

    private static boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }
  }
}
