package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The shell scripts that an image's command reaches: those it names, those that they name. */
final class ServiceScripts {
  private static final int MAX_SCRIPTS = 1000;
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_./+-]{2,512}+");

  /** Gives the lines of a file of the image. */
  @FunctionalInterface
  interface Reader {
    List<String> lines(ImagePath path) throws IOException;
  }

  private final ImageConfig config;
  private final FileTree files;
  private final Reader reader;
  private final List<ImagePath> searchPath;
  private final Set<String> seen = new HashSet<>();

  ServiceScripts(ImageSnapshot image, Reader reader) {
    this.config = image.config();
    this.files = image.files();
    this.reader = reader;
    this.searchPath = searchPath(config);
  }

  private static List<ImagePath> searchPath(ImageConfig config) {
    String path =
        config.env().stream()
            .filter(variable -> variable.startsWith("PATH=/"))
            .map(variable -> variable.substring(5))
            .findFirst()
            .orElse("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    List<ImagePath> folders = new ArrayList<>();
    for (String folder : path.split(":", -1)) {
      absolute(folder).ifPresent(folders::add);
    }
    return folders;
  }

  /** Returns the command that a container runs, and its environment, as lines of text. */
  List<String> command() {
    List<String> words = new ArrayList<>(config.entrypoint());
    words.addAll(config.cmd());
    List<String> lines = new ArrayList<>(List.of(String.join(" ", words).split("\n", -1)));
    lines.addAll(config.env());
    return lines;
  }

  /** Returns these scripts, those of the command, and all that they name, each once. */
  Set<ImagePath> from(Set<ImagePath> seeds) throws IOException {
    Set<ImagePath> scripts = new LinkedHashSet<>();
    Deque<ImagePath> toRead = new ArrayDeque<>();
    for (ImagePath seed : seeds) {
      offer(seed, scripts, toRead);
    }
    ImagePath workingDir =
        config.workingDir().flatMap(ServiceScripts::absolute).orElse(ImagePath.root());
    for (String line : command()) {
      offerWords(line, workingDir, scripts, toRead);
    }
    while (!toRead.isEmpty() && scripts.size() < MAX_SCRIPTS) {
      ImagePath script = toRead.pop();
      for (String line : reader.lines(script)) {
        offerWords(line, script.parent().orElseThrow(), scripts, toRead);
      }
    }
    return scripts;
  }

  private void offerWords(
      String line, ImagePath folder, Set<ImagePath> scripts, Deque<ImagePath> toRead)
      throws IOException {
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      String text = word.group();
      if (!seen.add(folder + " " + text)) {
        continue;
      }
      if (text.startsWith("/")) {
        Optional<ImagePath> path = absolute(text);
        if (path.isPresent()) {
          offer(path.get(), scripts, toRead);
        }
        continue;
      }
      List<ImagePath> folders = new ArrayList<>(searchPath);
      folders.add(folder);
      for (ImagePath at : folders) {
        Optional<ImagePath> path = absolute(at + "/" + text);
        if (path.isPresent()) {
          offer(path.get(), scripts, toRead);
        }
      }
    }
  }

  private void offer(ImagePath path, Set<ImagePath> scripts, Deque<ImagePath> toRead)
      throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    if (real.isPresent() && !scripts.contains(real.get()) && isScript(real.get())) {
      scripts.add(real.get());
      toRead.add(real.get());
    }
  }

  // A script of a shell, or of execline as s6 has it, by its first line; a sourced file has none.
  private boolean isScript(ImagePath path) throws IOException {
    FileNode node = files.get(path).orElseThrow();
    if (!node.isRegular() || node.size() > AccountReferences.MAX_FILE_BYTES) {
      return false;
    }
    if (path.name().endsWith(ByteString.utf8(".sh"))) {
      return true;
    }
    try (InputStream in = node.content().open()) {
      String start = ByteString.copyOf(in.readNBytes(128)).toLatin1();
      int end = start.indexOf('\n');
      String first = end < 0 ? start : start.substring(0, end);
      return first.startsWith("#!") && (first.contains("sh") || first.contains("execlineb"));
    }
  }

  private static Optional<ImagePath> absolute(String text) {
    try {
      return Optional.of(ImagePath.of(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // relative, or with a segment ..
    }
  }
}
