package io.k8or.packages;

import io.k8or.filesystem.FileTree;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Finds the package databases of an image. */
public final class PackageDatabases {
  private PackageDatabases() {}

  /**
   * Returns the databases of an image: at most one of each format; none in an image that has no
   * packages. Costs one pass over each of them, once for a snapshot.
   *
   * @throws io.k8or.content.MalformedContentException if a database has another form than its
   *     format asks for; the error names the file and the line or offset
   * @throws IOException if the image cannot be read
   */
  public static List<PackageDatabase> of(ImageSnapshot image) throws IOException {
    return of(image.files());
  }

  /**
   * Returns the databases of a file tree.
   *
   * @throws io.k8or.content.MalformedContentException if a database has another form than its
   *     format asks for; the error names the file and the line or offset
   * @throws IOException if the image cannot be read
   */
  public static List<PackageDatabase> of(FileTree files) throws IOException {
    return files.derived(Found.class, Found::in).databases();
  }

  private record Found(List<PackageDatabase> databases) {
    static Found in(FileTree files) throws IOException {
      List<PackageDatabase> found = new ArrayList<>();
      DpkgReader.read(files).ifPresent(found::add);
      ApkReader.read(files).ifPresent(found::add);
      RpmReader.read(files).ifPresent(found::add);
      return new Found(List.copyOf(found));
    }
  }
}
