package io.k8or.layers.limits;

import io.k8or.content.MalformedContentException;
import java.util.Optional;

/** What {@link Limits} bound. Safe against hostile input, and generous to honest images. */
public enum Limit {
  /** The entries of one layer; 10 million by default. */
  ENTRIES("entries", 10_000_000, "entries in a layer"),

  /**
   * The bytes of all PAX and GNU long-name headers before one entry, padding included; 1 MiB by
   * default.
   */
  HEADER_BYTES("headerBytes", 1 << 20, "bytes of extended headers before an entry"),

  /** The bytes of one GNU sparse map; 1 MiB by default. */
  SPARSE_MAP_BYTES("sparseMapBytes", 1 << 20, "bytes in a sparse map"),

  /** The bytes of a name or of a link's target; 4096 by default, where Linux ends. */
  NAME_BYTES("nameBytes", 4096, "bytes in a name"),

  /** The segments of a path; 1024 by default. */
  PATH_DEPTH("pathDepth", 1024, "segments in a path"),

  /**
   * The uncompressed bytes of one layer, and the bytes of its files with holes filled; 128 GiB by
   * default.
   */
  TOTAL_BYTES("totalBytes", 1L << 37, "uncompressed bytes in a layer"),

  /** The bytes of one manifest, index or configuration; 4 MiB by default. */
  MANIFEST_BYTES("manifestBytes", 4 << 20, "bytes in a manifest, index or configuration"),

  /** How deep image indexes are nested, 1 for an index of manifests; 8 by default. */
  INDEX_DEPTH("indexDepth", 8, "nested image indexes"),

  /** The layers of an image; 500 by default, Docker itself ends at 127. */
  LAYERS("layers", 500, "layers in an image"),

  /**
   * How many times larger than its compressed form content may be, beyond its first 64 MiB; 1100 by
   * default, as deflate itself ends at 1032.
   */
  EXPANSION_RATIO("expansionRatio", 1100, "bytes for each compressed one");

  private static final String PREFIX = "limit ";

  private final String text;
  private final long defaultValue;
  private final String unit;

  Limit(String text, long defaultValue, String unit) {
    this.text = text;
    this.defaultValue = defaultValue;
    this.unit = unit;
  }

  /** Returns the value in {@link Limits#defaults}. */
  public long defaultValue() {
    return defaultValue;
  }

  /**
   * Returns the limit that an error is about: the input may be well-formed, and a caller who trusts
   * it can read it with a greater limit. Empty for any other fault.
   */
  public static Optional<Limit> exceededIn(MalformedContentException error) {
    for (Limit limit : values()) {
      if (error.what().equals(PREFIX + limit)) {
        return Optional.of(limit);
      }
    }
    return Optional.empty();
  }

  MalformedContentException exceeded(long most, String found, Object where) {
    return new MalformedContentException(
        PREFIX + this,
        where.toString(),
        "expected at most " + most + " " + unit + ", found " + found);
  }

  /** Returns the name in errors, such as {@code headerBytes}. */
  @Override
  public String toString() {
    return text;
  }
}
