package io.k8or.jvm;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Files of modules: what is read, and what is written with fewer modules is read again. */
public final class JimageFuzz {
  private static final String MAP = "/java.base/jdk/internal/module/SystemModulesMap.class";

  private JimageFuzz() {}

  /** Reads all resources, then keeps one module. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Jimage image;
    try {
      image = Jimage.open(Content.of(data), "fuzz");
    } catch (MalformedContentException e) {
      return;
    }
    for (Jimage.Resource resource : image.resources()) {
      try {
        image.read(resource.name());
      } catch (MalformedContentException e) {
        // it is compressed
      }
    }
    try {
      RuntimeModules modules = RuntimeModules.of(image);
      modules.closure(Map.of("java.base", ""), modules.services());
    } catch (MalformedContentException e) {
      // a description that is none
    }
    Set<String> kept = new TreeSet<>(Set.of("java.base"));
    Content small;
    try {
      small = image.keeping(kept);
    } catch (MalformedContentException e) {
      return;
    }
    kept.retainAll(image.modules());
    if (!Jimage.open(small, "again").modules().equals(kept)) {
      throw new AssertionError("other modules than " + kept);
    }
  }

  /** Returns files with two modules, in both byte orders. */
  public static List<byte[]> seeds() {
    Map<String, byte[]> resources = new LinkedHashMap<>();
    resources.put("/java.base/module-info.class", module("java.base"));
    resources.put(MAP, map());
    resources.put("/java.base/java/lang/Object.class", new byte[] {1});
    resources.put("/java.base/java/lang/String.class", new byte[] {2, 3});
    resources.put("/java.base/java/lang/a.properties", new byte[0]);
    resources.put("/java.logging/module-info.class", module("java.logging"));
    resources.put("/java.logging/java/util/logging/Logger.class", new byte[] {1, 2, 3});
    return List.of(file(resources, ByteOrder.LITTLE_ENDIAN), file(resources, ByteOrder.BIG_ENDIAN));
  }

  private static byte[] module(String name) {
    ClassWriter writer = new ClassWriter(0);
    writer.visit(Opcodes.V17, Opcodes.ACC_MODULE, "module-info", null, null, null);
    writer.visitModule(name, 0, null).visitEnd();
    return writer.toByteArray();
  }

  private static byte[] map() {
    ClassWriter writer = new ClassWriter(0);
    writer.visit(
        Opcodes.V17,
        Opcodes.ACC_SUPER,
        "jdk/internal/module/SystemModulesMap",
        null,
        "java/lang/Object",
        null);
    for (String method :
        List.of(
            "allSystemModules()Ljdk/internal/module/SystemModules;",
            "defaultSystemModules()Ljdk/internal/module/SystemModules;",
            "moduleNames()[Ljava/lang/String;",
            "classNames()[Ljava/lang/String;")) {
      int at = method.indexOf('(');
      MethodVisitor visitor =
          writer.visitMethod(
              Opcodes.ACC_STATIC, method.substring(0, at), method.substring(at), null, null);
      visitor.visitCode();
      visitor.visitInsn(Opcodes.ACONST_NULL);
      visitor.visitInsn(Opcodes.ARETURN);
      visitor.visitMaxs(1, 0);
      visitor.visitEnd();
    }
    return writer.toByteArray();
  }

  // No reader here looks anything up, so the table of the hash may hold anything.
  private static byte[] file(Map<String, byte[]> resources, ByteOrder order) {
    ByteArrayOutputStream strings = new ByteArrayOutputStream();
    Map<String, Integer> places = new HashMap<>();
    place(strings, places, "");
    ByteArrayOutputStream locations = new ByteArrayOutputStream();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int[] offsets = new int[resources.size()];
    int count = 0;
    for (Map.Entry<String, byte[]> each : resources.entrySet()) {
      String path = each.getKey();
      int slash = path.indexOf('/', 1);
      int last = path.lastIndexOf('/');
      int dot = path.lastIndexOf('.');
      String[] parts = {
        path.substring(1, slash),
        last > slash ? path.substring(slash + 1, last) : "",
        path.substring(last + 1, dot),
        path.substring(dot + 1)
      };
      offsets[count++] = locations.size();
      for (int kind = 1; kind <= 4; kind++) {
        attribute(locations, kind, place(strings, places, parts[kind - 1]));
      }
      attribute(locations, 5, bytes.size());
      attribute(locations, 7, each.getValue().length);
      locations.write(0);
      bytes.writeBytes(each.getValue());
    }
    ByteBuffer out =
        ByteBuffer.allocate(28 + 8 * count + locations.size() + strings.size() + bytes.size())
            .order(order);
    out.putInt(0xcafedada).putInt(1 << 16).putInt(0).putInt(count).putInt(count);
    out.putInt(locations.size()).putInt(strings.size());
    out.position(28 + 4 * count);
    for (int offset : offsets) {
      out.putInt(offset);
    }
    out.put(locations.toByteArray()).put(strings.toByteArray()).put(bytes.toByteArray());
    return out.array();
  }

  private static int place(
      ByteArrayOutputStream strings, Map<String, Integer> places, String text) {
    return places.computeIfAbsent(
        text,
        key -> {
          int at = strings.size();
          strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
          strings.write(0);
          return at;
        });
  }

  private static void attribute(ByteArrayOutputStream to, int kind, int value) {
    to.write(kind << 3 | 1);
    to.write(value >> 8);
    to.write(value);
  }
}
