package io.k8or.content;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Thrown where bytes from outside do not have the form that their format asks for.
 *
 * <p>It says <em>what</em> is wrong in the format's words ("tar header", "manifest"),
 * <em>where</em> (a digest, a path, a byte offset), and <em>why</em> (what was expected against
 * what was found). The message is {@code WHAT: WHERE: WHY}, one line.
 */
public final class MalformedContentException extends IOException {
  private static final long serialVersionUID = 1;

  private final String what;
  private final String where;
  private final String why;

  /**
   * Makes an exception without a cause.
   *
   * @param what the thing that is malformed, in the words of its specification
   * @param where its place: a blob's digest, an entry's path, a line, an offset in bytes
   * @param why what was expected and what was found
   */
  public MalformedContentException(String what, String where, String why) {
    this(what, where, why, null);
  }

  /**
   * Makes an exception with the exception of a parser below as its cause.
   *
   * @param what the thing that is malformed, in the words of its specification
   * @param where its place: a blob's digest, an entry's path, a line, an offset in bytes
   * @param why what was expected and what was found
   * @param cause what the parser below reported, or null
   */
  public MalformedContentException(
      String what, String where, String why, @Nullable Throwable cause) {
    super(oneLine(what) + ": " + oneLine(where) + ": " + oneLine(why), cause);
    this.what = Objects.requireNonNull(what);
    this.where = Objects.requireNonNull(where);
    this.why = Objects.requireNonNull(why);
  }

  /** Returns the thing that is malformed. */
  public String what() {
    return what;
  }

  /** Returns the place. */
  public String where() {
    return where;
  }

  /** Returns what was expected and what was found. */
  public String why() {
    return why;
  }

  /**
   * Returns the same fault with its place inside a larger thing put before its own place.
   *
   * @param outer for example {@code "layer sha256:…"}
   */
  public MalformedContentException within(String outer) {
    MalformedContentException outside =
        new MalformedContentException(what, outer + ", " + where, why, this);
    return outside;
  }

  // Names come from the image: a line break in one must not make two lines of an error.
  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c)) {
        line.append(String.format("\\x%02x", (int) c));
      } else {
        line.append(c);
      }
    }
    return line.toString();
  }
}
