package io.k8or.seccomp.program;

import io.k8or.content.Content;
import io.k8or.image.Digest;
import io.k8or.seccomp.program.ObjectAnalysis.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the analyses of objects, so that each library of an image is analysed once. Held in memory,
 * as far as the objects that were used last have up to {@value #MOST} bytes together; what was
 * learnt can be kept elsewhere too, by the digest of the object. Not for use by several threads at
 * once.
 */
public final class ObjectStore {
  private static final int MAX_SIZE = 1 << 30;

  /** Bytes of the objects between programs; an analysis takes some ten times as much. */
  static final long MOST = 32 << 20;

  // Contents are suppliers: the same supplier gives the same bytes. What was used last is last.
  private final Map<Content, ObjectAnalysis> known = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Content, String> keys = new HashMap<>();
  // Of analyses that were let go of, and not handed out yet.
  private final Map<String, Content> summaries = new TreeMap<>();
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
    for (Content content : keys.keySet()) {
      summarize(content);
    }
    for (Map.Entry<String, Content> summary : summaries.entrySet()) {
      keeper.keep(summary.getKey(), summary.getValue());
    }
    summaries.clear();
  }

  private void summarize(Content content) {
    String key = keys.get(content);
    ObjectAnalysis analysis = known.get(content);
    if (key != null && analysis != null) {
      analysis.summary(key).ifPresent(summary -> summaries.put(key, summary));
    }
  }

  /**
   * Lets go of what no other program needs: the program's own analysis, libraries that were not
   * used for long, and of the others all that can be computed again.
   */
  void finished(Content program) {
    List<Content> leave = new ArrayList<>();
    leave.add(program);
    long left = known.keySet().stream().mapToLong(Content::size).sum() - program.size();
    for (Content eldest : known.keySet()) {
      if (left > MOST && !eldest.equals(program)) {
        leave.add(eldest);
        left -= eldest.size();
      }
    }
    for (Content each : leave) {
      summarize(each);
      known.remove(each);
      keys.remove(each);
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
        Content pending = summaries.get(key);
        Optional<Content> summary = pending == null ? finder.find(key) : Optional.of(pending);
        analysis =
            ObjectAnalysis.of(bytes, where, summary.map(s -> new Summary(key, s)).orElse(null));
        keys.put(content, key);
      }
      known.put(content, analysis);
    }
    return analysis;
  }
}
