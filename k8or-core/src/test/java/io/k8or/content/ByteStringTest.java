package io.k8or.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ByteStringTest {
  @Test
  void toString_bytes_arePrintable() {
    assertThat(ByteString.utf8("größe")).hasToString("größe");
    assertThat(ByteString.utf8("a\nb")).hasToString("a\\x0ab");
    assertThat(ByteString.copyOf(new byte[] {'a', (byte) 0xff, 0})).hasToString("a\\xff\\x00");
    assertThat(ByteString.empty()).hasToString("");
  }

  @Test
  void isUtf8_bytes_saysWhetherTheyAre() {
    assertThat(ByteString.utf8("größe").isUtf8()).isTrue();
    assertThat(ByteString.copyOf(new byte[] {(byte) 0xc3}).isUtf8()).isFalse();
    assertThat(ByteString.copyOf(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}).isUtf8())
        .isFalse(); // a lone surrogate
  }

  @Test
  void copyOf_changedArray_keepsItsBytes() {
    byte[] bytes = {1, 2, 3};
    ByteString string = ByteString.copyOf(bytes);
    bytes[0] = 9;
    string.toByteArray()[1] = 9;
    assertThat(string.toHex()).isEqualTo("010203");
  }

  @Test
  void substring_outside_throws() {
    ByteString string = ByteString.utf8("abc");
    assertThat(string.substring(1, 2)).isEqualTo(ByteString.utf8("b"));
    assertThat(string.substring(3, 3)).isEqualTo(ByteString.empty());
    assertThatThrownBy(() -> string.substring(1, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> string.substring(2, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void indexOf_value_isFound() {
    ByteString string = ByteString.copyOf(new byte[] {(byte) 0xff, 1, (byte) 0xff});
    assertThat(string.indexOf(0xff, 0)).isZero();
    assertThat(string.indexOf(0xff, 1)).isEqualTo(2);
    assertThat(string.indexOf(0xff, -5)).isZero();
    assertThat(string.indexOf(7, 0)).isEqualTo(-1);
    assertThat(string.lastIndexOf(0xff)).isEqualTo(2);
    assertThat(string.lastIndexOf(7)).isEqualTo(-1);
    assertThat(string.at(0)).isEqualTo(255);
  }
}
