package io.k8or.services;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** The tables of {@code reach.json}. */
final class ReachRules {
  static final ReachRules INSTANCE = new ReachRules();

  final List<Rule> always = new ArrayList<>();
  final List<String> directories = new ArrayList<>();
  final List<Rule> withLibrary = new ArrayList<>();
  final List<Rule> withImport = new ArrayList<>();
  final List<Interpreter> interpreters = new ArrayList<>();
  final List<PathGlob> shared = new ArrayList<>();
  final List<PathGlob> generated = new ArrayList<>();
  final List<String> words = new ArrayList<>();
  final List<PathGlob> documents = new ArrayList<>();
  final List<PathGlob> idle = new ArrayList<>();
  final List<Part> optional = new ArrayList<>();
  final Python python;

  /**
   * Paths that are needed.
   *
   * @param when names of libraries or functions; none for always
   * @param unless beginnings of names of files that do not count
   * @param why what a person is told
   * @param paths globs
   */
  record Rule(List<String> when, List<String> unless, String why, List<String> paths) {}

  /** Parts that a program goes without where they are not there. */
  record Part(String why, List<PathGlob> paths) {
    boolean matches(ImagePath path) {
      return paths.stream().anyMatch(glob -> glob.matches(path));
    }
  }

  /** A program that loads modules by name. */
  record Interpreter(Pattern program, List<String> keep, List<PathGlob> leave) {}

  /**
   * What Python imports without saying so.
   *
   * @param start modules that the interpreter itself imports
   * @param whole packages of the standard library that import their own modules by name
   * @param with what is needed with a module
   * @param ignored imports that only a person at a terminal makes: a file's name and a module
   */
  record Python(List<String> start, List<String> whole, List<Rule> with, List<String> ignored) {}

  private ReachRules() {
    JsonNode table;
    try (InputStream in = ReachRules.class.getResourceAsStream("reach.json")) {
      table = JsonMapper.builder().build().readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a resource of this library
    }
    table.path("always").forEach(node -> always.add(rule(node, "")));
    directories.addAll(texts(table.path("directories")));
    table.path("withLibrary").forEach(node -> withLibrary.add(rule(node, "libraries")));
    table.path("withImport").forEach(node -> withImport.add(rule(node, "functions")));
    for (JsonNode node : table.path("interpreters")) {
      interpreters.add(
          new Interpreter(
              Pattern.compile(node.path("program").asText()),
              texts(node.path("keep")),
              globs(node.path("leave"))));
    }
    words.addAll(texts(table.path("words")));
    documents.addAll(globs(table.path("documents")));
    idle.addAll(globs(table.path("idle")));
    for (JsonNode node : table.path("optional")) {
      optional.add(new Part(node.path("why").asText(), globs(node.path("paths"))));
    }
    JsonNode modules = table.path("python");
    List<Rule> with = new ArrayList<>();
    modules.path("with").forEach(node -> with.add(rule(node, "modules")));
    python =
        new Python(
            texts(modules.path("start")),
            texts(modules.path("whole")),
            List.copyOf(with),
            texts(modules.path("ignored")));
    shared.addAll(globs(table.path("shared")));
    generated.addAll(globs(table.path("generated")));
  }

  private static Rule rule(JsonNode node, String when) {
    return new Rule(
        texts(node.path(when)),
        texts(node.path("unless")),
        node.path("why").asText(),
        texts(node.path("paths")));
  }

  private static List<String> texts(JsonNode node) {
    List<String> texts = new ArrayList<>();
    node.forEach(each -> texts.add(each.asText()));
    return List.copyOf(texts);
  }

  private static List<PathGlob> globs(JsonNode node) {
    return texts(node).stream().map(PathGlob::of).toList();
  }
}
