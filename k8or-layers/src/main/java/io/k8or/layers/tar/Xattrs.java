package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import java.util.Base64;
import java.util.Optional;

/** Extended attributes as PAX records. */
final class Xattrs {
  private Xattrs() {}

  static Pax.Entry record(ByteString name, ByteString value) {
    if (name.indexOf('=', 0) < 0 && name.indexOf(0, 0) < 0) {
      return new Pax.Entry(Pax.SCHILY_XATTR + name.toLatin1(), value);
    }
    // Such a name cannot be a key as it is; libarchive's form can hold it.
    StringBuilder key = new StringBuilder(Pax.LIBARCHIVE_XATTR);
    for (int i = 0; i < name.length(); i++) {
      int b = name.at(i);
      if (b > ' ' && b < 0x7f && b != '%' && b != '=') {
        key.append((char) b);
      } else {
        key.append(String.format("%%%02X", b));
      }
    }
    byte[] base64 = Base64.getEncoder().withoutPadding().encode(value.toByteArray());
    return new Pax.Entry(key.toString(), ByteString.copyOf(base64));
  }

  /** Returns the attribute that a record is about, if it is about one. */
  static Optional<ByteString> name(Pax.Entry record) {
    String key = record.key();
    if (key.startsWith(Pax.SCHILY_XATTR)) {
      return Optional.of(HeaderParser.latin1(key.substring(Pax.SCHILY_XATTR.length())));
    }
    return key.startsWith(Pax.LIBARCHIVE_XATTR)
        ? Optional.of(HeaderParser.percentDecoded(key.substring(Pax.LIBARCHIVE_XATTR.length())))
        : Optional.empty();
  }
}
