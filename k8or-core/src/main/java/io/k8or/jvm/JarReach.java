package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.loader.ProgramFinder;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which archives of a class path have a class that is reached. A class reaches each that its
 * constant pool names, also in strings. The classes of what is started are all reached, and so is
 * what the commands, configurations and the files name that frameworks look for on the whole class
 * path.
 *
 * <p>Where single classes are to go, also what {@link NameParts} finds is reached, what any
 * resource names, and all of an archive whose classes are searched; of what is started not all is
 * reached, but what is near the main class.
 */
final class JarReach {
  private static final int MAX_TEXT = 4 << 20;
  private static final int MAX_TEXTS = 200_000;
  private static final int NEAR = 3;
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
  // Files without names of classes.
  private static final Pattern MUTE =
      Pattern.compile(
          "META-INF/(?:maven/.*|(?:additional-)?spring-configuration-metadata\\.json|[^/]+\\.(?:SF|RSA|DSA|EC))|.*\\.(?:png|gif|jpe?g|ico|ttf|otf|woff2?|css)"
              + "|(?:.*/)?(?:LICEN[SC]E|NOTICE|COPYING|README|CHANGES)[^/]*",
          Pattern.CASE_INSENSITIVE);
  // What lists packages that nobody searches.
  private static final Pattern WHOLE_NAMES =
      Pattern.compile("META-INF/MANIFEST\\.MF|META-INF/services/.*|.*\\.class");
  // Their archives' classes are searched for annotations (CDI, JPA, JSF, EJB) or by an index.
  private static final Pattern SEARCHED =
      Pattern.compile(
          "(?:META-INF|WEB-INF)/(?:beans\\.xml|jandex\\.idx|persistence\\.xml|orm\\.xml"
              + "|faces-config\\.xml|ejb-jar\\.xml)");
  // Annotations of classes that containers search for.
  private static final Pattern MARK =
      Pattern.compile(
          "L(?:(?:jakarta|javax)/(?:servlet/annotation/(?:Web|Handles)\\w+|ws/rs/(?:Path|ApplicationPath|ext/Provider)"
              + "|persistence/(?:Entity|Embeddable|MappedSuperclass|Converter)|inject/Named|ejb/\\w+"
              + "|enterprise/[\\w/]+|websocket/server/\\w+|xml/bind/annotation/Xml(?:RootElement|Registry|Type))"
              + "|org/springframework/stereotype/\\w+|org/springframework/context/annotation/Configuration);");

  /** An archive of the class path, or one in it. */
  static final class Jar {
    final ImagePath outer;
    final Optional<String> entry;
    int classes;
    boolean isMain;
    boolean isUsed;
    boolean isSigned;
    String why = "";

    /** Why all of its classes stay; empty if none is needed. */
    String whole = "";

    /** Paths of classes in it that are not what their paths say. */
    final Set<String> misplaced = new HashSet<>();

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
  private final ClassPath path;
  private final Map<String, Jar> jars = new LinkedHashMap<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<Jar> owners = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final Map<Integer, int[]> references = new HashMap<>();
  private final List<Map<String, int[]>> texts =
      List.of(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
  private final BitSet near = new BitSet();
  private final Map<Integer, String> roots = new LinkedHashMap<>();
  private final Set<Jar> unread = new LinkedHashSet<>();
  private boolean isPlain; // whether there are classes without a package
  private final BitSet reached = new BitSet();
  private final Map<Integer, Why> reasons = new HashMap<>();
  private final Deque<Integer> work = new ArrayDeque<>();
  private Optional<NameParts> parts = Optional.empty();

  /**
   * Why a class is reached.
   *
   * @param from the class or text that leads to it; -1 where none does
   */
  private record Why(int from, String evidence) {}

  private JarReach(FileTree files, ClassPath path) {
    this.files = files;
    this.path = path;
  }

  /**
   * Searches.
   *
   * @param others archives and classes that other class loaders may load
   * @param texts what else may name classes
   * @param single whether single classes are to go, with globs of classes that stay: names with
   *     slashes behind a slash
   * @throws MalformedContentException if an archive cannot be read
   * @throws IOException if the tree cannot be read
   */
  static JarReach of(
      FileTree files,
      ClassPath path,
      Collection<ImagePath> others,
      Collection<String> texts,
      Predicate<Jar> kept,
      Optional<List<PathGlob>> single)
      throws IOException {
    JarReach search = new JarReach(files, path);
    for (ImagePath entry : path.entries()) {
      search.list(entry);
    }
    if (single.isPresent()) {
      search.parts = Optional.of(new NameParts(search.names, search.ids));
    }
    for (ImagePath entry : path.entries()) {
      search.visit(entry, search::refer);
    }
    for (ImagePath other : others) {
      search.visit(other, search::other);
    }
    search.start(kept);
    for (String text : texts) {
      search.inText(text, "").stream()
          .forEach(id -> search.reach(id, -1, "a command or configuration names it"));
    }
    single.ifPresent(search::keep);
    search.drain();
    return search;
  }

  private void start(Predicate<Jar> kept) {
    unread.forEach(jar -> use(jar, jar.whole, false));
    roots.forEach((id, why) -> reach(id, -1, why));
    for (Jar jar : jars.values()) {
      if (parts.isPresent() && kept.test(jar)) {
        jar.whole = "told to stay";
        use(jar, jar.whole, false);
      }
      if (path.mains().contains(jar.outer) && jar.entry.isEmpty()) {
        use(jar, "it is started", true);
      } else if (files.get(jar.outer).filter(FileNode::isDirectory).isPresent()) {
        use(jar, "a directory", true);
      } else {
        resource(jar);
      }
    }
    for (String name : path.classes()) {
      Integer id = ids.get(name);
      if (id != null) {
        reach(id, -1, "the main class");
        use(owners.get(id), "it has the main class " + name, true);
      }
    }
  }

  private void keep(List<PathGlob> globs) {
    for (int id = 0; id < names.size() && !globs.isEmpty(); id++) {
      Optional<ImagePath> name = ProgramFinder.path("/" + names.get(id));
      if (name.isPresent() && globs.stream().anyMatch(glob -> glob.matches(name.get()))) {
        reach(id, -1, "told to stay");
      }
    }
  }

  private void list(ImagePath entry) throws IOException {
    Optional<FileNode> node = files.get(entry);
    if (node.filter(FileNode::isRegular).isPresent()
        && Archive.isArchive(entry.name().toLatin1())) {
      Archive.list(entry.toString(), node.get().content(), this::list);
    } else {
      visit(entry, (archive, name, bytes) -> list(archive, name));
    }
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

  /** Returns the name, with slashes, of the class that an entry of an archive should be. */
  static Optional<String> className(String name) {
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

  private void list(String archive, String name) {
    Jar jar = jar(archive);
    Optional<String> type = className(name);
    if (type.isPresent()) {
      jar.classes++;
      jar.folders.add(folder(type.get()));
      if (ids.putIfAbsent(type.get(), owners.size()) == null) {
        owners.add(jar);
        names.add(type.get());
        isPlain |= type.get().indexOf('/') < 0;
      }
    } else {
      jar.isSigned |= name.matches("META-INF/[^/]+\\.SF");
      if (!PLAIN.matcher(name).matches()) {
        jar.resources.add(PREFIX.matcher(name).replaceFirst(""));
      }
      if (SEARCHED.matcher(PREFIX.matcher(name).replaceFirst("")).matches()) {
        jar.whole = "its classes are searched, as it has " + name;
      }
    }
  }

  private void classes(String text, IntConsumer found) {
    ClassNames.in(
        text,
        ids::containsKey,
        name -> {
          Integer id = ids.get(name);
          if (id != null) {
            found.accept(id);
          }
        });
  }

  private BitSet inText(String text, String folder) {
    BitSet found = new BitSet();
    parts.ifPresentOrElse(
        each -> each.inResource(text, folder, found::set), () -> classes(text, found::set));
    return found;
  }

  // The same texts are in many classes.
  private int[] inClass(String text, boolean isString, boolean isNear) {
    Map<String, int[]> known = texts.get((isString ? 1 : 0) + (isNear ? 2 : 0));
    int[] before = known.get(text);
    if (before != null) {
      return before;
    }
    BitSet found = new BitSet();
    parts.ifPresentOrElse(
        each -> each.inClass(text, isString, isNear, found::set), () -> classes(text, found::set));
    int[] all = found.stream().toArray();
    if (known.size() >= MAX_TEXTS) {
      known.clear();
    }
    known.put(text, all);
    return all;
  }

  private static int[] join(int[] one, int[] other) {
    return IntStream.concat(IntStream.of(one), IntStream.of(other)).distinct().toArray();
  }

  private void refer(String archive, String name, byte[] bytes) throws IOException {
    Jar jar = jar(archive);
    Optional<String> type = className(name);
    if (type.isPresent()) {
      refer(jar, archive + "!/" + name, name, type.get(), bytes);
      return;
    }
    String plain = PREFIX.matcher(name).replaceFirst("");
    boolean isMute = parts.isPresent() && MUTE.matcher(plain).matches();
    boolean isGlobal = !isMute && (plain.startsWith(SERVICES) || GLOBAL.matcher(plain).matches());
    boolean isText =
        parts.isPresent() ? !isMute : TEXT.matcher(plain).matches() && !name.endsWith(".class");
    if ((!isGlobal && !isText) || (bytes.length > MAX_TEXT && !plain.endsWith(".so"))) {
      return;
    }
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    BitSet named = new BitSet();
    if (WHOLE_NAMES.matcher(plain).matches()) {
      classes(text, named::set);
    } else {
      named = inText(text, plain.substring(0, Math.max(0, plain.lastIndexOf('/'))));
    }
    if (plain.startsWith(SERVICES)) {
      Integer service = ids.get(plain.substring(SERVICES.length()).replace('.', '/'));
      if (service != null) {
        references.merge(service, named.stream().toArray(), JarReach::join);
        return;
      }
      named.stream().forEach(id -> roots.putIfAbsent(id, "provides a service of the runtime"));
    } else if (isGlobal) {
      named.stream().forEach(id -> roots.putIfAbsent(id, "named in " + archive + "!/" + name));
    } else {
      jar.texts.or(named);
    }
  }

  private void refer(Jar jar, String where, String entry, String type, byte[] bytes) {
    Integer id = ids.get(type);
    if (id == null || (owners.get(id) != jar && parts.isEmpty())) {
      return; // the first on the class path is loaded
    }
    ClassFiles.Constants constants;
    try {
      constants = ClassFiles.constants(bytes, where);
    } catch (MalformedContentException e) {
      jar.whole = String.valueOf(e.getMessage());
      unread.add(jar);
      return;
    }
    if (constants.isNewer()) {
      jar.whole = where + " is of a newer version than is known";
    }
    if (!constants.name().equals(type)) {
      jar.misplaced.add(entry);
    }
    boolean isNear = parts.isPresent() && isStarted(jar, entry, type);
    if (isNear) {
      near.set(id);
    }
    BitSet named = new BitSet();
    List<String> texts = constants.texts();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      boolean isString = constants.strings().get(i);
      if (isString || isPlain || text.indexOf('/') >= 0 || text.indexOf('.') >= 0) {
        for (int each : inClass(text, isString, isNear)) {
          named.set(each);
        }
      }
      if (parts.isPresent() && text.length() > 1 && text.charAt(0) == 'L') {
        if (!constants.isAnnotation() && NameParts.isSearching(text)) {
          searched(type, texts, named);
        }
        if (MARK.matcher(text).matches()) {
          jar.texts.set(id);
        }
      }
    }
    references.merge(id, named.stream().toArray(), JarReach::join);
  }

  // The class says that its own package is searched, or others that it names.
  private void searched(String type, List<String> texts, BitSet named) {
    NameParts all = parts.orElseThrow();
    all.aroundClass(type, named::set);
    for (String text : texts) {
      all.inClass(text, false, true, named::set);
    }
  }

  // Of what is started: the classes in folders of applications, and those near the main class.
  private boolean isStarted(Jar jar, String entry, String type) {
    if (files.get(jar.outer).filter(FileNode::isDirectory).isPresent()
        || (jar.entry.isEmpty() && entry.matches("(?:BOOT|WEB)-INF/classes/.*"))) {
      return true;
    }
    if (jar.entry.isPresent()) {
      return false;
    }
    for (String main : path.classes()) {
      if (isNear(main, type)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNear(String main, String type) {
    String folder = folder(main);
    int end = -1;
    for (int i = 0; i < NEAR && folder.indexOf('/', end + 1) >= 0; i++) {
      end = folder.indexOf('/', end + 1);
    }
    return end < 0 ? type.indexOf('/') < 0 : type.startsWith(folder.substring(0, end + 1));
  }

  private void other(String archive, String name, byte[] bytes) throws IOException {
    BitSet named = new BitSet();
    if (className(name).isPresent()) {
      for (String text : ClassFiles.texts(bytes, archive + "!/" + name)) {
        classes(text, named::set);
      }
    } else if (TEXT.matcher(name).matches() && bytes.length <= MAX_TEXT) {
      named = inText(new String(bytes, StandardCharsets.ISO_8859_1), "");
    }
    named.stream().forEach(id -> roots.putIfAbsent(id, "named in " + archive + "!/" + name));
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
      jar.texts.stream().forEach(id -> reach(id, -1, "named in a resource of " + jar));
      if (parts.isPresent() && !jar.whole.isEmpty()) {
        of(jar).forEach(id -> reach(id, -1, jar.whole));
      }
    }
    if (all && !jar.isMain) {
      jar.isMain = true;
      of(jar)
          .filter(id -> parts.isEmpty() || near.get(id))
          .forEach(id -> reach(id, -1, "of what is started"));
    }
  }

  private IntStream of(Jar jar) {
    return IntStream.range(0, owners.size()).filter(id -> owners.get(id) == jar);
  }

  private void reach(int id, int from, String why) {
    if (!reached.get(id)) {
      reached.set(id);
      reasons.put(id, new Why(from, why));
      work.add(id);
      if (id < owners.size()) {
        use(owners.get(id), label(id) + ": " + (from < 0 ? why : why + " " + label(from)), false);
      }
    }
  }

  private String label(int id) {
    return id < names.size()
        ? names.get(id).replace('/', '.')
        : parts.map(each -> each.label(id)).orElseThrow();
  }

  private int[] referencesOf(int id) {
    return id < names.size()
        ? references.getOrDefault(id, new int[0])
        : parts.map(each -> each.references(id)).orElseThrow();
  }

  private void drain() {
    do {
      while (!work.isEmpty()) {
        int id = work.remove();
        for (int other : referencesOf(id)) {
          if (other >= names.size()) {
            parts.orElseThrow().held(other, id);
          }
          reach(other, id, "named by");
        }
      }
      parts.ifPresent(
          each ->
              each.companions(
                  (BitSet) reached.clone(), (id, from, why) -> reach(id, from, why + ",")));
    } while (!work.isEmpty());
  }

  /** Returns the archives, in the order of the class path. */
  Collection<Jar> jars() {
    return jars.values();
  }

  /** Says whether a class of that name, with slashes, is reached. */
  boolean isReached(String name) {
    Integer id = ids.get(name);
    return id != null && reached.get(id);
  }

  /** Returns the archive that a class, with slashes, is loaded from. */
  Optional<Jar> owner(String name) {
    return Optional.ofNullable(ids.get(name)).map(owners::get);
  }

  /** Returns the classes that only such classes name as are not reached themselves. */
  Set<String> namedByOthers() {
    Set<String> named = new HashSet<>();
    for (int id = 0; id < names.size(); id++) {
      if (!reached.get(id)) {
        for (int other : references.getOrDefault(id, new int[0])) {
          if (other != id && other < names.size() && !reached.get(other)) {
            named.add(names.get(other));
          }
        }
      }
    }
    return named;
  }

  /** Returns why a class, with slashes, is reached: each line is led to by the next. */
  List<String> why(String name) {
    List<String> lines = new ArrayList<>();
    Integer id = ids.get(name);
    while (id != null && id >= 0) {
      Why why = reasons.get(id);
      if (why == null) {
        break;
      }
      lines.add(
          label(id) + ": " + why.evidence() + (why.from() < 0 ? "" : " " + label(why.from())));
      id = why.from();
    }
    return lines;
  }

  /** Returns how many classes are reached. */
  int reachedClasses() {
    return reached.get(0, names.size()).cardinality();
  }

  /** Returns the number of classes. */
  int classes() {
    return owners.size();
  }
}
