package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A parsed account file that keeps every byte: parsed and printed it is what it was.
 *
 * <p>Text is ISO 8859-1, one char a byte. As for glibc, a line is no account if it is empty or
 * blank, begins with {@code #} behind blanks, or is one of NIS ({@code +}, {@code -}); a last line
 * needs no line feed; a carriage return is a byte of the last field.
 */
final class AccountFile {
  /** The greatest uid and gid; (uid_t) -1 means "no change" to chown(2). */
  static final long MAX_ID = 0xffff_fffeL;

  static final int MAX_FILE_BYTES = 16 << 20;
  static final int MAX_LINE_BYTES = 1 << 20;

  /**
   * A line.
   *
   * @param raw all its bytes, the line feed among them if it has one
   * @param fields what is between the colons; none if the line is no account
   */
  record Line(String raw, List<String> fields) {
    boolean isAccount() {
      return !fields.isEmpty();
    }

    String field(int index) {
      return fields.get(index);
    }

    String name() {
      return fields.get(0);
    }

    /** Returns a number that parsing has checked. */
    long number(int index) {
      return parseId(fields.get(index)).orElseThrow();
    }

    Line with(int index, String value) {
      List<String> changed = new ArrayList<>(fields);
      changed.set(index, value);
      String end = raw.endsWith("\n") ? "\n" : "";
      return new Line(String.join(":", changed) + end, List.copyOf(changed));
    }
  }

  private final AccountFormat format;
  private final List<Line> lines;

  private AccountFile(AccountFormat format, List<Line> lines) {
    this.format = format;
    this.lines = lines;
  }

  static AccountFile parse(AccountFormat format, String where, ByteString bytes)
      throws MalformedContentException {
    String text = bytes.toLatin1();
    List<Line> lines = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int feed = text.indexOf('\n', from);
      int to = feed < 0 ? text.length() : feed + 1;
      lines.add(parseLine(format, where + " line " + (lines.size() + 1), text.substring(from, to)));
      from = to;
    }
    return new AccountFile(format, List.copyOf(lines));
  }

  private static Line parseLine(AccountFormat format, String where, String raw)
      throws MalformedContentException {
    String what = format.fileName() + " file";
    String line = raw.endsWith("\n") ? raw.substring(0, raw.length() - 1) : raw;
    if (line.length() > MAX_LINE_BYTES) {
      throw new MalformedContentException(
          what, where, "expected at most " + MAX_LINE_BYTES + " bytes, found " + line.length());
    }
    if (line.indexOf('\0') >= 0) {
      throw new MalformedContentException(what, where, "found a NUL");
    }
    String text = line.strip();
    if (text.isEmpty() || text.startsWith("#") || line.startsWith("+") || line.startsWith("-")) {
      return new Line(raw, List.of());
    }
    List<String> fields = List.of(line.split(":", -1));
    if (fields.size() != format.fields()) {
      throw new MalformedContentException(
          what, where, "expected " + format.fields() + " fields, found " + fields.size());
    }
    if (fields.get(0).isEmpty()) {
      throw new MalformedContentException(what, where, "expected a name, found none");
    }
    for (int index = format.firstNumber(); index <= format.lastNumber(); index++) {
      if (parseId(fields.get(index)).isEmpty()) {
        String found = fields.get(index);
        throw new MalformedContentException(
            what,
            where,
            "expected a number of 0 to "
                + MAX_ID
                + " in field "
                + (index + 1)
                + ", found \""
                + (found.length() > 40 ? found.substring(0, 40) + "..." : found)
                + "\"");
      }
    }
    return new Line(raw, fields);
  }

  /** Returns the number of decimal digits; empty if it is none, or greater than {@link #MAX_ID}. */
  static Optional<Long> parseId(String digits) {
    if (digits.isEmpty() || digits.length() > 20) {
      return Optional.empty();
    }
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return Optional.empty();
      }
      value = value * 10 + digit;
      if (value > MAX_ID) {
        return Optional.empty();
      }
    }
    return Optional.of(value);
  }

  AccountFormat format() {
    return format;
  }

  List<Line> lines() {
    return lines;
  }

  /** Returns the lines that are accounts. */
  List<Line> accounts() {
    return lines.stream().filter(Line::isAccount).toList();
  }

  Optional<Line> account(String name) {
    return lines.stream().filter(line -> line.isAccount() && line.name().equals(name)).findFirst();
  }

  /** Returns the file with each account changed, or left out where the change gives nothing. */
  AccountFile map(Function<Line, Optional<Line>> change) {
    List<Line> changed = new ArrayList<>();
    for (Line line : lines) {
      if (line.isAccount()) {
        change.apply(line).ifPresent(changed::add);
      } else {
        changed.add(line);
      }
    }
    return new AccountFile(format, List.copyOf(changed));
  }

  /**
   * Returns the file with an account more: before the first NIS line, which stands for all accounts
   * from elsewhere, otherwise at the end.
   */
  AccountFile plus(String... fields) {
    Line line = new Line(String.join(":", fields) + "\n", List.of(fields));
    List<Line> all = new ArrayList<>(lines);
    int at = 0;
    while (at < all.size() && !all.get(at).raw().startsWith("+")) {
      at++;
    }
    if (at > 0 && !all.get(at - 1).raw().endsWith("\n")) {
      Line last = all.get(at - 1);
      all.set(at - 1, new Line(last.raw() + "\n", last.fields()));
    }
    all.add(at, line);
    return new AccountFile(format, List.copyOf(all));
  }

  static AccountFile empty(AccountFormat format) {
    return new AccountFile(format, List.of());
  }

  ByteString print() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.raw()));
    return ByteString.copyOf(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }
}
