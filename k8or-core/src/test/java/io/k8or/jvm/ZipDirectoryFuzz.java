package io.k8or.jvm;

import static io.k8or.jvm.Jars.nesting;
import static io.k8or.jvm.Jars.type;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipException;

/**
 * Archives: what is read of them, and what is written without every second entry, with another one
 * changed, has the other entries with the same bytes.
 */
public final class ZipDirectoryFuzz {
  private static final int MAX = 1 << 20;

  private ZipDirectoryFuzz() {}

  /** Reads, takes out, changes, and reads again. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Content content = Content.of(data);
    try {
      Archive.list("fuzz", content, (archive, name) -> {});
      Archive.visit(
          "fuzz",
          content,
          (archive, name, bytes) -> {
            if (name.endsWith(".class")) {
              try {
                ClassFiles.constants(bytes, name);
              } catch (MalformedContentException e) {
                // no class
              }
            }
          });
    } catch (ZipException | MalformedContentException e) {
      // no archive
    }
    ZipDirectory directory;
    try {
      directory = ZipDirectory.of(content, "fuzz");
    } catch (MalformedContentException e) {
      return;
    }
    List<String> names = directory.names();
    if (names.stream().distinct().count() < names.size()) {
      return; // entries are named by their names
    }
    List<String> gone = new ArrayList<>();
    Map<String, Content> changed = new TreeMap<>();
    Map<String, Content> before = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      try {
        Optional<Content> stored = directory.stored(names.get(i));
        directory.read(names.get(i), MAX);
        if (i % 2 == 1) {
          gone.add(names.get(i));
        } else if (i % 4 == 2) {
          changed.put(names.get(i), Content.of(("now " + i).getBytes(StandardCharsets.UTF_8)));
        } else if (stored.isPresent()) {
          before.put(names.get(i), stored.get());
        }
      } catch (MalformedContentException e) {
        // not where the directory says, or not compressed so
      }
    }
    Content after;
    try {
      after = directory.with(gone::contains, changed);
    } catch (MalformedContentException e) {
      return;
    }
    Content.of(after.readAll(2 * MAX)); // its parts are inside
    ZipDirectory again = ZipDirectory.of(after, "after");
    List<String> left = new ArrayList<>(names);
    left.removeAll(gone);
    if (!again.names().equals(left)) {
      throw new AssertionError(again.names() + " are left, expected " + left);
    }
    before.putAll(changed);
    for (Map.Entry<String, Content> each : before.entrySet()) {
      Optional<String> now = again.stored(each.getKey()).map(ZipDirectoryFuzz::text);
      if (!now.equals(Optional.of(text(each.getValue())))) {
        throw new AssertionError(each.getKey() + " has other bytes");
      }
    }
  }

  private static String text(Content content) {
    try {
      return new String(content.readAll(MAX), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns an archive with stored, deflated and nested entries, and one behind a script. */
  public static List<byte[]> seeds() {
    byte[] nested = nesting(Map.of("a/A.class", type("a/A", "b.B")));
    Map<String, byte[]> entries = new TreeMap<>();
    entries.put("META-INF/MANIFEST.MF", "Main-Class: a.A\n".getBytes(StandardCharsets.UTF_8));
    entries.put("a/A.class", type("a/A", "b/B"));
    entries.put("a/text.properties", "x=b.B\n".repeat(20).getBytes(StandardCharsets.UTF_8));
    entries.put("b/", new byte[0]);
    entries.put("lib/a.jar", nested);
    entries.put("lib/b.jar", nested);
    byte[] plain = nesting(entries);
    ByteArrayOutputStream script = new ByteArrayOutputStream();
    script.writeBytes("#!/bin/sh\nexit\n".getBytes(StandardCharsets.UTF_8));
    script.writeBytes(plain);
    return List.of(plain, script.toByteArray(), nested);
  }
}
