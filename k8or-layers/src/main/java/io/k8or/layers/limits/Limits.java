package io.k8or.layers.limits;

import io.k8or.content.MalformedContentException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** What a caller allows input to cost: a value for each {@link Limit}. Immutable. */
public final class Limits {
  /** Expansion is not judged before this many uncompressed bytes: small bombs do no harm. */
  private static final long FREE_EXPANSION = 64L << 20;

  /** Keeps sums of two positions inside a {@code long}. */
  private static final long MOST = 1L << 61;

  private static final Limits DEFAULTS = new Limits(defaultValues());

  private final Map<Limit, Long> values;

  private Limits(Map<Limit, Long> values) {
    this.values = values;
  }

  private static Map<Limit, Long> defaultValues() {
    Map<Limit, Long> values = new EnumMap<>(Limit.class);
    for (Limit limit : Limit.values()) {
      values.put(limit, limit.defaultValue());
    }
    return values;
  }

  /** Returns the defaults, which each {@link Limit} states. */
  public static Limits defaults() {
    return DEFAULTS;
  }

  /** Returns the value of a limit. */
  public long get(Limit limit) {
    return Objects.requireNonNull(values.get(limit));
  }

  /**
   * Returns these limits with another value for one of them.
   *
   * @throws IllegalArgumentException if it is not 1 to 2^61
   */
  public Limits with(Limit limit, long value) {
    if (value < 1 || value > MOST) {
      throw new IllegalArgumentException("limit " + limit + " not in 1 to " + MOST + ": " + value);
    }
    Map<Limit, Long> changed = new EnumMap<>(values);
    changed.put(limit, value);
    return new Limits(changed);
  }

  /**
   * Checks a number against a limit, for parsers.
   *
   * @param found what there is
   * @param where the place of what is checked; its text is asked for only if there is an error
   * @throws MalformedContentException if there is more, naming limit, value and place
   */
  public void check(Limit limit, long found, Object where) throws MalformedContentException {
    long most = get(limit);
    if (found > most) {
      throw limit.exceeded(most, Long.toString(found), where);
    }
  }

  /**
   * Checks an expansion against {@link Limit#EXPANSION_RATIO}. The first 64 MiB of output are free.
   *
   * @param compressed the bytes read so far
   * @param uncompressed the bytes that they gave
   * @param where the place of what is checked
   * @throws MalformedContentException if they gave more than the limit allows
   */
  public void checkExpansion(long compressed, long uncompressed, Object where)
      throws MalformedContentException {
    if (uncompressed <= FREE_EXPANSION) {
      return;
    }
    long ratio = get(Limit.EXPANSION_RATIO);
    if (uncompressed / ratio > Math.max(compressed, 1)) {
      throw Limit.EXPANSION_RATIO.exceeded(
          ratio, uncompressed + " bytes from " + compressed, where);
    }
  }

  @Override
  public String toString() {
    return "Limits" + values;
  }
}
