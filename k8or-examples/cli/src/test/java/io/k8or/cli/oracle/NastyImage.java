package io.k8or.cli.oracle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An image with all that rewriting can get wrong: 127 layers, hard links across layers, opaque
 * markers after their siblings, whiteouts of links' targets, files that become directories and the
 * other way round, binary capabilities, names that are no UTF-8, device nodes, directories that no
 * layer records; gzip of one and of two members, and no compression; below three indexes.
 */
final class NastyImage {
  static final String REFERENCE = "nasty";

  /** A capability whose bytes are no UTF-8: revision 2, effective, all that the kernel keeps. */
  private static final String CAPABILITY =
      "\u0001\u0000\u0000\u0002\u00ff\u00fe\u0080\u00c3\u0000\u0000\u0000\u0000"
          + "\u00ff\u0000\u0000\u0000\u0000\u0000\u0000\u0000";

  private static final long TIME = 1_500_000_000;

  private NastyImage() {}

  /**
   * Writes the layout into {@code nested} and, for tools that know one index only, {@code flat}.
   *
   * @param count the number of layers, as many as wanted of the 127
   */
  static void write(Path nested, Path flat, int count) throws IOException {
    LayoutBytes layout = new LayoutBytes(nested);
    List<String> layers = new ArrayList<>();
    List<String> diffIds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] tar = layer(i).toByteArray();
      diffIds.add(LayoutBytes.sha256(tar));
      layers.add(
          switch (i % 5) {
            case 3 -> layout.blob(LayoutBytes.TAR, tar);
            case 4 -> layout.blob(LayoutBytes.TAR + "+gzip", twoMembers(tar));
            default -> layout.blob(LayoutBytes.TAR + "+gzip", LayoutBytes.gzip(tar));
          });
    }
    String manifest = layout.image(layers, diffIds);
    LayoutBytes.top(nested, layout.index(layout.index(layout.index(manifest))), REFERENCE);

    Files.createDirectories(flat);
    Files.createSymbolicLink(flat.resolve("blobs"), nested.resolve("blobs"));
    Files.copy(nested.resolve("oci-layout"), flat.resolve("oci-layout"));
    LayoutBytes.top(flat, manifest, REFERENCE);
  }

  private static byte[] twoMembers(byte[] tar) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int half = tar.length / 2 + 100;
    out.writeBytes(LayoutBytes.gzip(Arrays.copyOf(tar, half)));
    out.writeBytes(LayoutBytes.gzip(Arrays.copyOfRange(tar, half, tar.length)));
    return out.toByteArray();
  }

  private static TarBytes layer(int i) {
    TarBytes tar = new TarBytes().mtime(TIME + i * 1000L);
    return switch (i) {
      case 0 -> base(tar);
      // A link to a lower layer's file, and a link to that link two layers further up.
      case 1 ->
          tar.mtime(TIME)
              .hardLink("links/from-1", "links/target")
              .mode(0600)
              .owner(7, 8)
              .file("links/own-1", "one")
              .hardLink("links/own-1b", "links/own-1");
      case 2 ->
          tar.directory("opaque")
              .file("opaque/new", "new")
              .directory("opaque/sub")
              .file("opaque/sub/new", "new too")
              .opaque("opaque/sub")
              .opaque("opaque");
      // The first name of a file with three is replaced; the others keep the old bytes.
      case 3 ->
          tar.mtime(TIME).hardLink("links/from-3", "links/from-1").file("links/target", "replaced");
      // The first name goes by a whiteout; the others stay.
      case 4 -> tar.whiteout("links/", "gone");
      case 5 -> tar.file("becomes-file", "a directory before");
      case 6 ->
          tar.directory("becomes-directory").file("becomes-directory/inside", "a file before");
      case 7 -> tar.pax("mtime", "1400000000.123456789").file("times/nanoseconds", "n");
      case 8 ->
          tar.owner(2097151, 2097151)
              .file("owners/octal", "o")
              .pax("uid", "3000000000")
              .pax("gid", "4000000000")
              .file("owners/huge", "h");
      // A file again after its directory was hidden in the layer before.
      case 9 -> tar.whiteout("", "comes-back");
      case 10 -> tar.directory("comes-back").file("comes-back/again", "2");
      case 11 ->
          tar.pax("SCHILY.xattr.security.capability", CAPABILITY)
              .mode(0755)
              .file("caps/upper", "upper")
              .hardLink("caps/upper-link", "caps/upper");
      // A copy with other attributes of a lower file that has a capability: it loses it.
      case 12 -> tar.mode(0700).file("caps/loses", "same bytes");
      case 13 -> tar.opaque("opaque-alone");
      case 14 -> tar.file("implied/one/two/file", "no layer records the directories");
      // Hard link to a file of the same layer which replaces a lower one.
      case 15 -> tar.file("links/both", "of layer 15").hardLink("links/both-link", "links/both");
      case 16 -> tar.file("links/both", "of layer 16");
      default -> usual(tar, i);
    };
  }

  private static TarBytes base(TarBytes tar) {
    String longName = "long/" + "a".repeat(90) + "/" + "b".repeat(120) + "/c";
    tar.directory(".")
        .directory("etc")
        .file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        .file("etc/group", "root:x:0:\n");
    tar.directory("links")
        .file("links/target", "target of layer 0")
        .file("links/gone", "stays")
        .hardLink("links/gone-link", "links/gone")
        .hardLink("links/gone-link2", "links/gone")
        .file("links/both", "of layer 0");
    tar.directory("opaque")
        .file("opaque/old", "old")
        .directory("opaque/sub")
        .file("opaque/sub/old", "old")
        .directory("opaque/sub2")
        .file("opaque/sub2/old", "old");
    tar.directory("opaque-alone").file("opaque-alone/old", "old");
    tar.directory("becomes-file").file("becomes-file/inside", "gone");
    tar.file("becomes-directory", "a file");
    tar.directory("times").directory("owners").directory("caps");
    tar.directory("comes-back").file("comes-back/once", "1");
    tar.pax("SCHILY.xattr.security.capability", CAPABILITY).mode(0755).file("caps/lower", "lower");
    tar.pax("SCHILY.xattr.security.capability", CAPABILITY).file("caps/loses", "same bytes");
    tar.mode(04755).file("caps/setuid", "s").mode(02755).file("caps/setgid", "g").mode(0644);
    tar.directory("names")
        .file("names/caf\u00e9", "latin-1")
        .file("names/\u00ff\u00fe", "binary")
        .file("names/caf\u00c3\u00a9", "UTF-8")
        .file("names/ space ", "s")
        .file("names/-dash", "d")
        .file("names/back\\slash", "b")
        .symlink("names/link\u00e9", "caf\u00e9")
        .directory("names/d\u00e9")
        .file("names/d\u00e9/inside", "i");
    tar.directory("nodes")
        .fifo("nodes/fifo")
        .device("nodes/null", 1, 3)
        .symlink("nodes/absolute", "/etc/passwd")
        .symlink("nodes/dangling", "../../../nowhere");
    tar.directory("long").file(longName, "long").directory("many").directory("numbers");
    tar.directory("empty").file("empty/file", "");
    return tar;
  }

  /** A layer as they often are: a new file, one replaced, one hidden, a link down. */
  private static TarBytes usual(TarBytes tar, int i) {
    tar.file("many/" + i, "of layer " + i + "\n" + "x".repeat(i * 37 % 5000));
    tar.file("numbers/" + i % 10, "layer " + i);
    if (i % 3 == 0 && i > 30) {
      tar.whiteout("many/", Integer.toString(i - 9));
    }
    if (i % 7 == 0 && i > 20) {
      // Unpackers agree about a link whose header says what its target's header says.
      tar.mtime(TIME + (i - 1) * 1000L)
          .hardLink("numbers/link-" + i, "numbers/" + (i - 1) % 10)
          .mtime(TIME + i * 1000L);
    }
    if (i % 11 == 0) {
      tar.directory("many/d" + i)
          .file("many/d" + i + "/f", "f")
          .mode(0640)
          .owner(i, i)
          .file("many/d" + i + "/g", "g");
    }
    if (i % 22 == 1 && i > 40) {
      tar.file("many/d" + (i - i % 11 - 11) + "/h", "h").opaque("many/d" + (i - i % 11 - 11));
    }
    return tar;
  }
}
