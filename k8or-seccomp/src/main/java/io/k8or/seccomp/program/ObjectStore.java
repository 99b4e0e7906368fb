package io.k8or.seccomp.program;

import io.k8or.content.Content;
import io.k8or.image.Digest;
import io.k8or.seccomp.program.ObjectAnalysis.Summary;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the analyses of objects, so that each library of an image is analysed once. Held in memory;
 * what was learnt can be kept elsewhere too, by the digest of the object. Not for use by several
 * threads at once.
 */
public final class ObjectStore {
  private static final int MAX_SIZE = 1 << 30;

  // Contents are suppliers: the same supplier gives the same bytes.
  private final Map<Content, ObjectAnalysis> known = new HashMap<>();
  // What has a summary, with its key.
  private final Map<String, ObjectAnalysis> keys = new LinkedHashMap<>();
  private final @Nullable Finder finder;

  /** Finds what was kept. */
  @FunctionalInterface
  public interface Finder {
    /** Returns what was kept under the key. */
    Optional<Content> find(String key) throws IOException;
  }

  /** Keeps what was learnt. */
  @FunctionalInterface
  public interface Keeper {
    /** Keeps it under the key, in the place of what was there. */
    void keep(String key, Content summary) throws IOException;
  }

  /** Makes an empty store. */
  public ObjectStore() {
    this.finder = null;
  }

  /** Makes a store that looks for what was kept before. */
  public ObjectStore(Finder finder) {
    this.finder = finder;
  }

  /**
   * Hands out what was learnt of objects since they were taken apart, or since this was called.
   *
   * @throws IOException if it cannot be kept
   */
  public void keep(Keeper keeper) throws IOException {
    for (Map.Entry<String, ObjectAnalysis> entry : keys.entrySet()) {
      Optional<Content> summary = entry.getValue().summary(entry.getKey());
      if (summary.isPresent()) {
        keeper.keep(entry.getKey(), summary.get());
      }
    }
  }

  /**
   * Lets go of what no other program needs: the program's own analysis, unless a summary of it is
   * to be kept, and of the libraries all that can be computed again.
   */
  void finished(Content program) {
    if (finder == null) {
      known.remove(program);
    }
    known.values().forEach(ObjectAnalysis::forgetValues);
  }

  ObjectAnalysis get(Content content, String where) throws IOException {
    ObjectAnalysis analysis = known.get(content);
    if (analysis == null) {
      byte[] bytes = content.readAll(MAX_SIZE);
      Optional<String> version = finder == null ? Optional.empty() : AnalysisVersion.get();
      if (finder == null || version.isEmpty()) {
        analysis = ObjectAnalysis.of(bytes, where, null);
      } else {
        String key = Digest.sha256(bytes).hex() + "-" + version.get();
        Optional<Content> summary = finder.find(key);
        analysis =
            ObjectAnalysis.of(bytes, where, summary.map(s -> new Summary(key, s)).orElse(null));
        keys.put(key, analysis);
      }
      known.put(content, analysis);
    }
    return analysis;
  }
}
