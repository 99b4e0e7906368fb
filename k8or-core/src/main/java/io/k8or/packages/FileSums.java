package io.k8or.packages;

import io.k8or.content.Content;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings the sums of files that get other bytes up to date, in each format's own way. */
final class FileSums {
  private final String transform;
  private final Map<ImagePath, Content> replaced;
  private final Map<List<Object>, byte[]> known = new HashMap<>();

  FileSums(String transform, Map<ImagePath, Content> replaced) {
    this.transform = transform;
    this.replaced = replaced;
  }

  EditPlan plan(List<PackageDatabase> databases) throws IOException {
    List<Edit> edits = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    for (PackageDatabase database : databases) {
      if (database instanceof DpkgDatabase dpkg) {
        dpkg(dpkg, edits);
      } else if (database instanceof ApkDatabase apk) {
        apk(apk, edits);
      } else {
        rpm(database, findings);
      }
    }
    return EditPlan.of(edits, List.of(), findings);
  }

  private byte[] sum(String algorithm, ImagePath path) throws IOException {
    byte[] sum = known.get(List.<Object>of(algorithm, path));
    if (sum == null) {
      try (InputStream in = replaced.getOrDefault(path, Content.empty()).open()) {
        MessageDigest digest = MessageDigest.getInstance(algorithm);
        byte[] buffer = new byte[1 << 16];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
        sum = digest.digest();
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e); // every JDK has MD5 and SHA-1
      }
      known.put(List.of(algorithm, path), sum);
    }
    return sum;
  }

  private static String count(int changed) {
    return changed == 1 ? "a file that has other bytes" : changed + " files that have other bytes";
  }

  private void dpkg(DpkgDatabase database, List<Edit> edits) throws IOException {
    TreeState state = new TreeState(database.index());
    for (InstalledPackage each : database.packages()) {
      Map<String, ImagePath> listed = new HashMap<>();
      for (ImagePath path : each.files()) {
        state
            .resolveParent(database.placeOf(each, path))
            .filter(replaced::containsKey)
            .ifPresent(real -> listed.put(path.toRelativeBytes().toLatin1(), real));
      }
      if (listed.isEmpty()) {
        continue;
      }
      DpkgDatabase.Origin origin = database.origin(each);
      List<ImagePath> sums =
          origin.single().isPresent()
              ? origin.beside()
              : List.of(
                  DpkgReader.ADMIN
                      .resolve("info")
                      .resolve(TreeFiles.latin1Bytes(origin.stem() + ".md5sums")));
      for (ImagePath path : sums) {
        Optional<TreeFiles.Read> read = TreeFiles.read(database.files(), path);
        if (read.isEmpty()) {
          continue;
        }
        StringBuilder text = new StringBuilder();
        int changed = 0;
        for (String line : read.get().bytes().toLatin1().split("(?<=\n)", -1)) {
          ImagePath real = line.length() > 34 ? listed.get(line.substring(34).strip()) : null;
          if (real == null) {
            text.append(line);
          } else {
            text.append(HexFormat.of().formatHex(sum("MD5", real))).append(line.substring(32));
            changed++;
          }
        }
        if (changed > 0) {
          edits.add(
              new Edit.ReplaceContent(
                  read.get().path(),
                  Content.of(TreeFiles.latin1Bytes(text.toString())),
                  new Reason(transform, "dpkg-sums", each + " has " + count(changed))));
        }
      }
    }
  }

  private void apk(ApkDatabase database, List<Edit> edits) throws IOException {
    Optional<TreeFiles.Read> read = TreeFiles.read(database.files(), database.location());
    if (read.isEmpty()) {
      return;
    }
    TreeState state = new TreeState(database.index());
    StringBuilder text = new StringBuilder();
    String folder = "";
    Optional<ImagePath> real = Optional.empty();
    int changed = 0;
    for (String line : read.get().bytes().toLatin1().split("(?<=\n)", -1)) {
      String value = line.length() > 2 ? line.substring(2).stripTrailing() : "";
      if (line.startsWith("F:")) {
        folder = "/" + value;
        real = Optional.empty();
      } else if (line.startsWith("R:")) {
        real =
            Programs.path(folder + "/" + value)
                .flatMap(state::resolveParent)
                .filter(replaced::containsKey);
      }
      if (real.isPresent() && line.startsWith("Z:Q1")) {
        text.append("Z:Q1")
            .append(Base64.getEncoder().encodeToString(sum("SHA-1", real.get())))
            .append('\n');
        changed++;
      } else {
        text.append(line);
      }
    }
    if (changed > 0) {
      edits.add(
          new Edit.ReplaceContent(
              read.get().path(),
              Content.of(TreeFiles.latin1Bytes(text.toString())),
              new Reason(transform, "apk-sums", "packages have " + count(changed))));
    }
  }

  // The digests are in the part of a header that the packager signed.
  private void rpm(PackageDatabase database, List<Finding> findings) {
    for (ImagePath path : replaced.keySet()) {
      for (InstalledPackage owner : database.owners(path)) {
        findings.add(
            Finding.at(
                path,
                new Reason(
                    transform,
                    "rpm-digest",
                    "rpm -V of " + owner + " will tell that its bytes are others")));
      }
    }
  }
}
