package io.k8or.layers.storage;

/** Docker's names of images: what a person writes, and what is meant. */
final class DockerName {
  private static final String HUB = "docker.io/";
  private static final String LIBRARY = "library/";
  private static final String LATEST = ":latest";

  private DockerName() {}

  /**
   * Returns the name as people write it: {@code app:1} for {@code docker.io/library/app:1}, with
   * the tag {@code latest} where there is none.
   */
  static String familiar(String name) {
    String familiar = withTag(name);
    if (familiar.startsWith(HUB)) {
      familiar = familiar.substring(HUB.length());
    }
    return familiar.startsWith(LIBRARY) ? familiar.substring(LIBRARY.length()) : familiar;
  }

  static String withTag(String name) {
    return name.lastIndexOf(':') > name.lastIndexOf('/') ? name : name + LATEST;
  }
}
