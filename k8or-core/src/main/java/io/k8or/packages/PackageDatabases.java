package io.k8or.packages;

import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  /**
   * Plans that the databases of an image have the sums of files that get other bytes: dpkg's {@code
   * md5sums} and apk's checksums are written anew. The digests of rpm are signed, so they stay, and
   * a finding says so for each file. Other names of a hard-linked file are seen to.
   *
   * @param transform the name of the transform that gives the bytes, for the reasons
   * @param replaced the new bytes of paths of the image; they are read once
   * @throws IOException if the image or the new bytes cannot be read
   */
  public static EditPlan resumming(
      ImageSnapshot image, String transform, Map<ImagePath, Content> replaced) throws IOException {
    if (replaced.isEmpty()) {
      return EditPlan.empty();
    }
    Map<ImagePath, Content> all = new LinkedHashMap<>();
    replaced.forEach(
        (path, content) -> image.files().links(path).forEach(name -> all.put(name, content)));
    return new FileSums(transform, all).plan(of(image));
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
