package io.k8or.layers.storage;

/**
 * An entry of the tar around an image.
 *
 * @param offset where its bytes begin in the tar
 * @param size the number of its bytes
 * @param link where a link leads; empty for any other type
 */
record TarMember(String name, Type type, long offset, long size, String link) {
  /** What matters of an entry's type here. */
  enum Type {
    FILE,
    SYMLINK,
    HARD_LINK,
    OTHER
  }
}
