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

  static FileNode script(String text) {
    return FileNode.regular(
        FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text).toByteArray()));
  }
}
