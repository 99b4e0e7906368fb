package io.k8or.seccomp.aarch64;

import java.util.ArrayList;
import java.util.List;

/**
 * The encodings of A64 (Arm Architecture Reference Manual for A-profile, DDI 0487, chapter C4, "A64
 * Instruction Set Encoding"), as a table: the operation, a letter for where its operands are, and
 * the bits, highest first; a letter among the bits is any bit. The first row that fits counts.
 *
 * <pre>
 *   .  no operands            p  adr, adrp               i  rd, rn, imm12, shift
 *   l  rd, rn, bit mask       w  rd, imm16, shift        f  rd, rn, immr, imms
 *   r  rd, rn, rm, shift      x  rd, rn, rm, extension   c  rd, rn, rm
 *   j  imm26                  b  imm19                   t  imm14
 *   n  rn                     m  rt, imm19 (literal)     M  vector rt, imm19
 *   P  rt, rt2, rn, imm7      Q  vector pair             u  rt, rn, imm12 scaled
 *   s  rt, rn, imm9           o  rt, rn, rm              U  S  O  the same of vectors
 *   e  rs, rt, rt2, rn        v  rn written back         d  rd
 * </pre>
 */
final class Encodings {
  private static final String TABLE =
      """
      UNDEFINED       .  0000000000000000iiiiiiiiiiiiiiii
      ADR             p  0ii10000iiiiiiiiiiiiiiiiiiiddddd
      ADRP            p  1ii10000iiiiiiiiiiiiiiiiiiiddddd
      ADD_IMMEDIATE   i  soS100010hiiiiiiiiiiiinnnnnddddd
      AND_IMMEDIATE   l  s00100100Nrrrrrrssssssnnnnnddddd
      ORR_IMMEDIATE   l  s01100100Nrrrrrrssssssnnnnnddddd
      EOR_IMMEDIATE   l  s10100100Nrrrrrrssssssnnnnnddddd
      AND_IMMEDIATE   l  s11100100Nrrrrrrssssssnnnnnddddd
      MOVE_WIDE       w  s00100101hhiiiiiiiiiiiiiiiiddddd
      MOVE_WIDE       w  s10100101hhiiiiiiiiiiiiiiiiddddd
      MOVE_KEEP       w  s11100101hhiiiiiiiiiiiiiiiiddddd
      SIGNED_FIELD    f  s00100110Nrrrrrrssssssnnnnnddddd
      CLOBBER         d  s01100110Nrrrrrrssssssnnnnnddddd
      UNSIGNED_FIELD  f  s10100110Nrrrrrrssssssnnnnnddddd
      CLOBBER         d  xxx100xxxxxxxxxxxxxxxxxxxxxddddd
      JUMP            j  000101iiiiiiiiiiiiiiiiiiiiiiiiii
      CALL            j  100101iiiiiiiiiiiiiiiiiiiiiiiiii
      BRANCH          b  01010100iiiiiiiiiiiiiiiiiiixcccc
      BRANCH          b  x011010xiiiiiiiiiiiiiiiiiiittttt
      BRANCH          t  b011011xbbbbbiiiiiiiiiiiiiittttt
      SYSTEM_CALL     .  11010100000iiiiiiiiiiiiiiii00001
      STOP            .  11010100001iiiiiiiiiiiiiiii00000
      STOP            .  11010100010iiiiiiiiiiiiiiii00000
      CLOBBER         d  1101010100101xxxxxxxxxxxxxxddddd
      CLOBBER         d  110101010011xxxxxxxxxxxxxxxddddd
      NOTHING         .  11010101000xxxxxxxxxxxxxxxxxxxxx
      INDIRECT_JUMP   n  1101011000011111000000nnnnn00000
      INDIRECT_CALL   n  1101011000111111000000nnnnn00000
      RETURN          n  1101011001011111000000nnnnn00000
      INDIRECT_JUMP   n  110101100001111100001xnnnnn11111
      INDIRECT_CALL   n  110101100011111100001xnnnnn11111
      RETURN          .  110101100101111100001x1111111111
      INDIRECT_JUMP   n  110101110001111100001xnnnnnmmmmm
      INDIRECT_CALL   n  110101110011111100001xnnnnnmmmmm
      STOP            .  1101011010011111xxxxxxxxxxxxxxxx
      NOTHING         .  11010100xxxxxxxxxxxxxxxxxxxxxxxx
      LOAD_LITERAL    m  xx011000iiiiiiiiiiiiiiiiiiittttt
      LOAD_LITERAL    M  xx011100iiiiiiiiiiiiiiiiiiittttt
      ATOMIC          e  ss001000oLossssso22222nnnnnttttt
      STORE_PAIR      P  x0101000x0iiiiiii22222nnnnnttttt
      STORE_PAIR      P  x0101001x0iiiiiii22222nnnnnttttt
      LOAD_PAIR       P  xx101000x1iiiiiii22222nnnnnttttt
      LOAD_PAIR       P  xx101001x1iiiiiii22222nnnnnttttt
      STORE_PAIR      P  01101000x0iiiiiii22222nnnnnttttt
      STORE_PAIR      P  01101001x0iiiiiii22222nnnnnttttt
      STORE_PAIR      Q  xx10110xx0iiiiiii22222nnnnnttttt
      LOAD_PAIR       Q  xx10110xx1iiiiiii22222nnnnnttttt
      STORE           u  ss11100100iiiiiiiiiiiinnnnnttttt
      NOTHING         .  1111100110iiiiiiiiiiiinnnnnttttt
      LOAD            u  ss11100101iiiiiiiiiiiinnnnnttttt
      LOAD_SIGNED     u  ss1110011xiiiiiiiiiiiinnnnnttttt
      STORE           s  ss111000000iiiiiiiiimmnnnnnttttt
      NOTHING         .  11111000100iiiiiiiii00nnnnnttttt
      LOAD            s  ss111000010iiiiiiiiimmnnnnnttttt
      LOAD_SIGNED     s  ss1110001x0iiiiiiiiimmnnnnnttttt
      ATOMIC          e  ss111000xx1sssssxxxx00nnnnnttttt
      STORE           o  ss111000001mmmmmoooS10nnnnnttttt
      NOTHING         .  11111000101mmmmmoooS10nnnnnttttt
      LOAD            o  ss111000011mmmmmoooS10nnnnnttttt
      LOAD_SIGNED     o  ss1110001x1mmmmmoooS10nnnnnttttt
      CLOBBER         c  11111000xx1xxxxxxxxxx1nnnnnttttt
      STORE           U  ss111101x0iiiiiiiiiiiinnnnnttttt
      LOAD            U  ss111101x1iiiiiiiiiiiinnnnnttttt
      STORE           S  ss111100x00iiiiiiiiimmnnnnnttttt
      LOAD            S  ss111100x10iiiiiiiiimmnnnnnttttt
      STORE           O  ss111100x01mmmmmoooS10nnnnnttttt
      LOAD            O  ss111100x11mmmmmoooS10nnnnnttttt
      STORE           s  ss011001000iiiiiiiii00nnnnnttttt
      LOAD            s  ss011001010iiiiiiiii00nnnnnttttt
      LOAD_SIGNED     s  1x0110011x0iiiiiiiii00nnnnnttttt
      LOAD_SIGNED     s  0x0110011x0iiiiiiiii00nnnnnttttt
      CLOBBER         c  xx011001xxxxxxxxxxxxxxnnnnnttttt
      CLOBBER         v  xx011101xxxxxxxxxxxxxxnnnnnttttt
      CLOBBER         v  0x001100xxxxxxxxxxxxxxnnnnnttttt
      CLOBBER         v  0x001101xxxxxxxxxxxxxxnnnnnttttt
      AND             r  s0001010hh0mmmmmiiiiiinnnnnddddd
      ORR             r  s0101010hh0mmmmmiiiiiinnnnnddddd
      EOR             r  s1001010hh0mmmmmiiiiiinnnnnddddd
      AND             r  s1101010hh0mmmmmiiiiiinnnnnddddd
      CLOBBER         d  sxx01010hh1mmmmmiiiiiinnnnnddddd
      ADD             r  s0x01011hh0mmmmmiiiiiinnnnnddddd
      SUB             r  s1x01011hh0mmmmmiiiiiinnnnnddddd
      ADD             x  s0x01011001mmmmmoooiiinnnnnddddd
      SUB             x  s1x01011001mmmmmoooiiinnnnnddddd
      SELECT          c  s0011010100mmmmmcccc00nnnnnddddd
      SELECT_INCREMENT c s0011010100mmmmmcccc01nnnnnddddd
      SELECT_INVERT   c  s1011010100mmmmmcccc00nnnnnddddd
      SELECT_NEGATE   c  s1011010100mmmmmcccc01nnnnnddddd
      NOTHING         .  xxx11010010xxxxxxxxxxxxxxxxxxxxx
      CLOBBER         d  xxxx101xxxxxxxxxxxxxxxxxxxxddddd
      NOTHING         .  s0011110xx100010000000xxxxxddddd
      NOTHING         .  s0011110xx10001x000000xxxxxddddd
      NOTHING         .  s0011110xx101111000000xxxxxddddd
      NOTHING         .  s0011110xx100111000000xxxxxddddd
      CLOBBER         d  s0011110xx1xxxxx000000xxxxxddddd
      NOTHING         .  s0011110xx0xx01xxxxxxxxxxxxddddd
      CLOBBER         d  s0011110xx0xxxxxxxxxxxxxxxxddddd
      CLOBBER         d  0x001110000xxxxx001111xxxxxddddd
      CLOBBER         d  0x001110000xxxxx001011xxxxxddddd
      NOTHING         .  xxxx111xxxxxxxxxxxxxxxxxxxxxxxxx
      CLOBBER         c  xxx0010xxxxxxxxxxxxxxxxxxxxxxxxx
      UNDEFINED       .  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      """;

  private static final int INDEX_BITS = 11;

  /** One row. */
  record Encoding(Operation operation, char form, int mask, int bits) {
    boolean fits(int word) {
      return (word & mask) == bits;
    }
  }

  // By the highest bits of a word: the rows that can fit, in order.
  private static final Encoding[][] BY_INDEX = index();

  private Encodings() {}

  /** Returns the row of a word. */
  static Encoding of(int word) {
    Encoding[] rows = BY_INDEX[word >>> (32 - INDEX_BITS)];
    for (Encoding row : rows) {
      if (row.fits(word)) {
        return row;
      }
    }
    throw new AssertionError(String.format("no row fits %#x", word));
  }

  private static Encoding[][] index() {
    List<Encoding> all = TABLE.lines().map(Encodings::parse).toList();
    Encoding[][] index = new Encoding[1 << INDEX_BITS][];
    int high = -1 << (32 - INDEX_BITS);
    for (int i = 0; i < index.length; i++) {
      int word = i << (32 - INDEX_BITS);
      List<Encoding> rows = new ArrayList<>();
      for (Encoding row : all) {
        if ((word & row.mask & high) == (row.bits & high)) {
          rows.add(row);
        }
      }
      index[i] = rows.toArray(Encoding[]::new);
    }
    return index;
  }

  private static Encoding parse(String line) {
    String[] words = line.strip().split("\\s+", -1);
    String pattern = words[2];
    if (words.length != 3 || pattern.length() != 32) {
      throw new AssertionError("not a row: " + line);
    }
    int mask = 0;
    int bits = 0;
    for (int i = 0; i < 32; i++) {
      char c = pattern.charAt(i);
      mask = mask << 1 | (c == '0' || c == '1' ? 1 : 0);
      bits = bits << 1 | (c == '1' ? 1 : 0);
    }
    return new Encoding(Operation.valueOf(words[0]), words[1].charAt(0), mask, bits);
  }
}
