package io.k8or.layers;

import io.k8or.content.Content;

/** A part of a new tar. */
sealed interface TarSpan {
  /** Bytes of the old tar, from the one offset (inclusive) to the other (exclusive). */
  record Copy(long from, long to) implements TarSpan {}

  /** Other bytes. */
  record Insert(Content content) implements TarSpan {}
}
