package io.k8or.packages.apk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.ImagePath;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApkFilesTest {
  private static final String MUSL =
      "C:Q1abc=\nP:musl\nV:1.2-r0\np:so:libc.so=1\nF:lib\nM:0:0:755\nR:ld.so\na:0:0:755\nZ:Q1xyz=\n\n";
  private static final String ZLIB = "P:zlib\nV:1.3-r1\nD:so:libc.so\nF:\nF:lib\nR:z.so\n\n";

  @Test
  void parse_records_haveTheirFilesAndBytes() throws Exception {
    ApkInstalled installed = ApkInstalled.parse(ByteString.utf8(MUSL + ZLIB), "/installed");

    assertThat(installed.entries()).extracting(e -> e.text('P')).containsExactly("musl", "zlib");
    assertThat(installed.entries().get(0).files())
        .containsExactly(new ApkInstalled.Listed(ImagePath.of("/lib/ld.so"), "Q1xyz="));
    assertThat(installed.entries().get(1).directories())
        .containsExactly(ImagePath.root(), ImagePath.of("/lib"));
    assertThat(installed.without(e -> e.text('P').equals("musl")).toUtf8()).isEqualTo(ZLIB);
    assertThat(installed.without(e -> e.text('P').equals("zlib")).toUtf8()).isEqualTo(MUSL);
  }

  @Test
  void parse_brokenRecords_throwWithTheLine() {
    record Case(String text, String message) {}
    for (Case each :
        List.of(
            new Case(MUSL + MUSL, "line 11: the package musl has a record already at line 1"),
            new Case("P:a\nnothing\n\n", "line 2: expected LETTER:VALUE, found \"nothing\""),
            new Case("P:a\nV:1\nR:x\n\n", "line 3: expected a name in a directory, found \"x\""),
            new Case("P:a\n\n", "line 1: a record without a name (P) or version (V)"),
            new Case("P:a\nV:1\nF:a/../b\n\n", "line 3: a .. segment in the path a/../b"),
            new Case("P:a\nV:1\nP:b\n\n", "line 3: the field P is there twice in one record"),
            new Case("P:a\nV:1", "line 2: expected a line feed at the end"))) {
      assertThatThrownBy(() -> ApkInstalled.parse(ByteString.utf8(each.text()), "/installed"))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("apk installed database: /installed, " + each.message());
    }
  }

  @Test
  void scripts_without_leavesTheBytesOfTheOthers() throws Exception {
    byte[] a = entry("a-1.Q1x=.post-install", "echo a");
    byte[] b = entry("b-1.Q1y=.trigger", "x".repeat(600));
    byte[] end = new byte[1024];
    ByteString archive = join(a, b, end);

    assertThat(ScriptsArchive.without(archive, n -> n.startsWith("a-"), "/s"))
        .isEqualTo(join(b, end));
    assertThat(ScriptsArchive.without(archive, n -> n.startsWith("b-"), "/s"))
        .isEqualTo(join(a, end));
    assertThat(ScriptsArchive.without(archive, n -> false, "/s")).isSameAs(archive);
    assertThatThrownBy(
            () -> ScriptsArchive.without(ByteString.copyOf(b, 0, 1024), n -> false, "/s"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(
            "apk scripts archive: /s, byte 0: expected 600 bytes of an entry, found the end");
  }

  private static byte[] entry(String name, String content) {
    byte[] bytes = new byte[512 + (content.length() + 511) / 512 * 512];
    ByteString.utf8(name).copyTo(bytes, 0);
    ByteString.utf8(String.format("%011o", content.length())).copyTo(bytes, 124);
    bytes[156] = '0';
    ByteString.utf8(content).copyTo(bytes, 512);
    return bytes;
  }

  private static ByteString join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return ByteString.copyOf(out.toByteArray());
  }
}
