package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipException;

/**
 * Removes archives of the services' class paths of which no class is reached, also those within the
 * archive of Spring Boot or a web application, whose other entries keep their bytes.
 *
 * <p>Only where the words of the Java commands tell the whole class path; a finding says why not.
 * No class is taken out of an archive that stays (see decision 75). An archive stays too that has a
 * resource outside of its classes' folders, or a provider of a service of the runtime.
 *
 * <p>Cost: two passes over the class path. Memory: a bit for each name of a class in a class.
 *
 * @param told services, of which only name and command count; where there is none, those that the
 *     image's configuration leads to
 * @param keep globs of archives that stay, such as {@code /srv/lib/*.jar}; one within another is
 *     {@code /srv/app.jar!/BOOT-INF/lib/a.jar}
 */
public record JarTrimmer(List<Service> told, List<PathGlob> keep) implements Transform {
  private static final int MAX_TEXT = 1 << 20;
  private static final Pattern CONFIGURATION =
      Pattern.compile(".*\\.(?:properties|xml|json|ya?ml|conf|cfg|ini|config|groovy)");

  /** Copies the lists. */
  public JarTrimmer {
    told = List.copyOf(told);
    keep = List.copyOf(keep);
  }

  /** Returns a trimmer for what the image's entrypoint and command run. */
  public static JarTrimmer forEntrypoint() {
    return new JarTrimmer(List.of(), List.of());
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
    return new JarTrimmer(all, keep);
  }

  /** Returns this, but archives stay that a glob matches. */
  public JarTrimmer keeping(List<PathGlob> globs) {
    List<PathGlob> all = new ArrayList<>(keep);
    all.addAll(globs);
    return new JarTrimmer(told, all);
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
    FileTree files = image.files();
    List<ImagePath> homes = JavaTrimmer.homes(files);
    if (homes.isEmpty()) {
      return EditPlan.empty();
    }
    Removals removals = new Removals(image);
    ServiceCommands commands = ServiceCommands.of(image, services(image, told));
    Set<ImagePath> launchers = new HashSet<>();
    homes.forEach(home -> launchers.add(home.resolve("bin/java")));
    try {
      ClassPath path = ClassPath.of(files, commands, launchers);
      if (!path.unknown().isEmpty()) {
        removals.find(Finding.of(Removals.reason("all-jars-stay", path.unknown())));
        return removals.plan();
      }
      Set<String> texts = new TreeSet<>(commands.texts());
      texts.addAll(configurations(files, homes));
      trim(files, JarReach.of(files, path, others(files, homes, path), texts), removals);
    } catch (ZipException | MalformedContentException e) {
      removals.find(Finding.of(Removals.reason("all-jars-stay", String.valueOf(e.getMessage()))));
    }
    return removals.plan();
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

  private static Set<String> configurations(FileTree files, List<ImagePath> homes)
      throws IOException {
    Set<String> texts = new TreeSet<>();
    ImagePath ours = ImagePath.of("/usr/share");
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (entry.getValue().isRegular()
          && entry.getValue().size() <= MAX_TEXT
          && CONFIGURATION.matcher(path.name().toLatin1()).matches()
          && !path.isWithin(ours)
          && homes.stream().noneMatch(path::isWithin)) {
        texts.add(
            new String(entry.getValue().content().readAll(MAX_TEXT), StandardCharsets.ISO_8859_1));
      }
    }
    return texts;
  }

  private void trim(FileTree files, JarReach search, Removals removals) throws IOException {
    Map<ImagePath, Set<String>> nested = new TreeMap<>();
    Set<ImagePath> signed = new HashSet<>();
    for (JarReach.Jar jar : search.jars()) {
      if (jar.isSigned && jar.entry.isEmpty()) {
        signed.add(jar.outer);
      }
    }
    for (JarReach.Jar jar : search.jars()) {
      if (jar.isUsed || keep.stream().anyMatch(glob -> matches(glob, jar))) {
        removals.find(jar.outer, "jar-stays", jar + ": " + (jar.isUsed ? jar.why : "told to stay"));
        continue;
      }
      if (jar.entry.isEmpty()) {
        removals.remove(
            jar.outer, "unused-jar", "none of its " + jar.classes + " classes is reached");
      } else if (signed.contains(jar.outer)) {
        removals.find(jar.outer, "signed", "it is signed, so " + jar + " stays, which is not used");
      } else {
        nested.computeIfAbsent(jar.outer, key -> new TreeSet<>()).add(jar.entry.get());
      }
    }
    for (Map.Entry<ImagePath, Set<String>> entry : nested.entrySet()) {
      ImagePath path = entry.getKey();
      FileNode node = files.get(path).orElseThrow();
      removals.replace(
          path,
          ZipDirectory.of(node.content(), path.toString()).without(entry.getValue()),
          "unused-jars",
          "no class is reached of " + String.join(", ", entry.getValue()));
    }
    removals.find(
        Finding.of(
            Removals.reason(
                "classes",
                search.reachedClasses()
                    + " of "
                    + search.classes()
                    + " classes are reached; archives that stay keep all of theirs")));
  }

  private static boolean matches(PathGlob glob, JarReach.Jar jar) {
    return glob.matches(jar.outer)
        || jar.entry
            .map(entry -> glob.matches(ImagePath.of(jar.outer + "!/" + entry)))
            .orElse(false);
  }

  @Override
  public String toString() {
    return "JarTrimmer for " + (told.isEmpty() ? "the entrypoint" : told);
  }
}
