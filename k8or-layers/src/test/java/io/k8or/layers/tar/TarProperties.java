package io.k8or.layers.tar;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileType;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TarProperties {
  @Provide
  Arbitrary<ByteString> names() {
    Arbitrary<Byte> bytes =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(5, Arbitraries.of((byte) 'a', (byte) 'b', (byte) '.')),
            net.jqwik.api.Tuple.of(1, Arbitraries.bytes().filter(b -> b != 0 && b != '/')));
    Arbitrary<ByteString> segment =
        bytes
            .array(byte[].class)
            .ofMinSize(1)
            .ofMaxSize(120)
            .map(ByteString::copyOf)
            .filter(s -> !s.toLatin1().matches("\\.\\.?"));
    return segment
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .flatMap(
            segments ->
                Arbitraries.of("", "./", "/")
                    .map(
                        before ->
                            segments.stream()
                                .reduce((a, b) -> a.concat(ByteString.utf8("/")).concat(b))
                                .map(ByteString.utf8(before)::concat)
                                .orElseThrow()));
  }

  @Provide
  Arbitrary<FileAttributes> attributes() {
    Arbitrary<Long> owners =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 70000), Arbitraries.longs().between(0, Long.MAX_VALUE));
    Arbitrary<Instant> times =
        Combinators.combine(
                Arbitraries.oneOf(
                    Arbitraries.longs().between(-10, 2_000_000_000),
                    Arbitraries.longs()
                        .between(Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond())),
                Arbitraries.oneOf(
                    Arbitraries.just(0), Arbitraries.integers().between(0, 999999999)))
            .as(Instant::ofEpochSecond);
    Arbitrary<ByteString> bytes =
        Arbitraries.bytes().array(byte[].class).ofMaxSize(30).map(ByteString::copyOf);
    return Combinators.combine(
            Arbitraries.integers().between(0, 07777),
            owners,
            owners,
            times,
            Arbitraries.maps(bytes.filter(b -> !b.isEmpty()), bytes).ofMaxSize(3))
        .as(
            (mode, uid, gid, time, xattrs) ->
                FileAttributes.ofMode(mode)
                    .withOwner(uid, gid)
                    .withModified(time)
                    .withXattrs(xattrs));
  }

  @Provide
  Arbitrary<FileNode> nodes() {
    Arbitrary<Long> devices = Arbitraries.longs().between(0, 0xffffffffL);
    Arbitrary<ByteString> targets =
        Arbitraries.bytes()
            .filter(b -> b != 0)
            .array(byte[].class)
            .ofMinSize(1)
            .ofMaxSize(200)
            .map(ByteString::copyOf);
    return Arbitraries.oneOf(
        Combinators.combine(attributes(), Arbitraries.integers().between(0, 1100))
            .as((a, size) -> FileNode.regular(a, Content.of(new byte[size]))),
        attributes().map(FileNode::directory),
        attributes().map(FileNode::fifo),
        Combinators.combine(attributes(), targets).as(FileNode::symlink),
        Combinators.combine(attributes(), devices, devices)
            .as((a, x, y) -> FileNode.device(FileType.CHARACTER_DEVICE, a, x, y)));
  }

  @Property
  void encodeThenRead_isTheIdentity(
      @ForAll("names") ByteString name, @ForAll("nodes") FileNode node) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    writer.put(name, node);
    writer.finish();
    TarEntry entry = Tars.one(out.toByteArray());
    assertThat(entry.name())
        .isEqualTo(node.isDirectory() ? name.concat(ByteString.utf8("/")) : name);
    assertThat(entry.type()).contains(node.type());
    assertThat(entry.attributes()).isEqualTo(node.attributes());
    assertThat(entry.size()).isEqualTo(node.size());
    assertThat(entry.linkName()).isEqualTo(node.target());
    assertThat(entry.deviceMajor()).isEqualTo(node.deviceMajor());
    assertThat(entry.deviceMinor()).isEqualTo(node.deviceMinor());
    assertThat(entry.endOffset()).isEqualTo(out.size() - 1024);
  }

  @Property
  void patch_toOtherThings_readsAsThose(
      @ForAll("names") ByteString name,
      @ForAll("nodes") FileNode node,
      @ForAll("names") ByteString newName,
      @ForAll("attributes") FileAttributes newAttributes,
      @ForAll boolean gnu)
      throws IOException {
    byte[] header = TarHeaders.encode(name, node);
    if (gnu) {
      // The same header in GNU's format, where its name needs no prefix.
      int main = header.length - 512;
      if (header[main + Fields.PREFIX] == 0) {
        ByteString.utf8("ustar  \0").copyTo(header, main + Fields.MAGIC);
        Fields.putChecksum(header, main);
      }
    }
    TarEntry before = Tars.one(header, content(node));
    byte[] attributes = TarHeaders.patch(header, TarChanges.none().withAttributes(newAttributes));
    TarEntry other = Tars.one(attributes, content(node));
    assertThat(other.attributes()).isEqualTo(newAttributes);
    assertThat(other.name()).isEqualTo(before.name());
    assertThat(other.linkName()).isEqualTo(before.linkName());
    assertThat(other.size()).isEqualTo(before.size());

    byte[] renamed = TarHeaders.patch(header, TarChanges.none().withName(newName));
    TarEntry moved = Tars.one(renamed, content(node));
    assertThat(moved.name()).isEqualTo(newName);
    assertThat(moved.attributes()).isEqualTo(before.attributes());
    assertThat(moved.type()).isEqualTo(before.type());

    // And back: what was said is said again.
    TarEntry back =
        Tars.one(
            TarHeaders.patch(attributes, TarChanges.none().withAttributes(before.attributes())),
            content(node));
    assertThat(back.attributes()).isEqualTo(before.attributes());
  }

  private static byte[] content(FileNode node) {
    return new byte[(int) Fields.padded(node.size())];
  }

  @Property
  void encode_sameArguments_givesSameBytes(
      @ForAll("names") ByteString name, @ForAll("nodes") FileNode node) {
    assertThat(TarHeaders.encode(name, node)).isEqualTo(TarHeaders.encode(name, node));
  }

  @Property
  void paxTime_thenRead_isTheIdentity(@ForAll("attributes") FileAttributes attributes)
      throws BadHeader {
    assertThat(Pax.time("mtime", Pax.time(attributes.modified()))).isEqualTo(attributes.modified());
  }

  @Provide
  Arbitrary<List<int[]>> damages() {
    return Arbitraries.integers()
        .between(0, Integer.MAX_VALUE)
        .array(int[].class)
        .ofSize(2)
        .list()
        .ofMaxSize(6);
  }

  @Property
  void read_damagedTar_givesEntriesOrOneTypedError(
      @ForAll("damages") List<int[]> damages, @ForAll boolean repair) throws IOException {
    byte[] tar = SAMPLE.clone();
    for (int[] damage : damages) {
      if (damage[0] % 13 == 0) {
        tar = Arrays.copyOf(tar, damage[1] % SAMPLE.length);
      } else if (tar.length > 0) {
        tar[damage[0] % tar.length] ^= (byte) damage[1];
      }
    }
    if (repair) {
      // Right checksums, so that the damage is seen by what comes after them.
      for (int block : HEADERS) {
        if (block + 512 <= tar.length) {
          Fields.putChecksum(tar, block);
        }
      }
    }
    readAll(tar);
  }

  static void readAll(byte[] tar) throws IOException {
    Limits limits = Limits.defaults().with(Limit.TOTAL_BYTES, 16 << 20);
    try (TarReader reader = new TarReader(new ByteArrayInputStream(tar), "damaged", limits)) {
      for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
        byte[] blocks = reader.headerBlocks();
        assertThat(blocks.length).isEqualTo((int) (e.get().dataOffset() - e.get().headerOffset()));
        long size = reader.content().transferTo(OutputStream.nullOutputStream());
        assertThat(size).isEqualTo(e.get().size());
        // What the reader takes, the patcher takes.
        byte[] patched =
            TarHeaders.patch(blocks, TarChanges.none().withAttributes(FileAttributes.ofMode(0123)));
        assertThat(patched.length % 512).isZero();
      }
    } catch (MalformedContentException e) {
      assertThat(e.getMessage()).contains(": ");
    }
  }

  private static final byte[] SAMPLE = sample();
  private static final List<Integer> HEADERS = headers();

  private static byte[] sample() {
    String octals = "00000000002\00000000000300000000012\00000000000300000000024\000000000000\0";
    return Tars.join(
        Tars.file("plain", "some content"),
        Tars.longName('L', "long/".repeat(30) + "name"),
        Tars.block("short", '0').gnu().bytes(),
        Tars.pax(
            Tars.record("path", "other"),
            Tars.record("mtime", "-12.5"),
            Tars.record("size", "3"),
            Tars.record("SCHILY.xattr.security.capability", "\1\0\0\2\u00ff")),
        Tars.block("short", '0').size(3).bytes(),
        Tars.padded("abc"),
        Tars.block("old-sparse", 'S')
            .gnu()
            .size(6)
            .put(386, octals)
            .put(483, "00000000024\0")
            .bytes(),
        Tars.padded("abcxyz"),
        Tars.pax(
            Tars.record("GNU.sparse.major", "1"),
            Tars.record("GNU.sparse.minor", "0"),
            Tars.record("GNU.sparse.name", "sparse"),
            Tars.record("GNU.sparse.realsize", "9")),
        Tars.block("GNUSparseFile.0/s", '0').size(515).bytes(),
        Tars.padded("2\n1\n2\n6\n1\n"),
        Tars.padded("abc"),
        Tars.pax(
            Tars.record("GNU.sparse.size", "9"),
            Tars.record("GNU.sparse.numblocks", "2"),
            Tars.record("GNU.sparse.offset", "1"),
            Tars.record("GNU.sparse.numbytes", "2"),
            Tars.record("GNU.sparse.offset", "6"),
            Tars.record("GNU.sparse.numbytes", "1")),
        Tars.block("s", '0').size(3).bytes(),
        Tars.padded("abc"),
        Tars.block("link", '1').link("plain").bytes(),
        Tars.block("device", '3').put(329, "0000010\0").bytes(),
        Tars.END);
  }

  private static List<Integer> headers() {
    ArrayList<Integer> found = new ArrayList<>();
    for (int at = 0; at + 512 <= SAMPLE.length; at += 512) {
      if (!Fields.isZero(SAMPLE, at) && Fields.isChecksumRight(SAMPLE, at)) {
        found.add(at);
      }
    }
    return found;
  }
}
