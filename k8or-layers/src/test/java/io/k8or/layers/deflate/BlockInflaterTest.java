package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blocks, good and bad, bit by bit. */
final class BlockInflaterTest {
  // Lengths of the code length code, in the order of RFC 1951, 3.2.7.
  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  @Test
  void run_blocks_reportsWhereTheyAre() throws IOException {
    // A stored block of "ab", a fixed one of "a" and nine more from one back, and its end.
    byte[] deflate =
        Samples.bits(
            0,
            3,
            0,
            5,
            2,
            16,
            0xfffd,
            16,
            'a',
            8,
            'b',
            8, //
            3,
            3,
            Integer.reverse(0x30 + 'a') >>> 24,
            8,
            reverse(7, 7),
            7,
            0,
            5,
            0,
            7);
    BlockInflater inflater = new BlockInflater(new ByteArrayInputStream(deflate), 0, "test");

    inflater.readBlockHeader();
    assertThat(inflater.type()).isZero();
    assertThat(inflater.last()).isFalse();
    assertThat(inflater.run(inflater.makeRoom())).isTrue();
    assertThat(inflater.outOffset()).isEqualTo(2);
    assertThat(inflater.bitOffset()).isEqualTo(56);

    inflater.readBlockHeader();
    assertThat(inflater.type()).isEqualTo(1);
    assertThat(inflater.last()).isTrue();
    assertThat(inflater.headerFromBit()).isEqualTo(56);
    assertThat(inflater.headerToBit()).isEqualTo(59);
    assertThat(inflater.run(inflater.makeRoom())).isTrue();
    assertThat(inflater.segmentFromBit()).isEqualTo(59);
    assertThat(inflater.segmentToBit()).isEqualTo(59 + 8 + 12);
    assertThat(inflater.bitOffset()).isEqualTo(59 + 8 + 12 + 7);
    assertThat(inflater.lowestSource()).isEqualTo(2);
    assertThat(Arrays.copyOf(inflater.out, inflater.outPos()))
        .asString()
        .isEqualTo("ab" + "a".repeat(10));
  }

  @Test
  void run_limit_stopsBeforeTheSymbolThatPassesIt() throws IOException {
    byte[] deflate = Samples.zeros(3);
    BlockInflater inflater = new BlockInflater(new ByteArrayInputStream(deflate), 0, "test");
    inflater.readBlockHeader();

    assertThat(inflater.run(100)).isFalse();
    assertThat(inflater.outOffset()).isEqualTo(1);
    assertThat(inflater.run(100)).isFalse();
    assertThat(inflater.outOffset()).isEqualTo(259);
    assertThat(inflater.run(inflater.makeRoom())).isTrue();
    assertThat(inflater.outOffset()).isEqualTo(1 + 3 * 258);
  }

  @Test
  void readBlockHeader_typeThree_throws() {
    fails(Samples.bits(7, 3), "byte 0 of test", "a block has the reserved type 3");
  }

  @Test
  void readBlockHeader_storedLengthWithoutItsComplement_throws() {
    fails(
        Samples.bits(1, 3, 0, 5, 5, 16, 5, 16),
        "byte 5 of test",
        "a stored block has the length 0005 and its complement 0005");
  }

  @Test
  void readBlockHeader_tooManySymbols_throws() {
    fails(
        Samples.bits(5, 3, 30, 5, 0, 5, 0, 4, 0, 50),
        "byte 2 of test",
        "a block has 287 length and 1 distance symbols");
    fails(
        Samples.bits(5, 3, 0, 5, 30, 5, 0, 4, 0, 50),
        "byte 2 of test",
        "a block has 257 length and 31 distance symbols");
  }

  @Test
  void readBlockHeader_badCodeLengthCode_throws() {
    fails(header(257, 1, new int[19]), "byte 9 of test", "the code length code is incomplete");
    int[] three = new int[19];
    three[0] = three[1] = three[2] = 1;
    fails(header(257, 1, three), "byte 9 of test", "the code length code is over-subscribed");
  }

  @Test
  void readBlockHeader_repeatOfNothing_throws() {
    int[] code = new int[19];
    code[16] = code[0] = 1;
    // Symbol 0 has the code 0, symbol 16 the code 1.
    fails(
        header(257, 1, code, 1, 1),
        "byte 9 of test",
        "the first code length repeats the one before");
  }

  @Test
  void readBlockHeader_repeatPastTheEnd_throws() {
    int[] code = new int[19];
    code[18] = code[0] = 1;
    fails(
        header(257, 1, code, 1, 1, 127, 7, 1, 1, 127, 7),
        null,
        "code lengths are repeated past their end");
  }

  @Test
  void readBlockHeader_noCodeForTheEnd_throws() {
    int[] code = new int[19];
    code[18] = code[0] = 1;
    fails(
        header(257, 1, code, 1, 1, 127, 7, 1, 1, 109, 7), null, "a block has no code for its end");
  }

  @Test
  void readBlockHeader_incompleteAndOverSubscribedCodes_throw() {
    // Code lengths 0, 1 and 2, of one, two and two bits: 0 -> 0, 1 -> 10, 2 -> 11, as sent.
    int[] code = new int[19];
    code[18] = 1;
    code[1] = 2;
    code[2] = 2;
    long[] zeros256 = {0, 1, 127, 7, 0, 1, 107, 7};
    // The end has two bits, all alone.
    fails(
        header(257, 1, code, append(zeros256, 3, 2, 1, 2)),
        null,
        "the literal and length code is incomplete");
    // Three codes of one bit.
    fails(
        header(259, 1, code, append(zeros256, 1, 2, 1, 2, 1, 2, 1, 2)),
        null,
        "the literal and length code is over-subscribed");
    // Distances: two bits, all alone.
    fails(
        header(258, 1, code, append(zeros256, 1, 2, 1, 2, 3, 2)),
        null,
        "the distance code is incomplete");
  }

  @Test
  void run_singleDistanceCode_isComplete() throws IOException {
    int[] code = new int[19];
    code[18] = 1;
    code[1] = 2;
    code[2] = 2;
    // The end, and length 3, of one bit each; one distance code of one bit, never used.
    byte[] deflate = header(258, 1, code, 0, 1, 127, 7, 0, 1, 107, 7, 1, 2, 1, 2, 1, 2, 0, 1);

    assertThat(Samples.gunzip(Samples.member(deflate, new byte[0]))).isEmpty();
    // With the other distance code, which there is not, after length 3.
    fails(
        header(258, 1, code, 0, 1, 127, 7, 0, 1, 107, 7, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 0, 60),
        null,
        "a distance has no such code");
  }

  @Test
  void run_symbolsThatDoNotExist_throw() {
    // The fixed codes: lengths 286 and 287, distances 30 and 31.
    fails(
        Samples.bits(3, 3, reverse(0xc6, 8), 8, 0, 50),
        null,
        "a literal or length has no such code");
    fails(
        Samples.bits(3, 3, reverse(0x30, 8), 8, reverse(1, 7), 7, reverse(30, 5), 5, 0, 50),
        null,
        "a distance has no such code");
  }

  @Test
  void run_distanceBeforeTheStart_throws() {
    fails(
        Samples.bits(3, 3, reverse(0x30, 8), 8, reverse(1, 7), 7, reverse(1, 5), 5, 0, 50),
        "byte 2 of test",
        "a distance of 2 bytes after 1 bytes");
  }

  // A dynamic block up to its code lengths, and then what is given.
  private static byte[] header(int literals, int distances, int[] code, long... rest) {
    List<Long> bits = new ArrayList<>(List.of(5L, 3L, literals - 257L, 5L, distances - 1L, 5L));
    bits.addAll(List.of(15L, 4L));
    for (int symbol : ORDER) {
      bits.addAll(List.of((long) code[symbol], 3L));
    }
    for (long value : rest) {
      bits.add(value);
    }
    return Samples.bits(bits.stream().mapToLong(Long::longValue).toArray());
  }

  private static long[] append(long[] first, long... second) {
    long[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static long reverse(int code, int bits) {
    return Integer.reverse(code) >>> (32 - bits);
  }

  private static void fails(byte[] deflate, String where, String why) {
    BlockInflater inflater = new BlockInflater(new ByteArrayInputStream(deflate), 0, "test");
    assertThatThrownBy(
            () -> {
              inflater.readBlockHeader();
              while (!inflater.run(inflater.makeRoom())) {}
            })
        .isInstanceOfSatisfying(
            MalformedContentException.class,
            e -> {
              assertThat(e.what()).isEqualTo("deflate stream");
              assertThat(e.why()).isEqualTo(why);
              if (where != null) {
                assertThat(e.where()).isEqualTo(where);
              }
            });
  }
}
