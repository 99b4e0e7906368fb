package io.k8or.packages.rpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.testing.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** On real databases, where the folder with them is there. */
class RpmHeadersTest {
  private static ByteString read(String name) throws Exception {
    Path file = Tools.shared().resolve("data").resolve(name);
    return ByteString.copyOf(Files.readAllBytes(file));
  }

  private static RpmHeaders sqlite(ByteString file) throws MalformedContentException {
    return SqliteHeaders.parse(file, ByteString.empty(), "/rpmdb.sqlite");
  }

  @Test
  void sqlite_without_readsAgainAsTheRest() throws Exception {
    RpmHeaders before = sqlite(read("rpmdb-sqlite-cbl-mariner-2.0.sqlite"));
    assertThat(before.blobs()).hasSize(129);
    for (Map.Entry<Integer, ByteString> entry : before.blobs().entrySet()) {
      assertThat(RpmHeader.parse(entry.getValue(), "header").text(RpmHeader.NAME)).isNotEmpty();
    }
    int first = before.blobs().keySet().iterator().next();

    RpmHeaders after = sqlite(before.without(Set.of(first)));

    assertThat(after.blobs()).hasSize(128).doesNotContainKey(first);
    after.blobs().forEach((number, blob) -> assertThat(blob).isEqualTo(before.blobs().get(number)));
    assertThat(sqlite(before.without(before.blobs().keySet())).blobs()).isEmpty();
    assertThat(after.without(Set.of())).isEqualTo(before.without(Set.of(first)));
  }

  @Test
  void ndb_without_readsAgainAsTheRest() throws Exception {
    RpmHeaders before = NdbHeaders.parse(read("rpmdb-ndb-sle15-bci-Packages.db"), "/Packages.db");
    assertThat(before.blobs()).hasSize(35);
    int first = before.blobs().keySet().iterator().next();

    RpmHeaders after = NdbHeaders.parse(before.without(Set.of(first)), "/Packages.db");

    assertThat(after.blobs()).hasSize(before.blobs().size() - 1).doesNotContainKey(first);
    after.blobs().forEach((number, blob) -> assertThat(blob).isEqualTo(before.blobs().get(number)));
  }

  @Test
  void parse_damagedFiles_throwOnlyMalformedContent() throws Exception {
    byte[] sqlite = read("rpmdb-sqlite-cbl-mariner-2.0.sqlite").toByteArray();
    byte[] ndb = read("rpmdb-ndb-sle15-bci-Packages.db").toByteArray();
    Random random = new Random(1);
    for (int i = 0; i < 60; i++) {
      boolean isSqlite = i % 2 == 0;
      byte[] bytes = (isSqlite ? sqlite : ndb).clone();
      // Most of a file is headers: the structure is at its beginning.
      for (int j = 0; j < 20; j++) {
        bytes[random.nextInt(j < 10 ? 4096 : bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        RpmHeaders headers =
            isSqlite
                ? sqlite(ByteString.copyOf(bytes))
                : NdbHeaders.parse(ByteString.copyOf(bytes), "/Packages.db");
        for (ByteString blob : headers.blobs().values()) {
          RpmHeader header = RpmHeader.parse(blob, "header");
          header.strings(RpmHeader.BASENAMES);
          header.numbers(RpmHeader.DIRINDEXES);
        }
        headers.without(Set.of(1));
      } catch (MalformedContentException e) {
        assertThat(e.where()).isNotEmpty();
      }
    }
  }

  @Test
  void sqlite_cutOffOrWithACycle_throws() throws Exception {
    byte[] bytes = read("rpmdb-sqlite-cbl-mariner-2.0.sqlite").toByteArray();
    int pageSize = 4096;
    for (int pages : new int[] {1, 2, 10, bytes.length / pageSize - 1}) {
      ByteString cut = ByteString.copyOf(bytes, 0, pages * pageSize);
      assertThatThrownBy(() -> sqlite(cut).without(Set.of()))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageContaining(" is not in the file");
    }
    byte[] cyclic = bytes.clone();
    for (int page = 1; page < bytes.length / pageSize; page++) {
      int type = bytes[page * pageSize];
      if (type == 2 || type == 5) { // the last child is the page itself
        for (int i = 0; i < 4; i++) {
          cyclic[page * pageSize + 8 + i] = (byte) ((page + 1) >>> (24 - 8 * i));
        }
      }
    }
    assertThatThrownBy(() -> sqlite(ByteString.copyOf(cyclic)).without(Set.of()))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("is in its b-tree twice");
  }

  @Test
  void ndb_lyingSlots_throw() throws Exception {
    byte[] bytes = read("rpmdb-ndb-sle15-bci-Packages.db").toByteArray();
    byte[] twice = bytes.clone();
    System.arraycopy(bytes, 32, twice, 48, 16);
    assertThatThrownBy(() -> NdbHeaders.parse(ByteString.copyOf(twice), "/Packages.db"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(" has two slots");
    byte[] elsewhere = bytes.clone();
    System.arraycopy(bytes, 40, elsewhere, 56, 8);
    assertThatThrownBy(() -> NdbHeaders.parse(ByteString.copyOf(elsewhere), "/Packages.db"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(" between its marks");
    ByteString cut = ByteString.copyOf(bytes, 0, bytes.length / 2);
    assertThatThrownBy(() -> NdbHeaders.parse(cut, "/Packages.db"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("a slot of what is not in the file");
  }

  @Test
  void parse_notADatabase_throws() {
    assertThatThrownBy(() -> sqlite(ByteString.utf8("x".repeat(1024))))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("SQLite database: /rpmdb.sqlite, byte 0: expected \"SQLite format 3\"");
    assertThatThrownBy(() -> NdbHeaders.parse(ByteString.utf8("x"), "/Packages.db"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("rpm ndb database: /Packages.db, byte 0: ");
    assertThatThrownBy(() -> RpmHeader.parse(ByteString.copyOf(new byte[8]), "h"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("rpm header: h, byte 0: expected a number of entries, found 0");
  }
}
