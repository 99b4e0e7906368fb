package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.BlobSink;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.image.MediaType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The blobs of an output under way: {@code blobs/ALGORITHM/HEX} in its staging directory. */
final class StagedBlobs implements BlobSink, BlobSource {
  private static final String FOLDER = "blobs";

  private final Output output;
  private final TreeSet<Digest> digests = new TreeSet<>();
  private int begun;

  StagedBlobs(Output output) {
    this.output = output;
  }

  /** Returns the digests of the blobs, in order. */
  List<Digest> digests() {
    return new ArrayList<>(digests);
  }

  Path file(Digest digest) throws IOException {
    return output.staging().resolve(FOLDER).resolve(digest.algorithm()).resolve(digest.hex());
  }

  @Override
  public boolean contains(Digest digest) {
    return digests.contains(digest);
  }

  @Override
  public Content blob(Descriptor descriptor) throws IOException {
    if (!contains(descriptor.digest())) {
      throw new MalformedContentException(
          "blob", descriptor.digest().toString(), "it is not in " + output.target());
    }
    return Content.of(file(descriptor.digest()));
  }

  @Override
  public Writer begin() throws IOException {
    Path folder = Files.createDirectories(output.staging().resolve(FOLDER));
    Path file = folder.resolve(begun++ + ".incomplete");
    return new FileWriter(file, Files.newOutputStream(file, StandardOpenOption.CREATE_NEW));
  }

  /** Copies what the image is made of and is not here yet. */
  void putParts(Image image) throws IOException {
    Descriptor config = image.manifest().config();
    if (!contains(config.digest())) {
      put(config, Content.of(image.config().bytes()));
    }
    for (Layer layer : image.layers()) {
      if (!contains(layer.descriptor().digest()) && !isElsewhere(layer.descriptor())) {
        put(layer.descriptor(), layer.blob());
      }
    }
  }

  /** Says whether the image only refers to the layer: its owner does not let others hand it on. */
  static boolean isElsewhere(Descriptor layer) {
    String type = layer.mediaType().value();
    return !layer.urls().isEmpty()
        && (type.contains("nondistributable") || type.contains("foreign"));
  }

  void put(MediaType mediaType, byte[] blob) throws IOException {
    Descriptor descriptor = Descriptor.of(mediaType, blob);
    if (!contains(descriptor.digest())) {
      put(descriptor, Content.of(blob));
    }
  }

  private final class FileWriter extends Writer {
    private final Path file;
    private final OutputStream out;
    private long count;
    private boolean ended;

    FileWriter(Path file, OutputStream out) {
      this.file = file;
      this.out = out;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void commit(Descriptor descriptor) throws IOException {
      if (ended) {
        throw new IllegalStateException("the blob is committed or closed already");
      }
      if (descriptor.size() != count) {
        throw new IllegalArgumentException(
            "expected " + count + " bytes, as were written, found " + descriptor);
      }
      out.close();
      if (!contains(descriptor.digest())) {
        Path blob = file(descriptor.digest());
        Files.createDirectories(blob.resolveSibling(""));
        Files.move(file, blob, StandardCopyOption.REPLACE_EXISTING);
        digests.add(descriptor.digest());
        ended = true;
      }
      close();
    }

    @Override
    public void close() throws IOException {
      if (!ended) {
        ended = true;
        out.close();
        Files.deleteIfExists(file);
      }
    }
  }
}
