package io.k8or.jvm;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The files of a Java runtime beside its {@code lib/modules}, and which module each is of. */
final class RuntimeFiles {
  /** Directories that no program that runs reads. */
  static final Map<String, String> FOR_DEVELOPERS =
      Map.of(
          "jmods", "modules for jlink",
          "include", "headers for compilers",
          "man", "manuals",
          "demo", "examples",
          "sample", "examples");

  /** Files that no program that runs reads. */
  static final Map<String, String> FILES =
      Map.of(
          "lib/src.zip", "sources",
          "lib/ct.sym", "what the compiler knows of older releases",
          "lib/jrt-fs.jar", "for tools of another runtime that look into this one",
          "lib/jexec", "starts jars where the kernel was told so",
          "lib/jar.binfmt", "tells the kernel to start jars");

  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          Map.entry(
              "java.desktop",
              Set.of(
                  "libawt.so",
                  "libawt_headless.so",
                  "libawt_xawt.so",
                  "libfontmanager.so",
                  "libfreetype.so",
                  "libjavajpeg.so",
                  "libjawt.so",
                  "libjsound.so",
                  "liblcms.so",
                  "libmlib_image.so",
                  "libsplashscreen.so",
                  "psfont.properties.ja",
                  "psfontj2d.properties")),
          Map.entry("java.instrument", Set.of("libinstrument.so")),
          Map.entry("java.management", Set.of("libmanagement.so")),
          Map.entry("java.prefs", Set.of("libprefs.so")),
          Map.entry("java.rmi", Set.of("librmi.so")),
          Map.entry("java.security.jgss", Set.of("libj2gss.so")),
          Map.entry("java.smartcardio", Set.of("libj2pcsc.so")),
          Map.entry("jdk.accessibility", Set.of("libatk-wrapper.so")),
          Map.entry("jdk.attach", Set.of("libattach.so")),
          Map.entry("jdk.crypto.cryptoki", Set.of("libj2pkcs11.so")),
          Map.entry("jdk.hotspot.agent", Set.of("libsaproc.so")),
          Map.entry("jdk.incubator.vector", Set.of("libjsvml.so")),
          Map.entry("jdk.internal.le", Set.of("lible.so")),
          Map.entry("jdk.jdwp.agent", Set.of("libjdwp.so", "libdt_socket.so")),
          Map.entry("jdk.jfr", Set.of("jfr")),
          Map.entry("jdk.management", Set.of("libmanagement_ext.so")),
          Map.entry("jdk.management.agent", Set.of("libmanagement_agent.so")),
          Map.entry("jdk.net", Set.of("libextnet.so")),
          Map.entry("jdk.sctp", Set.of("libsctp.so")),
          Map.entry("jdk.security.auth", Set.of("libjaas.so")));

  private RuntimeFiles() {}

  /**
   * Returns the module that a name directly in {@code lib} is of, if it is of another than base.
   */
  static Optional<String> moduleOf(String name) {
    return LIBRARIES.entrySet().stream()
        .filter(each -> each.getValue().contains(name))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
