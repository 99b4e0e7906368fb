package io.k8or.shell;

import static io.k8or.shell.ScriptUse.ANY;
import static io.k8or.shell.ScriptUse.UNKNOWN;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The paths that a script's words name, from each directory that it may be in. */
final class NamedPaths {
  private static final int MAX_DIRECTORIES = 16;
  private static final int MAX_TEXT = 8192;

  private final FileTree files;
  private final Set<ImagePath> directories = new LinkedHashSet<>();
  private final Set<String> looked = new HashSet<>();
  private final Set<ImagePath> names = new TreeSet<>();
  private final Set<ImagePath> writes = new TreeSet<>();

  /** Begins in a directory, and in the root, where shells often go first. */
  NamedPaths(FileTree files, ImagePath directory) {
    this.files = files;
    directories.add(directory);
    directories.add(ImagePath.root());
  }

  /** Returns the directories that the script may be in, the one that it begins in first. */
  Set<ImagePath> directories() {
    return directories;
  }

  /** Returns what is named and there. */
  Set<ImagePath> names() {
    return names;
  }

  /** Returns what is made or changed. */
  Set<ImagePath> writes() {
    return writes;
  }

  /** Adds a directory that the script may be in; returns whether it is another one. */
  boolean enter(ImagePath directory) {
    boolean there = files.follow(directory).filter(FileNode::isDirectory).isPresent();
    if (there && directories.size() < MAX_DIRECTORIES && directories.add(directory)) {
      looked.clear();
      return true;
    }
    return false;
  }

  /** Returns a path as a shell has it. */
  static String text(ImagePath path) {
    return "/" + path.toRelativeBytes().toLatin1();
  }

  /** Returns the paths that a text stands for, in each directory that it may be used in. */
  Set<ImagePath> absolute(String text) {
    Set<ImagePath> all = new LinkedHashSet<>();
    if (text.startsWith("/")) {
      ProgramFinder.path(text).ifPresent(all::add);
    } else if (!text.isEmpty()) {
      for (ImagePath directory : directories) {
        ProgramFinder.path(text(directory) + "/" + text).ifPresent(all::add);
      }
    }
    return all;
  }

  /** Notes the paths that a word names, and that are there. */
  void name(String word) {
    if (!looked.add(word)) {
      return;
    }
    int from = 0;
    while (from < word.length()) {
      int end = from;
      while (end < word.length() && "=:, \n\t;'\"()".indexOf(word.charAt(end)) < 0) {
        end++;
      }
      String part = word.substring(from, end);
      from = end + 1;
      if (part.isEmpty() || part.length() > MAX_TEXT || part.equals("/") || part.equals(".")) {
        continue;
      }
      if (!Expansions.isKnown(part)) {
        names.addAll(matching(part));
      } else if (!part.startsWith("-")) {
        for (ImagePath path : absolute(part)) {
          // A plain word that is also a directory of the root names it only by accident.
          if (files.resolve(path).isPresent()
              && !path.isRoot()
              && (part.indexOf('/') >= 0 || path.depth() > 1)) {
            names.add(path);
          }
        }
      }
    }
  }

  /** Notes that what a word names is made or changed. */
  void write(String word) {
    if (Expansions.isKnown(word) && word.startsWith("/")) {
      ProgramFinder.path(word)
          .filter(path -> !path.isRoot() && !path.isWithin(ImagePath.of("/dev")))
          .ifPresent(writes::add);
    } else if (word.startsWith("/")) {
      int end = 0;
      while (word.charAt(end) != ANY && word.charAt(end) != UNKNOWN) {
        end++;
      }
      String directory = word.substring(0, word.lastIndexOf('/', end));
      ProgramFinder.path(directory + "/").filter(path -> path.depth() > 1).ifPresent(writes::add);
    }
  }

  /** Returns what a pattern matches; nothing where no directory deep enough is known. */
  Set<ImagePath> matching(String pattern) {
    int special = 0;
    while (pattern.charAt(special) != ANY && pattern.charAt(special) != UNKNOWN) {
      special++;
    }
    int slash = pattern.lastIndexOf('/', special);
    if (slash < 1) {
      return Set.of();
    }
    StringBuilder expression = new StringBuilder();
    for (int i = slash + 1; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == ANY) {
        expression.append("[^/]*");
      } else if (c == UNKNOWN) {
        expression.append(".*");
      } else {
        expression.append(Pattern.quote(String.valueOf(c)));
      }
    }
    Pattern rest = Pattern.compile(expression.toString(), Pattern.DOTALL);
    boolean open = pattern.indexOf(UNKNOWN) >= 0;
    Set<ImagePath> found = new TreeSet<>();
    for (ImagePath base : absolute(pattern.substring(0, slash))) {
      // What may be any file of a system's directory says nothing.
      if (base.depth() < 2 && open && isShared(base)) {
        continue;
      }
      Optional<ImagePath> real = files.resolve(base);
      if (real.isEmpty() || real.get().isRoot()) {
        continue;
      }
      for (ImagePath path : files.subtree(real.get()).keySet()) {
        if (found.size() > 2000) {
          break;
        }
        if (path.equals(real.get())) {
          continue;
        }
        String below = text(path).substring(text(real.get()).length() + 1);
        if (rest.matcher(below).matches()) {
          found.add(path.rebase(real.get(), base));
        }
      }
    }
    return found;
  }

  private static boolean isShared(ImagePath base) {
    return Set.of("usr", "etc", "var", "bin", "sbin", "lib", "lib64", "proc", "sys", "dev")
        .contains(base.name().toLatin1());
  }

  /** Returns what a short file holds, without the last line's end. */
  String content(String path) throws IOException {
    for (ImagePath at : absolute(path)) {
      Optional<FileNode> node = files.follow(at).filter(FileNode::isRegular);
      if (node.isPresent() && node.get().size() <= 1024) {
        byte[] bytes = node.get().content().readAll(1024);
        return new String(bytes, StandardCharsets.ISO_8859_1).stripTrailing();
      }
    }
    return String.valueOf(UNKNOWN);
  }
}
