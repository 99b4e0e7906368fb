package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;

/**
 * Finds the names of accounts in an image's configuration, by the table {@code
 * account-references.txt}. A name here may be anybody's: whether it is an account's, the caller
 * looks up.
 */
final class AccountReferences {
  static final int MAX_FILE_BYTES = 1 << 20;
  private static final int MAX_LINE_CHARS = 2048;
  private static final String TABLE = "account-references.txt";

  /** A name or number, and where it stands. */
  record Reference(String name, boolean isGroup, String evidence) {}

  /**
   * A row of the table.
   *
   * @param requires paths of which the image must hold one; none: the row always counts
   * @param files which files; empty for scripts and the command
   */
  private record Rule(List<ImagePath> requires, Optional<PathGlob> files, Names names) {
    boolean applies(FileTree tree) {
      return requires.isEmpty()
          || requires.stream().anyMatch(path -> tree.resolve(path).isPresent());
    }
  }

  /** How names are taken out of a file. */
  private sealed interface Names {}

  /** By a pattern in each line. */
  private record InLines(NamePattern pattern) implements Names {}

  /** The file's own name is a user's. */
  private record FileName() implements Names {}

  /** The file is there, and so this user is needed; the group of this name too. */
  private record Constant(String name) implements Names {}

  /** The files are scripts, to be searched as such. */
  private record Scripts() implements Names {}

  private static final List<Rule> RULES = load();

  private final FileTree files;
  private final List<Finding> findings;
  private final Map<String, Reference> found = new LinkedHashMap<>();
  private final Map<ImagePath, List<String>> read = new LinkedHashMap<>();

  private AccountReferences(FileTree files, List<Finding> findings) {
    this.files = files;
    this.findings = findings;
  }

  /** Returns all names with the first place of each; what could not be searched is a finding. */
  static List<Reference> in(ImageSnapshot image, List<Finding> findings) throws IOException {
    AccountReferences references = new AccountReferences(image.files(), findings);
    Set<ImagePath> scripts = new LinkedHashSet<>();
    List<NamePattern> scriptPatterns = new ArrayList<>();
    for (Rule rule : RULES) {
      if (rule.files().isEmpty() && rule.names() instanceof InLines lines) {
        scriptPatterns.add(lines.pattern());
      } else if (rule.applies(image.files())) {
        for (ImagePath path : references.matching(rule.files().orElseThrow())) {
          references.search(path, rule.names(), scripts);
        }
      }
    }
    ServiceScripts reachable = new ServiceScripts(image, references::lines);
    references.searchLines("the image's configuration", reachable.command(), scriptPatterns);
    for (ImagePath script : reachable.from(scripts)) {
      references.searchLines(script.toString(), references.lines(script), scriptPatterns);
    }
    return List.copyOf(references.found.values());
  }

  private List<ImagePath> matching(PathGlob glob) {
    return files.subtree(glob.base()).keySet().stream().filter(glob::matches).toList();
  }

  private void search(ImagePath path, Names names, Set<ImagePath> scripts) throws IOException {
    if (names instanceof InLines lines) {
      searchLines(path.toString(), lines(path), List.of(lines.pattern()));
    } else if (names instanceof FileName) {
      add(path.name().toLatin1(), false, path + " is there");
    } else if (names instanceof Constant constant) {
      add(constant.name(), false, path + " is there");
      add(constant.name(), true, path + " is there");
    } else {
      scripts.add(path);
    }
  }

  private void searchLines(String where, List<String> lines, List<NamePattern> patterns) {
    for (String line : lines) {
      for (NamePattern pattern : patterns) {
        Matcher matcher = pattern.matcher(line);
        while (matcher.find()) {
          addAll(pattern, matcher, where);
        }
      }
    }
  }

  private void addAll(NamePattern pattern, Matcher matcher, String where) {
    String text = matcher.group().strip();
    String evidence =
        "named by " + where + ": " + (text.length() > 80 ? text.substring(0, 80) + "..." : text);
    for (Map.Entry<String, Integer> place : pattern.places().entrySet()) {
      String value = matcher.group(place.getValue());
      if (value == null) {
        continue;
      }
      if (place.getKey().startsWith("owner")) {
        // chown(1) takes USER, USER:GROUP, USER: and :GROUP, and a dot for the colon.
        add(value, false, evidence);
        int colon = value.indexOf(':') >= 0 ? value.indexOf(':') : value.indexOf('.');
        if (colon >= 0) {
          add(value.substring(0, colon), false, evidence);
          add(value.substring(colon + 1), true, evidence);
        }
        continue;
      }
      for (String name : value.split("[\\s,:]+", -1)) {
        // %group, @group; user@host
        String plain = name.startsWith("%") || name.startsWith("@") ? name.substring(1) : name;
        int host = plain.indexOf('@');
        add(
            host < 0 ? plain : plain.substring(0, host),
            place.getKey().startsWith("group"),
            evidence);
      }
    }
  }

  private void add(String name, boolean isGroup, String evidence) {
    if (!name.isEmpty()) {
      found.putIfAbsent((isGroup ? "g:" : "u:") + name, new Reference(name, isGroup, evidence));
    }
  }

  /** Returns the lines of a text file, continued ones joined; none if it is no small file. */
  private List<String> lines(ImagePath named) throws IOException {
    Optional<ImagePath> path = files.resolve(named);
    Optional<FileNode> node = path.flatMap(files::get).filter(FileNode::isRegular);
    if (path.isEmpty() || node.isEmpty()) {
      return List.of();
    }
    List<String> known = read.get(path.get());
    if (known != null) {
      return known;
    }
    List<String> lines = new ArrayList<>();
    if (node.get().size() > MAX_FILE_BYTES) {
      String evidence = node.get().size() + " bytes, more than are searched for names of accounts";
      findings.add(Finding.at(path.get(), new Reason("users", "not-searched", evidence)));
    } else {
      byte[] bytes = node.get().content().readAll(MAX_FILE_BYTES);
      String text = ByteString.copyOf(bytes).toLatin1().replace("\\\n", " ");
      for (String line : text.split("\n", -1)) {
        if (!line.stripLeading().startsWith("#") || line.startsWith("#!")) {
          lines.add(line.substring(0, Math.min(line.length(), MAX_LINE_CHARS)));
        }
      }
    }
    read.put(path.get(), List.copyOf(lines));
    return lines;
  }

  private static List<Rule> load() {
    try (InputStream in = AccountReferences.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException("the table " + TABLE + " is not beside the class");
      }
      List<Rule> rules = new ArrayList<>();
      Optional<List<ImagePath>> requires = Optional.empty();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        if (line.startsWith("with ")) {
          requires = Optional.of(paths(line.substring(5)));
          continue;
        }
        String[] columns = line.strip().split("\\s+", 2);
        rules.add(
            new Rule(
                requires.orElse(List.of()),
                columns[0].equals("@scripts")
                    ? Optional.empty()
                    : Optional.of(PathGlob.of(columns[0])),
                names(columns[1])));
      }
      return List.copyOf(rules);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<ImagePath> paths(String words) {
    List<ImagePath> paths = new ArrayList<>();
    for (String word : words.strip().split("\\s+", -1)) {
      if (word.startsWith("/")) {
        paths.add(ImagePath.of(word));
      }
    }
    return List.copyOf(paths);
  }

  private static Names names(String column) {
    if (column.equals("@file-name")) {
      return new FileName();
    } else if (column.equals("@script")) {
      return new Scripts();
    } else if (column.startsWith("@account ")) {
      return new Constant(column.substring(9).strip());
    }
    return new InLines(NamePattern.compile(column));
  }
}
