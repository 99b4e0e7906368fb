package io.k8or.seccomp;

import io.k8or.content.Content;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where summaries of programs and libraries are kept from one analysis to the next, so that a
 * library such as libc is taken apart once. The caller's: a folder, a database, a cache.
 *
 * <p>A summary holds what does not depend on the program that loads the object: its functions, what
 * its instructions refer to, and what holds in the functions that were looked at so far. It grows
 * when another program asks for more.
 *
 * <ul>
 *   <li>A key is the SHA-256 digest of the object's bytes, a dash, and a digest of the code that
 *       analysed it: {@code [0-9a-f]{64}-[0-9a-f]{16}}. A build-id would not do: whoever changes an
 *       object may leave it as it is.
 *   <li>The same object, asked the same, gives the same bytes.
 *   <li>Bytes that are not whole, or were kept under another key, are left aside: the object is
 *       analysed as if nothing had been kept. That finds faults, not attacks: who can write to the
 *       store can make a profile smaller or larger.
 *   <li>Two that keep at once lose nothing but time: the last one stays.
 * </ul>
 */
public interface SummaryStore {
  /**
   * Returns what was kept last under the key; empty if there is nothing.
   *
   * @throws IOException if the store cannot be read
   */
  Optional<Content> find(String key) throws IOException;

  /**
   * Keeps a summary under the key, in the place of what was there.
   *
   * @throws IOException if the store cannot be written
   */
  void keep(String key, Content summary) throws IOException;

  /** Returns a store in memory, for the life of the object; for use by several threads at once. */
  static SummaryStore inMemory() {
    return new InMemory(new ConcurrentHashMap<>());
  }

  /**
   * A store in memory.
   *
   * @param summaries by key
   */
  record InMemory(Map<String, Content> summaries) implements SummaryStore {
    @Override
    public Optional<Content> find(String key) {
      return Optional.ofNullable(summaries.get(key));
    }

    @Override
    public void keep(String key, Content summary) {
      summaries.put(key, summary);
    }

    @Override
    public String toString() {
      return summaries.size() + " summaries in memory";
    }
  }
}
