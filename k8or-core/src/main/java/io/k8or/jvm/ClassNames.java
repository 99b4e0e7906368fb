package io.k8or.jvm;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Finds names of classes in any text: descriptors, signatures, constants, configurations. */
final class ClassNames {
  private static final int MAX_NAME = 1000;

  private ClassNames() {}

  /**
   * Hands over each name that stands for a class, with slashes, without an array's brackets.
   *
   * @param known says whether a class is there
   */
  static void in(String text, Predicate<String> known, Consumer<String> found) {
    tokens(text, token -> token(token, known, found));
  }

  /** Hands over each run of characters that names, paths and numbers are made of. */
  static void tokens(String text, Consumer<String> found) {
    int from = -1;
    for (int i = 0; i <= text.length(); i++) {
      boolean part = i < text.length() && isPart(text.charAt(i));
      if (part && from < 0) {
        from = i;
      } else if (!part && from >= 0) {
        if (i - from <= MAX_NAME) {
          found.accept(text.substring(from, i));
        }
        from = -1;
      }
    }
  }

  // Java takes control characters for parts of names too; in binary files they are between them.
  private static boolean isPart(char c) {
    if (c < 0x80) {
      return (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '-' && c <= '9')
          || c == '_'
          || c == '$';
    }
    return Character.isJavaIdentifierPart(c);
  }

  /**
   * Hands over the name of a class that one token stands for, and says whether there is one.
   *
   * @param known says whether a class is there
   */
  static boolean token(String raw, Predicate<String> known, Consumer<String> found) {
    // "-Dname=value" of a command line.
    String name = (raw.startsWith("-D") ? raw.substring(2) : raw).replace('.', '/');
    if (name.endsWith("/class")) {
      name = name.substring(0, name.length() - 6);
    }
    int from = 0;
    while (from < name.length() && (name.charAt(from) == '/' || name.charAt(from) == '-')) {
      from++;
    }
    name = name.substring(from);
    Optional<String> direct = match(name, known);
    // "Ljava/lang/String" of a descriptor, or the last byte of a length before a name.
    if (direct.isEmpty() && name.length() > 1) {
      direct = match(name.substring(1), known);
    }
    direct.ifPresent(found);
    // "IILjava/lang/String" of a descriptor: the primitive types before it are part of the token.
    if (direct.isEmpty()) {
      int at = name.indexOf('L');
      while (at >= 0 && isPrimitives(name, at)) {
        Optional<String> next = match(name.substring(at + 1), known);
        if (next.isPresent()) {
          found.accept(next.get());
          return true;
        }
        at = name.indexOf('L', at + 1);
      }
    }
    return direct.isPresent();
  }

  private static boolean isPrimitives(String name, int to) {
    for (int i = 0; i < to; i++) {
      if ("BCDFIJSZV".indexOf(name.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  // A nested class may be named with a dot, and a member follow its class.
  private static Optional<String> match(String name, Predicate<String> known) {
    String at = name;
    for (int i = 0; i < 3; i++) {
      if (known.test(at)) {
        return Optional.of(at);
      }
      int slash = at.lastIndexOf('/');
      if (slash <= 0) {
        return Optional.empty();
      }
      String nested = at.substring(0, slash) + "$" + at.substring(slash + 1);
      if (known.test(nested)) {
        return Optional.of(nested);
      }
      at = at.substring(0, slash);
    }
    return Optional.empty();
  }
}
