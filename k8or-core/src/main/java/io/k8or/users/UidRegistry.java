package io.k8or.users;

/**
 * The numbers that the services of all a caller's images have, so that no two share one. The caller
 * decides where it is kept: in memory, in a file, in a cluster.
 */
@FunctionalInterface
public interface UidRegistry {
  /**
   * Gives a number to a service, unless another service has it. A service may have several, where
   * an image of it uses its first one otherwise. Asking again gives the same answer.
   *
   * @param id a uid, which is also a gid
   * @param service the service's name
   * @return whether the service has the number now; false if another one has it
   */
  boolean claim(long id, String service);

  /** Returns a registry in memory, without any number; for use by several threads. */
  static UidRegistry inMemory() {
    return new InMemoryUidRegistry();
  }
}
