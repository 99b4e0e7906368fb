package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import java.util.ArrayList;
import java.util.List;
import org.objectweb.asm.ClassReader;

/** Reads class files (JVM specification, chapter 4). */
final class ClassFiles {
  private static final int UTF8 = 1;

  private ClassFiles() {}

  /**
   * Opens a class file.
   *
   * @throws MalformedContentException if it is none, or newer than is known
   */
  static ClassReader reader(byte[] bytes, String where) throws MalformedContentException {
    if (bytes.length < 10
        || bytes[0] != (byte) 0xca
        || bytes[1] != (byte) 0xfe
        || bytes[2] != (byte) 0xba
        || bytes[3] != (byte) 0xbe) {
      throw new MalformedContentException("class file", where, "it does not begin with cafebabe");
    }
    try {
      return new ClassReader(bytes);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new MalformedContentException("class file", where, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Returns all texts of the constant pool: names of classes and members, descriptors, string
   * constants.
   *
   * @throws MalformedContentException if it is no class file
   */
  static List<String> texts(byte[] bytes, String where) throws MalformedContentException {
    ClassReader reader = reader(bytes, where);
    char[] buffer = new char[reader.getMaxStringLength()];
    List<String> texts = new ArrayList<>();
    try {
      for (int i = 1; i < reader.getItemCount(); i++) {
        int at = reader.getItem(i);
        if (at != 0 && reader.readByte(at - 1) == UTF8) {
          texts.add(utf8(bytes, at, buffer));
        }
      }
    } catch (IndexOutOfBoundsException e) {
      throw new MalformedContentException("class file", where, String.valueOf(e.getMessage()), e);
    }
    return texts;
  }

  // Modified UTF-8; what is not ASCII is in no name that matters here but for its own class.
  private static String utf8(byte[] bytes, int at, char[] buffer) {
    int length = (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    int from = at + 2;
    int end = from + length;
    int size = 0;
    while (from < end) {
      int b = bytes[from++] & 0xff;
      if (b < 0x80) {
        buffer[size++] = (char) b;
      } else if (b < 0xe0) {
        buffer[size++] = (char) ((b & 0x1f) << 6 | (bytes[from++] & 0x3f));
      } else {
        buffer[size++] =
            (char) ((b & 0xf) << 12 | (bytes[from++] & 0x3f) << 6 | (bytes[from++] & 0x3f));
      }
    }
    return new String(buffer, 0, size);
  }
}
