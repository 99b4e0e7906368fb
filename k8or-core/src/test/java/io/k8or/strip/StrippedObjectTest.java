package io.k8or.strip;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.elf.ElfFile;
import io.k8or.elf.Section;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A small ELF file of each class and byte order, built in code. */
class StrippedObjectTest {
  private static final String NAMES =
      "\0.text\0.comment\0.gnu_debuglink\0.symtab\0.strtab\0.shstrtab\0";

  private static int name(String name) {
    return NAMES.indexOf("\0" + name + "\0") + 1;
  }

  private static void word(ByteBuffer to, boolean is64, long value) {
    if (is64) {
      to.putLong(value);
    } else {
      to.putInt((int) value);
    }
  }

  private static void section(
      ByteBuffer to, boolean is64, String name, int type, long flags, long[] place, int link) {
    to.putInt(name.isEmpty() ? 0 : name(name)).putInt(type);
    word(to, is64, flags);
    word(to, is64, 0);
    word(to, is64, place[0]);
    word(to, is64, place[1]);
    to.putInt(link).putInt(0);
    word(to, is64, name.equals(".gnu_debuglink") ? 4 : 1);
    word(to, is64, 0);
  }

  // Header, one segment of the first 0x200 bytes, then .comment, .gnu_debuglink, .symtab, .strtab.
  private static byte[] file(boolean is64, boolean little, byte[] behind) {
    ByteBuffer b = ByteBuffer.allocate(0x400 + 7 * (is64 ? 64 : 40) + behind.length);
    b.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    b.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (is64 ? 2 : 1), (byte) (little ? 1 : 2), 1});
    b.position(16);
    b.putShort((short) 2).putShort((short) 8).putInt(1);
    word(b, is64, 0x1000);
    word(b, is64, is64 ? 64 : 52);
    word(b, is64, 0x400);
    b.putInt(0).putShort((short) (is64 ? 64 : 52)).putShort((short) (is64 ? 56 : 32));
    b.putShort((short) 1)
        .putShort((short) (is64 ? 64 : 40))
        .putShort((short) 7)
        .putShort((short) 6);
    b.putInt(1);
    if (is64) {
      b.putInt(5);
    }
    word(b, is64, 0);
    word(b, is64, 0x1000);
    word(b, is64, 0x1000);
    word(b, is64, 0x200);
    word(b, is64, 0x200);
    if (!is64) {
      b.putInt(5);
    }
    word(b, is64, 0x1000);
    b.put(0x100, new byte[] {1, 2, 3});
    b.put(0x200, new byte[] {'c', 'c', 'c'});
    b.put(0x204, new byte[] {'l', 'i', 'n', 'k'});
    b.put(0x310, NAMES.getBytes(StandardCharsets.ISO_8859_1));
    b.position(0x400);
    section(b, is64, "", 0, 0, new long[] {0, 0}, 0);
    section(b, is64, ".text", 1, 6, new long[] {0x100, 0x100}, 0);
    section(b, is64, ".comment", 1, 0, new long[] {0x200, 3}, 0);
    section(b, is64, ".gnu_debuglink", 1, 0, new long[] {0x204, 4}, 0);
    section(b, is64, ".symtab", 2, 0, new long[] {0x208, 0xf8}, 5);
    section(b, is64, ".strtab", 3, 0, new long[] {0x300, 0x10}, 0);
    section(b, is64, ".shstrtab", 3, 0, new long[] {0x310, NAMES.length()}, 0);
    b.put(behind);
    return b.array();
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void of_eachClassAndByteOrder_keepsWhatIsLoadedAndTheLink(boolean is64, boolean little)
      throws IOException {
    byte[] original = file(is64, little, new byte[0]);
    StrippedObject stripped = StrippedObject.of(Content.of(original), "a");
    assertThat(stripped.fault()).isEmpty();
    assertThat(stripped.removed()).containsExactly(".comment", ".symtab", ".strtab");
    byte[] bytes = stripped.content().readAll(10_000);
    assertThat(stripped.saved()).isEqualTo(original.length - bytes.length);
    ElfFile file = ElfFile.open(Content.of(bytes), "a");
    assertThat(file.sections().stream().map(each -> each.name().toString()).toList())
        .isEqualTo(List.of("", ".text", ".gnu_debuglink", ".shstrtab"));
    Section link = file.section(".gnu_debuglink").orElseThrow();
    assertThat(new String(file.bytes(link).readAll(4))).isEqualTo("link");
    assertThat(ElfFile.open(Content.of(original), "a").segments()).isEqualTo(file.segments());
    int header = is64 ? 64 : 52;
    assertThat(Arrays.copyOfRange(bytes, header, 0x200))
        .isEqualTo(Arrays.copyOfRange(original, header, 0x200));
    assertThat(StrippedObject.of(Content.of(bytes), "a").saved()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void of_dataBehindTheSections_leavesTheFile(boolean is64) throws IOException {
    byte[] original = file(is64, true, new byte[] {'z', 'i', 'p'});
    StrippedObject left = StrippedObject.of(Content.of(original), "a");
    assertThat(left.fault()).contains("3 bytes of data behind the last section");
    assertThat(left.content().readAll(10_000)).isEqualTo(original);
  }
}
