package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.BlobSink;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Blobs in memory; it fails at a call of one's choice. */
final class MemoryBlobs implements BlobSink, BlobSource {
  final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final int failAt;
  private volatile boolean failed;
  volatile int committedAfterFailure;

  MemoryBlobs() {
    this(-1);
  }

  MemoryBlobs(int failAt) {
    this.failAt = failAt;
  }

  int calls() {
    return calls.get();
  }

  private void call(String what) throws IOException {
    if (calls.getAndIncrement() == failAt) {
      failed = true;
      throw new IOException("no " + what);
    }
  }

  @Override
  public Writer begin() throws IOException {
    call("begin");
    return new Writer() {
      private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

      @Override
      public void write(byte[] array, int offset, int length) throws IOException {
        call("write");
        bytes.write(array, offset, length);
      }

      @Override
      public void commit(Descriptor descriptor) throws IOException {
        call("commit");
        if (failed) {
          committedAfterFailure++;
        }
        byte[] blob = bytes.toByteArray();
        if (blob.length != descriptor.size() || !Digest.sha256(blob).equals(descriptor.digest())) {
          throw new MalformedContentException("blob", descriptor.toString(), "another one");
        }
        blobs.put(descriptor.digest(), blob);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Content blob(Descriptor descriptor) throws IOException {
    byte[] blob = blobs.get(descriptor.digest());
    if (blob == null) {
      throw new MalformedContentException("blob", descriptor.toString(), "there is none");
    }
    return Content.of(blob);
  }
}
