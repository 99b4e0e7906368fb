package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which archives of a class path have a class that is reached. A class reaches each that its
 * constant pool names, also in strings. The classes of what is started are all reached, and so is
 * what the commands, configurations and the files name that frameworks look for on the whole class
 * path.
 */
final class JarReach {
  private static final int MAX_TEXT = 4 << 20;
  private static final String SERVICES = "META-INF/services/";
  private static final Pattern PREFIX =
      Pattern.compile("^(?:BOOT-INF/classes/|WEB-INF/classes/|META-INF/versions/\\d+/)+");
  private static final Pattern GLOBAL =
      Pattern.compile("META-INF/(?:spring.*|[\\w.-]+\\.factories|[\\w.-]+\\.imports|dubbo/.*)");
  private static final Pattern TEXT =
      Pattern.compile(
          ".*\\.(?:properties|xml|json|ya?ml|conf|config|factories|imports|groovy|policy|cfg|xsd|txt)"
              + "|META-INF/(?!maven/)[^.]*|META-INF/MANIFEST.MF");
  // What no program looks for by its name.
  private static final Pattern PLAIN =
      Pattern.compile(
          "META-INF/(?:MANIFEST\\.MF|INDEX\\.LIST|DEPENDENCIES|[\\w.-]+\\.(?:SF|RSA|DSA|EC|kotlin_module|version|md|txt)"
              + "|(?:maven|services|native-image|proguard|com\\.android\\.tools|sbom|licenses?)/.*"
              + "|versions/\\d+/(?:module-info|.*/package-info)\\.class)"
              + "|(?:META-INF/)?(?:[\\w.-]*(?:LICEN[SC]E|NOTICE|COPYING|AUTHORS|CONTRIBUTORS|README|CHANGES)[\\w.-]*"
              + "|about[\\w.-]*\\.html|about_files/.*|module-info\\.class)",
          Pattern.CASE_INSENSITIVE);

  /** An archive of the class path, or one in it. */
  static final class Jar {
    final ImagePath outer;
    final Optional<String> entry;
    int classes;
    boolean isMain;
    boolean isUsed;
    boolean isSigned;
    String why = "";
    private final Set<String> folders = new HashSet<>();
    private final List<String> resources = new ArrayList<>();
    private final BitSet texts = new BitSet();

    Jar(ImagePath outer, Optional<String> entry) {
      this.outer = outer;
      this.entry = entry;
    }

    @Override
    public String toString() {
      return outer + entry.map(name -> "!/" + name).orElse("");
    }
  }

  private final FileTree files;
  private final Map<String, Jar> jars = new LinkedHashMap<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Jar> owners = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final Map<Integer, BitSet> references = new HashMap<>();
  private final BitSet reached = new BitSet();
  private final Deque<Integer> work = new ArrayDeque<>();

  private JarReach(FileTree files) {
    this.files = files;
  }

  /**
   * Searches.
   *
   * @param others archives and classes that other class loaders may load
   * @param texts what else may name classes
   * @throws MalformedContentException if an archive or class cannot be read
   * @throws IOException if the tree cannot be read
   */
  static JarReach of(
      FileTree files, ClassPath path, Collection<ImagePath> others, Collection<String> texts)
      throws IOException {
    JarReach search = new JarReach(files);
    for (ImagePath entry : path.entries()) {
      search.visit(entry, search::list);
    }
    for (ImagePath entry : path.entries()) {
      search.visit(entry, search::refer);
    }
    for (ImagePath other : others) {
      search.visit(other, search::other);
    }
    for (Jar jar : search.jars.values()) {
      if (path.mains().contains(jar.outer) && jar.entry.isEmpty()) {
        search.use(jar, "it is started", true);
      } else if (files.get(jar.outer).filter(FileNode::isDirectory).isPresent()) {
        search.use(jar, "a directory", true);
      } else {
        search.resource(jar);
      }
    }
    for (String name : path.classes()) {
      Integer id = search.ids.get(name);
      if (id != null) {
        search.use(search.owners.get(id), "it has the main class " + name, true);
      }
    }
    for (String text : texts) {
      search.in(text).stream().forEach(id -> search.reach(id, "a command or configuration"));
    }
    search.drain();
    return search;
  }

  private void visit(ImagePath entry, Archive.Visitor visitor) throws IOException {
    Optional<FileNode> node = files.get(entry);
    if (node.isEmpty()) {
      return;
    }
    if (node.get().isRegular() && !Archive.isArchive(entry.name().toLatin1())) {
      visitor.entry(
          entry.toString(), entry.name().toLatin1(), node.get().content().readAll(MAX_TEXT));
      return;
    }
    if (node.get().isRegular()) {
      Archive.visit(entry.toString(), node.get().content(), visitor);
      return;
    }
    for (Map.Entry<ImagePath, FileNode> each : files.subtree(entry).entrySet()) {
      if (each.getValue().isRegular() && each.getValue().size() <= MAX_TEXT) {
        String name = each.getKey().rebase(entry, ImagePath.root()).toRelativeBytes().toLatin1();
        visitor.entry(entry.toString(), name, each.getValue().content().readAll(MAX_TEXT));
      }
    }
  }

  private Jar jar(String archive) {
    String[] parts = archive.split("!/", 3);
    Optional<String> entry = parts.length > 1 ? Optional.of(parts[1]) : Optional.empty();
    return jars.computeIfAbsent(
        parts[0] + "!/" + entry.orElse(""), key -> new Jar(ImagePath.of(parts[0]), entry));
  }

  private static Optional<String> className(String name) {
    if (!name.endsWith(".class")
        || name.endsWith("module-info.class")
        || name.endsWith("package-info.class")) {
      return Optional.empty();
    }
    String plain = PREFIX.matcher(name).replaceFirst("");
    return Optional.of(plain.substring(0, plain.length() - 6));
  }

  private static String folder(String name) {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  private void list(String archive, String name, byte[] bytes) {
    Jar jar = jar(archive);
    Optional<String> type = className(name);
    if (type.isPresent()) {
      jar.classes++;
      jar.folders.add(folder(type.get()));
      if (ids.putIfAbsent(type.get(), owners.size()) == null) {
        owners.add(jar);
        names.add(type.get());
      }
    } else {
      jar.isSigned |= name.matches("META-INF/[^/]+\\.SF");
      if (!PLAIN.matcher(name).matches()) {
        jar.resources.add(PREFIX.matcher(name).replaceFirst(""));
      }
    }
  }

  private BitSet in(String text) {
    BitSet found = new BitSet();
    ClassNames.in(
        text,
        ids::containsKey,
        name -> {
          Integer id = ids.get(name);
          if (id != null) {
            found.set(id);
          }
        });
    return found;
  }

  private void refer(String archive, String name, byte[] bytes) throws IOException {
    Jar jar = jar(archive);
    Optional<String> type = className(name);
    if (type.isPresent()) {
      Integer id = ids.get(type.get());
      if (id != null && owners.get(id) == jar) { // the first on the class path is loaded
        BitSet named = references.computeIfAbsent(id, key -> new BitSet());
        for (String text : ClassFiles.texts(bytes, archive + "!/" + name)) {
          named.or(in(text));
        }
      }
      return;
    }
    String plain = PREFIX.matcher(name).replaceFirst("");
    boolean isGlobal = plain.startsWith(SERVICES) || GLOBAL.matcher(plain).matches();
    if ((!isGlobal && !TEXT.matcher(plain).matches()) || bytes.length > MAX_TEXT) {
      return;
    }
    BitSet named = in(new String(bytes, StandardCharsets.ISO_8859_1));
    if (plain.startsWith(SERVICES)) {
      Integer service = ids.get(plain.substring(SERVICES.length()).replace('.', '/'));
      if (service != null) {
        references.computeIfAbsent(service, key -> new BitSet()).or(named);
        return;
      }
      named.stream().forEach(id -> reach(id, "provides a service of the runtime"));
    } else if (isGlobal) {
      named.stream().forEach(id -> reach(id, "named in " + archive + "!/" + name));
    } else {
      jar.texts.or(named);
    }
  }

  private void other(String archive, String name, byte[] bytes) throws IOException {
    if (className(name).isPresent()) {
      for (String text : ClassFiles.texts(bytes, archive + "!/" + name)) {
        in(text).stream().forEach(id -> reach(id, "named in " + archive + "!/" + name));
      }
    } else if (TEXT.matcher(name).matches() && bytes.length <= MAX_TEXT) {
      in(new String(bytes, StandardCharsets.ISO_8859_1)).stream()
          .forEach(id -> reach(id, "named in " + archive + "!/" + name));
    }
  }

  // What is in no folder of the archive's own classes is looked for by name, nobody knows by whom.
  private void resource(Jar jar) {
    for (String name : jar.resources) {
      String folder = folder(name);
      if (jar.folders.stream().noneMatch(own -> !own.isEmpty() && folder.startsWith(own))) {
        use(jar, "it has the resource " + name, false);
        return;
      }
    }
  }

  private void use(Jar jar, String why, boolean all) {
    if (!jar.isUsed) {
      jar.isUsed = true;
      jar.why = why;
      jar.texts.stream().forEach(id -> reach(id, "named in a resource of " + jar));
    }
    if (all && !jar.isMain) {
      jar.isMain = true;
      for (int id = 0; id < owners.size(); id++) {
        if (owners.get(id) == jar) {
          reach(id, "of what is started");
        }
      }
    }
  }

  private void reach(int id, String why) {
    if (!reached.get(id)) {
      reached.set(id);
      work.add(id);
      use(owners.get(id), names.get(id).replace('/', '.') + ": " + why, false);
    }
  }

  private void drain() {
    while (!work.isEmpty()) {
      int id = work.remove();
      BitSet named = references.get(id);
      if (named != null) {
        named.stream()
            .forEach(other -> reach(other, "named by " + names.get(id).replace('/', '.')));
      }
    }
  }

  /** Returns the archives, in the order of the class path. */
  Collection<Jar> jars() {
    return jars.values();
  }

  /** Returns how many classes are reached. */
  int reachedClasses() {
    return reached.cardinality();
  }

  /** Returns the number of classes. */
  int classes() {
    return owners.size();
  }
}
