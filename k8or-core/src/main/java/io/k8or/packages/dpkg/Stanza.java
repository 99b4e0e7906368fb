package io.k8or.packages.dpkg;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One paragraph of a control file: fields in order, names without regard to case (deb822(5)).
 *
 * <p>Values are ISO 8859-1 texts, a char for each byte, so that nothing is lost: file names are
 * bytes. {@link #text} gives UTF-8 for people.
 */
public final class Stanza {
  private final Map<String, String> fields;
  private final int line;
  private final int start;
  private final int end;

  Stanza(Map<String, String> fields, int line, int start, int end) {
    this.fields = Collections.unmodifiableMap(fields);
    this.line = line;
    this.start = start;
    this.end = end;
  }

  /** Returns all fields by their name in lower case, in the file's order. */
  public Map<String, String> fields() {
    return fields;
  }

  /**
   * Returns a field's value without the space around it, its lines separated by line feeds; a byte
   * a char.
   */
  public Optional<String> field(String name) {
    return Optional.ofNullable(fields.get(ControlFile.lower(name)));
  }

  /** Returns a field's value in UTF-8, for a person; empty where it is missing. */
  public String text(String name) {
    return field(name)
        .map(
            value ->
                new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
        .orElse("");
  }

  /** Returns the lines below a field's first one, without the space around them. */
  public List<String> continuation(String name) {
    return field(name)
        .map(value -> value.lines().skip(1).map(String::strip).filter(s -> !s.isEmpty()).toList())
        .orElse(List.of());
  }

  /** Says whether a field is {@code yes}. */
  public boolean isYes(String name) {
    return field(name).filter(value -> value.equalsIgnoreCase("yes")).isPresent();
  }

  /** Returns the number of the stanza's first line in the file, from 1. */
  public int line() {
    return line;
  }

  /** Returns the offset of the stanza's first byte in the file. */
  public int start() {
    return start;
  }

  /** Returns the offset behind the stanza and the empty lines that follow it. */
  public int end() {
    return end;
  }

  @Override
  public String toString() {
    return "stanza of " + text("Package") + " at line " + line;
  }
}
