package io.k8or.seccomp;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Static programs at a fixed address, of one segment: the header, then the code at 0x400078. */
final class TinyElf {
  static final long CODE = 0x400078;

  private TinyElf() {}

  static FileNode program(String hexCode) {
    byte[] code = HexFormat.of().parseHex(hexCode);
    ByteBuffer b = ByteBuffer.allocate(0x78 + code.length).order(ByteOrder.LITTLE_ENDIAN);
    b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    b.putShort((short) 2).putShort((short) 62).putInt(1).putLong(CODE).putLong(64).putLong(0);
    b.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 1);
    b.putShort((short) 64).putShort((short) 0).putShort((short) 0);
    b.putInt(1).putInt(5).putLong(0).putLong(0x400000).putLong(0x400000);
    b.putLong(b.capacity()).putLong(b.capacity()).putLong(0x1000);
    b.put(code);
    return FileNode.regular(FileAttributes.ofMode(0755), Content.of(b.array()));
  }

  /** Returns a program with a table of symbols, of which one is a variable of some size. */
  static byte[] withVariable(long size) {
    byte[] code = HexFormat.of().parseHex("b83c0000000f05f4");
    int symbols = 0x80;
    int names = symbols + 48;
    int sections = names + 8;
    ByteBuffer b = ByteBuffer.allocate(sections + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
    b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    b.putShort((short) 2).putShort((short) 62).putInt(1).putLong(CODE).putLong(64);
    b.putLong(sections).putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 1);
    b.putShort((short) 64).putShort((short) 3).putShort((short) 0);
    b.putInt(1).putInt(5).putLong(0).putLong(0x400000).putLong(0x400000);
    b.putLong(b.capacity()).putLong(b.capacity()).putLong(0x1000);
    b.put(code);
    b.position(symbols + 24);
    b.putInt(1).put((byte) 0x11).put((byte) 0).putShort((short) 1).putLong(CODE).putLong(size);
    b.position(names + 1);
    b.put((byte) 'v');
    b.position(sections + 64);
    b.putInt(0).putInt(2).putLong(0).putLong(0).putLong(symbols).putLong(48).putInt(2).putInt(1);
    b.putLong(8).putLong(24);
    b.putInt(0).putInt(3).putLong(0).putLong(0).putLong(names).putLong(8).putInt(0).putInt(0);
    b.putLong(1).putLong(0);
    return b.array();
  }

  static FileNode script(String text) {
    return FileNode.regular(
        FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text).toByteArray()));
  }
}
