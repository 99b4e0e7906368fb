package io.k8or.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ByteStringProperties {
  @Property
  void concat_parts_areTheWhole(@ForAll byte[] one, @ForAll byte[] other) {
    ByteString both = ByteString.copyOf(one).concat(ByteString.copyOf(other));
    assertThat(both.length()).isEqualTo(one.length + other.length);
    assertThat(both.startsWith(ByteString.copyOf(one))).isTrue();
    assertThat(both.endsWith(ByteString.copyOf(other))).isTrue();
    assertThat(both.substring(0, one.length)).isEqualTo(ByteString.copyOf(one));
    assertThat(both.substring(one.length, both.length())).isEqualTo(ByteString.copyOf(other));
  }

  @Property
  void compareTo_strings_isUnsigned(@ForAll byte[] one, @ForAll byte[] other) {
    ByteString first = ByteString.copyOf(one);
    ByteString second = ByteString.copyOf(other);
    assertThat(Integer.signum(first.compareTo(second)))
        .isEqualTo(Integer.signum(Arrays.compareUnsigned(one, other)))
        .isEqualTo(-Integer.signum(second.compareTo(first)));
    assertThat(first.equals(second)).isEqualTo(first.compareTo(second) == 0);
    assertThat(first.hashCode()).isEqualTo(ByteString.copyOf(one).hashCode());
  }

  @Property
  void utf8_text_comesBack(@ForAll String text) {
    ByteString string = ByteString.utf8(text);
    assertThat(string.isUtf8()).isTrue();
    assertThat(ByteString.utf8(string.toUtf8())).isEqualTo(string);
    assertThat(string.toString().lines().count()).isLessThanOrEqualTo(1);
  }

  @Property
  void toLatin1_bytes_losesNothing(@ForAll byte[] bytes) {
    String text = ByteString.copyOf(bytes).toLatin1();
    assertThat(text.getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(bytes);
    assertThat(ByteString.copyOf(bytes).toHex()).hasSize(2 * bytes.length);
  }
}
