package io.k8or.jvm;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/** Classes and archives that are made for tests. */
final class Jars {
  private Jars() {}

  /** A class whose constants are classes, or strings where they have dots. */
  static byte[] type(String name, String... named) {
    ClassWriter writer = new ClassWriter(0);
    writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, name, null, "java/lang/Object", null);
    for (String each : named) {
      if (each.indexOf('.') >= 0) {
        writer.newConst(each);
      } else {
        writer.newClass(each);
      }
    }
    return writer.toByteArray();
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Names and contents, one after the other. */
  static Map<String, byte[]> entries(Object... pairs) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      entries.put((String) pairs[i], (byte[]) pairs[i + 1]);
    }
    return entries;
  }

  /** An archive in which all is compressed. */
  static byte[] jar(Map<String, byte[]> entries) {
    return jar(entries, name -> false);
  }

  /** An archive in which archives are stored, as Spring Boot has it. */
  static byte[] nesting(Map<String, byte[]> entries) {
    return jar(entries, name -> name.endsWith(".jar"));
  }

  static byte[] jar(Map<String, byte[]> entries, Predicate<String> stored) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> each : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(each.getKey());
        entry.setTime(0);
        if (stored.test(each.getKey())) {
          CRC32 sum = new CRC32();
          sum.update(each.getValue());
          entry.setMethod(ZipEntry.STORED);
          entry.setSize(each.getValue().length);
          entry.setCrc(sum.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(each.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** What an archive holds, by name; the sums are checked. */
  static Map<String, byte[]> unzip(byte[] bytes) throws IOException {
    Map<String, byte[]> found = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        found.put(entry.getName(), zip.readAllBytes());
      }
    }
    return found;
  }
}
