package io.k8or.cli;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.InstalledPackage;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The packages that an image's databases call installed. To count packages is no reason to fail: a
 * database that cannot be read is told, with what is wrong with it.
 *
 * @param files the image's files
 * @param databases the databases; none where one cannot be read
 * @param format {@code dpkg}, {@code apk}, {@code rpm}, several with commas; {@code none} where no
 *     database was found, {@code unknown} where one cannot be read
 * @param fault why the databases cannot be read; empty where they can
 */
record PackageCensus(FileTree files, List<PackageDatabase> databases, String format, String fault) {
  /**
   * One package.
   *
   * @param name its name, with an architecture or a version where several have the name
   * @param bytes of the regular files that it owns; what several own counts for each
   */
  record Counted(String name, String version, String architecture, long bytes) {
    static final Comparator<Counted> LARGEST_FIRST =
        Comparator.comparingLong(Counted::bytes).reversed().thenComparing(Counted::name);
  }

  PackageCensus {
    databases = List.copyOf(databases);
  }

  static PackageCensus of(FileTree files) throws IOException {
    List<PackageDatabase> databases;
    try {
      databases = PackageDatabases.of(files);
    } catch (MalformedContentException e) {
      return new PackageCensus(files, List.of(), "unknown", String.valueOf(e.getMessage()));
    }
    return new PackageCensus(files, databases, formats(databases), "");
  }

  private static String formats(List<PackageDatabase> databases) {
    return databases.isEmpty()
        ? "none"
        : databases.stream()
            .map(database -> database.format().name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(","));
  }

  /** Says whether the packages of all databases could be read. */
  boolean isRead() {
    return fault.isEmpty();
  }

  /** Returns the number of installed packages. */
  long count() {
    return databases.stream()
        .flatMap(database -> database.packages().stream())
        .filter(InstalledPackage::isInstalled)
        .count();
  }

  /** Returns the installed packages with their sizes, in the databases' order. */
  List<Counted> packages() {
    return packages(files);
  }

  /** Returns the installed packages with the sizes that they have in another tree. */
  List<Counted> packages(FileTree tree) {
    List<Counted> counted = new ArrayList<>();
    for (PackageDatabase database : databases) {
      for (InstalledPackage each : database.packages()) {
        if (each.isInstalled()) {
          long bytes = 0;
          for (ImagePath path : database.paths(each)) {
            Optional<FileNode> node = tree.get(path).filter(FileNode::isRegular);
            bytes += node.map(FileNode::size).orElse(0L);
          }
          counted.add(new Counted(each.id(), each.version(), each.architecture(), bytes));
        }
      }
    }
    return counted;
  }
}
