package io.k8or.jvm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Names of classes that a program puts together from parts, or finds by searching packages.
 *
 * <p>What a text says besides whole names of classes is a node of its own, with a number behind
 * those of the classes: a package, a package that is searched, a word. It leads to the classes that
 * may be meant.
 */
final class NameParts {
  private static final int MAX_WORD = 80;
  private static final List<Integer> NONE = List.of();
  private static final Pattern SEARCHED =
      Pattern.compile(
          "(?i)(?:scan|packages?)[\\w-]*\\s*[=:\"'>][\\s=:\"'>]*+([a-z_][\\w.,;* \\t]*)");
  private static final Pattern SEARCHING =
      Pattern.compile(
          "L[\\w/$]+(?:Scan|Scans|Scanned|EnableAutoConfiguration|SpringBootApplication"
              + "|SpringBootConfiguration|Enable\\w*Repositories);");

  private final List<String> classes;
  private final Map<String, Integer> ids;
  private final NavigableMap<String, Integer> sorted;
  private final NavigableMap<String, List<Integer>> packages = new TreeMap<>();
  private final Map<String, Integer> nodes = new HashMap<>();
  private final List<String> labels = new ArrayList<>();
  private final List<int[]> references = new ArrayList<>();
  private final Map<String, Set<String>> holders = new HashMap<>();

  /**
   * Sorts classes by what they may be named by.
   *
   * @param classes the names of all classes, with slashes; their places are their numbers
   * @param ids the numbers of the names
   */
  NameParts(List<String> classes, Map<String, Integer> ids) {
    this.classes = classes;
    this.ids = ids;
    this.sorted = new TreeMap<>(ids);
    for (int id = 0; id < classes.size(); id++) {
      String name = classes.get(id);
      packages.computeIfAbsent(packageOf(name), key -> new ArrayList<>()).add(id);
    }
  }

  private static String packageOf(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('/')));
  }

  private static String simple(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Says whether a text is the descriptor of an annotation that has packages searched. */
  static boolean isSearching(String text) {
    return text.endsWith(";") && SEARCHING.matcher(text).matches();
  }

  /**
   * Hands over what a text of a class names, whole or in part.
   *
   * @param isString whether it is a constant of its code
   * @param isSearched whether a package that it names is searched, with those below it
   */
  void inClass(String text, boolean isString, boolean isSearched, IntConsumer found) {
    ClassNames.tokens(
        text,
        raw -> {
          if (!whole(raw, found)) {
            token(raw, isString, isSearched, found);
          }
        });
  }

  private boolean whole(String raw, IntConsumer found) {
    return ClassNames.token(raw, ids::containsKey, name -> found.accept(ids.getOrDefault(name, 0)));
  }

  /**
   * Hands over what a resource names, whole or in part.
   *
   * @param folder where it is, as a package with slashes: it may name the classes there shortly
   */
  void inResource(String text, String folder, IntConsumer found) {
    List<Integer> neighbours = packages.getOrDefault(folder, List.of());
    ClassNames.tokens(
        text,
        raw -> {
          if (!whole(raw, found)) {
            token(raw, false, false, found);
            Integer id = neighbours.isEmpty() ? null : ids.get(folder + "/" + raw);
            if (id != null) {
              found.accept(id);
            }
          }
        });
    Matcher matcher = SEARCHED.matcher(text);
    while (matcher.find()) {
      for (String each : matcher.group(1).split("[,; \t]+", -1)) {
        searched(each.replace('.', '/').replaceFirst("[/*]+$", ""), found);
      }
    }
  }

  /** Hands over the package of a class, searched with those below it. */
  void aroundClass(String name, IntConsumer found) {
    searched(packageOf(name), found);
  }

  private void token(String raw, boolean isString, boolean isSearched, IntConsumer found) {
    String name = raw.replace('.', '/');
    int from = 0;
    while (from < name.length() && (name.charAt(from) == '/' || name.charAt(from) == '-')) {
      from++;
    }
    int to = name.endsWith("/class") ? name.length() - 6 : name.length();
    boolean isOpen = to > from && name.charAt(to - 1) == '/';
    while (to > from && name.charAt(to - 1) == '/') {
      to--;
    }
    if (from >= to) {
      return;
    }
    name = name.substring(from, to);
    List<Integer> members = packages.get(name);
    if (isSearched) {
      searched(name, found);
    } else if (members != null) {
      // With a dot at its end something follows, else perhaps.
      found.accept(
          isOpen ? node("the package " + dots(name) + ".", members) : node(text(dots(name)), NONE));
    }
    String within = packageOf(name);
    if (!isOpen && !within.isEmpty() && packages.containsKey(within)) {
      sorted.subMap(name, true, name + Character.MAX_VALUE, true).values().forEach(found::accept);
    }
    if (!isString) {
      return;
    }
    if (from > 0 && (isOpen || name.indexOf('/') > 0)) {
      String end = "/" + name;
      packages.forEach(
          (each, all) -> {
            if (each.endsWith(end)) {
              found.accept(
                  node("the text \"." + dots(end.substring(1)) + "\" at " + dots(each), all));
            }
          });
    }
    String word = simple(name);
    if (isWord(word)) {
      found.accept(node(text(word), NONE));
    }
  }

  private static boolean isWord(String word) {
    if (word.length() < 2 || word.length() > MAX_WORD) {
      return false;
    }
    char first = word.charAt(0);
    return (first >= 'A' && first <= 'Z') || first == '$' || first == '_';
  }

  private static String text(String word) {
    return "the text \"" + word + "\"";
  }

  private void searched(String name, IntConsumer found) {
    if (!name.isEmpty()
        && (packages.containsKey(name)
            || !packages.subMap(name + "/", true, name + "0", false).isEmpty())) {
      found.accept(search(name));
    }
  }

  private int search(String name) {
    List<Integer> members = new ArrayList<>(packages.getOrDefault(name, List.of()));
    packages.subMap(name + "/", true, name + "0", false).values().forEach(members::addAll);
    return node("the packages from " + dots(name) + " down", members);
  }

  private int node(String label, List<Integer> members) {
    return nodes.computeIfAbsent(
        label,
        key -> {
          labels.add(label);
          references.add(members.stream().mapToInt(Integer::intValue).toArray());
          return classes.size() + labels.size() - 1;
        });
  }

  private static String dots(String name) {
    return name.replace('/', '.');
  }

  /** Returns what a node is called. */
  String label(int node) {
    return labels.get(node - classes.size());
  }

  /** Returns the classes that a node leads to. */
  int[] references(int node) {
    return references.get(node - classes.size());
  }

  /** Takes a class that its name's parts lead to, and what has the first part. */
  interface Found {
    void companion(int id, int from, String why);
  }

  /**
   * Hands over classes that are not reached whose names are made of one that is reached and a text
   * that is: {@code Log_$logger}, {@code ColorEditor}, {@code DefaultCodec}.
   */
  void companions(BitSet reached, Found found) {
    IntStream.range(0, classes.size())
        .filter(id -> !reached.get(id))
        .forEach(id -> companion(id, reached, found));
  }

  private void companion(int id, BitSet reached, Found found) {
    String name = classes.get(id);
    String simple = simple(name);
    String folder = packageOf(name);
    int all = near(simple.substring(simple.lastIndexOf('$') + 1), folder, reached);
    if (all < 0) {
      all = near(simple, folder, reached);
    }
    if (all >= 0) {
      found.companion(id, all, "beside the name of its package");
      return;
    }
    String slash = folder.isEmpty() ? "" : folder + "/";
    for (int i = 1; i < simple.length(); i++) {
      String end = simple.substring(i);
      boolean isMark = end.charAt(0) == '_' || end.charAt(0) == '$';
      if (!isWord(end) && !isMark) {
        continue;
      }
      String begin = simple.substring(0, i);
      int first = reachedClass(slash + begin, reached);
      int endText = reachedText(end, reached);
      if (first >= 0 && (isMark || endText >= 0)) {
        found.companion(
            id, first, isMark ? "it belongs to it by its name" : "with " + label(endText));
        return;
      }
      int beginText = near(begin, folder, reached);
      if (beginText >= 0
          && (reachedClass(slash + end, reached) >= 0 || near(end, folder, reached) >= 0)) {
        found.companion(id, beginText, "before " + end);
        return;
      }
    }
  }

  // A text that is reached from a class of the package, or anywhere if the package is named too.
  private int near(String word, String folder, BitSet reached) {
    int id = isWord(word) ? reachedText(word, reached) : -1;
    return id >= 0
            && (reachedText(dots(folder), reached) >= 0
                || holders.getOrDefault(word, Set.of()).contains(folder))
        ? id
        : -1;
  }

  /** Takes the class that a node's text is in. */
  void held(int node, int by) {
    String label = label(node);
    if (label.startsWith("the text \"") && by < classes.size()) {
      holders
          .computeIfAbsent(label.substring(10, label.length() - 1), key -> new HashSet<>())
          .add(packageOf(classes.get(by)));
    }
  }

  private int reachedClass(String name, BitSet reached) {
    Integer id = ids.get(name);
    return id != null && reached.get(id) ? id : -1;
  }

  private int reachedText(String word, BitSet reached) {
    Integer id = nodes.get(text(word));
    return id != null && reached.get(id) ? id : -1;
  }

  @Override
  public String toString() {
    return packages.size() + " packages, " + labels.size() + " parts of names";
  }
}
