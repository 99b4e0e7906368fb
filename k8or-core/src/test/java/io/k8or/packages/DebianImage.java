package io.k8or.packages;

import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real Debian image, made by mmdebstrap and unpacked, once per build folder. */
final class DebianImage {
  private static final String PACKAGES =
      "nginx-light,python3,apt-utils,openssl,ca-certificates,curl,perl,git,less,vim-tiny,"
          + "openssh-client,procps,cron,dbus,logrotate,rsyslog,fontconfig,shared-mime-info";

  private DebianImage() {}

  /** Returns the root of the image, which nobody may write. */
  static Path unpacked(Path folder) throws IOException {
    Path root = folder.resolve("debian");
    if (!Files.isDirectory(root)) {
      Files.createDirectories(folder);
      Path tar = folder.resolve("debian.tar");
      Path partial = folder.resolve("debian.partial");
      Tools.output(
          "mmdebstrap", "--variant=minbase", "--include=" + PACKAGES, "bookworm", tar.toString());
      Files.createDirectories(partial);
      Tools.output("tar", "-xf", tar.toString(), "-C", partial.toString());
      Files.delete(tar);
      Files.move(partial, root);
    }
    return root;
  }

  /** Deletes what can be deleted; a test does not fail for it. */
  static void delete(Path folder) {
    Tools.run(folder.getParent(), Map.of(), List.of("rm", "-rf", folder.toString()));
  }
}
