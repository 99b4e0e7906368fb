package io.k8or.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;

/** The rules of STYLE.md that every library module keeps, to be checked in a test of each. */
public final class LibraryRules {
  private static final List<String> FORBIDDEN_PACKAGES =
      List.of("java.net.", "java.util.logging.", "java.lang.System$Logger", "org.slf4j.");
  private static final Set<String> FORBIDDEN_CLASSES =
      Set.of(
          "java.lang.ProcessBuilder",
          "java.lang.Process",
          "java.lang.Runtime",
          "java.util.Timer",
          "java.util.concurrent.Executors");
  private static final Set<String> FORBIDDEN_ACCESSES =
      Set.of(
          "java.lang.System.getenv",
          "java.lang.System.getProperty",
          "java.lang.System.getProperties",
          "java.lang.System.setProperty",
          "java.lang.System.exit",
          "java.lang.Thread.<init>",
          "java.lang.Thread.start",
          "java.nio.file.Files.createTempFile",
          "java.nio.file.Files.createTempDirectory",
          "java.io.File.createTempFile",
          "java.util.concurrent.ForkJoinPool.commonPool",
          "java.lang.System.out",
          "java.lang.System.err",
          "java.lang.System.in",
          "java.lang.System.currentTimeMillis",
          "java.time.Instant.now",
          "java.lang.Math.random");
  // A URI is a text; java.nio.file.Path gives one of raw bytes.
  private static final Set<String> ALLOWED_CLASSES =
      Set.of("java.net.URI", "java.net.URISyntaxException");

  private LibraryRules() {}

  /**
   * Checks all rules on the main classes of a package and those below it.
   *
   * @param root such as {@code io.k8or.layers}
   * @param foreign the packages of the project that these classes must not know, such as {@code
   *     io.k8or.seccomp}
   */
  public static void check(String root, List<String> foreign) {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(root);
    slices()
        .matching(root + ".(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(classes);
    for (String name : foreign) {
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAPackage(name + "..")
          .allowEmptyShould(true)
          .check(classes);
    }
    ArchRuleDefinition.classes()
        .should(haveNoPolicy())
        .andShould(beClosedIfPublic())
        .andShould(showNoLibrary())
        .allowEmptyShould(true)
        .check(classes);
  }

  /** No socket, process, thread, temporary file, environment, property, log. */
  private static ArchCondition<JavaClass> haveNoPolicy() {
    return new ArchCondition<>("open no socket, start nothing, read no environment, log nothing") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        type.getDirectDependenciesFromSelf()
            .forEach(
                dependency -> {
                  String target = dependency.getTargetClass().getName();
                  if (!ALLOWED_CLASSES.contains(target)
                      && (FORBIDDEN_CLASSES.contains(target)
                          || FORBIDDEN_PACKAGES.stream().anyMatch(target::startsWith))) {
                    violated(events, type, dependency.getDescription());
                  }
                });
        type.getAccessesFromSelf()
            .forEach(
                access -> {
                  String target = access.getTargetOwner().getName() + "." + access.getName();
                  if (FORBIDDEN_ACCESSES.contains(target)
                      || access.getName().equals("parallelStream")) {
                    violated(events, type, access.getDescription());
                  }
                });
      }
    };
  }

  /** A public class is final, sealed, an interface, a record, an enum or an exception. */
  private static ArchCondition<JavaClass> beClosedIfPublic() {
    return new ArchCondition<>("be final or sealed where they are public") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean open =
            type.getModifiers().contains(JavaModifier.PUBLIC)
                && !type.isInterface()
                && !type.isEnum()
                && !type.getModifiers().contains(JavaModifier.FINAL)
                && !type.isAssignableTo(Throwable.class)
                && !isAbstractStream(type)
                && !type.reflect().isSealed();
        if (open) {
          violated(events, type, type.getName() + " is public and open");
        }
      }
    };
  }

  // The JDK's streams are classes: who hands one in must extend a class.
  private static boolean isAbstractStream(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.ABSTRACT)
        && (type.isAssignableTo(OutputStream.class) || type.isAssignableTo(InputStream.class));
  }

  /** No public or protected member of a public class has a type of another library. */
  private static ArchCondition<JavaClass> showNoLibrary() {
    return new ArchCondition<>("show no other library's types") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        if (!type.getModifiers().contains(JavaModifier.PUBLIC)) {
          return;
        }
        type.getMembers().stream()
            .filter(
                member ->
                    member.getModifiers().contains(JavaModifier.PUBLIC)
                        || member.getModifiers().contains(JavaModifier.PROTECTED))
            .filter(member -> !member.getModifiers().contains(JavaModifier.SYNTHETIC))
            .forEach(
                member ->
                    member
                        .getAllInvolvedRawTypes()
                        .forEach(
                            involved -> {
                              JavaClass shown = involved.getBaseComponentType();
                              if (!shown.isPrimitive()
                                  && !shown.getName().startsWith("java.")
                                  && !shown.getName().startsWith("io.k8or.")) {
                                violated(
                                    events,
                                    type,
                                    member.getFullName() + " shows " + shown.getName());
                              }
                            }));
      }
    };
  }

  private static void violated(ConditionEvents events, JavaClass type, String message) {
    events.add(SimpleConditionEvent.violated(type, message));
  }
}
