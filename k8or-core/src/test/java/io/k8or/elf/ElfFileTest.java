package io.k8or.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ElfFileTest {
  /** A 64-bit program: header, two program headers (load, interpreter), the interpreter's path. */
  static byte[] program(ByteOrder order, int machine) {
    ByteBuffer b = ByteBuffer.allocate(256).order(order);
    b.put(
        new byte[] {0x7f, 'E', 'L', 'F', 2, (byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 2), 1});
    b.position(16);
    b.putShort((short) ElfHeader.ET_DYN).putShort((short) machine).putInt(1);
    b.putLong(0x1040).putLong(64).putLong(0).putInt(0);
    b.putShort((short) 64).putShort((short) 56).putShort((short) 2);
    b.position(64);
    b.putInt(Segment.PT_LOAD).putInt(Segment.PF_R | Segment.PF_X);
    b.putLong(0).putLong(0x1000).putLong(0x1000).putLong(256).putLong(256).putLong(4096);
    b.putInt(Segment.PT_INTERP).putInt(Segment.PF_R);
    b.putLong(200).putLong(0x10c8).putLong(0x10c8).putLong(12).putLong(12).putLong(1);
    b.position(200);
    b.put("/lib/ld.so.1\0".getBytes(StandardCharsets.US_ASCII));
    return b.array();
  }

  @Test
  void open_programOfEitherByteOrder_hasItsHeaders() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      ElfFile file = ElfFile.open(Content.of(program(order, ElfHeader.EM_AARCH64)), "/bin/x");

      assertThat(file.header().machine()).isEqualTo(ElfHeader.EM_AARCH64);
      assertThat(file.header().entry()).isEqualTo(0x1040);
      assertThat(file.segments()).hasSize(2);
      assertThat(file.segments().get(0).isExecutable()).isTrue();
      assertThat(file.interpreter()).contains(ByteString.utf8("/lib/ld.so.1"));
      assertThat(file.needed()).isEmpty();
      assertThat(file.offsetOf(0x1040)).hasValue(0x40);
      assertThat(file.offsetOf(0x2000)).isEmpty();
    }
  }

  @Test
  void open_segmentOutsideTheFile_failsWhenRead() throws IOException {
    byte[] bytes = program(ByteOrder.LITTLE_ENDIAN, ElfHeader.EM_X86_64);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(64 + 56 + 32, Long.MAX_VALUE);
    ElfFile file = ElfFile.open(Content.of(bytes), "/bin/x");

    assertThatThrownBy(file::interpreter)
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("/bin/x")
        .hasMessageContaining("interpreter: expected 9223372036854775807 bytes at 200");
  }

  @Test
  void open_text_isNoElfFile() {
    assertThatThrownBy(() -> ElfFile.open(Content.of(new byte[100]), "/etc/motd"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("ELF file: /etc/motd: it does not begin with 7f 45 4c 46");
  }

  @Test
  void open_damagedFile_failsOnlyWithTheTypedError() throws IOException {
    byte[] good = program(ByteOrder.LITTLE_ENDIAN, ElfHeader.EM_X86_64);
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = good.clone();
      for (int n = 1 + random.nextInt(6); n > 0; n--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      try {
        ElfFile file = ElfFile.open(Content.of(bad), "bad");
        file.interpreter();
        file.needed();
        file.buildId();
        file.dynamicSymbols();
        file.symbols();
        file.relocations();
        file.frames();
      } catch (MalformedContentException expected) {
        assertThat(expected.where()).isEqualTo("bad");
      }
    }
  }
}
