package io.k8or.layers.storage;

import io.k8or.content.MalformedContentException;

/**
 * One thing that {@link Verification} found wrong; the parts of a {@link
 * MalformedContentException}.
 *
 * @param what the thing that is malformed, in the words of its specification
 * @param where its place
 * @param why what was expected and what was found
 */
public record Fault(String what, String where, String why) {
  static Fault of(MalformedContentException e) {
    return new Fault(e.what(), e.where(), e.why());
  }

  /** Returns {@code WHAT: WHERE: WHY}. */
  @Override
  public String toString() {
    return what + ": " + where + ": " + why;
  }
}
