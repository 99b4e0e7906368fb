package io.k8or.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.k8or.filesystem.PathGlob;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A named class of files that images do not need: manual pages, logs, headers and so on. The rules
 * are a table, {@code file-rules.json}.
 */
public final class FileRule {
  private static final List<FileRule> TABLE = load();

  private final String name;
  private final String about;
  private final boolean inDefaults;
  private final boolean state;
  private final boolean reinstalled;
  private final int localeAt;
  private final List<PathGlob> paths;
  private final List<PathGlob> except;
  private final List<PathGlob> emptied;
  private final List<PathGlob> unless;

  private FileRule(JsonNode rule) {
    this.name = rule.path("name").asText();
    this.about = rule.path("about").asText();
    this.inDefaults = rule.path("default").asBoolean();
    this.state = rule.path("state").asBoolean();
    this.reinstalled = rule.path("reinstalled").asBoolean(true);
    this.localeAt = rule.path("locale").asInt(-1);
    this.paths = globs(rule.path("paths"));
    this.except = globs(rule.path("except"));
    this.emptied = globs(rule.path("emptied"));
    this.unless = globs(rule.path("unless"));
  }

  private static List<PathGlob> globs(JsonNode texts) {
    List<PathGlob> globs = new ArrayList<>();
    texts.forEach(text -> globs.add(PathGlob.of(text.asText())));
    return List.copyOf(globs);
  }

  private static List<FileRule> load() {
    List<FileRule> rules = new ArrayList<>();
    try (InputStream in = FileRule.class.getResourceAsStream("file-rules.json")) {
      JsonMapper.builder()
          .build()
          .readTree(Objects.requireNonNull(in))
          .path("rules")
          .forEach(rule -> rules.add(new FileRule(rule)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a resource of this library
    }
    return List.copyOf(rules);
  }

  /** Returns all rules, in the table's order: of two that match a path, the first takes it. */
  public static List<FileRule> all() {
    return TABLE;
  }

  /** Returns the rules that are safe for any image, in the table's order. */
  public static List<FileRule> defaults() {
    return TABLE.stream().filter(FileRule::isDefault).toList();
  }

  /**
   * Returns the rule of a name.
   *
   * @throws IllegalArgumentException if there is none; the message has all names
   */
  public static FileRule named(String name) {
    return TABLE.stream()
        .filter(rule -> rule.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no rule "
                        + name
                        + "; the rules are "
                        + String.join(", ", TABLE.stream().map(FileRule::name).toList())));
  }

  /** Returns its name, such as {@code manual-pages}. */
  public String name() {
    return name;
  }

  /** Returns why what it removes is not needed, or why it is off. */
  public String about() {
    return about;
  }

  /** Says whether it is safe for any image. */
  public boolean isDefault() {
    return inDefaults;
  }

  /** Returns the files that it removes. */
  public List<PathGlob> paths() {
    return paths;
  }

  /** What stays though it is among the paths. */
  List<PathGlob> except() {
    return except;
  }

  /** The directories that go when nothing is left in them. */
  List<PathGlob> emptied() {
    return emptied;
  }

  /** What makes the rule rest. */
  List<PathGlob> unless() {
    return unless;
  }

  /** Whether programs write the files at run time. */
  boolean isState() {
    return state;
  }

  /** Whether a package manager may bring the files back. */
  boolean isReinstalled() {
    return reinstalled;
  }

  /** The index of the segment that names a language; -1 where none does. */
  int localeAt() {
    return localeAt;
  }

  /** Whether it is about the texts that all other rules leave. */
  boolean takesLicences() {
    return name.equals("licences");
  }

  /** Returns the name. */
  @Override
  public String toString() {
    return name;
  }
}
