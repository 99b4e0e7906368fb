package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.rpm.BdbHeaders;
import io.k8or.packages.rpm.NdbHeaders;
import io.k8or.packages.rpm.RpmHeader;
import io.k8or.packages.rpm.RpmHeaders;
import io.k8or.packages.rpm.SqliteHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Package databases. The first byte says which: dpkg's files or apk's, parted by FF; a header of an
 * rpm; one of rpm's three databases.
 */
public final class DatabasesFuzz {
  private static final List<String> DPKG =
      List.of(
          "/var/lib/dpkg/status",
          "/var/lib/dpkg/info/a.list",
          "/var/lib/dpkg/info/a.md5sums",
          "/var/lib/dpkg/info/a.conffiles",
          "/var/lib/dpkg/diversions",
          "/var/lib/dpkg/statoverride",
          "/var/lib/dpkg/triggers/File",
          "/var/lib/dpkg/alternatives/e",
          "/var/lib/apt/extended_states");
  private static final List<String> APK =
      List.of("/lib/apk/db/installed", "/lib/apk/db/triggers", "/etc/apk/world");

  private DatabasesFuzz() {}

  /** Loads all classes, which takes its time on a busy machine: no input is to blame for it. */
  public static void fuzzerInitialize() throws IOException {
    for (byte[] seed : seeds()) {
      fuzzerTestOneInput(seed);
    }
  }

  /** Parses, and removes what there is. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (data.length == 0) {
      return;
    }
    byte[] rest = Arrays.copyOfRange(data, 1, data.length);
    ByteString bytes = ByteString.copyOf(rest);
    try {
      switch (data[0] % 6) {
        case 0 -> tree(rest, DPKG);
        case 1 -> tree(rest, APK);
        case 2 -> header(bytes);
        case 3 -> database(NdbHeaders.parse(bytes, "ndb"));
        case 4 -> database(BdbHeaders.parse(bytes, "bdb"));
        default -> database(SqliteHeaders.parse(bytes, ByteString.empty(), "sqlite"));
      }
    } catch (MalformedContentException e) {
      if (e.where().isEmpty()) {
        throw new AssertionError("an error without a place", e);
      }
    }
  }

  private static void tree(byte[] rest, List<String> names) throws IOException {
    FileTree.Editor files = FileTree.builder();
    files.put(ImagePath.of("/etc/a"), file(""));
    String[] parts = new String(rest, StandardCharsets.ISO_8859_1).split("\u00ff", names.size());
    for (int i = 0; i < parts.length; i++) {
      files.put(ImagePath.of(names.get(i)), file(parts[i]));
    }
    FileTree tree = files.build();
    for (PackageDatabase database : PackageDatabases.of(tree)) {
      for (InstalledPackage each : database.packages()) {
        if (each.toString().isEmpty()) {
          throw new AssertionError("no text");
        }
      }
      database.removal(database.packages());
      if (!database.packages().isEmpty()) {
        database.removal(database.packages().subList(0, 1));
      }
    }
  }

  private static FileNode file(String latin1) {
    return FileNode.regular(
        FileAttributes.ofMode(0644), Content.of(latin1.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private static void header(ByteString blob) throws IOException {
    RpmHeader header = RpmHeader.parse(blob, "header");
    for (int tag : new int[] {1000, 1001, 1002, 1003, 1027, 1047, 1049, 1116, 1117, 1118, 5096}) {
      try {
        header.strings(tag);
      } catch (MalformedContentException e) {
        // of another type
      }
      try {
        header.numbers(tag);
      } catch (MalformedContentException e) {
        // of another type
      }
    }
  }

  private static void database(RpmHeaders headers) throws IOException {
    Map<Integer, ByteString> blobs = headers.blobs();
    for (ByteString blob : blobs.values()) {
      try {
        header(blob);
      } catch (MalformedContentException e) {
        // one of several
      }
    }
    if (!blobs.isEmpty()) {
      headers.without(Set.of(blobs.keySet().iterator().next()));
    }
  }

  /** Returns small databases of each kind. */
  public static List<byte[]> seeds() {
    String status =
        "Package: a\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: amd64\n"
            + "Depends: b (>= 1) | c, d:any\nProvides: x (= 2)\nEssential: yes\n"
            + "Conffiles:\n /etc/a 01 obsolete\nDescription: a\n b\n .\n c\n\n"
            + "Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"
            + "Multi-Arch: same\nSource: s (1)\n\n";
    return List.of(
        seed(
            0,
            status,
            "/.\n/etc\n/etc/a\n",
            "d41d8cd98f00b204e9800998ecf8427e  etc/a\n",
            "/etc/a\n",
            "/usr/b\n/usr/b.orig\na\n",
            "root root 755 /usr/b\n",
            "/usr b/noawait\n",
            "auto\n/usr/e\nm\n/usr/m\n\n/usr/b\n10\n/usr/lib.so\n\n",
            "Package: b\nArchitecture: amd64\nAuto-Installed: 1\n\n"),
        seed(
            1,
            "C:Q1a=\nP:a\nV:1.2_rc3-r0\nA:x86_64\nD:so:b>=1 !c d~2\np:cmd:a=1\ni:b\n"
                + "F:etc\nM:0:0:755\nR:a\na:0:0:644\nZ:Q1x=\n\nP:b\nV:2\nF:\n\n",
            "Q1a= /bin\n",
            "a\nb>1\n"),
        header(2, true),
        header(3, false),
        seed(4, "\0\0\0\0\0\0\0\0\0\0\0\0\u0061\u0015\u0006\0\t\0\0\0\0\u0010\0\0"),
        seed(5, "SQLite format 3\0\u0010\0\u0001\u0001\0\u0040\u0020\u0020"));
  }

  private static byte[] seed(int kind, String... parts) {
    return ((char) kind + String.join("\u00ff", parts)).getBytes(StandardCharsets.ISO_8859_1);
  }

  // A header of an rpm: a name, a version and a number; or one inside an ndb file.
  private static byte[] header(int kind, boolean bare) {
    byte[] store = "pkg\0001.0\0\0\0\0\0\0\0\0\7".getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer blob = ByteBuffer.allocate(8 + 3 * 16 + store.length);
    blob.putInt(3).putInt(store.length);
    blob.putInt(1000).putInt(6).putInt(0).putInt(1);
    blob.putInt(1001).putInt(6).putInt(4).putInt(1);
    blob.putInt(1003).putInt(4).putInt(store.length - 4).putInt(1);
    blob.put(store);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(kind);
    if (!bare) {
      ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
      page.putInt('R' | 'p' << 8 | 'm' << 16 | 'P' << 24).putInt(0).putInt(1).putInt(1).putInt(2);
      out.writeBytes(page.array());
    }
    out.writeBytes(blob.array());
    return out.toByteArray();
  }
}
