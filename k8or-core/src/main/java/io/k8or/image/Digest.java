package io.k8or.image;

import io.k8or.content.Content;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A digest of a blob, as {@code sha256:HEX} or {@code sha512:HEX} (OCI image specification,
 * descriptor, "Digests"). Any other algorithm is refused, because it could not be verified.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the digest in lower-case hexadecimal digits, 64 or 128 of them
 */
public record Digest(String algorithm, String hex) implements Comparable<Digest> {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA512 = Pattern.compile("[0-9a-f]{128}");

  /**
   * Checks the form.
   *
   * @throws IllegalArgumentException if the algorithm is another one, or the digits do not fit it
   */
  public Digest {
    boolean fits =
        switch (algorithm) {
          case "sha256" -> SHA256.matcher(hex).matches();
          case "sha512" -> SHA512.matcher(hex).matches();
          default -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException("not a sha256 or sha512 digest: " + algorithm + ":" + hex);
    }
  }

  /**
   * Parses {@code ALGORITHM:HEX}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("not a digest: " + text);
    }
    return new Digest(text.substring(0, colon), text.substring(colon + 1));
  }

  /** Returns the SHA-256 digest of the bytes. */
  public static Digest sha256(byte[] bytes) {
    return of(newSha256().digest(bytes));
  }

  /**
   * Returns the SHA-256 digest of the content. Reads it once.
   *
   * @throws IOException if it cannot be read
   */
  public static Digest sha256(Content content) throws IOException {
    MessageDigest digest = newSha256();
    try (InputStream in = content.open()) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return of(digest.digest());
  }

  /** Returns the SHA-256 digest of 32 bytes that a {@link MessageDigest} gave. */
  public static Digest of(byte[] sha256) {
    return new Digest("sha256", HexFormat.of().formatHex(sha256));
  }

  /** Returns a fresh SHA-256 function. */
  public static MessageDigest newSha256() {
    return newFunction("SHA-256");
  }

  /** Returns a fresh function of this digest's algorithm. */
  public MessageDigest newFunction() {
    return newFunction(algorithm.equals("sha256") ? "SHA-256" : "SHA-512");
  }

  private static MessageDigest newFunction(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      // Every Java platform must have both.
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int compareTo(Digest other) {
    return toString().compareTo(other.toString());
  }

  /** Returns {@code ALGORITHM:HEX}. */
  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }
}
