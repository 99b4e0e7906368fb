package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.testing.Tools;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A layer of 2 GB in a heap of 128 MB. */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BigLayerTest {
  private static final List<String> HEAP = List.of("-Xmx128m");
  private static final int MIB = 1 << 20;
  private static final int FILES = 32;
  private static final int FILE_SIZE = 64 * MIB;

  private Scratch scratch;
  private Path layout;

  @BeforeAll
  void make() throws IOException, InterruptedException {
    Tools.require("pigz", "tar", "sha256sum");
    scratch = Scratch.create("big");
    layout = scratch.resolve("in");
    long start = System.nanoTime();
    LayoutBytes bytes = new LayoutBytes(layout);
    Path file = scratch.resolve("layer.gz");
    Process pigz =
        new ProcessBuilder("pigz", "-1", "-c")
            .redirectOutput(file.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    MessageDigest tar = LayoutBytes.sha256();
    try (OutputStream out = new DigestOutputStream(pigz.getOutputStream(), tar)) {
      write(out);
    }
    assertThat(pigz.waitFor()).isZero();
    String hex = Shell.run(scratch.folder(), "sha256sum < layer.gz").substring(0, 64);
    long size = Files.size(file);
    Files.move(file, layout.resolve("blobs/sha256").resolve(hex));
    String layer = LayoutBytes.descriptor(LayoutBytes.TAR + "+gzip", hex, size);
    String diffId = HexFormat.of().formatHex(tar.digest());
    LayoutBytes.top(layout, bytes.image(List.of(layer), List.of(diffId)), "big");
    System.out.printf(
        "a layer of %d MiB, %d MiB compressed: %.1f s%n",
        (long) FILES * FILE_SIZE / MIB, size / MIB, (System.nanoTime() - start) / 1e9);
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void inspect_inASmallHeap_works() {
    JsonNode json = K8or.jsonIn(HEAP, "inspect", "oci:" + layout + ":big", "--json");
    assertThat(json.findValue("uncompressedBytes").asLong())
        .isGreaterThan((long) FILES * FILE_SIZE);
  }

  @Test
  void planAndApply_inASmallHeap_work() throws IOException {
    String[] options = {
      "--files",
      "--no-rule",
      "all",
      "--remove-path",
      "/data/*-29",
      "--remove-path",
      "/data/random-05",
      "--remove-path",
      "/data/text-12",
      "--remove-path",
      "/etc/motd"
    };
    JsonNode plan = K8or.jsonIn(HEAP, with(options, "plan", "oci:" + layout + ":big", "--json"));
    assertThat(plan.at("/edits")).hasSize(4);
    Path out = scratch.resolve("out");
    JsonNode applied =
        K8or.jsonIn(
            HEAP,
            with(
                options,
                "apply",
                "oci:" + layout + ":big",
                "--out",
                "oci:" + out + ":lean",
                "--json"));
    System.out.println("2 GB layer: " + applied.at("/layers") + applied.at("/seconds"));
    assertThat(applied.at("/layers/0/action").asText()).isEqualTo("rewritten");
    String hex = applied.at("/layers/0/to").asText().substring("sha256:".length());
    Path blob = out.resolve("blobs/sha256").resolve(hex);
    String names = Shell.run(scratch.folder(), "tar -tzf \"$1\"", blob);
    assertThat(names.lines())
        .hasSize(FILES + 5 - 4)
        .doesNotContain("data/random-05", "data/text-12", "data/random-29", "etc/motd")
        .contains("data/random-07", "data/text-04", "etc/passwd");
    String diffId = Shell.run(scratch.folder(), "pigz -dc < \"$1\" | sha256sum", blob);
    JsonNode manifest = json(out, applied.at("/output/manifestDigest").asText());
    JsonNode config = json(out, manifest.at("/config/digest").asText());
    assertThat(config.at("/rootfs/diff_ids/0").asText())
        .isEqualTo("sha256:" + diffId.substring(0, 64));
    assertThat(Shell.run(scratch.folder(), "sha256sum < \"$1\"", blob)).startsWith(hex);
  }

  private static Object[] with(String[] options, String... words) {
    Object[] all = new Object[words.length + options.length];
    System.arraycopy(words, 0, all, 0, words.length);
    System.arraycopy(options, 0, all, words.length, options.length);
    return all;
  }

  private static JsonNode json(Path layout, String digest) throws IOException {
    String hex = digest.substring("sha256:".length());
    return new ObjectMapper().readTree(layout.resolve("blobs/sha256").resolve(hex).toFile());
  }

  private static void write(OutputStream out) throws IOException {
    SplittableRandom random = new SplittableRandom(7);
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new BufferedOutputStream(out, MIB))) {
      directory(tar, "etc/");
      small(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
      small(tar, "etc/group", "root:x:0:\n");
      small(tar, "etc/motd", "hello\n");
      directory(tar, "data/");
      byte[] block = new byte[MIB];
      for (int i = 0; i < FILES; i++) {
        boolean text = i % 2 == 0;
        TarArchiveEntry entry =
            new TarArchiveEntry(String.format("data/%s-%02d", text ? "text" : "random", i));
        entry.setSize(FILE_SIZE);
        entry.setModTime(1_600_000_000_000L);
        tar.putArchiveEntry(entry);
        for (int part = 0; part < FILE_SIZE / MIB; part++) {
          if (text) {
            text(block, i, part);
          } else {
            random.nextBytes(block);
          }
          tar.write(block);
        }
        tar.closeArchiveEntry();
      }
    }
  }

  private static void text(byte[] block, int file, int part) {
    int at = 0;
    for (int line = 0; at < block.length; line++) {
      byte[] words =
          ("file " + file + " part " + part + " line " + line * 7919 + " of a log that says so\n")
              .getBytes(StandardCharsets.US_ASCII);
      int length = Math.min(words.length, block.length - at);
      System.arraycopy(words, 0, block, at, length);
      at += length;
    }
  }

  private static void directory(TarArchiveOutputStream tar, String name) throws IOException {
    tar.putArchiveEntry(new TarArchiveEntry(name));
    tar.closeArchiveEntry();
  }

  private static void small(TarArchiveOutputStream tar, String name, String content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }
}
