package io.k8or.services;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.services.ReachableFiles.Why;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of a search that knows Perl. Perl's grammar cannot be read without running it, so each
 * word counts that is the name of a module, in a line that loads, and each qualified name.
 */
final class PerlReach {
  private static final int MAX_SOURCE = 8 << 20;
  private static final Pattern PROGRAM = Pattern.compile("(?:lib)?perl(?:5[\\d.]*)?(?:\\.so.*)?");
  private static final Pattern WORD =
      Pattern.compile("[A-Za-z_]\\w*(?:(?:::|/)\\w+)*(?:\\.(?:pl|ph|pm|al))?");
  private static final Pattern LOADS =
      Pattern.compile("\\b(?:use|no|require|do)\\s+[\"']?([\\w:./-]+)");
  private static final Pattern NAMES =
      Pattern.compile("\\b(?:use|no)\\s+(?:parent|base|if|autouse|aliased)\\b|\\bISA\\b");
  // What comes after a directory of @INC.
  private static final Pattern PLACE =
      Pattern.compile(
          "/.*?/(?:perl5|perl-base|perl|site_perl|core_perl|vendor_perl)/(?:(?:site|core|vendor)_perl/)?"
              + "(?:5\\.[\\d.]+/)?(?:[\\w-]*linux[\\w-]*/)?(.*)");
  private static final Pattern UNKNOWN = Pattern.compile("\\brequire\\s*\\(?\\s*[$@]");

  private final Reach reach;
  private final FileTree files;
  private final Map<String, List<ImagePath>> modules = new HashMap<>(); // by A/B.pm
  private final Set<Object> done = new HashSet<>();
  private final Set<ImagePath> named = new HashSet<>();
  private final Set<ImagePath> waiting = new HashSet<>();
  private Optional<ImagePath> interpreter = Optional.empty();

  PerlReach(Reach reach, FileTree files) {
    this.reach = reach;
    this.files = files;
  }

  static boolean isInterpreter(String name) {
    return PROGRAM.matcher(name).matches();
  }

  static boolean isModule(ImagePath path) {
    String name = path.name().toLatin1();
    return name.endsWith(".pm")
        || name.endsWith(".pl")
        || name.endsWith(".al")
        || name.endsWith(".ph");
  }

  /**
   * The interpreter is reached.
   *
   * @param places what it may load, where it looks
   */
  void interpreter(ImagePath path, List<ImagePath> places) throws IOException {
    if (!done.add("interpreter")) {
      return;
    }
    interpreter = Optional.of(path);
    for (ImagePath place : places) {
      if (reach.keepsModules() || files.get(place).filter(FileNode::isSymlink).isPresent()) {
        reach.keep(place, new Why("modules", path + " looks here", interpreter));
      } else if (isModule(place)) {
        Matcher matcher = PLACE.matcher(place.toString());
        if (matcher.matches()) {
          modules.computeIfAbsent(matcher.group(1), key -> new ArrayList<>()).add(place);
        }
      }
    }
    for (ImagePath source : List.copyOf(waiting)) {
      source(source);
    }
  }

  /** A module is reached. One that is there at any time leads on where a source names it. */
  void module(ImagePath path, Why why) throws IOException {
    if (!why.rule().equals("modules") || named.contains(path)) {
      source(path);
    }
  }

  /** A source is reached. */
  void source(ImagePath path) throws IOException {
    if (interpreter.isEmpty()) {
      waiting.add(path);
      return;
    }
    Optional<FileNode> node = files.get(path).filter(FileNode::isRegular);
    if (node.isEmpty()
        || !done.add(path)
        || ReachRules.INSTANCE.documents.stream().anyMatch(glob -> glob.matches(path))) {
      return;
    }
    if (node.get().size() > MAX_SOURCE) {
      reach.find(path, "too-large", "a source of " + node.get().size() + " bytes is not read");
      return;
    }
    boolean own = reach.sharesNothingWith(path, interpreter.orElseThrow());
    boolean documentation = false;
    int number = 0;
    for (String line : Reach.latin1(node.get(), MAX_SOURCE).split("\n", -1)) {
      number++;
      if (line.startsWith("=") && line.length() > 1 && Character.isLetter(line.charAt(1))) {
        documentation = !line.startsWith("=cut");
        continue;
      }
      if (line.equals("__END__")) {
        break;
      }
      if (documentation || line.stripLeading().startsWith("#")) {
        continue;
      }
      words(line, number, path, own);
    }
  }

  private void words(String line, int number, ImagePath path, boolean own) throws IOException {
    boolean lists = NAMES.matcher(line).find();
    Matcher matcher = WORD.matcher(line);
    while (matcher.find()) {
      String word = matcher.group();
      char before = matcher.start() == 0 ? ' ' : line.charAt(matcher.start() - 1);
      // A class by its whole name; in Perl's own modules, which name many, as a text alone.
      if (lists || (word.contains("::") && (own || before == '\'' || before == '"'))) {
        load(word, path, number);
      }
    }
    Matcher loads = LOADS.matcher(line);
    while (loads.find()) {
      load(loads.group(1), path, number);
    }
    if (own && UNKNOWN.matcher(line).find()) {
      reach.find(path, "unknown-import", "line " + number + ": " + line.strip());
    }
    if (own && line.indexOf('/') >= 0) {
      for (String text : line.split("[\"'`\\s]+", -1)) {
        if (text.length() > 3) {
          reach.languageText(text, path, true, false);
        }
      }
    }
  }

  private void load(String word, ImagePath from, int line) {
    if (!done.add(List.of("word", word))) {
      return;
    }
    String file = word.replace("::", "/");
    if (!file.matches(".*\\.(?:pl|ph|pm|al)")) {
      file += ".pm";
    }
    Why why = new Why("import", from + ", line " + line + ": " + word, Optional.of(from));
    for (ImagePath path : modules.getOrDefault(file, List.of())) {
      Optional<ImagePath> real = reach.keep(path, why);
      if (real.isPresent() && named.add(real.get())) {
        reach.again(real.get());
      }
      parts(path, "/" + file, why);
    }
  }

  // What a module in C, and functions that are loaded when they are called, are in.
  private void parts(ImagePath path, String end, Why why) {
    String text = path.toString();
    String base = text.substring(0, text.length() - end.length());
    String name = end.substring(0, end.lastIndexOf('.'));
    ImagePath automatic = ImagePath.of(base + "/auto" + name);
    for (ImagePath place : files.subtree(automatic).keySet()) {
      reach.keep(place, why);
    }
    for (ImagePath place : files.children(ImagePath.of(base + name))) {
      if (!isModule(place) && !place.name().toLatin1().endsWith(".pod")) {
        reach.keep(place, why); // its data
      }
    }
  }
}
