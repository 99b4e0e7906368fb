package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;

/** Reads class files (JVM specification, chapter 4). */
final class ClassFiles {
  private static final String WHAT = "class file";
  private static final int ACC_ANNOTATION = 0x2000;

  /** The newest version whose form is known: Java 26, as far as ASM 9.9 reads it. */
  private static final int NEWEST = 70;

  private ClassFiles() {}

  /**
   * What the constant pool of a class holds.
   *
   * @param name the class's own name, with slashes
   * @param isAnnotation whether it is an annotation's type
   * @param isNewer whether its version is newer than is known; its pool is read all the same
   * @param texts names of classes and members, descriptors, string constants
   * @param strings which of the texts are string constants of code
   */
  record Constants(
      String name, boolean isAnnotation, boolean isNewer, List<String> texts, BitSet strings) {}

  /**
   * Visits a class without its code.
   *
   * @throws MalformedContentException if it is none, or newer than is known
   */
  static void visit(byte[] bytes, String where, ClassVisitor visitor)
      throws MalformedContentException {
    checkMagic(bytes, where);
    try {
      new ClassReader(bytes).accept(visitor, ClassReader.SKIP_CODE);
    } catch (RuntimeException e) { // the reader throws whatever it runs into
      throw new MalformedContentException(WHAT, where, String.valueOf(e.getMessage()), e);
    }
  }

  private static void checkMagic(byte[] bytes, String where) throws MalformedContentException {
    if (bytes.length < 10
        || bytes[0] != (byte) 0xca
        || bytes[1] != (byte) 0xfe
        || bytes[2] != (byte) 0xba
        || bytes[3] != (byte) 0xbe) {
      throw new MalformedContentException(WHAT, where, "it does not begin with cafebabe");
    }
  }

  /**
   * Returns all texts of the constant pool.
   *
   * @throws MalformedContentException if it is no class file
   */
  static List<String> texts(byte[] bytes, String where) throws MalformedContentException {
    return constants(bytes, where).texts();
  }

  /**
   * Reads the constant pool (4.4), of which what is not known is an error, and no more.
   *
   * @throws MalformedContentException if it is no class file
   */
  static Constants constants(byte[] bytes, String where) throws MalformedContentException {
    checkMagic(bytes, where);
    try {
      return pool(bytes, where);
    } catch (IndexOutOfBoundsException e) {
      throw new MalformedContentException(WHAT, where, "it ends within its constants", e);
    }
  }

  private static Constants pool(byte[] bytes, String where) throws MalformedContentException {
    int count = u2(bytes, 8);
    int[] textOf = new int[count]; // of a text its place among the texts, of a class its name's
    BitSet stringNames = new BitSet();
    List<String> texts = new ArrayList<>(count / 2);
    char[] buffer = new char[256];
    int at = 10;
    for (int i = 1; i < count; i++) {
      int tag = bytes[at];
      switch (tag) {
        case 1 -> {
          int length = u2(bytes, at + 1);
          if (buffer.length < length) {
            buffer = new char[length];
          }
          textOf[i] = texts.size();
          texts.add(utf8(bytes, at + 3, length, buffer));
          at += 3 + length;
        }
        case 3, 4, 9, 10, 11, 12, 17, 18 -> at += 5;
        case 5, 6 -> {
          at += 9;
          i++;
        }
        case 7, 8, 16, 19, 20 -> {
          textOf[i] = u2(bytes, at + 1);
          if (tag == 8) {
            stringNames.set(textOf[i]);
          }
          at += 3;
        }
        case 15 -> at += 4;
        default ->
            throw new MalformedContentException(
                WHAT, where, "constant " + i + " has the tag " + tag + ", which is not known");
      }
    }
    BitSet strings = new BitSet();
    for (int i = stringNames.nextSetBit(0); i >= 0; i = stringNames.nextSetBit(i + 1)) {
      strings.set(textOf[i]);
    }
    int access = u2(bytes, at);
    int name = textOf[textOf[u2(bytes, at + 2)]];
    return new Constants(
        texts.get(name), (access & ACC_ANNOTATION) != 0, u2(bytes, 6) > NEWEST, texts, strings);
  }

  private static int u2(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  // Modified UTF-8; what is not ASCII is in no name that matters here but for its own class.
  private static String utf8(byte[] bytes, int from, int length, char[] buffer) {
    int at = from;
    int end = from + length;
    int size = 0;
    while (at < end) {
      int b = bytes[at++] & 0xff;
      if (b < 0x80) {
        buffer[size++] = (char) b;
      } else if (b < 0xe0) {
        buffer[size++] = (char) ((b & 0x1f) << 6 | (bytes[at++] & 0x3f));
      } else {
        buffer[size++] =
            (char) ((b & 0xf) << 12 | (bytes[at++] & 0x3f) << 6 | (bytes[at++] & 0x3f));
      }
    }
    return new String(buffer, 0, size);
  }
}
