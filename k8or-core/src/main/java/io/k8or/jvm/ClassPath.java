package io.k8or.jvm;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.shell.ScriptUse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipException;

/**
 * What the Java commands of an image have on their class paths, as far as their words tell.
 *
 * @param entries archives and directories, in the order of the class path
 * @param mains the archives that a command starts with {@code -jar}
 * @param classes names of main classes, with slashes
 * @param unknown why it cannot be told; empty if it can
 */
record ClassPath(
    Set<ImagePath> entries, Set<ImagePath> mains, Set<String> classes, String unknown) {
  private static final Set<String> WITH_ARGUMENT =
      Set.of(
          "--add-modules", "--add-opens", "--add-exports", "--add-reads", "--enable-native-access");
  private static final List<String> NOT_KNOWN =
      List.of(
          "-p",
          "--module-path",
          "-m",
          "--module",
          "--upgrade-module-path",
          "--patch-module",
          "-Djava.class.path",
          "-Dloader.",
          "-Xbootclasspath",
          "-javaagent",
          "@");

  /**
   * Reads the commands.
   *
   * @param programs says whether a program is a Java launcher
   * @throws IOException if an archive cannot be read
   */
  static ClassPath of(FileTree files, ServiceCommands commands, Set<ImagePath> programs)
      throws IOException {
    Work work = new Work(files);
    for (String text : commands.texts()) {
      if (text.matches(
              "(?s)(?:JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|LOADER_PATH)=.*")
          && (text.startsWith("CLASSPATH")
              || text.startsWith("LOADER_PATH")
              || text.contains("-javaagent")
              || text.contains("-Xbootclasspath")
              || text.contains("=@")
              || text.contains(" @"))) {
        return unknown("the variable " + text);
      }
    }
    int count = 0;
    for (ServiceCommands.Command command : commands.commands()) {
      if (programs.contains(command.program())) {
        count++;
        Optional<String> why = work.command(command);
        if (why.isPresent()) {
          return unknown(why.get());
        }
      }
    }
    if (count == 0) {
      return unknown("no command is seen to start Java");
    }
    return new ClassPath(work.entries, work.mains, work.classes, "");
  }

  private static ClassPath unknown(String why) {
    return new ClassPath(Set.of(), Set.of(), Set.of(), "the class path is not known: " + why);
  }

  private static final class Work {
    final Set<ImagePath> entries = new LinkedHashSet<>();
    final Set<ImagePath> mains = new LinkedHashSet<>();
    final Set<String> classes = new TreeSet<>();
    private final FileTree files;

    Work(FileTree files) {
      this.files = files;
    }

    /** Reads a command; returns why it cannot be told. */
    Optional<String> command(ServiceCommands.Command command) throws IOException {
      List<String> words = command.words();
      Optional<String> path = Optional.empty();
      for (int i = 1; i < words.size(); i++) {
        String word = words.get(i);
        if (word.indexOf(ScriptUse.UNKNOWN) >= 0 || word.indexOf(ScriptUse.ANY) >= 0) {
          if (!word.startsWith("-D") && !word.startsWith("-X")) {
            return Optional.of("an argument that only a run can tell");
          }
        } else if (word.equals("-cp") || word.matches("--?class-?path")) {
          path = i + 1 < words.size() ? Optional.of(words.get(++i)) : path;
          if (path.filter(text -> text.indexOf(ScriptUse.UNKNOWN) >= 0).isPresent()) {
            return Optional.of("a class path that only a run can tell");
          }
        } else if (word.startsWith("--class-path=")) {
          path = Optional.of(word.substring(13));
        } else if (word.equals("-jar") && i + 1 < words.size()) {
          return jar(words.get(i + 1), command.directory());
        } else if (NOT_KNOWN.stream().anyMatch(word::startsWith)) {
          return Optional.of("the argument " + word);
        } else if (WITH_ARGUMENT.contains(word)) {
          i++;
        } else if (!word.startsWith("-")) {
          return main(word, path, command.directory());
        }
      }
      return Optional.empty(); // such as java -version
    }

    private Optional<String> main(String name, Optional<String> path, ImagePath directory)
        throws IOException {
      if (path.isEmpty() || name.endsWith(".java")) {
        return Optional.of("no class path is told for " + name);
      }
      classes.add(name.replace('.', '/'));
      for (String part : path.get().split(":", -1)) {
        if (part.endsWith("*")) {
          Optional<ImagePath> folder = at(part.substring(0, part.length() - 1), directory);
          if (folder.isPresent()) {
            for (ImagePath child : files.children(folder.get())) {
              if (child.name().toLatin1().matches(".*\\.(?:jar|JAR)")) {
                add(child);
              }
            }
          }
        } else {
          Optional<ImagePath> entry = at(part.isEmpty() ? "." : part, directory);
          if (entry.isPresent()) {
            add(entry.get());
          }
        }
      }
      return Optional.empty();
    }

    private Optional<String> jar(String name, ImagePath directory) throws IOException {
      Optional<ImagePath> jar = at(name, directory);
      if (jar.isEmpty()) {
        return Optional.of("there is no " + name);
      }
      mains.add(jar.get());
      add(jar.get());
      return Optional.empty();
    }

    private Optional<ImagePath> at(String name, ImagePath directory) {
      String full =
          name.startsWith("/") ? name : "/" + directory.toRelativeBytes().toLatin1() + "/" + name;
      return ProgramFinder.path(full).flatMap(files::resolve);
    }

    private void add(ImagePath entry) throws IOException {
      Optional<FileNode> node = files.get(entry);
      if (node.isEmpty() || !entries.add(entry) || !node.get().isRegular()) {
        return;
      }
      if (!Archive.isArchive(entry.name().toLatin1())) {
        throw new ZipException(entry + ": an archive of the class path with another name");
      }
      Optional<byte[]> manifest =
          Archive.read(entry.toString(), node.get().content(), "META-INF/MANIFEST.MF");
      if (manifest.isEmpty()) {
        return;
      }
      if (mains.contains(entry)) {
        values(manifest.get(), "Main-Class").forEach(name -> classes.add(name.replace('.', '/')));
        values(manifest.get(), "Start-Class").forEach(name -> classes.add(name.replace('.', '/')));
      }
      for (String name : values(manifest.get(), "Class-Path")) {
        Optional<ImagePath> other =
            at(name.replaceFirst("^file:/*(?=/)", ""), entry.parent().orElseThrow());
        if (other.isPresent()) {
          add(other.get());
        }
      }
    }

    private static List<String> values(byte[] manifest, String attribute) {
      String text = new String(manifest, StandardCharsets.UTF_8).replaceAll("\r?\n ", "");
      List<String> found = new ArrayList<>();
      int length = attribute.length() + 1;
      for (String line : text.split("\r?\n", -1)) {
        if (line.regionMatches(true, 0, attribute + ":", 0, length)) {
          found.addAll(List.of(line.substring(length).strip().split(" +", -1)));
        }
      }
      found.removeIf(String::isEmpty);
      return found;
    }
  }
}
