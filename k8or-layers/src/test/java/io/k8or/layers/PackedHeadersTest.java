package io.k8or.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackedHeadersTest {
  private static byte[] header(int i) {
    byte[] header = new byte[512 * (1 + i % 3)];
    Arrays.fill(header, (byte) i);
    header[7] = (byte) (i >> 8);
    return header;
  }

  @Test
  void add_manyHeaders_eachIsReadAsItWas() throws IOException {
    PackedHeaders headers = new PackedHeaders();
    List<Content> contents = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      contents.add(headers.add(header(i)));
      // Also while its group is not full.
      assertThat(contents.get(i).readAll(2000)).isEqualTo(header(i));
    }
    for (int i = 0; i < 500; i++) {
      assertThat(contents.get(i).readAll(2000)).isEqualTo(header(i));
    }
    for (int i = 499; i >= 0; i -= 7) {
      assertThat(contents.get(i).size()).isEqualTo(header(i).length);
      assertThat(contents.get(i).readAll(2000)).isEqualTo(header(i));
    }
  }
}
