package io.k8or.testing;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Fuzz targets: classes named {@code …Fuzz} with two public methods.
 *
 * <ul>
 *   <li>{@code static void fuzzerTestOneInput(byte[])} as Jazzer has it. Whatever it throws is a
 *       find.
 *   <li>{@code static List<byte[]> seeds()}: well-formed inputs to begin with.
 * </ul>
 *
 * <p>Run by {@code bench/fuzz}. Each input that was once a find is kept as a resource below {@code
 * fuzz/} of the target's module, and is tried again, with the seeds, by the module's {@code
 * FuzzTest}.
 */
public final class Fuzz {
  private Fuzz() {}

  /** Runs a target with an input. */
  public static void run(Class<?> target, byte[] input) throws Exception {
    try {
      target.getMethod("fuzzerTestOneInput", byte[].class).invoke(null, (Object) input);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw (Error) e.getCause();
    }
  }

  /** Returns the seeds of a target. */
  @SuppressWarnings("unchecked")
  public static List<byte[]> seeds(Class<?> target) throws ReflectiveOperationException {
    return (List<byte[]>) target.getMethod("seeds").invoke(null);
  }

  /** Returns the seeds and the kept finds of a target, each with its name. */
  public static Map<String, byte[]> inputs(Class<?> target) throws Exception {
    Map<String, byte[]> inputs = new TreeMap<>();
    List<byte[]> seeds = seeds(target);
    for (int i = 0; i < seeds.size(); i++) {
      inputs.put("seed " + i, seeds.get(i));
    }
    for (String name : listed(target)) {
      try (InputStream in = target.getResourceAsStream("/fuzz/" + name)) {
        if (in == null) {
          throw new IllegalStateException("no resource fuzz/" + name);
        }
        inputs.put(name, in.readAllBytes());
      }
    }
    return inputs;
  }

  // The names of kept finds, TARGET/NAME, are lines of a file, as a class path cannot be listed.
  private static List<String> listed(Class<?> target) throws IOException {
    List<String> names = new ArrayList<>();
    try (InputStream in = target.getResourceAsStream("/fuzz/finds")) {
      String all = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
      try (Stream<String> lines = all.lines()) {
        lines.filter(line -> line.startsWith(target.getSimpleName() + "/")).forEach(names::add);
      }
    }
    return names;
  }

  /**
   * Writes the seeds and the kept finds of a target as files.
   *
   * @param arguments the target's class name and a directory
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createDirectories(Path.of(arguments[1]));
    int number = 0;
    for (byte[] input : inputs(Class.forName(arguments[0])).values()) {
      Files.write(directory.resolve("input-" + number++), input);
    }
  }
}
