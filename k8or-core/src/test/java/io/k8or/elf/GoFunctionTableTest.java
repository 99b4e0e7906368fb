package io.k8or.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GoFunctionTableTest {
  private static final int GO_1_16 = 0xfffffffa;
  private static final int GO_1_18 = 0xfffffff0;
  private static final int GO_1_20 = 0xfffffff1;
  private static final long TEXT = 0x401000;
  private static final int TABLE = 64; // where the section begins in the file
  private static final String NAMES = "main.main\0runtime.rt0_go\0";

  @Test
  void goFunctions_ofGo118And120_areAddressesFromWhereTheCodeBegins() throws IOException {
    for (int magic : List.of(GO_1_18, GO_1_20)) {
      assertThat(read(elf(narrow(magic, TEXT))))
          .containsExactly(
              new GoFunction(0x401000, "main.main"), new GoFunction(0x401040, "runtime.rt0_go"));
    }
  }

  @Test
  void goFunctions_ofATableThatDoesNotSayWhereTheCodeBegins_countFromTheTextSection()
      throws IOException {
    assertThat(read(elf(narrow(GO_1_20, 0))))
        .containsExactly(
            new GoFunction(0x402000, "main.main"), new GoFunction(0x402040, "runtime.rt0_go"));
  }

  @Test
  void goFunctions_ofGo116_haveWholeAddresses() throws IOException {
    assertThat(read(elf(wide())))
        .containsExactly(
            new GoFunction(0x401000, "main.main"), new GoFunction(0x401040, "runtime.rt0_go"));
  }

  @Test
  void goFunctions_ofAnotherVersion_areNone() throws IOException {
    assertThat(read(elf(narrow(0xfffffff7, TEXT)))).isEmpty();
  }

  @Test
  void goFunctions_ofMoreFunctionsThanFit_fails() {
    byte[] table = narrow(GO_1_20, TEXT);
    little(table).putLong(8, 1L << 40);
    assertThatThrownBy(() -> read(elf(table)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(
            "ELF: /bin/x: .gopclntab: 1099511627776 functions in " + table.length + " bytes");
  }

  @Test
  void goFunctions_withPointersOfThreeBytes_fails() {
    byte[] table = narrow(GO_1_20, TEXT);
    table[7] = 3;
    assertThatThrownBy(() -> read(elf(table)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("ELF: /bin/x: .gopclntab: pointers of 3 bytes");
  }

  @Test
  void goFunctions_ofADamagedTable_failOnlyWithTheTypedError() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 5_000; i++) {
      byte[] table = i % 2 == 0 ? narrow(GO_1_20, TEXT) : wide();
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        table[4 + random.nextInt(table.length - 4)] = (byte) random.nextInt();
      }
      try {
        assertThat(read(elf(table))).hasSizeLessThanOrEqualTo(table.length / 8);
      } catch (MalformedContentException expected) {
        assertThat(expected).hasMessageContaining("/bin/x");
      }
    }
  }

  private static List<GoFunction> read(byte[] elf) throws IOException {
    return ElfFile.open(Content.of(elf), "/bin/x").goFunctions();
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A table of Go 1.18 or 1.20: magic, two zeros, the quantum and the size of pointers; eight
   * words; the names; a pair of offsets for each function, and one for the end; and for each
   * function its own offset and that of its name.
   */
  private static byte[] narrow(int magic, long text) {
    int names = 8 + 8 * 8;
    int functions = names + 32;
    ByteBuffer b = little(new byte[functions + 20 + 2 * 8]);
    b.putInt(magic).put(new byte[] {0, 0, 1, 8});
    b.putLong(2).putLong(1).putLong(text).putLong(names);
    b.putLong(names).putLong(names).putLong(names).putLong(functions);
    b.put(NAMES.getBytes(StandardCharsets.US_ASCII)).position(functions);
    b.putInt(0).putInt(20).putInt(0x40).putInt(28).putInt(0x80);
    b.putInt(0).putInt(0).putInt(0x40).putInt(10);
    return b.array();
  }

  /** A table of Go 1.16: as above, but of pointers, and without where the code begins. */
  private static byte[] wide() {
    int names = 8 + 7 * 8;
    int functions = names + 32;
    ByteBuffer b = little(new byte[functions + 40 + 2 * 12]);
    b.putInt(GO_1_16).put(new byte[] {0, 0, 1, 8});
    b.putLong(2).putLong(1).putLong(names);
    b.putLong(names).putLong(names).putLong(names).putLong(functions);
    b.put(NAMES.getBytes(StandardCharsets.US_ASCII)).position(functions);
    b.putLong(TEXT).putLong(40).putLong(TEXT + 0x40).putLong(52).putLong(TEXT + 0x80);
    b.putLong(TEXT).putInt(0).putLong(TEXT + 0x40).putInt(10);
    return b.array();
  }

  /** A file of the table, of the names of sections, and of four section headers. */
  private static byte[] elf(byte[] table) {
    String names = "\0.gopclntab\0.text\0.shstrtab\0";
    int strings = TABLE + table.length;
    int headers = strings + names.length();
    ByteBuffer b = little(new byte[headers + 4 * 64]);
    b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    b.putShort((short) ElfHeader.ET_EXEC).putShort((short) ElfHeader.EM_X86_64).putInt(1);
    b.putLong(TEXT).putLong(0).putLong(headers).putInt(0);
    b.putShort((short) 64).putShort((short) 56).putShort((short) 0);
    b.putShort((short) 64).putShort((short) 4).putShort((short) 3);
    b.put(table).put(names.getBytes(StandardCharsets.US_ASCII)).position(headers + 64);
    section(b, 1, Section.SHT_PROGBITS, 0x403000, TABLE, table.length);
    section(b, 12, Section.SHT_PROGBITS, 0x402000, 0, 0);
    section(b, 18, Section.SHT_STRTAB, 0, strings, names.length());
    return b.array();
  }

  private static void section(
      ByteBuffer b, int name, int type, long address, long offset, long size) {
    b.putInt(name).putInt(type).putLong(0).putLong(address).putLong(offset).putLong(size);
    b.putInt(0).putInt(0).putLong(1).putLong(0);
  }
}
