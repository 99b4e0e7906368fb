package io.k8or.cli.sample;

import io.k8or.cli.sample.SampleTar.Owned;
import io.k8or.content.Content;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.History;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A small image with what real ones have: two services that run, 25 accounts of which few are
 * needed, a dpkg database, documentation, manual pages and translations; in three layers with a
 * whiteout, an opaque directory, hard links (one of a file that a lower layer holds too) and
 * extended attributes. The same bytes on every run.
 */
public final class SampleImage {
  /** 2026-01-01T00:00:00Z. */
  private static final long TIME = 1767225600;

  private static final Owned DIRECTORY = new Owned(0755, 0, 0);
  private static final Owned FILE = new Owned(0644, 0, 0);
  private static final Owned PROGRAM = new Owned(0755, 0, 0);
  private static final int DEMO = 1000;

  private SampleImage() {}

  /**
   * Builds the image, in memory.
   *
   * @throws IOException if the services' bytes cannot be read
   */
  public static Image build() throws IOException {
    List<byte[]> tars = List.of(baseLayer(), serviceLayer(), changesLayer());
    List<Layer> layers = new ArrayList<>();
    List<Digest> diffIds = new ArrayList<>();
    for (byte[] tar : tars) {
      ByteArrayOutputStream blob = new ByteArrayOutputStream();
      try (OutputStream out = Compression.GZIP.compress(blob)) {
        out.write(tar);
      }
      Descriptor descriptor = Descriptor.of(MediaType.OCI_LAYER_GZIP, blob.toByteArray());
      Digest diffId = Digest.sha256(tar);
      diffIds.add(diffId);
      layers.add(
          new Layer(descriptor, diffId, descriptor.verified(Content.of(blob.toByteArray()))));
    }
    ImageConfig config =
        ImageConfig.of(new Platform("linux", "amd64", ""))
            .with("/created", "\"2026-01-01T00:00:00Z\"")
            .with(
                "/config/Env",
                "[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"]")
            .with("/config/Entrypoint", "[\"/usr/bin/demo-server\"]")
            .with("/config/Cmd", "[\"8080\"]")
            .with("/config/ExposedPorts", "{\"8080/tcp\":{}}")
            .with("/config/WorkingDir", "\"/srv/www\"")
            .with("/config/StopSignal", "\"SIGTERM\"")
            .with("/config/Labels", "{\"org.opencontainers.image.title\":\"k8or sample\"}")
            .withLayers(
                diffIds,
                List.of(
                    History.of("base system"),
                    History.of("CMD 8080").withEmptyLayer(true),
                    History.of("install demo-server demo-worker"),
                    History.of("clear the cache, replace the worker, remove the greeting")));
    Manifest manifest =
        Manifest.of(
            Descriptor.of(MediaType.OCI_CONFIG, config.bytes().toByteArray()),
            layers.stream().map(Layer::descriptor).toList());
    return Image.of(manifest, config, layers);
  }

  private static byte[] baseLayer() {
    SampleTar tar = new SampleTar(TIME);
    for (String path : List.of("dev", "etc", "home", "opt", "proc", "run", "srv", "sys", "usr")) {
      tar.directory(path, DIRECTORY);
    }
    tar.directory("root", new Owned(0700, 0, 0));
    tar.directory("tmp", new Owned(01777, 0, 0));
    for (String path : List.of("usr/bin", "usr/lib", "usr/sbin", "usr/share", "var", "var/cache")) {
      tar.directory(path, DIRECTORY);
    }
    tar.symlink("bin", "usr/bin");
    tar.symlink("lib", "usr/lib");
    tar.symlink("sbin", "usr/sbin");
    tar.directory("var/lib", DIRECTORY);
    tar.directory("var/mail", new Owned(02775, 0, 8));
    for (String path : List.of("var/lib/dpkg", "var/lib/dpkg/info", "usr/share/doc")) {
      tar.directory(path, DIRECTORY);
    }
    SampleAccounts.files()
        .forEach((path, file) -> tar.file(path, file.owned(), bytes(file.text()), Map.of()));
    tar.file(
        "etc/os-release",
        FILE,
        bytes(
            "ID=k8or-sample\nNAME=\"k8or sample\"\nVERSION_ID=1\nPRETTY_NAME=\"k8or sample 1\"\n"),
        Map.of());
    tar.file("etc/motd", FILE, bytes("Welcome. A higher layer takes this away.\n"), Map.of());
    tar.file("etc/hostname", FILE, bytes("sample\n"), Map.of());
    documentation().forEach((path, text) -> tar.file(path, FILE, bytes(text), Map.of()));
    SamplePackages.database().forEach((path, text) -> tar.file(path, FILE, bytes(text), Map.of()));
    return tar.finish();
  }

  private static byte[] serviceLayer() throws IOException {
    SampleTar tar = new SampleTar(TIME + 60);
    // cap_net_bind_service, permitted and effective (struct vfs_cap_data, revision 2).
    byte[] capability = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    SortedMap<String, byte[]> xattrs = new TreeMap<>();
    xattrs.put("security.capability", capability);
    xattrs.put("user.note", new byte[] {'n', (byte) 0xff, 0});
    tar.file("usr/bin/demo-server", PROGRAM, program("server"), xattrs);
    tar.directory("usr/lib/demo", DIRECTORY);
    tar.hardLink("usr/lib/demo/server", "usr/bin/demo-server", PROGRAM);
    tar.file("usr/bin/demo-worker", PROGRAM, program("worker"), Map.of());
    tar.directory("srv/www", new Owned(0755, DEMO, DEMO));
    tar.file(
        "srv/www/notes.txt",
        new Owned(0640, DEMO, DEMO),
        bytes("For the demo account.\n"),
        Map.of());
    tar.directory("var/cache/demo", new Owned(0750, DEMO, DEMO));
    for (int i = 1; i <= 3; i++) {
      tar.file(
          "var/cache/demo/old-" + i,
          new Owned(0640, DEMO, DEMO),
          bytes(prose("cached", i, 4000)),
          Map.of());
    }
    return tar.finish();
  }

  private static byte[] changesLayer() throws IOException {
    SampleTar tar = new SampleTar(TIME + 120);
    tar.file("etc/.wh.motd", FILE, new byte[0], Map.of());
    tar.directory("var/cache/demo", new Owned(0750, DEMO, DEMO));
    tar.file("var/cache/demo/.wh..wh..opq", FILE, new byte[0], Map.of());
    tar.file("var/cache/demo/fresh", new Owned(0640, DEMO, DEMO), bytes("kept\n"), Map.of());
    // A link to a file of a lower layer copies the file up, as overlayfs does.
    tar.file("usr/bin/demo-worker", PROGRAM, program("worker"), Map.of());
    tar.hardLink("usr/bin/demo-beat", "usr/bin/demo-worker", PROGRAM);
    return tar.finish();
  }

  private static SortedMap<String, String> documentation() {
    SortedMap<String, String> files = new TreeMap<>();
    for (String name : SamplePackages.names()) {
      files.put("usr/share/doc/" + name + "/copyright", SamplePackages.COPYRIGHT);
      files.put("usr/share/doc/" + name + "/changelog", prose(name, 1, 20_000));
    }
    files.put("usr/share/doc/demo-server/README", prose("the server", 2, 6_000));
    files.put("usr/share/man/man1/demo-server.1", manual("demo-server"));
    files.put("usr/share/man/man1/demo-worker.1", manual("demo-worker"));
    files.put("usr/share/man/de/man1/demo-server.1", manual("demo-server (de)"));
    for (String language : List.of("de", "es", "fr", "ja")) {
      files.put(
          "usr/share/locale/" + language + "/LC_MESSAGES/demo.mo", prose(language, 3, 12_000));
    }
    return files;
  }

  private static String manual(String name) {
    return ".TH " + name + " 1\n.SH NAME\n" + name + "\n.SH DESCRIPTION\n" + prose(name, 4, 3_000);
  }

  // Text that packs about as well as real text does; the same on every run.
  private static String prose(String subject, int seed, int length) {
    String[] words = {
      "changes",
      "the",
      "of",
      "release",
      "fixes",
      "when",
      "a",
      "file",
      "port",
      "cannot",
      "be",
      "opened",
      "and",
      "says",
      "which",
      "service",
      "reads",
      "its",
      "settings",
      "after",
      "start"
    };
    StringBuilder text = new StringBuilder(subject).append('\n');
    long state = subject.hashCode() * 31L + seed;
    while (text.length() < length) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      text.append(words[(int) ((state >>> 33) % words.length)]);
      text.append(
          ((state >>> 20) & 15) == 0 ? String.format(Locale.ROOT, " %d\n", state >>> 52) : " ");
    }
    return text.append('\n').toString();
  }

  private static byte[] program(String name) throws IOException {
    try (InputStream in = SampleImage.class.getResourceAsStream("/io/k8or/cli/demo/" + name)) {
      if (in == null) {
        throw new IOException("the program " + name + " is missing in the jar");
      }
      return in.readAllBytes();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
