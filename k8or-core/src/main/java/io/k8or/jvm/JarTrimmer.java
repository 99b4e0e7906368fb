package io.k8or.jvm;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.content.PatchedContent;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service;
import io.k8or.services.ServiceFinder;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipException;

/**
 * Removes archives of the services' class paths of which no class is reached, also those within the
 * archive of Spring Boot or a web application, whose other entries keep their bytes; and, only
 * where that is asked for, single classes of the archives that stay.
 *
 * <p>Only where the words of the Java commands tell the whole class path; a finding says why not.
 * An archive stays too that has a resource outside of its classes' folders, or a provider of a
 * service of the runtime. Decisions 75 and 79 say what reaches a class.
 *
 * <p>Cost: two passes over the class path. Memory: a number for each name of a class in a class.
 *
 * @param told services, of which only name and command count; where there is none, those that the
 *     image's configuration leads to
 * @param keep globs of archives that stay, such as {@code /srv/lib/*.jar}; one within another is
 *     {@code /srv/app.jar!/BOOT-INF/lib/a.jar}
 * @param singleClasses whether classes go from archives that stay
 * @param keepClasses patterns of classes that stay then: names with dots, {@code *} within a part,
 *     {@code **} across, such as {@code com.acme.**}
 * @param run the classes that a run loaded, to compare with what goes and stays
 */
public record JarTrimmer(
    List<Service> told,
    List<PathGlob> keep,
    boolean singleClasses,
    List<String> keepClasses,
    LoadedClasses run)
    implements Transform {
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_LIBRARY = 64 << 20;
  private static final Pattern CONFIGURATION =
      Pattern.compile(".*\\.(?:properties|xml|json|ya?ml|conf|cfg|ini|config|groovy)");
  private static final Pattern LIBRARY = Pattern.compile(".*\\.so(?:\\.[\\d.]+)?");

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if a pattern of classes is none
   */
  public JarTrimmer {
    told = List.copyOf(told);
    keep = List.copyOf(keep);
    keepClasses = List.copyOf(keepClasses);
    globs(keepClasses);
  }

  /** Returns a trimmer for what the image's entrypoint and command run, of whole archives. */
  public static JarTrimmer forEntrypoint() {
    return new JarTrimmer(List.of(), List.of(), false, List.of(), LoadedClasses.none());
  }

  /**
   * Returns this, but for a service that is told, and others that are told, instead of the image's.
   *
   * @param command the program and its arguments
   * @throws IllegalArgumentException if the name has other letters than a service's, or the command
   *     no word
   */
  public JarTrimmer withService(String name, List<String> command) {
    List<Service> all = new ArrayList<>(told);
    all.add(new Service(name, command, "told", List.of()));
    return new JarTrimmer(all, keep, singleClasses, keepClasses, run);
  }

  /** Returns this, but archives stay that a glob matches, with all of their classes. */
  public JarTrimmer keeping(List<PathGlob> globs) {
    List<PathGlob> all = new ArrayList<>(keep);
    all.addAll(globs);
    return new JarTrimmer(told, all, singleClasses, keepClasses, run);
  }

  /** Returns this, but single classes go too. */
  public JarTrimmer removingClasses() {
    return new JarTrimmer(told, keep, true, keepClasses, run);
  }

  /**
   * Returns this, but classes stay that a pattern matches, with what they reach.
   *
   * @param patterns such as {@code com.acme.Plugin}, {@code com.acme.*}, {@code com.acme.**}
   * @throws IllegalArgumentException if one is no pattern of names
   */
  public JarTrimmer keepingClasses(List<String> patterns) {
    List<String> all = new ArrayList<>(keepClasses);
    all.addAll(patterns);
    return new JarTrimmer(told, keep, singleClasses, all, run);
  }

  /**
   * Returns this, but the findings say which classes a run loaded that go ({@code
   * loaded-but-removed}, of which there should be none), and how many stay that it did not load.
   */
  public JarTrimmer checkedAgainst(LoadedClasses loaded) {
    return new JarTrimmer(told, keep, singleClasses, keepClasses, loaded);
  }

  private static List<PathGlob> globs(List<String> patterns) {
    List<PathGlob> globs = new ArrayList<>();
    for (String pattern : patterns) {
      if (pattern.isEmpty() || !pattern.matches("[\\w$.*]+")) {
        throw new IllegalArgumentException("no pattern of classes' names: " + pattern);
      }
      globs.add(PathGlob.of("/" + pattern.replace('.', '/')));
    }
    return globs;
  }

  static List<Service> services(ImageSnapshot image, List<Service> told) throws IOException {
    if (told.isEmpty()) {
      return ServiceFinder.find(image);
    }
    List<Service> services = new ArrayList<>();
    for (Service each : told) {
      services.add(ServiceFinder.told(image, each.name(), each.command()));
    }
    return services;
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    Removals removals = new Removals(image);
    try {
      Optional<JarReach> search = search(image, removals);
      if (search.isPresent()) {
        new Work(image.files(), search.get(), removals).trim();
      }
    } catch (ZipException | MalformedContentException e) {
      removals.find(Finding.of(Removals.reason("all-jars-stay", String.valueOf(e.getMessage()))));
    }
    return removals.plan();
  }

  /**
   * Returns why a class stays where single classes go: each line is led to by the next, the last by
   * what is started, a resource or a command. Empty where it goes, or is not on a class path.
   *
   * @param name with dots
   * @throws MalformedContentException if an archive cannot be read
   * @throws IOException if the image cannot be read
   */
  public List<String> why(ImageSnapshot image, String name) throws IOException {
    return removingClasses()
        .search(image, new Removals(image))
        .map(search -> search.why(name.replace('.', '/')))
        .orElse(List.of());
  }

  private Optional<JarReach> search(ImageSnapshot image, Removals removals) throws IOException {
    FileTree files = image.files();
    List<ImagePath> homes = JavaTrimmer.homes(files);
    if (homes.isEmpty()) {
      return Optional.empty();
    }
    ServiceCommands commands = ServiceCommands.of(image, services(image, told));
    Set<ImagePath> launchers = new HashSet<>();
    homes.forEach(home -> launchers.add(home.resolve("bin/java")));
    ClassPath path = ClassPath.of(files, commands, launchers);
    if (!path.unknown().isEmpty()) {
      removals.find(Finding.of(Removals.reason("all-jars-stay", path.unknown())));
      return Optional.empty();
    }
    Set<String> texts = new TreeSet<>(commands.texts());
    texts.addAll(configurations(files, homes));
    return Optional.of(
        JarReach.of(
            files,
            path,
            others(files, homes, path),
            texts,
            this::isKept,
            singleClasses ? Optional.of(globs(keepClasses)) : Optional.empty()));
  }

  // Archives and classes that are not on the class path, for loaders of their own.
  private static List<ImagePath> others(FileTree files, List<ImagePath> homes, ClassPath path) {
    List<ImagePath> others = new ArrayList<>();
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath at = entry.getKey();
      String name = at.name().toLatin1();
      if (entry.getValue().isRegular()
          && (Archive.isArchive(name) || name.endsWith(".class"))
          && path.entries().stream().noneMatch(at::isWithin)
          && homes.stream().noneMatch(at::isWithin)) {
        others.add(at);
      }
    }
    return others;
  }

  private Set<String> configurations(FileTree files, List<ImagePath> homes) throws IOException {
    Set<String> texts = new TreeSet<>();
    ImagePath ours = ImagePath.of("/usr/share");
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      FileNode node = entry.getValue();
      if (!node.isRegular() || homes.stream().anyMatch(path::isWithin)) {
        continue;
      }
      String name = path.name().toLatin1();
      if (node.size() <= MAX_TEXT
          && CONFIGURATION.matcher(name).matches()
          && !path.isWithin(ours)) {
        texts.add(text(node.content().readAll(MAX_TEXT)));
      } else if (singleClasses && node.size() <= MAX_LIBRARY && LIBRARY.matcher(name).matches()) {
        String library = text(node.content().readAll(MAX_LIBRARY));
        if (library.contains("JNI_OnLoad") || library.contains("Java_")) {
          texts.add(library);
        }
      }
    }
    return texts;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private boolean isKept(JarReach.Jar jar) {
    return keep.stream()
        .anyMatch(
            glob ->
                glob.matches(jar.outer)
                    || jar.entry
                        .flatMap(entry -> ProgramFinder.path(jar.outer + "!/" + entry))
                        .filter(glob::matches)
                        .isPresent());
  }

  private final class Work {
    private final FileTree files;
    private final JarReach search;
    private final Removals removals;
    private final Map<ImagePath, Set<String>> unused = new TreeMap<>();
    private final Map<ImagePath, List<JarReach.Jar>> staying = new TreeMap<>();
    private final Set<ImagePath> signed = new HashSet<>();
    private final Set<String> gone = new TreeSet<>();
    private Set<String> named = Set.of();

    Work(FileTree files, JarReach search, Removals removals) {
      this.files = files;
      this.search = search;
      this.removals = removals;
    }

    void trim() throws IOException {
      for (JarReach.Jar jar : search.jars()) {
        if (jar.isSigned && jar.entry.isEmpty()) {
          signed.add(jar.outer);
        }
      }
      for (JarReach.Jar jar : search.jars()) {
        if (jar.isUsed || isKept(jar)) {
          removals.find(
              jar.outer, "jar-stays", jar + ": " + (jar.isUsed ? jar.why : "told to stay"));
          staying.computeIfAbsent(jar.outer, key -> new ArrayList<>()).add(jar);
        } else if (jar.entry.isEmpty()) {
          removals.remove(
              jar.outer, "unused-jar", "none of its " + jar.classes + " classes is reached");
          gone.add(jar.toString());
        } else if (signed.contains(jar.outer)) {
          removals.find(
              jar.outer, "signed", "it is signed, so " + jar + " stays, which is not used");
        } else {
          unused.computeIfAbsent(jar.outer, key -> new TreeSet<>()).add(jar.entry.get());
          gone.add(jar.toString());
        }
      }
      named = singleClasses ? search.namedByOthers() : Set.of();
      Set<ImagePath> outers = new TreeSet<>(unused.keySet());
      outers.addAll(staying.keySet());
      for (ImagePath outer : outers) {
        FileNode node = files.get(outer).orElseThrow();
        if (node.isRegular() && Archive.isArchive(outer.name().toLatin1())) {
          rewrite(outer, node);
        }
      }
      removals.find(
          Finding.of(
              Removals.reason(
                  "classes",
                  search.reachedClasses()
                      + " of "
                      + search.classes()
                      + " classes are reached"
                      + (singleClasses ? "" : "; archives that stay keep all of theirs"))));
      if (!run.names().isEmpty()) {
        compare();
      }
    }

    private void rewrite(ImagePath outer, FileNode node) throws IOException {
      Set<String> nested = unused.getOrDefault(outer, Set.of());
      List<JarReach.Jar> jars = singleClasses ? staying.getOrDefault(outer, List.of()) : List.of();
      if (nested.isEmpty() && jars.isEmpty()) {
        return;
      }
      Content near = Archive.near(node.content());
      ZipDirectory directory = ZipDirectory.of(near, outer.toString());
      Set<String> without = new HashSet<>(nested);
      Map<String, Content> changed = new TreeMap<>();
      int count = 0;
      for (JarReach.Jar jar : jars) {
        Set<String> classes = Set.of();
        if (jar.isSigned || signed.contains(outer)) {
          removals.find(outer, "signed", jar + " is signed, so all of its classes stay");
        } else if (!jar.whole.isEmpty()) {
          removals.find(outer, "classes-stay", jar + ": " + jar.whole);
        } else if (jar.entry.isEmpty()) {
          classes = unreached(jar, directory.names());
          without.addAll(classes);
        } else {
          Optional<Content> content = directory.stored(jar.entry.get());
          if (content.isEmpty()) {
            removals.find(outer, "classes-stay", jar + " is compressed, and stays so");
            continue;
          }
          ZipDirectory inner = ZipDirectory.of(content.get(), jar.toString());
          classes = unreached(jar, inner.names());
          if (!classes.isEmpty()) {
            changed.put(jar.entry.get(), inner.without(classes::contains));
          }
        }
        explain(jar, classes);
        count += classes.size();
      }
      if (without.isEmpty() && changed.isEmpty()) {
        return;
      }
      indexes(directory, nested, changed);
      List<PatchedContent.Part> parts = directory.with(without::contains, changed).parts();
      removals.replace(
          outer,
          new PatchedContent(node.content(), parts),
          count > 0 ? "unused-classes" : "unused-jars",
          (count > 0 ? count + " classes go that nothing reaches" : "")
              + (count > 0 && !nested.isEmpty() ? "; " : "")
              + (nested.isEmpty() ? "" : "no class is reached of " + String.join(", ", nested)));
    }

    private Set<String> unreached(JarReach.Jar jar, List<String> entries) {
      Set<String> unreached = new TreeSet<>();
      for (String entry : entries) {
        Optional<String> type = JarReach.className(entry);
        if (type.isPresent()
            && search.owner(type.get()).isPresent()
            && !search.isReached(type.get())
            && !jar.misplaced.contains(entry)) {
          unreached.add(entry);
        }
      }
      return unreached;
    }

    // A line for each package and reason has all classes.
    private void explain(JarReach.Jar jar, Set<String> classes) {
      Map<String, Set<String>> lines = new TreeMap<>();
      for (String entry : classes) {
        String name = JarReach.className(entry).orElseThrow();
        gone.add(name);
        int slash = name.lastIndexOf('/');
        String why =
            named.contains(name)
                ? "only classes name it that go too: "
                : "no class, resource or text names it: ";
        lines
            .computeIfAbsent(
                name.substring(0, Math.max(0, slash)).replace('/', '.') + ", " + why,
                key -> new TreeSet<>())
            .add(name.substring(slash + 1));
      }
      lines.forEach(
          (why, names) ->
              removals.find(
                  jar.outer, "unused-class", jar + ": " + why + String.join(", ", names)));
    }

    // Spring Boot's lists of the archives that it has.
    private void indexes(ZipDirectory directory, Set<String> nested, Map<String, Content> changed)
        throws IOException {
      for (String name : directory.names()) {
        if (!nested.isEmpty() && name.matches("(?:BOOT|WEB)-INF/(?:classpath|layers)\\.idx")) {
          List<String> lines = new ArrayList<>();
          String before = text(directory.read(name, MAX_TEXT));
          for (String line : before.split("(?<=\n)", -1)) {
            if (nested.stream().noneMatch(jar -> line.strip().equals("- \"" + jar + "\""))) {
              lines.add(line);
            }
          }
          String after = String.join("", lines);
          if (before.length() < MAX_TEXT && !after.equals(before)) {
            changed.put(name, Content.of(after.getBytes(StandardCharsets.ISO_8859_1)));
          }
        }
      }
    }

    private void compare() {
      int loaded = 0;
      int stays = 0;
      for (String name : run.names()) {
        Optional<JarReach.Jar> jar = search.owner(name);
        if (jar.isEmpty()) {
          continue;
        }
        loaded++;
        if (search.isReached(name)) {
          stays++;
        }
        if (gone.contains(name) || gone.contains(jar.get().toString())) {
          removals.find(
              jar.get().outer,
              "loaded-but-removed",
              name.replace('/', '.') + ", of " + jar.get() + ", was loaded in the run");
        }
      }
      removals.find(
          Finding.of(
              Removals.reason(
                  "kept-but-not-loaded",
                  (search.reachedClasses() - stays)
                      + " classes are reached that the run did not load; it loaded "
                      + loaded
                      + " of the class path")));
    }
  }

  @Override
  public String toString() {
    return "JarTrimmer for " + (told.isEmpty() ? "the entrypoint" : told);
  }
}
