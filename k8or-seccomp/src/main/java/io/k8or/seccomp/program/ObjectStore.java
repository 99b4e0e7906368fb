package io.k8or.seccomp.program;

import io.k8or.content.Content;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps the analyses of objects, so that each library of an image is analysed once. Held in memory;
 * not for use by several threads at once.
 */
public final class ObjectStore {
  // Contents are suppliers: the same supplier gives the same bytes.
  private final Map<Content, ObjectAnalysis> known = new HashMap<>();

  /** Makes an empty store. */
  public ObjectStore() {}

  ObjectAnalysis get(Content content, String where) throws IOException {
    ObjectAnalysis analysis = known.get(content);
    if (analysis == null) {
      analysis = ObjectAnalysis.of(content, where);
      known.put(content, analysis);
    }
    return analysis;
  }
}
