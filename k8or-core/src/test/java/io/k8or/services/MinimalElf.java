package io.k8or.services;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Programs that are nothing but a header. */
final class MinimalElf {
  private MinimalElf() {}

  /** Returns a program for x86-64 that needs no library. */
  static byte[] program() {
    ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    bytes.position(16);
    bytes.putShort((short) 2).putShort((short) 62).putInt(1);
    bytes.position(52);
    bytes.putShort((short) 64).putShort((short) 56).putShort((short) 0).putShort((short) 64);
    return bytes.array();
  }
}
