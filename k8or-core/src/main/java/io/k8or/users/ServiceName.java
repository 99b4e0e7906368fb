package io.k8or.users;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** What follows from a service's name alone: its account's name, and where its number begins. */
final class ServiceName {
  static final long FIRST_ID = 10_000;
  static final long LAST_ID = 59_999;
  private static final int MAX_ACCOUNT_NAME = 32;

  private ServiceName() {}

  /** Returns the name in the letters of useradd(8), at most 32 of them. */
  static String accountName(String service) {
    StringBuilder name = new StringBuilder();
    for (char c : service.toLowerCase(Locale.ROOT).toCharArray()) {
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      name.append(plain ? c : '-');
    }
    if (name.chars().noneMatch(c -> c != '-' && c != '_')) {
      throw new IllegalArgumentException("no letter in the service name \"" + service + "\"");
    }
    if (!Character.isLetter(name.charAt(0)) && name.charAt(0) != '_') {
      name.insert(0, '_');
    }
    if (name.length() > MAX_ACCOUNT_NAME) {
      // Two long names with one beginning must not become one account.
      String end = "-" + HexFormat.of().formatHex(hash(service), 0, 4);
      name.setLength(MAX_ACCOUNT_NAME - end.length());
      name.append(end);
    }
    return name.toString();
  }

  /** Returns the first 8 bytes of the name's SHA-256, as a number, brought into the range. */
  static long firstId(String service) {
    long hash = ByteBuffer.wrap(hash(service)).getLong();
    return FIRST_ID + Long.remainderUnsigned(hash, LAST_ID - FIRST_ID + 1);
  }

  /** Returns the number to try after this one. */
  static long nextId(long id) {
    return id == LAST_ID ? FIRST_ID : id + 1;
  }

  private static byte[] hash(String service) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(service.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
