package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Account files, and what refers to accounts: the bytes FF part the files of an image. */
public final class AccountsFuzz {
  private static final List<String> NAMES =
      List.of(
          "/etc/passwd",
          "/etc/group",
          "/etc/shadow",
          "/etc/gshadow",
          "/etc/subuid",
          "/etc/crontab",
          "/etc/init.d/service",
          "/usr/lib/systemd/system/a.service",
          "/usr/lib/sysusers.d/a.conf",
          "/usr/lib/tmpfiles.d/a.conf",
          "/etc/sudoers",
          "/etc/passwd-");

  private AccountsFuzz() {}

  /** Loads all classes, which takes its time on a busy machine: no input is to blame for it. */
  public static void fuzzerInitialize() throws IOException {
    for (byte[] seed : seeds()) {
      fuzzerTestOneInput(seed);
    }
  }

  /** Parses, decides and plans, and applies what was planned. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    String[] parts =
        new String(data, StandardCharsets.ISO_8859_1).split("\u00ff", NAMES.size() + 1);
    FileTree.Editor files = FileTree.builder();
    for (int i = 0; i < parts.length && i < NAMES.size(); i++) {
      if (parts[i].startsWith("->")) {
        files.put(
            ImagePath.of(NAMES.get(i)),
            FileNode.symlink(
                FileAttributes.ofMode(0777), bytes(parts[i].substring(2).replace("\0", "") + ".")));
      } else {
        files.put(
            ImagePath.of(NAMES.get(i)),
            FileNode.regular(FileAttributes.ofMode(0644), Content.of(bytes(parts[i]))));
      }
    }
    for (AccountFormat format : AccountFormat.values()) {
      try {
        AccountFile file = AccountFile.parse(format, "file", bytes(parts[0]));
        if (!file.print().equals(bytes(parts[0]))) {
          throw new AssertionError("printed in another way: " + format);
        }
      } catch (MalformedContentException e) {
        // as it should
      }
    }
    ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));
    if (parts.length > NAMES.size()) {
      String user =
          parts[NAMES.size()].replaceAll("[^ -~]", "").replace("\\", "").replace("\"", "");
      config = config.with("/config/User", "\"" + user + "\"");
    }
    ImageSnapshot image = ImageSnapshot.of(config, files.build());
    plan(UserPruner.defaults(), image);
    plan(UserPruner.defaults().keeping("*"), image);
    plan(KubernetesUser.forService("fuzz", UidRegistry.inMemory()), image);
    plan(
        KubernetesUser.forService("root", UidRegistry.inMemory())
            .owning(List.of(ImagePath.of("/etc"))),
        image);
  }

  private static void plan(Transform transform, ImageSnapshot image) throws IOException {
    try {
      ImageSnapshot after = image.with(transform.plan(image));
      // What a transform writes it can read.
      transform.plan(after);
    } catch (MalformedContentException e) {
      if (e.where().isEmpty()) {
        throw new AssertionError("an error without a place", e);
      }
    } catch (IllegalArgumentException e) {
      // The caller asks for what the image has with other numbers, or has no room for.
      if (!String.valueOf(e.getMessage())
          .matches("(?s)the image has a.*|no number of .* is free .*")) {
        throw e;
      }
    }
  }

  private static ByteString bytes(String latin1) {
    return ByteString.copyOf(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Returns the accounts of a small Debian, and some with NIS lines and numbers at the edge. */
  public static List<byte[]> seeds() {
    return List.of(
        seed(
            TestImages.PASSWD,
            TestImages.GROUP,
            TestImages.SHADOW,
            TestImages.GSHADOW,
            "daemon:100000:65536\n",
            "* * * * * mail run\n",
            "#!/bin/sh\nchown www-data:mail /x\nstart-stop-daemon --chuid daemon\n",
            "[Service]\nUser=mail\nGroup=audio\nSupplementaryGroups=mail daemon\nDynamicUser=no\n",
            "u mail 8 \"Mail\" /var/mail\ng audio 29\nm www-data mail\n",
            "d /run/x 0755 mail 29 -\n",
            "%mail ALL=(daemon:mail) ALL\n",
            TestImages.PASSWD,
            "www-data:29"),
        seed(
            "+nis::::::\n# a\n\n a:x:4294967294:0::/:\n-b\n",
            "+\na:x:0:b,,c\n",
            "a:!:::::::\n",
            "a:::\n"),
        seed("->/etc/x", "->../../etc/group", "->passwd"));
  }

  private static byte[] seed(String... parts) {
    return String.join("\u00ff", parts).getBytes(StandardCharsets.ISO_8859_1);
  }
}
