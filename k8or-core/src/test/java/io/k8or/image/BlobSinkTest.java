package io.k8or.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BlobSinkTest {
  private static final byte[] BLOB = {1, 2, 3, 4};
  private static final Descriptor DESCRIPTOR = Descriptor.of(MediaType.OCI_LAYER, BLOB);

  /** Fails at the call of a number: begin, each write, commit, close. */
  private static final class MemorySink implements BlobSink {
    final Map<Digest, ByteString> blobs = new HashMap<>();
    final int failing;
    int calls;
    int open;

    MemorySink(int failing) {
      this.failing = failing;
    }

    private void call() throws IOException {
      if (++calls == failing) {
        throw new IOException("call " + failing);
      }
    }

    @Override
    public Writer begin() throws IOException {
      call();
      open++;
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      return new Writer() {
        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
          call();
          bytes.write(buffer, offset, length);
        }

        @Override
        public void commit(Descriptor descriptor) throws IOException {
          call();
          blobs.put(descriptor.digest(), ByteString.copyOf(bytes.toByteArray()));
        }

        @Override
        public void close() {
          open--;
        }
      };
    }
  }

  @Test
  void put_rightBytes_areStored() throws IOException {
    MemorySink sink = new MemorySink(-1);
    sink.put(DESCRIPTOR, Content.of(BLOB));
    assertThat(sink.blobs).containsOnly(Map.entry(DESCRIPTOR.digest(), ByteString.copyOf(BLOB)));
    assertThat(sink.open).isZero();
    assertThat(sink.contains(DESCRIPTOR.digest())).isFalse(); // it does not say
  }

  @Test
  void put_wrongBytes_areNotCommitted() {
    MemorySink sink = new MemorySink(-1);
    assertThatThrownBy(() -> sink.put(DESCRIPTOR, Content.of(new byte[] {1, 2, 3, 5})))
        .isInstanceOf(MalformedContentException.class);
    assertThatThrownBy(() -> sink.put(DESCRIPTOR, Content.of(new byte[] {1, 2, 3})))
        .isInstanceOf(MalformedContentException.class);
    assertThat(sink.blobs).isEmpty();
    assertThat(sink.open).isZero();
  }

  @Test
  void put_failureAtAnyCall_commitsNothingAndClosesAll() {
    MemorySink whole = new MemorySink(-1);
    org.assertj.core.api.Assertions.assertThatCode(() -> whole.put(DESCRIPTOR, Content.of(BLOB)))
        .doesNotThrowAnyException();
    for (int call = 1; call <= whole.calls; call++) {
      MemorySink sink = new MemorySink(call);
      assertThatThrownBy(() -> sink.put(DESCRIPTOR, Content.of(BLOB)))
          .isInstanceOf(IOException.class)
          .hasMessage("call " + call);
      assertThat(sink.blobs).isEmpty();
      assertThat(sink.open).isZero();
    }
  }

  @Test
  void put_unreadableSource_closesTheWriter() {
    MemorySink sink = new MemorySink(-1);
    Content unreadable =
        new Content() {
          @Override
          public InputStream open() throws IOException {
            throw new IOException("gone");
          }

          @Override
          public long size() {
            return 4;
          }
        };
    assertThatThrownBy(() -> sink.put(DESCRIPTOR, unreadable)).hasMessage("gone");
    assertThat(sink.open).isZero();
  }

  @Test
  void write_oneByte_goesThrough() throws IOException {
    MemorySink sink = new MemorySink(-1);
    try (BlobSink.Writer writer = sink.begin()) {
      for (byte b : BLOB) {
        writer.write(b);
      }
      writer.commit(DESCRIPTOR);
    }
    assertThat(sink.blobs).containsKey(DESCRIPTOR.digest());
  }
}
