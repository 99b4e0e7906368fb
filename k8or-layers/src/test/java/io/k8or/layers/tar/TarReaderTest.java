package io.k8or.layers.tar;

import static io.k8or.layers.tar.Tars.END;
import static io.k8or.layers.tar.Tars.block;
import static io.k8or.layers.tar.Tars.file;
import static io.k8or.layers.tar.Tars.join;
import static io.k8or.layers.tar.Tars.latin1;
import static io.k8or.layers.tar.Tars.longName;
import static io.k8or.layers.tar.Tars.one;
import static io.k8or.layers.tar.Tars.padded;
import static io.k8or.layers.tar.Tars.pax;
import static io.k8or.layers.tar.Tars.read;
import static io.k8or.layers.tar.Tars.reader;
import static io.k8or.layers.tar.Tars.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileType;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TarReaderTest {
  private static final String LONG = "d/".repeat(150) + "name";

  @Test
  void next_twoFiles_givesPlacesAndContents() throws IOException {
    byte[] tar = join(file("a", "one"), file("b/c", "x".repeat(513)), END, new byte[512]);
    try (TarReader reader = reader(tar)) {
      TarEntry a = reader.next().orElseThrow();
      assertThat(reader.content().readAllBytes()).isEqualTo(bytes("one"));
      assertThat(reader.headerBlocks()).isEqualTo(Arrays.copyOf(tar, 512));
      TarEntry b = reader.next().orElseThrow();
      assertThat(reader.content().readNBytes(5)).isEqualTo(bytes("xxxxx"));
      assertThat(reader.next()).isEmpty();
      assertThat(reader.next()).isEmpty();

      assertThat(List.of(a.headerOffset(), a.dataOffset(), a.endOffset()))
          .containsExactly(0L, 512L, 1024L);
      assertThat(List.of(b.headerOffset(), b.dataOffset(), b.endOffset(), b.size()))
          .containsExactly(1024L, 1536L, 2560L, 513L);
      assertThat(b.path()).hasToString("/b/c");
      assertThat(b.type()).contains(FileType.REGULAR);
      assertThat(b.contentIn(Content.of(tar)).readAll(1000)).isEqualTo(bytes("x".repeat(513)));
      assertThat(reader.endMarkerOffset()).isEqualTo(2560);
      assertThat(reader.length()).isEqualTo(tar.length);
    }
  }

  @Test
  void next_noEndMarker_isAnEnd() throws IOException {
    assertThat(read(file("a", "one"))).hasSize(1);
    assertThat(read(file("a", "one"), new byte[512])).hasSize(1);
    assertThat(read()).isEmpty();
  }

  @Test
  void next_bytesAfterEndMarker_areReadAndIgnored() throws IOException {
    try (TarReader reader = reader(END, bytes("whatever"))) {
      assertThat(reader.next()).isEmpty();
      assertThat(reader.endMarkerOffset()).isZero();
      assertThat(reader.length()).isEqualTo(1032);
    }
  }

  @Test
  void next_oneZeroBlockThenHeader_throws() {
    malformed("tar header: byte 0 of x.tar: one block of zeros", new byte[512], file("a", ""));
  }

  @Test
  void next_cutTar_throwsWithPlace() {
    byte[] tar = file("a", "one");
    malformed(
        "tar header: byte 0 of x.tar: expected 512 bytes of a header, found 100",
        Arrays.copyOf(tar, 100));
    malformed(
        "tar entry: entry a, byte 0 of x.tar: expected 3 bytes of data", Arrays.copyOf(tar, 514));
    malformed(
        "tar entry: entry a, byte 0 of x.tar: expected 509 bytes of padding",
        Arrays.copyOf(tar, 600));
    malformed(
        "tar header: byte 0 of x.tar: expected 512 bytes of an extended header, found 88",
        Arrays.copyOf(pax(record("path", "x")), 600));
  }

  @Test
  void content_cutTar_throwsWithPlace() throws IOException {
    try (TarReader reader = reader(Arrays.copyOf(file("a", "one"), 514))) {
      reader.next();
      assertThatThrownBy(() -> reader.content().readAllBytes())
          .isInstanceOf(MalformedContentException.class)
          .hasMessage("tar entry: entry a, byte 0 of x.tar: expected 3 bytes of data, found 2");
    }
  }

  @Test
  void content_afterNext_throws() throws IOException {
    try (TarReader reader = reader(file("a", "one"), file("b", "two"))) {
      reader.next();
      InputStream first = reader.content();
      reader.next();
      assertThatThrownBy(first::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("has left regular /a");
    }
  }

  @Test
  void next_checksums_signedAndUnsignedPassOthersThrow() throws IOException {
    Tars.Block latin = block("caf\u00e9", '0');
    latin.checksum(String.format("%06o\0 ", latin.sum(true)));
    assertThat(one(latin.bytes()).name()).isEqualTo(latin1("caf\u00e9"));
    assertThat(one(block("caf\u00e9", '0').bytes()).path()).hasToString("/caf\\xe9");
    malformed(
        "tar header: byte 0 of x.tar: the checksum is wrong",
        block("a", '0').checksum("0000001\0").bytes());
    malformed("the checksum is wrong", block("a", '0').checksum("garbage!").bytes());
  }

  @Test
  void next_v7_hasNeitherPrefixNorDevices() throws IOException {
    TarEntry entry = one(block("a", '\0').v7().put(345, "prefix").bytes());
    assertThat(entry.name()).hasToString("a");
    assertThat(entry.isRegular()).isTrue();
    TarEntry device = one(block("a", '3').v7().put(329, "0000001\0").bytes());
    assertThat(device.deviceMajor()).isZero();
  }

  @Test
  void next_v7TrailingSlash_isDirectory() throws IOException {
    assertThat(one(block("a/", '\0').v7().bytes()).isDirectory()).isTrue();
    assertThat(one(block("a/", '0').bytes()).isRegular()).isTrue();
  }

  @Test
  void next_ustarPrefix_joins() throws IOException {
    assertThat(one(block("a", '0').put(345, "p/q").bytes()).name()).hasToString("p/q/a");
  }

  @Test
  void next_starPrefix_isShorter() throws IOException {
    Tars.Block star = block("a", '0').put(345, "p").put(476, "00000000001\0").put(508, "tar\0");
    assertThat(one(star.bytes()).name()).hasToString("p/a");
  }

  @Test
  void next_gnuTimesInPrefixArea_areNoPrefix() throws IOException {
    Tars.Block gnu = block("a", '0').gnu().put(345, "12345670123\0").put(357, "12345670123\0");
    assertThat(one(gnu.bytes()).name()).hasToString("a");
  }

  @Test
  void next_gnuPrefixOfOldGo_isPrefix() throws IOException {
    assertThat(one(block("a", '0').gnu().put(345, "some/prefix").bytes()).name())
        .hasToString("some/prefix/a");
  }

  @Test
  void next_allKinds_areTold() throws IOException {
    assertThat(one(block("a", '7').bytes()).type()).contains(FileType.REGULAR);
    assertThat(one(block("a", '5').bytes()).type()).contains(FileType.DIRECTORY);
    assertThat(one(block("a", '6').bytes()).type()).contains(FileType.FIFO);
    TarEntry symlink = one(block("a", '2').link("../b").bytes());
    assertThat(symlink.type()).contains(FileType.SYMLINK);
    assertThat(symlink.linkName()).hasToString("../b");
    TarEntry link = one(block("a", '1').link("./b").bytes());
    assertThat(link.isHardLink()).isTrue();
    assertThat(link.type()).isEmpty();
    assertThat(link.linkPath()).hasToString("/b");
    TarEntry block = one(block("a", '4').put(329, "0000010\0").put(337, "0000001\0").bytes());
    assertThat(block.type()).contains(FileType.BLOCK_DEVICE);
    assertThat(List.of(block.deviceMajor(), block.deviceMinor())).containsExactly(8L, 1L);
    assertThat(one(block("a", '3').bytes()).type()).contains(FileType.CHARACTER_DEVICE);
  }

  @Test
  void next_kindThatNoEngineUnpacks_throws() {
    for (char type : "DMNVAZ8".toCharArray()) {
      malformed(
          "tar header: entry a, byte 0 of x.tar: a kind of entry that no container engine unpacks: '"
              + type
              + "'",
          block("a", type).bytes());
    }
  }

  @Test
  void next_sizeOfEntryWithoutData_isIgnored() throws IOException {
    for (char type : "123456".toCharArray()) {
      Tars.Block entry = block("a", type).link("b").size(700);
      List<TarEntry> entries = read(entry.bytes(), file("b", ""));
      assertThat(entries).hasSize(2);
      assertThat(entries.get(0).size()).isZero();
    }
  }

  @Test
  void next_numbers_octalWithSpacesAndBase256() throws IOException {
    TarEntry entry =
        one(
            block("a", '0')
                .put(100, "   755 \0")
                .put(108, new byte[] {(byte) 0x80, 0, 0, 0, (byte) 0xff, (byte) 0xff, 0, 1})
                .put(116, "\0\0\0\0\0\0\0\0")
                .put(136, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -2})
                .bytes());
    assertThat(entry.attributes().mode()).isEqualTo(0755);
    assertThat(entry.attributes().uid()).isEqualTo(0xffff0001L);
    assertThat(entry.attributes().gid()).isZero();
    assertThat(entry.attributes().modified()).isEqualTo(Instant.ofEpochSecond(-2));
  }

  @Test
  void next_badNumbers_throw() {
    malformed(
        "tar header: entry a, byte 0 of x.tar: uid: expected octal digits, found \"0008000\"",
        block("a", '0').put(108, "0008000\0").bytes());
    byte[] huge = new byte[12];
    Arrays.fill(huge, (byte) 0x8f);
    malformed("size: a base-256 number beyond 64 bits", block("a", '0').put(124, huge).bytes());
    byte[] minus = new byte[12];
    Arrays.fill(minus, (byte) 0xff);
    malformed("a negative size: -1", block("a", '0').put(124, minus).bytes());
    malformed("a negative owner: -1:0", block("a", '0').put(108, Arrays.copyOf(minus, 8)).bytes());
    malformed(
        "a time in mtime beyond what a date can be",
        block("a", '0').put(136, new byte[] {-128, 0, 0, 0, 127, 0, 0, 0, 0, 0, 0, 0}).bytes());
    malformed(
        "a device number not in 32 bits",
        block("a", '3').put(329, new byte[] {-128, 0, 0, 1, 0, 0, 0, 0}).bytes());
  }

  @Test
  void next_modeWithFileType_keepsTwelveBits() throws IOException {
    assertThat(one(block("a", '0').put(100, "0104755\0").bytes()).attributes().mode())
        .isEqualTo(04755);
  }

  @Test
  void next_gnuLongNames_winOverFields() throws IOException {
    TarEntry entry =
        one(
            longName('K', "t".repeat(200)),
            longName('L', LONG),
            block("short", '2').gnu().link("short").bytes());
    assertThat(entry.name()).hasToString(LONG);
    assertThat(entry.linkName()).hasToString("t".repeat(200));
    assertThat(entry.headerOffset()).isZero();
    assertThat(entry.dataOffset()).isEqualTo(2 * 1024 + 512);
  }

  @Test
  void next_paxRecords_winOverFields() throws IOException {
    TarEntry entry =
        one(
            pax(
                record("path", LONG),
                record("linkpath", "over/there"),
                record("uid", "4294967000"),
                record("gid", "3000000000"),
                record("mtime", "-1.5"),
                record("SCHILY.xattr.user.a", "\0\u00ff\n="),
                record("COMMENT.unknown", "kept")),
            block("short", '2').link("short").bytes());
    assertThat(entry.name()).hasToString(LONG);
    assertThat(entry.linkName()).hasToString("over/there");
    assertThat(entry.attributes().uid()).isEqualTo(4294967000L);
    assertThat(entry.attributes().gid()).isEqualTo(3000000000L);
    assertThat(entry.attributes().modified()).isEqualTo(Instant.ofEpochSecond(-2, 500_000_000));
    assertThat(entry.attributes().xattrs())
        .isEqualTo(Map.of(latin1("user.a"), latin1("\0\u00ff\n=")));
  }

  @Test
  void next_paxTimes_areReadToTheNanosecond() throws IOException {
    assertThat(time("0.000000001")).isEqualTo(Instant.ofEpochSecond(0, 1));
    assertThat(time("-0.000000001")).isEqualTo(Instant.ofEpochSecond(-1, 999_999_999));
    assertThat(time("12.3456789876543")).isEqualTo(Instant.ofEpochSecond(12, 345_678_987));
    assertThat(time("-5")).isEqualTo(Instant.ofEpochSecond(-5));
    assertThat(time("7.")).isEqualTo(Instant.ofEpochSecond(7));
    malformed(
        "expected a decimal number of 64 bits in mtime, found 1.x",
        pax(record("mtime", "1.x")),
        block("a", '0').bytes());
    malformed(
        "beyond what a date can be: 9223372036854775807",
        pax(record("mtime", "9223372036854775807")),
        block("a", '0').bytes());
  }

  private static Instant time(String text) throws IOException {
    return one(pax(record("mtime", text)), block("a", '0').bytes()).attributes().modified();
  }

  @Test
  void next_duplicatePaxRecords_lastWins() throws IOException {
    assertThat(one(pax(record("path", "b"), record("path", "c")), block("a", '0').bytes()).name())
        .hasToString("c");
  }

  @Test
  void next_twoPaxHeaders_lastWins() throws IOException {
    TarEntry entry =
        one(pax(record("path", "b")), pax(record("uid", "7")), block("a", '0').bytes());
    assertThat(entry.name()).hasToString("a");
    assertThat(entry.attributes().uid()).isEqualTo(7);
  }

  @Test
  void next_emptyPaxValue_keepsField() throws IOException {
    TarEntry entry = one(pax(record("path", ""), record("uid", "")), block("a", '0').bytes());
    assertThat(entry.name()).hasToString("a");
  }

  @Test
  void next_malformedPaxRecords_throw() {
    String where = "tar PAX header: byte 0 of x.tar: ";
    malformed(where + "a record at byte 0 states a length of 99", rawPax("99 path=b\n"));
    malformed(where + "no line feed behind the record", rawPax("9 path=bb\n"));
    malformed(where + "expected the length of a record", rawPax("x path=b\n"));
    malformed(where + "expected the length of a record", rawPax("-9 path=b\n"));
    malformed(where + "no KEY=VALUE", rawPax("8 pathb\n"));
    malformed(where + "no KEY=VALUE", rawPax("6 =b!\n"));
    malformed(where + "a record at byte 0 states a length of 1", rawPax("1 \n"));
    malformed(where + "expected the length of a record", rawPax("10"));
    malformed(where + "a NUL in the record", pax(record("path", "b\0c")));
    malformed(where + "a NUL in the record", pax(record("SCHILY.xattr.a\0b", "c")));
    malformed(
        "decimal number of 64 bits in uid, found 1x",
        pax(record("uid", "1x")),
        block("a", '0').bytes());
    malformed(
        "decimal number of 64 bits in size, found 9223372036854775808",
        pax(record("size", "9223372036854775808")),
        block("a", '0').bytes());
    malformed(
        "a negative size: -9223372036854775808",
        pax(record("size", "-9223372036854775808")),
        block("a", '0').bytes());
  }

  private static byte[] rawPax(String content) {
    return join(block("pax", 'x').size(content.length()).bytes(), padded(content));
  }

  @Test
  void next_libarchiveXattrs_areDecoded() throws IOException {
    TarEntry entry =
        one(
            pax(
                record("LIBARCHIVE.xattr.user.a%3Db", "AP8"),
                record("LIBARCHIVE.xattr.user.c", "AAAA"),
                record("SCHILY.xattr.user.c", "plain wins")),
            block("a", '0').bytes());
    assertThat(entry.attributes().xattrs())
        .isEqualTo(
            Map.of(latin1("user.a=b"), latin1("\0\u00ff"), latin1("user.c"), latin1("plain wins")));
    malformed(
        "expected base 64 in LIBARCHIVE.xattr.a",
        pax(record("LIBARCHIVE.xattr.a", "!")),
        block("a", '0').bytes());
  }

  @Test
  void next_globalHeader_changesNothing() throws IOException {
    String all = record("path", "global") + record("uid", "77");
    byte[] global = join(block("g", 'g').size(all.length()).bytes(), padded(all));
    TarEntry entry = one(global, file("a", "x"));
    assertThat(entry.name()).hasToString("a");
    assertThat(entry.attributes().uid()).isZero();
    assertThat(entry.headerOffset()).isEqualTo(1024);
    malformed(
        "a global header between an extended header and its entry",
        pax(record("path", "b")),
        global,
        file("a", ""));
    malformed("tar PAX header", join(block("g", 'g').size(3).bytes(), padded("bad")));
  }

  @Test
  void next_extendedHeaderWithoutEntry_throws() {
    malformed(
        "tar header: byte 1024 of x.tar: expected the entry of the extended header before",
        pax(record("path", "b")),
        END);
    malformed("expected the entry of the extended header before", longName('L', LONG));
  }

  @Test
  void next_namesThatLeaveTheImage_throw() {
    malformed(
        "tar entry: entry a/../../b, byte 0 of x.tar: a .. segment in the path",
        block("a/../../b", '0').bytes());
    malformed("a .. segment in the path ../b", block("a", '1').link("../b").bytes());
    malformed("a NUL in the record", pax(record("path", "a\0/../b")), file("a", ""));
  }

  @Test
  void name_everySpelling_isKept() throws IOException {
    for (String name : List.of("a", "./a", "/a", "a/", "./a/", "/a/", "a//b", "././a", "//a")) {
      TarEntry entry = one(block(name, '5').bytes());
      assertThat(entry.name()).hasToString(name);
      assertThat(entry.path().toString()).isIn("/a", "/a/b");
    }
    for (String root : List.of("./", ".", "/", "")) {
      assertThat(one(block(root, '5').bytes()).name()).hasToString(root);
    }
  }

  @Test
  void next_oldGnuSparse_holesAreFilled() throws IOException {
    byte[] tar =
        join(
            block("s", 'S')
                .gnu()
                .size(6)
                .put(386, octal(2) + octal(3) + octal(10) + octal(3) + octal(20) + octal(0))
                .put(483, octal(20))
                .bytes(),
            padded("abcxyz"),
            file("next", "n"));
    List<TarEntry> entries = read(tar);
    assertThat(entries.get(0).size()).isEqualTo(20);
    assertThat(entries.get(0).storedSize()).isEqualTo(6);
    assertThat(entries.get(0).contentIn(Content.of(tar)).readAll(100))
        .isEqualTo(bytes("\0\0abc\0\0\0\0\0xyz\0\0\0\0\0\0\0"));
    assertThat(entries.get(1).path()).hasToString("/next");
  }

  @Test
  void next_oldGnuSparseExtensions_areHeaderBlocks() throws IOException {
    StringBuilder first = new StringBuilder();
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      (i < 4 ? first : more).append(octal(10L * i)).append(octal(1));
    }
    byte[] extension = Arrays.copyOf(bytes(more.toString()), 512);
    byte[] tar =
        join(
            block("s", 'S')
                .gnu()
                .size(6)
                .put(386, first.toString())
                .put(482, "\1")
                .put(483, octal(51))
                .bytes(),
            extension,
            padded("abcdef"));
    try (TarReader reader = reader(tar)) {
      TarEntry entry = reader.next().orElseThrow();
      assertThat(entry.dataOffset()).isEqualTo(1024);
      assertThat(reader.headerBlocks()).hasSize(1024);
      byte[] content = reader.content().readAllBytes();
      assertThat(content).hasSize(51);
      assertThat(content[50]).isEqualTo((byte) 'f');
      assertThat(content[49]).isZero();
    }
  }

  @Test
  void next_paxSparse00_holesAreFilled() throws IOException {
    byte[] tar =
        join(
            pax(
                record("GNU.sparse.size", "9"),
                record("GNU.sparse.numblocks", "2"),
                record("GNU.sparse.offset", "1"),
                record("GNU.sparse.numbytes", "2"),
                record("GNU.sparse.offset", "6"),
                record("GNU.sparse.numbytes", "1")),
            block("s", '0').size(3).bytes(),
            padded("abc"));
    assertThat(one(tar).contentIn(Content.of(tar)).readAll(10)).isEqualTo(bytes("\0ab\0\0\0c\0\0"));
    malformed(
        "offsets and lengths of a sparse map do not alternate",
        pax(record("GNU.sparse.numbytes", "1")),
        file("a", ""));
  }

  @Test
  void next_paxSparse01_holesAreFilled() throws IOException {
    byte[] tar =
        join(
            pax(
                record("GNU.sparse.major", "0"),
                record("GNU.sparse.minor", "1"),
                record("GNU.sparse.name", "real"),
                record("GNU.sparse.size", "9"),
                record("GNU.sparse.numblocks", "2"),
                record("GNU.sparse.map", "1,2,6,1")),
            block("GNUSparseFile.0/s", '0').size(3).bytes(),
            padded("abc"));
    assertThat(one(tar).contentIn(Content.of(tar)).readAll(10)).isEqualTo(bytes("\0ab\0\0\0c\0\0"));
    assertThat(one(tar).name()).hasToString("real");
  }

  @Test
  void next_paxSparse10_mapIsReadAheadAndContentStaysWhole() throws IOException {
    byte[] tar =
        join(
            pax(
                record("GNU.sparse.major", "1"),
                record("GNU.sparse.minor", "0"),
                record("GNU.sparse.name", "real"),
                record("GNU.sparse.realsize", "9")),
            block("GNUSparseFile.0/s", '0').size(515).bytes(),
            padded("2\n1\n2\n6\n1\n"),
            padded("abc"),
            file("next", "n"));
    try (TarReader reader = reader(tar)) {
      TarEntry entry = reader.next().orElseThrow();
      assertThat(reader.content().readAllBytes()).isEqualTo(bytes("\0ab\0\0\0c\0\0"));
      assertThat(entry.sparse().orElseThrow().storedOffset()).isEqualTo(512);
      assertThat(entry.contentIn(Content.of(tar)).readAll(10)).isEqualTo(bytes("\0ab\0\0\0c\0\0"));
      assertThat(reader.next().orElseThrow().path()).hasToString("/next");
    }
    try (TarReader reader = reader(tar)) {
      reader.next();
      assertThat(reader.storedContent().readAllBytes())
          .isEqualTo(Arrays.copyOfRange(tar, 1536, 1536 + 515));
      assertThat(reader.next().orElseThrow().path()).hasToString("/next");
    }
    try (TarReader reader = reader(tar)) {
      reader.next();
      assertThat(reader.next().orElseThrow().path()).hasToString("/next");
    }
  }

  @Test
  void next_sparseMapAgainstSizes_throws() {
    String[][] bad = {
      {"1,2,2,1", "overlaps"},
      {"5,5,12,0", "is not in a file of 9 bytes"},
      {"1,-1,0,4", "overlaps"},
      {"1,9223372036854775807,3,3", "is not in a file of 9 bytes"},
      {"1,1,3,1", "expected 2 stored bytes by the sparse map, found 3"},
      {"1,1,3", "expected 2 fragments in the sparse map, found 3 numbers"},
      {"1,1,3,", "a comma at the end"},
    };
    for (String[] map : bad) {
      malformed(
          map[1],
          pax(
              record("GNU.sparse.size", "9"),
              record("GNU.sparse.numblocks", "2"),
              record("GNU.sparse.map", map[0])),
          block("s", '0').size(3).bytes(),
          padded("abc"));
    }
    malformed(
        "a sparse map for an entry without data",
        pax(record("GNU.sparse.numblocks", "0"), record("GNU.sparse.map", "1")),
        block("s", '5').bytes());
    malformed("a sparse entry of another format than GNU's", block("s", 'S').bytes());
  }

  @Test
  void next_emptySparseMap_isOneHole() throws IOException {
    byte[] tar =
        join(
            pax(
                record("GNU.sparse.major", "0"),
                record("GNU.sparse.minor", "1"),
                record("GNU.sparse.size", "4"),
                record("GNU.sparse.numblocks", "0")),
            block("s", '0').bytes());
    assertThat(one(tar).contentIn(Content.of(tar)).readAll(10)).isEqualTo(new byte[4]);
  }

  @Test
  void cve202562518_paxSizeWinsOverUstarSize() throws IOException {
    // A reader that skips by the ustar size (0) takes the content for headers.
    byte[] inner = file("smuggled", "");
    List<TarEntry> entries =
        read(
            pax(record("size", Integer.toString(inner.length))),
            block("outer", '0').size(0).bytes(),
            inner,
            file("after", "x"));
    assertThat(entries).extracting(e -> e.path().toString()).containsExactly("/outer", "/after");
    assertThat(entries.get(0).size()).isEqualTo(inner.length);
  }

  @Test
  void cve202653655_paxSizeDoesNotApplyToLongNameHeader() throws IOException {
    TarEntry entry =
        one(
            pax(record("size", "3")),
            longName('L', LONG),
            longName('K', "k"),
            block("short", '0').size(0).bytes(),
            padded("abc"));
    assertThat(entry.name()).hasToString(LONG);
    assertThat(entry.size()).isEqualTo(3);
  }

  @Test
  void cve202558183_sparseMapsAreBounded() {
    Tars.Block sparse =
        block("s", 'S')
            .gnu()
            .put(386, octal(0) + octal(0) + octal(0) + octal(0) + octal(0) + octal(0))
            .put(482, "\1");
    byte[] extension = new byte[512];
    extension[504] = 1;
    byte[][] parts = new byte[2100][];
    Arrays.fill(parts, extension);
    parts[0] = sparse.bytes();
    malformed("limit sparseMapBytes: entry s, byte 0 of x.tar: expected at most 1048576", parts);

    byte[] endless = new byte[2 << 20];
    for (int i = 0; i < endless.length; i++) {
      endless[i] = (byte) (i % 2 == 0 ? '0' : '\n');
    }
    System.arraycopy(bytes("600000000\n"), 0, endless, 0, 10);
    malformed("too many fragments: 600000000", inlineSparse(endless));
    System.arraycopy(bytes("500000000\n"), 0, endless, 0, 10);
    malformed("limit sparseMapBytes: entry s", inlineSparse(endless));
    malformed(
        "tar sparse map: entry s, byte 1024 of x.tar: not complete in 512 bytes",
        inlineSparse(Arrays.copyOf(endless, 512)));
  }

  private static byte[] inlineSparse(byte[] map) {
    return join(
        pax(record("GNU.sparse.major", "1"), record("GNU.sparse.minor", "0")),
        block("s", '0').size(map.length).bytes(),
        map);
  }

  @Test
  void cve202129136_rootAsSymlink_throws() {
    for (String root : List.of("/.", "/", "./", ".", "././/")) {
      malformed("expected a directory at the root", block(root, '2').link("/host").bytes());
    }
    malformed("expected a directory at the root", block("./", '0').bytes());
  }

  @Test
  void next_limits_throwTheirOwnError() {
    limited(
        Limits.defaults().with(Limit.ENTRIES, 1),
        "limit entries: x.tar: expected at most 1 entries");
    limited(
        Limits.defaults().with(Limit.HEADER_BYTES, 1000), "limit headerBytes: byte 1024 of x.tar");
    limited(Limits.defaults().with(Limit.NAME_BYTES, 300), "limit nameBytes: entry d/d/");
    limited(Limits.defaults().with(Limit.PATH_DEPTH, 150), "limit pathDepth: entry d/d/");
    limited(Limits.defaults().with(Limit.TOTAL_BYTES, 2000), "limit totalBytes: ");
  }

  @Test
  void next_hugeExtendedHeader_throwsBeforeReadingIt() {
    malformed(
        "limit headerBytes: byte 0 of x.tar: expected at most 1048576",
        block("pax", 'x').size(0777_7777_7777L).bytes());
    malformed(
        "limit headerBytes",
        block("pax", 'L')
            .put(124, new byte[] {-128, 0, 0, 0, 127, -1, -1, -1, -1, -1, -1, -1})
            .bytes());
  }

  @Test
  void next_hugeSizes_throw() {
    malformed(
        "limit totalBytes: entry a",
        pax(record("size", "9223372036854775807")),
        block("a", '0').bytes());
    malformed(
        "limit totalBytes: entry a",
        pax(
            record("GNU.sparse.size", "9223372036854775807"),
            record("GNU.sparse.numblocks", "1"),
            record("GNU.sparse.map", "0,0")),
        block("a", '0').bytes());
  }

  private static void limited(Limits limits, String message) {
    byte[] tar = join(file("a", "one"), pax(record("path", LONG)), file("b", "two"), END);
    assertThatThrownBy(
            () -> {
              try (TarReader reader =
                  new TarReader(new ByteArrayInputStream(tar), "x.tar", limits)) {
                while (reader.next().isPresent()) {}
              }
            })
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void next_skippingStream_noticesTruncation() throws IOException {
    // As a file's stream does, this one skips beyond its end.
    byte[] tar = block("a", '0').size(1 << 20).bytes();
    InputStream beyond =
        new ByteArrayInputStream(tar) {
          @Override
          public synchronized long skip(long n) {
            super.skip(n);
            return n;
          }
        };
    try (TarReader reader = new TarReader(beyond, "x.tar", Limits.defaults())) {
      reader.next();
      assertThatThrownBy(reader::next)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageContaining("entry a, byte 0 of x.tar: expected 1048576 bytes of data");
    }
  }

  private static void malformed(String message, byte[]... parts) {
    assertThatThrownBy(() -> read(parts))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(message);
  }

  private static String octal(long value) {
    return String.format("%011o\0", value);
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }
}
