package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * The class {@code jdk.internal.module.SystemModulesMap}, which leads to the lists of modules that
 * the JDK's build made. As a JDK has it before that: without any list.
 */
final class SystemModulesMap {
  private static final String NAME = "jdk/internal/module/SystemModulesMap";
  private static final String LIST = "()Ljdk/internal/module/SystemModules;";
  private static final String NAMES = "()[Ljava/lang/String;";
  private static final Map<String, String> METHODS =
      Map.of(
          "allSystemModules", LIST,
          "defaultSystemModules", LIST,
          "moduleNames", NAMES,
          "classNames", NAMES);

  private SystemModulesMap() {}

  /**
   * Returns the class without a list.
   *
   * @throws MalformedContentException if it has other methods than are known
   */
  static byte[] emptied(byte[] original, String where) throws MalformedContentException {
    Set<String> methods = new TreeSet<>();
    int[] version = new int[1];
    ClassFiles.visit(
        original,
        where + ", " + NAME,
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public void visit(
              int number, int access, String name, String signature, String above, String[] faces) {
            version[0] = number;
          }

          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] thrown) {
            if (!name.equals("<init>")) {
              methods.add(name + descriptor);
            }
            return super.visitMethod(access, name, descriptor, signature, thrown);
          }
        });
    Set<String> expected = new TreeSet<>();
    METHODS.forEach((name, descriptor) -> expected.add(name + descriptor));
    if (!methods.equals(expected)) {
      throw new MalformedContentException(
          "jimage", where, NAME + ": expected the methods " + expected + ", found " + methods);
    }
    ClassWriter writer = new ClassWriter(0);
    writer.visit(version[0], Opcodes.ACC_SUPER, NAME, null, "java/lang/Object", null);
    for (String name : new TreeSet<>(METHODS.keySet())) {
      String descriptor = METHODS.getOrDefault(name, NAMES);
      MethodVisitor method = writer.visitMethod(Opcodes.ACC_STATIC, name, descriptor, null, null);
      method.visitCode();
      if (descriptor.equals(LIST)) {
        method.visitInsn(Opcodes.ACONST_NULL);
      } else {
        method.visitInsn(Opcodes.ICONST_0);
        method.visitTypeInsn(Opcodes.ANEWARRAY, "java/lang/String");
      }
      method.visitInsn(Opcodes.ARETURN);
      method.visitMaxs(1, 0);
      method.visitEnd();
    }
    writer.visitEnd();
    return writer.toByteArray();
  }
}
