package io.k8or.seccomp.program;

import io.k8or.elf.ElfFile;
import io.k8or.image.Digest;
import io.k8or.seccomp.aarch64.Aarch64Machine;
import io.k8or.seccomp.machine.Machine;
import io.k8or.seccomp.x86.X86Machine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What summaries depend on besides the object: the code that finds functions, references and
 * values. The digest of its classes is the version, so that nobody has to think of raising a
 * number.
 */
final class AnalysisVersion {
  private static final int DIGITS = 16;

  /** The names of the classes, by one of their package. */
  static final Map<Class<?>, String> CLASSES = new LinkedHashMap<>();

  static {
    CLASSES.put(
        ElfFile.class,
        "AddressRange EhFrame ElfFile ElfHeader ElfSymbol GoFunction GoFunctionTable HandledFrame"
            + " HandlerTable LoadedWords Relocation Section Segment SymbolVersions");
    CLASSES.put(
        Machine.class,
        "CodeBuilder CodeBytes ForwardAnalysis Frames FunctionEnds FunctionStarts FunctionValues"
            + " Functions Machine MachineCode Memory References Value");
    CLASSES.put(X86Machine.class, "Code Decoder Instruction Opcodes Slots State Values X86Machine");
    CLASSES.put(
        Aarch64Machine.class,
        "Aarch64Machine Addresses Code Decoder Encodings Instruction Operation State Steps"
            + " Values");
    CLASSES.put(ObjectAnalysis.class, "CodeTable Flow ObjectAnalysis ObjectSummary");
  }

  // Empty where there is none; null while it was not looked for.
  private static @Nullable String version;

  private AnalysisVersion() {}

  /** Returns the version; empty where the classes' own bytes are not at hand. */
  static synchronized Optional<String> get() throws IOException {
    String known = version;
    if (known == null) {
      known = read().orElse("");
      version = known;
    }
    return known.isEmpty() ? Optional.empty() : Optional.of(known);
  }

  private static Optional<String> read() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Map.Entry<Class<?>, String> entry : CLASSES.entrySet()) {
      for (String name : entry.getValue().split(" ", -1)) {
        Class<?>[] members;
        try {
          String full = entry.getKey().getPackageName() + "." + name;
          members = Class.forName(full, false, entry.getKey().getClassLoader()).getNestMembers();
        } catch (ClassNotFoundException e) {
          return Optional.empty(); // renamed by a tool
        }
        Arrays.sort(members, Comparator.comparing(Class::getName));
        for (Class<?> member : members) {
          String file = "/" + member.getName().replace('.', '/') + ".class";
          try (InputStream in = member.getResourceAsStream(file)) {
            if (in == null) {
              return Optional.empty();
            }
            in.transferTo(bytes);
          }
        }
      }
    }
    return Optional.of(Digest.sha256(bytes.toByteArray()).hex().substring(0, DIGITS));
  }
}
