package io.k8or.layers.tar;

import static io.k8or.layers.tar.Tars.block;
import static io.k8or.layers.tar.Tars.join;
import static io.k8or.layers.tar.Tars.latin1;
import static io.k8or.layers.tar.Tars.longName;
import static io.k8or.layers.tar.Tars.one;
import static io.k8or.layers.tar.Tars.padded;
import static io.k8or.layers.tar.Tars.pax;
import static io.k8or.layers.tar.Tars.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TarHeadersTest {
  private static final FileAttributes PLAIN =
      FileAttributes.ofMode(0644).withModified(Instant.ofEpochSecond(1_000_000));
  private static final String LONG = "x".repeat(101);

  @Test
  void encode_plainFile_isOneUstarBlock() {
    byte[] expected = block("a", '0').put(136, "00003641100\0").bytes();
    assertThat(TarHeaders.encode(latin1("a"), FileNode.regular(PLAIN, Content.empty())))
        .isEqualTo(expected);
  }

  @Test
  void encode_nameOfTwoParts_usesPrefix() throws IOException {
    String name = "p".repeat(150) + "/" + "n".repeat(100);
    byte[] header = TarHeaders.encode(latin1(name), FileNode.fifo(PLAIN));
    assertThat(header).hasSize(512);
    assertThat(one(header).name()).hasToString(name);
  }

  @Test
  void encode_whatDoesNotFit_comesAsPaxRecords() throws IOException {
    FileAttributes attributes =
        PLAIN
            .withOwner(1L << 32, 2097152)
            .withModified(Instant.ofEpochSecond(-2, 750_000_000))
            .withXattrs(Map.of(latin1("user.b"), latin1("\0\u00ff"), latin1("user.a"), latin1("")));
    byte[] header = TarHeaders.encode(latin1(LONG), FileNode.symlink(attributes, latin1(LONG)));
    String records =
        record("path", LONG)
            + record("linkpath", LONG)
            + record("uid", "4294967296")
            + record("gid", "2097152")
            + record("mtime", "-1.25")
            + record("SCHILY.xattr.user.a", "")
            + record("SCHILY.xattr.user.b", "\0\u00ff");
    assertThat(new String(header, 512, records.length(), StandardCharsets.ISO_8859_1))
        .isEqualTo(records);
    assertThat(one(header).attributes()).isEqualTo(attributes);
  }

  @Test
  void encode_longNameThatIsNotUtf8_declaresBinary() throws IOException {
    byte[] header = TarHeaders.encode(latin1("\u00e9" + LONG), FileNode.fifo(PLAIN));
    assertThat(new String(header, StandardCharsets.ISO_8859_1)).contains("21 hdrcharset=BINARY\n");
    assertThat(one(header).name()).isEqualTo(latin1("\u00e9" + LONG));
    byte[] utf8 = TarHeaders.encode(ByteString.utf8("\u00e9" + LONG), FileNode.fifo(PLAIN));
    assertThat(new String(utf8, StandardCharsets.ISO_8859_1)).doesNotContain("hdrcharset");
  }

  @Test
  void encode_directories_endWithSlash() throws IOException {
    FileNode directory = FileNode.directory(PLAIN);
    assertThat(one(TarHeaders.encode(latin1("a"), directory)).name()).hasToString("a/");
    assertThat(one(TarHeaders.encode(latin1("a/"), directory)).name()).hasToString("a/");
    assertThat(one(TarHeaders.encode(ByteString.empty(), directory)).name()).hasToString("./");
    assertThat(one(TarHeaders.encode(latin1("x".repeat(100)), directory)).name())
        .hasToString("x".repeat(100) + "/");
  }

  @Test
  void encode_cutName_hasNoSlashAtItsEnd() {
    byte[] header =
        TarHeaders.encode(latin1("d".repeat(99) + "/" + "f".repeat(200)), FileNode.fifo(PLAIN));
    int main = header.length - 512;
    assertThat(header[main + 98]).isEqualTo((byte) 'd');
    assertThat(header[main + 99]).isZero();
  }

  @Test
  void encode_devices_areOctalOrBase256() throws IOException {
    for (long number : new long[] {0, 8, 2097151, 2097152, 0xffffffffL}) {
      TarEntry entry =
          one(
              TarHeaders.encode(
                  latin1("d"), FileNode.device(FileType.BLOCK_DEVICE, PLAIN, number, 1)));
      assertThat(entry.deviceMajor()).isEqualTo(number);
      assertThat(entry.deviceMinor()).isEqualTo(1);
    }
    assertThatThrownBy(
            () ->
                TarHeaders.encode(
                    latin1("d"), FileNode.device(FileType.BLOCK_DEVICE, PLAIN, 1L << 32, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4294967296");
  }

  @Test
  void encode_hardLink_readsBack() throws IOException {
    TarEntry link = one(TarHeaders.encodeHardLink(latin1("b"), latin1("./" + LONG), PLAIN));
    assertThat(link.isHardLink()).isTrue();
    assertThat(link.linkName()).hasToString("./" + LONG);
  }

  @Test
  void encode_xattrNameWithEquals_readsBack() throws IOException {
    FileAttributes odd = PLAIN.withXattrs(Map.of(latin1("user.a=\u00e9%"), latin1("\0v")));
    assertThat(one(TarHeaders.encode(latin1("a"), FileNode.fifo(odd))).attributes()).isEqualTo(odd);
  }

  @Test
  void encode_badNames_throw() {
    for (String name : new String[] {"a/", "", "/", "a/../b", "a\0b"}) {
      assertThatThrownBy(() -> TarHeaders.encode(latin1(name), FileNode.fifo(PLAIN)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> TarHeaders.encode(latin1("a"), FileNode.symlink(PLAIN, latin1("b\0"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a NUL in the link target b");
  }

  @Test
  void patch_nothing_givesTheSameBytes() throws IOException {
    byte[] odd =
        join(
            pax(record("path", "old"), record("path", "a"), record("VENDOR.x", "y")),
            block("b", '0').gnu().put(100, "    644 ").put(265, "who").bytes());
    TarEntry entry = one(odd);
    assertThat(TarHeaders.patch(odd, TarChanges.none())).isEqualTo(odd);
    assertThat(
            TarHeaders.patch(
                odd,
                TarChanges.none()
                    .withAttributes(entry.attributes())
                    .withName(entry.name())
                    .withSize(entry.size())))
        .isEqualTo(odd);
  }

  @Test
  void patch_modeAndOwner_changesThoseFieldsAlone() throws IOException {
    Tars.Block old = block("a", '0').put(100, "0100644\0").put(265, "who").put(297, "whose");
    byte[] expected =
        block("a", '0').put(100, "0100755\0").put(108, "0000007\0").put(297, "whose").bytes();
    assertThat(
            TarHeaders.patch(
                old.bytes(),
                TarChanges.none().withAttributes(FileAttributes.ofMode(0755).withOwner(7, 0))))
        .isEqualTo(expected);
  }

  @Test
  void patch_unknownRecords_areKept() throws IOException {
    byte[] old =
        join(
            pax(record("VENDOR.x", "y"), record("uid", "9"), record("uname", "u")),
            block("a", '0').bytes());
    byte[] patched =
        TarHeaders.patch(
            old,
            TarChanges.none().withAttributes(FileAttributes.ofMode(0644).withOwner(3_000_000, 4)));
    assertThat(Arrays.copyOfRange(patched, 512, 1024))
        .isEqualTo(padded(record("VENDOR.x", "y") + record("uid", "3000000")));
    assertThat(one(patched).attributes().uid()).isEqualTo(3_000_000);
    assertThat(one(patched).attributes().gid()).isEqualTo(4);
  }

  @Test
  void patch_toWhatDoesNotFit_addsPaxHeaderOrBase256() throws IOException {
    TarChanges huge =
        TarChanges.none().withAttributes(FileAttributes.ofMode(0644).withOwner(3_000_000, 0));
    assertThat(TarHeaders.patch(block("a", '0').gnu().bytes(), huge)).hasSize(512);
    assertThat(TarHeaders.patch(block("a", '0').bytes(), huge)).hasSize(1536);
    for (byte[] old : new byte[][] {block("a", '0').gnu().bytes(), block("a", '0').bytes()}) {
      assertThat(one(TarHeaders.patch(old, huge)).attributes().uid()).isEqualTo(3_000_000);
    }
  }

  @Test
  void patch_xattrs_changesNamedRecordsAlone() throws IOException {
    byte[] old =
        join(
            pax(
                record("SCHILY.xattr.user.a", "1"),
                record("LIBARCHIVE.xattr.user.a", "MQ"),
                record("SCHILY.xattr.user.b", "2"),
                record("VENDOR.x", "y")),
            block("a", '0').bytes());
    byte[] patched =
        TarHeaders.patch(
            old,
            TarChanges.none()
                .withAttributes(
                    FileAttributes.ofMode(0644)
                        .withXattrs(
                            Map.of(latin1("user.b"), latin1("2"), latin1("c"), latin1("3")))));
    assertThat(Arrays.copyOfRange(patched, 512, 1024))
        .isEqualTo(
            padded(
                record("SCHILY.xattr.user.b", "2")
                    + record("VENDOR.x", "y")
                    + record("SCHILY.xattr.c", "3")));
  }

  @Test
  void patch_lastXattrGone_dropsPaxHeader() throws IOException {
    byte[] old = join(pax(record("SCHILY.xattr.user.a", "1")), block("a", '0').bytes());
    assertThat(TarHeaders.patch(old, TarChanges.none().withAttributes(FileAttributes.ofMode(0644))))
        .isEqualTo(block("a", '0').bytes());
  }

  @Test
  void patch_name_replacesLongNames() throws IOException {
    byte[] gnu = join(longName('L', LONG), block(LONG.substring(1), '0').gnu().bytes());
    assertThat(TarHeaders.patch(gnu, TarChanges.none().withName(latin1("b"))))
        .isEqualTo(block("b", '0').gnu().bytes());
    byte[] longer = TarHeaders.patch(gnu, TarChanges.none().withName(latin1(LONG + "y")));
    assertThat(one(longer).name()).hasToString(LONG + "y");
    byte[] paxed = join(pax(record("path", LONG)), block("short", '0').bytes());
    assertThat(TarHeaders.patch(paxed, TarChanges.none().withName(latin1("b"))))
        .isEqualTo(block("b", '0').bytes());
  }

  @Test
  void patch_linkName_replacesLongLinks() throws IOException {
    byte[] gnu = join(longName('K', LONG), block("a", '2').gnu().link("cut").bytes());
    assertThat(TarHeaders.patch(gnu, TarChanges.none().withLinkName(latin1("b"))))
        .isEqualTo(block("a", '2').gnu().link("b").bytes());
    byte[] longer =
        TarHeaders.patch(
            block("a", '1').link("b").bytes(), TarChanges.none().withLinkName(latin1(LONG)));
    assertThat(one(longer).linkName()).hasToString(LONG);
    assertThatThrownBy(
            () ->
                TarHeaders.patch(
                    block("a", '0').bytes(), TarChanges.none().withLinkName(latin1("b"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a link name for what is no link: a");
  }

  @Test
  void patch_hardLinkAsRegular_getsSizeAndLosesTarget() throws IOException {
    byte[] old =
        join(
            pax(record("linkpath", LONG), record("size", "77")),
            block("a", '1').link("cut").bytes());
    byte[] patched = TarHeaders.patch(old, TarChanges.none().asRegular(5));
    TarEntry entry = one(patched, padded("hello"));
    assertThat(entry.isRegular()).isTrue();
    assertThat(entry.size()).isEqualTo(5);
    assertThat(entry.linkName().isEmpty()).isTrue();
    assertThat(TarHeaders.patch(block("a", '1').link("b").bytes(), TarChanges.none().asRegular(5)))
        .isEqualTo(block("a", '0').size(5).bytes());
    assertThatThrownBy(
            () -> TarHeaders.patch(block("a", '0').bytes(), TarChanges.none().asRegular(5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a hard link: a");
  }

  @Test
  void patch_sizeOfSparseEntry_makesItPlain() throws IOException {
    byte[] extension = new byte[512];
    byte[] old =
        join(block("s", 'S').gnu().put(482, "\1").put(483, "00000000011\0").bytes(), extension);
    assertThat(TarHeaders.patch(old, TarChanges.none().withSize(4)))
        .isEqualTo(block("s", '0').gnu().size(4).bytes());

    byte[] paxed =
        join(
            pax(
                record("GNU.sparse.major", "1"),
                record("GNU.sparse.minor", "0"),
                record("GNU.sparse.name", "real"),
                record("GNU.sparse.realsize", "9")),
            block("GNUSparseFile.0/s", '0').size(515).bytes());
    assertThat(TarHeaders.patch(paxed, TarChanges.none().withSize(4)))
        .isEqualTo(block("real", '0').size(4).bytes());
  }

  @Test
  void patch_brokenBlocks_throw() {
    for (byte[] blocks :
        new byte[][] {
          {},
          new byte[512],
          pax(record("path", "a")),
          join(block("a", '0').bytes(), new byte[512]),
          Arrays.copyOf(pax(record("path", "a")), 700),
          block("a/../b", '0').bytes(),
          block("a", 'D').bytes()
        }) {
      assertThatThrownBy(() -> TarHeaders.patch(blocks, TarChanges.none()))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("tar header: byte ");
    }
  }

  @Test
  void writer_wholeTar_hasPaddingAndEndMarker() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter writer = new TarWriter(out)) {
      writer.put(latin1("a"), FileNode.regular(PLAIN, Content.of(new byte[] {'x', 'y'})));
      writer.putHardLink(latin1("b"), latin1("a"), PLAIN);
      assertThat(writer.position()).isEqualTo(1536);
      writer.finish();
    }
    assertThat(out.toByteArray())
        .isEqualTo(
            join(
                block("a", '0').size(2).put(136, "00003641100\0").bytes(),
                padded("xy"),
                block("b", '1').link("a").put(136, "00003641100\0").bytes(),
                Tars.END));
  }

  @Test
  void writer_contentOfAnotherSize_throws() {
    for (int real : new int[] {2, 4}) {
      Content liar =
          new Content() {
            @Override
            public InputStream open() {
              return new ByteArrayInputStream(new byte[real]);
            }

            @Override
            public long size() {
              return 3;
            }

            @Override
            public String toString() {
              return "liar";
            }
          };
      TarWriter writer = new TarWriter(new ByteArrayOutputStream());
      assertThatThrownBy(() -> writer.put(latin1("a"), FileNode.regular(PLAIN, liar)))
          .isInstanceOf(MalformedContentException.class)
          .hasMessage("content: liar: expected 3 bytes, found " + (real == 2 ? "2" : "more"));
    }
  }
}
