package io.k8or.jvm;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.services.Service;
import io.k8or.services.ServiceFinder;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts Java runtimes down to the modules that the image's programs name: the file {@code
 * lib/modules} is written anew without the others, and what only developers use goes.
 *
 * <p>A module stays because a class, a text in a jar, an argument or a variable names one of its
 * classes or the module itself, because another module requires it, or because it provides a
 * service that is used; a finding says why for each (see decision 75). An image of which an archive
 * cannot be read keeps all modules. Runtimes before 11 keep theirs.
 *
 * <p>Cost: one pass over all archives. Memory: the largest class, and the tables of the runtime.
 *
 * @param told services, of which only name and command count; where there is none, those that the
 *     image's configuration leads to
 * @param keepModules names of modules that stay
 */
public record JavaTrimmer(List<Service> told, List<String> keepModules) implements Transform {
  static final String NAME = "java";

  private static final int MAX_RELEASE = 1 << 20;
  private static final Pattern MODULE = Pattern.compile("\\b(?:java|jdk)\\.[a-z][\\w.]*");
  private static final Pattern LOCALE =
      Pattern.compile(
          "(?:LANG|LC_\\w+|LANGUAGE)=(?!C\\b|POSIX\\b|en\\b|en_|$).*"
              + "|.*-Duser\\.(?:language|country|region|script)=(?!en\\b|US\\b|GB\\b).*");

  /** Copies the lists. */
  public JavaTrimmer {
    told = List.copyOf(told);
    keepModules = List.copyOf(keepModules);
  }

  /** Returns a trimmer for what the image's entrypoint and command run. */
  public static JavaTrimmer forEntrypoint() {
    return new JavaTrimmer(List.of(), List.of());
  }

  /**
   * Returns this, but for a service that is told, and others that are told, instead of the image's.
   *
   * @param command the program and its arguments
   * @throws IllegalArgumentException if the name has other letters than a service's, or the command
   *     no word
   */
  public JavaTrimmer withService(String name, List<String> command) {
    List<Service> all = new ArrayList<>(told);
    all.add(new Service(name, command, "told", List.of()));
    return new JavaTrimmer(all, keepModules);
  }

  /** Returns this, but these modules stay too. */
  public JavaTrimmer keeping(List<String> modules) {
    List<String> all = new ArrayList<>(keepModules);
    all.addAll(modules);
    return new JavaTrimmer(told, all);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    List<ImagePath> homes = homes(image.files());
    return homes.isEmpty() ? EditPlan.empty() : new Work(image, homes).plan();
  }

  private static List<ImagePath> homes(FileTree files) throws IOException {
    List<ImagePath> homes = new ArrayList<>();
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (entry.getValue().isRegular()
          && path.depth() > 2
          && path.name().toLatin1().equals("modules")
          && path.parent().orElseThrow().name().toLatin1().equals("lib")
          && Jimage.isJimage(entry.getValue().content())) {
        homes.add(path.parent().flatMap(ImagePath::parent).orElseThrow());
      }
    }
    return homes;
  }

  private List<Service> services(ImageSnapshot image) throws IOException {
    if (told.isEmpty()) {
      return ServiceFinder.find(image);
    }
    List<Service> services = new ArrayList<>();
    for (Service each : told) {
      services.add(ServiceFinder.told(image, each.name(), each.command()));
    }
    return services;
  }

  private static Reason reason(String rule, String evidence) {
    return new Reason(NAME, rule, evidence);
  }

  private final class Work {
    private final ImageSnapshot image;
    private final FileTree files;
    private final List<ImagePath> homes;
    private final ServiceCommands commands;
    private final List<Edit> edits = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final Map<ImagePath, Content> replaced = new LinkedHashMap<>();
    private final Set<ImagePath> removed = new HashSet<>();

    Work(ImageSnapshot image, List<ImagePath> homes) throws IOException {
      this.image = image;
      this.files = image.files();
      this.homes = homes;
      this.commands = ServiceCommands.of(image, services(image));
    }

    EditPlan plan() throws IOException {
      if (commands.commands().isEmpty()) {
        findings.add(Finding.of(reason("no-service", "no program is run, so nothing is unneeded")));
        return EditPlan.of(List.of(), List.of(), findings);
      }
      for (ImagePath home : homes) {
        forDevelopers(home);
        try {
          modules(home);
        } catch (MalformedContentException e) {
          findings.add(
              Finding.at(
                  home.resolve("lib/modules"),
                  reason("all-modules-stay", String.valueOf(e.getMessage()))));
        }
      }
      links();
      PackageDatabase.Unlisted unlisted =
          new PackageDatabase.Unlisted(NAME, removed, List.of(), List.of());
      EditPlan plan = EditPlan.of(edits, List.of(), findings);
      if (!removed.isEmpty()) {
        List<Edit> lists = new ArrayList<>();
        for (PackageDatabase database : PackageDatabases.of(image)) {
          lists.addAll(database.unlisting(unlisted));
        }
        plan = plan.then(EditPlan.of(lists));
      }
      return plan.then(PackageDatabases.resumming(image.with(plan), NAME, replaced));
    }

    private void remove(ImagePath path, String rule, String evidence) {
      if (files.contains(path) && !removed.contains(path)) {
        removed.addAll(files.subtree(path).keySet());
        edits.add(new Edit.RemovePath(path, reason(rule, evidence)));
      }
    }

    // What is there for developers: it does not matter which modules stay.
    private void forDevelopers(ImagePath home) {
      new TreeMap<>(RuntimeFiles.FOR_DEVELOPERS)
          .forEach((name, what) -> remove(home.resolve(name), "for-developers", what));
      new TreeMap<>(RuntimeFiles.FILES)
          .forEach((name, what) -> remove(home.resolve(name), "for-developers", what));
      for (ImagePath tool : files.children(home.resolve("bin"))) {
        String name = tool.name().toLatin1();
        if (!name.equals("java")
            && !commands.programs().contains(tool)
            && !commands.names(tool.name())) {
          remove(tool, "tool", "no service's command or script names " + name);
        }
      }
      for (ImagePath path : files.subtree(home.resolve("lib")).keySet()) {
        if (path.name().toLatin1().endsWith(".debuginfo")) {
          remove(path, "for-developers", "debug information");
        }
      }
    }

    private void modules(ImagePath home) throws IOException {
      ImagePath path = home.resolve("lib/modules");
      FileNode node = files.get(path).orElseThrow();
      Jimage jimage = Jimage.open(node.content(), path.toString());
      RuntimeModules modules = RuntimeModules.of(jimage);
      ApplicationUse use =
          ApplicationUse.of(files, homes, name -> modules.moduleOf(name).isPresent());
      if (!use.unread().isEmpty()) {
        findings.addAll(use.unread());
        findings.add(
            Finding.at(path, reason("all-modules-stay", "what is not read may need any of them")));
        return;
      }
      Map<String, String> kept = modules.closure(roots(modules, use), usedServices(modules, use));
      kept.forEach(
          (name, why) -> findings.add(Finding.at(path, reason("module-stays", name + ": " + why))));
      Set<String> gone = new TreeSet<>(modules.names());
      gone.removeAll(kept.keySet());
      if (gone.isEmpty()) {
        return;
      }
      Content content = jimage.keeping(kept.keySet());
      replaced.put(path, content);
      edits.add(
          new Edit.ReplaceContent(
              path,
              content,
              reason(
                  "modules",
                  kept.size()
                      + " modules of "
                      + modules.names().size()
                      + " stay, "
                      + content.size()
                      + " bytes of "
                      + node.size()
                      + "; nothing names "
                      + String.join(", ", gone))));
      if (gone.contains("jdk.localedata")) {
        findings.add(
            Finding.at(
                path,
                reason(
                    "english-only",
                    "dates and numbers of other languages need jdk.localedata; no variable or"
                        + " argument asks for a language")));
      }
      ofModules(home, gone);
      release(home, kept.keySet());
    }

    private Map<String, String> roots(RuntimeModules modules, ApplicationUse use) {
      for (String text : commands.texts()) {
        use.text(text, "a command or variable");
      }
      Map<String, String> roots = new TreeMap<>();
      use.named()
          .forEach(
              (name, where) ->
                  modules
                      .moduleOf(name)
                      .ifPresent(
                          module ->
                              roots.putIfAbsent(
                                  module, name.replace('/', '.') + " is named in " + where)));
      for (String name : keepModules) {
        roots.put(name, "told to stay");
      }
      for (String text : commands.texts()) {
        Matcher matcher = MODULE.matcher(text);
        while (matcher.find()) {
          roots.putIfAbsent(matcher.group(), "a command or variable names it");
        }
        if (text.contains("-javaagent")) {
          roots.putIfAbsent("java.instrument", "an agent is loaded");
        }
        if (text.contains("jmxremote")) {
          roots.putIfAbsent("jdk.management.agent", "remote management is asked for");
        }
        if (text.contains("FlightRecord")) {
          roots.putIfAbsent("jdk.jfr", "a flight recording is asked for");
        }
        if (text.contains("agentlib:jdwp") || text.contains("runjdwp")) {
          roots.putIfAbsent("jdk.jdwp.agent", "a debugger is let in");
        }
        if (LOCALE.matcher(text).matches()) {
          roots.putIfAbsent("jdk.localedata", text + " asks for a language");
        }
      }
      if (use.named().containsKey("javax/tools/ToolProvider")) {
        roots.putIfAbsent("jdk.compiler", "the compiler is asked for");
      }
      return roots;
    }

    private Set<String> usedServices(RuntimeModules modules, ApplicationUse use) {
      Set<String> services = new TreeSet<>(modules.services());
      services.retainAll(use.named().keySet());
      return services;
    }

    // Libraries, licences, and archives of classes that the other modules file does not fit.
    private void ofModules(ImagePath home, Set<String> gone) {
      for (ImagePath path : files.children(home.resolve("lib"))) {
        RuntimeFiles.moduleOf(path.name().toLatin1())
            .filter(gone::contains)
            .ifPresent(module -> remove(path, "of-module", "of " + module + ", which goes"));
      }
      for (String module : gone) {
        remove(home.resolve("legal").resolve(module), "of-module", "licences of " + module);
      }
      for (ImagePath path : files.subtree(home.resolve("lib")).keySet()) {
        if (path.name().toLatin1().endsWith(".jsa")) {
          remove(
              path,
              "shared-archive",
              "the VM refuses it with another lib/modules; java -Xshare:dump makes a new one");
        }
      }
    }

    private void release(ImagePath home, Set<String> kept) throws IOException {
      ImagePath path = home.resolve("release");
      Optional<FileNode> node = files.get(path).filter(FileNode::isRegular);
      if (node.isEmpty() || node.get().size() > MAX_RELEASE) {
        return;
      }
      String before =
          new String(node.get().content().readAll(MAX_RELEASE), StandardCharsets.ISO_8859_1);
      String after =
          before.replaceAll(
              "(?m)^MODULES=\"[^\"\n]*\"", "MODULES=\"" + String.join(" ", kept) + "\"");
      if (!after.equals(before)) {
        Content content = Content.of(after.getBytes(StandardCharsets.ISO_8859_1));
        replaced.put(path, content);
        edits.add(
            new Edit.ReplaceContent(
                path, content, reason("release", "says which modules are there")));
      }
    }

    // Links to what goes, such as those of update-alternatives.
    private void links() {
      if (removed.isEmpty()) {
        return;
      }
      for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
        if (entry.getValue().isSymlink() && !removed.contains(entry.getKey())) {
          Optional<ImagePath> target = files.resolve(entry.getKey());
          if (target.isPresent() && removed.contains(target.get())) {
            remove(entry.getKey(), "link", "it leads to " + target.get() + ", which goes");
          }
        }
      }
    }
  }

  @Override
  public String toString() {
    return "JavaTrimmer for " + (told.isEmpty() ? "the entrypoint" : told);
  }
}
