package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.limits.Limits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tars. Each wrong checksum is mended where the reader finds it, as no mutation would come further
 * than that.
 */
public final class TarFuzz {
  private static final Pattern WRONG_SUM =
      Pattern.compile("byte (\\d+) of .*: the checksum is wrong", Pattern.DOTALL);
  private static final int MENDED = 200;

  private TarFuzz() {}

  /** Reads a tar, and patches each header. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    byte[] tar = data.clone();
    for (int i = 0; i < MENDED; i++) {
      try {
        read(tar);
        return;
      } catch (MalformedContentException e) {
        Matcher wrong = WRONG_SUM.matcher(e.getMessage());
        if (!wrong.find()) {
          return;
        }
        Fields.putChecksum(tar, Integer.parseInt(wrong.group(1)));
      }
    }
  }

  private static void read(byte[] tar) throws IOException {
    long end = 0;
    try (TarReader reader =
        new TarReader(new ByteArrayInputStream(tar), "fuzz", Limits.defaults())) {
      for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
        TarEntry entry = next.get();
        byte[] blocks = reader.headerBlocks();
        require(entry.headerOffset() >= end, "an entry inside another");
        require(entry.dataOffset() - entry.headerOffset() == blocks.length, "header blocks");
        require(
            Arrays.equals(
                blocks,
                Arrays.copyOfRange(tar, (int) entry.headerOffset(), (int) entry.dataOffset())),
            "other header blocks");
        end = entry.endOffset();
        require(end <= Long.MAX_VALUE / 2 && end >= entry.dataOffset(), "offsets");
        require(!entry.toString().isEmpty(), "no text");
        patch(entry, blocks);
        if (entry.size() <= 1 << 20) {
          try (InputStream content = reader.content()) {
            long size = content.readAllBytes().length;
            require(size == (entry.isRegular() ? entry.size() : 0), "a content of " + size);
          }
        }
      }
      require(reader.length() == tar.length, "not read to the end");
    }
  }

  // What the reader has read can be changed, and is then read as changed.
  private static void patch(TarEntry entry, byte[] blocks) throws IOException {
    require(Arrays.equals(TarHeaders.patch(blocks, TarChanges.none()), blocks), "patched");
    FileAttributes now =
        entry
            .attributes()
            .withOwner(3_000_000_000L, 7)
            .withMode(0750)
            .withModified(Instant.ofEpochSecond(-5, 6))
            .withXattrs(Map.of(ByteString.utf8("user.a=b"), ByteString.utf8("\n")));
    byte[] patched = TarHeaders.patch(blocks, TarChanges.none().withAttributes(now));
    TarEntry again = header(patched);
    require(again.attributes().equals(now), "attributes " + again.attributes());
    require(again.path().equals(entry.path()), "path " + again.path());
    require(again.type().equals(entry.type()), "type " + again.type());
    require(again.linkName().equals(entry.linkName()), "target " + again.linkName());
    require(again.storedSize() == entry.storedSize(), "stored size " + again.storedSize());
    if (entry.isRegular()) {
      TarEntry sized = header(TarHeaders.patch(blocks, TarChanges.none().withSize(77)));
      require(sized.size() == 77 && sized.storedSize() == 77, "size " + sized.size());
      require(sized.sparse().isEmpty(), "still sparse");
      require(sized.path().equals(entry.path()), "path " + sized.path());
      ByteString name = ByteString.utf8("n/".repeat(150) + "name");
      TarEntry renamed = header(TarHeaders.patch(patched, TarChanges.none().withName(name)));
      require(renamed.name().equals(name), "name " + renamed.name());
    }
    if (entry.isHardLink()) {
      TarEntry regular = header(TarHeaders.patch(blocks, TarChanges.none().asRegular(5)));
      require(regular.isRegular() && regular.size() == 5, "not regular");
    }
  }

  // Reads one header; sparse maps of the format 1.0 stand in the data, which is not here.
  private static TarEntry header(byte[] blocks) throws IOException {
    int at = 0;
    HeaderParser.Extensions all = new HeaderParser.Extensions();
    try {
      while ("xLK".indexOf(blocks[at + Fields.TYPE]) >= 0) {
        require(Fields.isChecksumRight(blocks, at), "checksum");
        int size = (int) Fields.number(blocks, at + Fields.SIZE, Fields.LONG_NUMBER);
        all.add(blocks[at + Fields.TYPE], blocks, at + Fields.BLOCK, size);
        at += Fields.BLOCK + (int) Fields.padded(size);
      }
      require(Fields.isChecksumRight(blocks, at), "checksum");
      HeaderParser.Parsed parsed = new HeaderParser().parse(blocks, at, all);
      return new TarEntry(
          0,
          blocks.length,
          parsed.storedSize,
          parsed.size,
          parsed.name,
          ImagePath.of(parsed.name),
          parsed.type,
          parsed.attributes,
          parsed.linkName,
          parsed.deviceMajor,
          parsed.deviceMinor,
          null);
    } catch (BadHeader e) {
      throw new AssertionError("a patched header is none: " + e.why(), e);
    }
  }

  private static void require(boolean fact, String what) {
    if (!fact) {
      throw new AssertionError(what);
    }
  }

  /** Returns a tar of each format, with what it can hold. */
  public static List<byte[]> seeds() {
    String map = "2\n0\n3\n1000\n4\n";
    byte[] oldSparse = new byte[8];
    return List.of(
        Tars.join(
            Tars.block("./", '5').bytes(),
            Tars.file("a", "content"),
            Tars.block("b", '1').link("a").bytes(),
            Tars.block("c", '2').link("/x/../a").bytes(),
            Tars.block("d", '3').put(329, "0000005\0").bytes(),
            Tars.block("e", '6').bytes(),
            Tars.END),
        Tars.join(
            Tars.pax(
                Tars.record("path", "long/name"),
                Tars.record("size", "4"),
                Tars.record("uid", "3000000000"),
                Tars.record("mtime", "-1.25"),
                Tars.record("SCHILY.xattr.user.x", "v"),
                Tars.record("LIBARCHIVE.xattr.user.%41", "dg==")),
            Tars.file("short", "data"),
            Tars.END),
        Tars.join(
            Tars.longName('L', "g".repeat(120)),
            Tars.longName('K', "t".repeat(130)),
            Tars.block("g", '2').gnu().link("t").bytes(),
            Tars.block("s", 'S')
                .gnu()
                .size(3)
                .put(386, "00000000001\0" + "00000000003\0")
                .put(483, "00000001000\0")
                .bytes(),
            Tars.padded("abc"),
            Tars.END),
        Tars.join(
            Tars.pax(
                Tars.record("GNU.sparse.major", "1"),
                Tars.record("GNU.sparse.minor", "0"),
                Tars.record("GNU.sparse.name", "sparse"),
                Tars.record("GNU.sparse.realsize", "1004")),
            Tars.block("GNUSparseFile.0/sparse", '0').size(519).bytes(),
            Tars.padded(map),
            Tars.padded("abcdefg"),
            Tars.END),
        Tars.join(
            Tars.pax(
                Tars.record("GNU.sparse.size", "10"),
                Tars.record("GNU.sparse.numblocks", "1"),
                Tars.record("GNU.sparse.offset", "2"),
                Tars.record("GNU.sparse.numbytes", "1")),
            Tars.file("s", "x"),
            Tars.pax(
                Tars.record("GNU.sparse.size", "10"),
                Tars.record("GNU.sparse.numblocks", "1"),
                Tars.record("GNU.sparse.map", "2,1"),
                Tars.record("GNU.sparse.name", "t")),
            Tars.file("u", "x"),
            Tars.END),
        Tars.join(Tars.block("v7/", '\0').v7().bytes(), Tars.block("f", '\0').v7().bytes()),
        Tars.join(
            Tars.block("g", 'g').size(Tars.record("a", "b").length()).bytes(),
            Tars.padded(Tars.record("a", "b")),
            Tars.block("n", '0').put(345, "prefix").put(108, oldSparse).bytes(),
            Tars.END));
  }
}
