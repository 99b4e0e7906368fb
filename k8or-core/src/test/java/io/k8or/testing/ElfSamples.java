package io.k8or.testing;

import io.k8or.content.Content;
import io.k8or.elf.ElfFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Programs and libraries of this machine, for tests with the tag {@code oracle}: some that CI's
 * machine has of Debian's packages, and with {@code -Dk8or.oracle.all=true} all.
 */
public final class ElfSamples {
  private static final Set<String> SOME =
      Set.of(
          "bash",
          "cat",
          "gcc-12",
          "ls",
          "objdump",
          "perl",
          "podman",
          "readelf",
          "rpm",
          "runc",
          "skopeo",
          "strace",
          "tar",
          "umoci",
          "ld-linux-x86-64.so.2",
          "libc.so.6",
          "libm.so.6",
          "libcrypto.so.3",
          "libselinux.so.1",
          "libstdc++.so.6",
          "libz.so.1");
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");

  private ElfSamples() {}

  /** Returns those of less than a number of bytes. */
  public static List<Path> smallerThan(long bytes) throws IOException {
    List<Path> files = new ArrayList<>();
    for (String folder : List.of("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu")) {
      try (Stream<Path> all = Files.list(Path.of(folder))) {
        for (Path file : all.sorted().toList()) {
          if ((ALL || SOME.contains(file.getFileName().toString()))
              && Files.isRegularFile(file)
              && Files.size(file) < bytes
              && ElfFile.isElf(Content.of(file))) {
            files.add(file);
          }
        }
      }
    }
    return files;
  }
}
