package io.k8or.users;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A registry that is gone with the program. */
final class InMemoryUidRegistry implements UidRegistry {
  private final Map<Long, String> services = new ConcurrentHashMap<>();

  @Override
  public boolean claim(long id, String service) {
    return services.computeIfAbsent(id, free -> service).equals(service);
  }

  @Override
  public String toString() {
    return "uids " + new TreeMap<>(services);
  }
}
