package io.k8or.packages.dpkg;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A file of stanzas, such as {@code var/lib/dpkg/status} (deb822(5)). It keeps its bytes: {@link
 * #without} cuts stanzas out and leaves the others as they are, to the byte.
 */
public final class ControlFile {
  private final ByteString bytes;
  private final List<Stanza> stanzas;

  private ControlFile(ByteString bytes, List<Stanza> stanzas) {
    this.bytes = bytes;
    this.stanzas = List.copyOf(stanzas);
  }

  /**
   * Parses a file.
   *
   * @param what what the file is, for the error
   * @param where its path, for the error; the line is added
   * @param complete whether the last line must end with a line feed, as dpkg asks of its own files:
   *     one that does not was cut off
   * @throws MalformedContentException if a line is no field and no continuation of one, or a field
   *     is there twice in a stanza
   */
  public static ControlFile parse(ByteString bytes, String what, String where, boolean complete)
      throws MalformedContentException {
    return new Parser(bytes, what, where).parse(complete);
  }

  /** Returns the stanzas, in order. */
  public List<Stanza> stanzas() {
    return stanzas;
  }

  /** Returns the file's bytes. */
  public ByteString bytes() {
    return bytes;
  }

  /** Returns the bytes of the file without some stanzas, those of the others as they are. */
  public ByteString without(Predicate<Stanza> gone) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length());
    byte[] all = bytes.toByteArray();
    int from = 0;
    for (Stanza stanza : stanzas) {
      if (gone.test(stanza)) {
        out.write(all, from, stanza.start() - from);
        from = stanza.end();
      }
    }
    out.write(all, from, all.length - from);
    return ByteString.copyOf(out.toByteArray());
  }

  static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return "control file of " + stanzas.size() + " stanzas";
  }

  private static final class Parser {
    private final String text;
    private final ByteString bytes;
    private final String what;
    private final String where;
    private final List<Stanza> stanzas = new ArrayList<>();
    private Map<String, String> fields = new LinkedHashMap<>();
    private String name = "";
    private final StringBuilder value = new StringBuilder();
    private int start;
    private int firstLine;

    Parser(ByteString bytes, String what, String where) {
      this.bytes = bytes;
      this.text = new String(bytes.toByteArray(), StandardCharsets.ISO_8859_1);
      this.what = what;
      this.where = where;
    }

    ControlFile parse(boolean complete) throws MalformedContentException {
      int at = 0;
      int line = 0;
      while (at < text.length()) {
        line++;
        int feed = text.indexOf('\n', at);
        int end = feed < 0 ? text.length() : feed;
        if (feed < 0 && complete) {
          throw wrong(line, "expected a line feed at the end, found the end of the file");
        }
        read(text.substring(at, end), at, line);
        at = feed < 0 ? end : feed + 1;
      }
      endStanza(text.length(), line);
      return new ControlFile(bytes, stanzas);
    }

    private void read(String content, int at, int line) throws MalformedContentException {
      String trimmed = content.strip();
      if (trimmed.isEmpty()) {
        endStanza(at, line);
        extendLast(at + content.length() + 1);
        return;
      }
      char first = content.charAt(0);
      if (first == ' ' || first == '\t') {
        if (name.isEmpty()) {
          throw wrong(line, "expected a field, found a continuation line");
        }
        value.append('\n').append(content.stripTrailing(), 1, content.stripTrailing().length());
        return;
      }
      if (first == '#' && fields.isEmpty() && name.isEmpty()) {
        return; // apt writes comments between the stanzas of some files
      }
      endField(line);
      if (fields.isEmpty()) {
        start = at;
        firstLine = line;
      }
      int colon = content.indexOf(':');
      if (colon <= 0 || !isName(content, colon)) {
        throw wrong(line, "expected a field NAME: VALUE, found \"" + cut(content) + "\"");
      }
      name = content.substring(0, colon);
      value.append(content.substring(colon + 1).strip());
    }

    private void endField(int line) throws MalformedContentException {
      if (!name.isEmpty()) {
        if (fields.put(lower(name), value.toString()) != null) {
          throw wrong(line - 1, "the field " + name + " is there twice in one stanza");
        }
        name = "";
        value.setLength(0);
      }
    }

    private void endStanza(int end, int line) throws MalformedContentException {
      endField(line);
      if (!fields.isEmpty()) {
        stanzas.add(new Stanza(fields, firstLine, start, end));
        fields = new LinkedHashMap<>();
      }
    }

    // The empty lines behind a stanza go with it.
    private void extendLast(int end) {
      if (!stanzas.isEmpty()) {
        Stanza last = stanzas.remove(stanzas.size() - 1);
        stanzas.add(
            new Stanza(last.fields(), last.line(), last.start(), Math.min(end, text.length())));
      }
    }

    private static boolean isName(String line, int colon) {
      for (int i = 0; i < colon; i++) {
        char c = line.charAt(i);
        if (c <= ' ' || c >= 0x7f) {
          return false;
        }
      }
      return line.charAt(0) != '-';
    }

    private static String cut(String content) {
      return content.length() <= 40 ? content : content.substring(0, 40) + "...";
    }

    private MalformedContentException wrong(int line, String why) {
      return new MalformedContentException(what, where + ", line " + Math.max(line, 1), why);
    }
  }
}
