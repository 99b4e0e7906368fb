package io.k8or.layers.limits;

import io.k8or.content.MalformedContentException;

/**
 * What a caller allows input to cost, with defaults that are safe for hostile input and generous
 * for honest images. Immutable.
 *
 * <p>Each limit has a getter, a {@code with} method that gives changed limits, and a {@code check}
 * method that parsers call: it throws a {@link MalformedContentException} which names the limit and
 * its value.
 */
public final class Limits {
  /** Expansion is not judged before this many uncompressed bytes: small bombs do no harm. */
  private static final long FREE_EXPANSION = 64L << 20;

  /** Keeps sums of two positions inside a {@code long}. */
  private static final long MOST = 1L << 61;

  private static final Limits DEFAULTS =
      new Limits(10_000_000L, 1L << 20, 1L << 20, 4096, 1024, 1L << 37, 4L << 20, 8, 500, 1100);

  private final long entries;
  private final long headerBytes;
  private final long sparseMapBytes;
  private final long nameBytes;
  private final long pathDepth;
  private final long totalBytes;
  private final long manifestBytes;
  private final long indexDepth;
  private final long layers;
  private final long expansionRatio;

  private Limits(
      long entries,
      long headerBytes,
      long sparseMapBytes,
      long nameBytes,
      long pathDepth,
      long totalBytes,
      long manifestBytes,
      long indexDepth,
      long layers,
      long expansionRatio) {
    this.entries = positive("entries", entries);
    this.headerBytes = positive("headerBytes", headerBytes);
    this.sparseMapBytes = positive("sparseMapBytes", sparseMapBytes);
    this.nameBytes = positive("nameBytes", nameBytes);
    this.pathDepth = positive("pathDepth", pathDepth);
    this.totalBytes = positive("totalBytes", totalBytes);
    this.manifestBytes = positive("manifestBytes", manifestBytes);
    this.indexDepth = positive("indexDepth", indexDepth);
    this.layers = positive("layers", layers);
    this.expansionRatio = positive("expansionRatio", expansionRatio);
  }

  /** Returns the defaults, which each getter states. */
  public static Limits defaults() {
    return DEFAULTS;
  }

  /** Returns the number of entries in one layer; 10 million by default. */
  public long entries() {
    return entries;
  }

  /**
   * Returns these limits with another value for {@link #entries}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withEntries(long value) {
    return new Limits(
        value,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        totalBytes,
        manifestBytes,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #entries}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkEntries(long value, String where) throws MalformedContentException {
    check("entries", "entries in a layer", entries, value, where);
  }

  /**
   * Returns the bytes of all PAX and GNU long-name headers before one entry, padding included; 1
   * MiB by default.
   */
  public long headerBytes() {
    return headerBytes;
  }

  /**
   * Returns these limits with another value for {@link #headerBytes}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withHeaderBytes(long value) {
    return new Limits(
        entries,
        value,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        totalBytes,
        manifestBytes,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #headerBytes}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkHeaderBytes(long value, String where) throws MalformedContentException {
    check("headerBytes", "bytes of extended headers before an entry", headerBytes, value, where);
  }

  /** Returns the bytes of one GNU sparse map; 1 MiB by default. */
  public long sparseMapBytes() {
    return sparseMapBytes;
  }

  /**
   * Returns these limits with another value for {@link #sparseMapBytes}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withSparseMapBytes(long value) {
    return new Limits(
        entries,
        headerBytes,
        value,
        nameBytes,
        pathDepth,
        totalBytes,
        manifestBytes,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #sparseMapBytes}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkSparseMapBytes(long value, String where) throws MalformedContentException {
    check("sparseMapBytes", "bytes in a sparse map", sparseMapBytes, value, where);
  }

  /** Returns the bytes of a name or of a link's target; Linux ends at 4096; 4096 by default. */
  public long nameBytes() {
    return nameBytes;
  }

  /**
   * Returns these limits with another value for {@link #nameBytes}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withNameBytes(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        value,
        pathDepth,
        totalBytes,
        manifestBytes,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #nameBytes}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkNameBytes(long value, String where) throws MalformedContentException {
    check("nameBytes", "bytes in a name", nameBytes, value, where);
  }

  /** Returns the number of segments in a path; 1024 by default. */
  public long pathDepth() {
    return pathDepth;
  }

  /**
   * Returns these limits with another value for {@link #pathDepth}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withPathDepth(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        value,
        totalBytes,
        manifestBytes,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #pathDepth}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkPathDepth(long value, String where) throws MalformedContentException {
    check("pathDepth", "segments in a path", pathDepth, value, where);
  }

  /**
   * Returns the uncompressed bytes of one layer, and the bytes of its files with holes filled; 128
   * GiB by default.
   */
  public long totalBytes() {
    return totalBytes;
  }

  /**
   * Returns these limits with another value for {@link #totalBytes}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withTotalBytes(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        value,
        manifestBytes,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #totalBytes}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkTotalBytes(long value, String where) throws MalformedContentException {
    check("totalBytes", "uncompressed bytes in a layer", totalBytes, value, where);
  }

  /** Returns the bytes of one manifest, index or configuration; 4 MiB by default. */
  public long manifestBytes() {
    return manifestBytes;
  }

  /**
   * Returns these limits with another value for {@link #manifestBytes}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withManifestBytes(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        totalBytes,
        value,
        indexDepth,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #manifestBytes}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkManifestBytes(long value, String where) throws MalformedContentException {
    check(
        "manifestBytes",
        "bytes in a manifest, index or configuration",
        manifestBytes,
        value,
        where);
  }

  /** Returns how deep image indexes are nested, 1 for an index of manifests; 8 by default. */
  public long indexDepth() {
    return indexDepth;
  }

  /**
   * Returns these limits with another value for {@link #indexDepth}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withIndexDepth(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        totalBytes,
        manifestBytes,
        value,
        layers,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #indexDepth}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkIndexDepth(long value, String where) throws MalformedContentException {
    check("indexDepth", "nested image indexes", indexDepth, value, where);
  }

  /** Returns the number of layers in an image; Docker itself ends at 127; 500 by default. */
  public long layers() {
    return layers;
  }

  /**
   * Returns these limits with another value for {@link #layers}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withLayers(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        totalBytes,
        manifestBytes,
        indexDepth,
        value,
        expansionRatio);
  }

  /**
   * Checks a value against {@link #layers}.
   *
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if there are more
   */
  public void checkLayers(long value, String where) throws MalformedContentException {
    check("layers", "layers in an image", layers, value, where);
  }

  /**
   * Returns how many times larger than its compressed form content may be; 1100 by default, as
   * deflate itself ends at 1032.
   */
  public long expansionRatio() {
    return expansionRatio;
  }

  /**
   * Returns these limits with another value for {@link #expansionRatio}.
   *
   * @throws IllegalArgumentException if it is not 1 or more
   */
  public Limits withExpansionRatio(long value) {
    return new Limits(
        entries,
        headerBytes,
        sparseMapBytes,
        nameBytes,
        pathDepth,
        totalBytes,
        manifestBytes,
        indexDepth,
        layers,
        value);
  }

  /**
   * Checks an expansion against {@link #expansionRatio}. The first 64 MiB of output are free.
   *
   * @param compressed the bytes read so far
   * @param uncompressed the bytes that they gave
   * @param where the place of what is checked, for the error
   * @throws MalformedContentException if they gave more than the limit allows
   */
  public void checkExpansion(long compressed, long uncompressed, String where)
      throws MalformedContentException {
    if (uncompressed > FREE_EXPANSION && uncompressed / expansionRatio > Math.max(compressed, 1)) {
      throw new MalformedContentException(
          "limit expansionRatio",
          where,
          "expected at most "
              + expansionRatio
              + " bytes for each compressed one, found "
              + uncompressed
              + " bytes from "
              + compressed);
    }
  }

  private static void check(String name, String of, long limit, long value, String where)
      throws MalformedContentException {
    if (value > limit) {
      throw new MalformedContentException(
          "limit " + name, where, "expected at most " + limit + " " + of + ", found " + value);
    }
  }

  private static long positive(String name, long value) {
    if (value < 1 || value > MOST) {
      throw new IllegalArgumentException("limit " + name + " not in 1 to " + MOST + ": " + value);
    }
    return value;
  }

  @Override
  public String toString() {
    return "Limits["
        + "entries="
        + entries
        + ", headerBytes="
        + headerBytes
        + ", sparseMapBytes="
        + sparseMapBytes
        + ", nameBytes="
        + nameBytes
        + ", pathDepth="
        + pathDepth
        + ", totalBytes="
        + totalBytes
        + ", manifestBytes="
        + manifestBytes
        + ", indexDepth="
        + indexDepth
        + ", layers="
        + layers
        + ", expansionRatio="
        + expansionRatio
        + "]";
  }
}
