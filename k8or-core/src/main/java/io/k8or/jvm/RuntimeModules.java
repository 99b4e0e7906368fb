package io.k8or.jvm;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ModuleVisitor;
import org.objectweb.asm.Opcodes;

/** The modules of a Java runtime, what they need, and which class is in which. */
final class RuntimeModules {
  static final String BASE = "java.base";

  // Of services that java.base uses, providers that a program cannot tell that it needs.
  private static final Map<String, String> WITH_BASE =
      new TreeMap<>(
          Map.of(
              "jdk.charsets", "text in other character sets than the usual",
              "jdk.crypto.ec", "TLS with elliptic curves",
              "jdk.net", "options of sockets, which java.base loads by name",
              "jdk.zipfs", "file systems in archives",
              "jdk.random", "random number generators by name"));

  // Providers that are tools, or of what no service without a screen asks for.
  private static final Set<String> NOT_BOUND =
      Set.of(
          "java.desktop",
          "jdk.accessibility",
          "jdk.compiler",
          "jdk.editpad",
          "jdk.hotspot.agent",
          "jdk.internal.ed",
          "jdk.internal.le",
          "jdk.internal.vm.compiler",
          "jdk.internal.vm.compiler.management",
          "jdk.jartool",
          "jdk.javadoc",
          "jdk.jconsole",
          "jdk.jdeps",
          "jdk.jdi",
          "jdk.jlink",
          "jdk.jpackage",
          "jdk.jshell",
          "jdk.jstatd",
          "jdk.localedata",
          "jdk.unsupported.desktop");

  private final Map<String, Module> modules = new TreeMap<>();
  private final Map<String, String> moduleOfClass = new HashMap<>();

  /** What a module's description says. */
  private record Module(
      Set<String> required, Set<String> uses, Map<String, List<String>> provides) {}

  private RuntimeModules() {}

  /**
   * Reads the descriptions.
   *
   * @throws IOException if the file cannot be read or a description is malformed
   */
  static RuntimeModules of(Jimage image) throws IOException {
    RuntimeModules all = new RuntimeModules();
    for (String name : image.modules()) {
      String resource = "/" + name + "/module-info.class";
      all.modules.put(name, parse(image.read(resource).orElseThrow(), image + ", " + resource));
    }
    for (Jimage.Resource resource : image.resources()) {
      String path = resource.path();
      if (path.endsWith(".class") && path.indexOf('/') > 0) {
        all.moduleOfClass.put(path.substring(0, path.length() - 6), resource.module());
      }
    }
    return all;
  }

  private static Module parse(byte[] bytes, String where) throws IOException {
    Module module = new Module(new LinkedHashSet<>(), new LinkedHashSet<>(), new TreeMap<>());
    ClassFiles.visit(
        bytes,
        where,
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public ModuleVisitor visitModule(String name, int access, String version) {
            return new ModuleVisitor(Opcodes.ASM9) {
              @Override
              public void visitRequire(String required, int flags, String compiled) {
                if ((flags & Opcodes.ACC_STATIC_PHASE) == 0) {
                  module.required().add(required);
                }
              }

              @Override
              public void visitUse(String service) {
                module.uses().add(service);
              }

              @Override
              public void visitProvide(String service, String... providers) {
                module.provides().put(service, List.of(providers));
              }
            };
          }
        });
    return module;
  }

  /** Returns the names of all modules, in order. */
  Set<String> names() {
    return modules.keySet();
  }

  /**
   * Returns the module of a class.
   *
   * @param name with slashes, such as {@code java/lang/String}
   */
  Optional<String> moduleOf(String name) {
    return Optional.ofNullable(moduleOfClass.get(name));
  }

  /**
   * Returns all modules that some need, each with the reason: what they require, and the providers
   * of the services that they use, as far as these are no tools.
   *
   * @param roots modules with the reason for each; those that are not there do not count
   * @param services services that the application looks for, with slashes
   */
  Map<String, String> closure(Map<String, String> roots, Set<String> services) {
    Map<String, String> reached = new TreeMap<>();
    Deque<String> work = new ArrayDeque<>();
    Set<String> used = new TreeSet<>();
    reach(BASE, "every program needs it", reached, work);
    WITH_BASE.forEach((name, why) -> reach(name, why, reached, work));
    roots.forEach((name, why) -> reach(name, why, reached, work));
    for (String service : services) {
      used.add(service);
      bind(service, "the application", reached, work);
    }
    while (!work.isEmpty()) {
      String name = work.remove();
      Module module = modules.get(name);
      if (module == null) {
        continue;
      }
      for (String required : module.required()) {
        reach(required, "required by " + name, reached, work);
      }
      if (!name.equals(BASE)) {
        for (String service : module.uses()) {
          if (used.add(service)) {
            bind(service, name, reached, work);
          }
        }
      }
    }
    return reached;
  }

  private void bind(String service, String user, Map<String, String> reached, Deque<String> work) {
    modules.forEach(
        (name, module) -> {
          if (module.provides().containsKey(service) && !NOT_BOUND.contains(name)) {
            reach(name, "provides " + service.replace('/', '.') + " to " + user, reached, work);
          }
        });
  }

  private void reach(String name, String why, Map<String, String> reached, Deque<String> work) {
    if (modules.containsKey(name) && reached.putIfAbsent(name, why) == null) {
      work.add(name);
    }
  }

  /** Returns the services that java.base does not look for itself, with slashes. */
  Set<String> services() {
    Set<String> services = new TreeSet<>();
    Module base = modules.get(BASE);
    for (Module module : modules.values()) {
      services.addAll(module.provides().keySet());
    }
    if (base != null) {
      services.removeAll(base.uses());
    }
    return services;
  }

  @Override
  public String toString() {
    return new ArrayList<>(modules.keySet()).toString();
  }
}
