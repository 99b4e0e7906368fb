package io.k8or.services;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files of an image that its services can reach, each with the reason why. Immutable.
 *
 * <p>A file is reached because it is run, loaded, read into a script, named in a configuration or
 * in the text of what is reached, or because something that is known to be needed with it is
 * reached (see decision 70). The directories above a reached file are reached too.
 */
public final class ReachableFiles {
  private final SortedMap<ImagePath, Why> reasons;
  private final List<Finding> findings;

  ReachableFiles(SortedMap<ImagePath, Why> reasons, List<Finding> findings) {
    this.reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
    this.findings = List.copyOf(findings);
  }

  /**
   * Why a path is reached.
   *
   * @param rule the rule's name, such as {@code needed}
   * @param evidence what was seen
   * @param from the path that leads here; empty where a service itself does
   */
  public record Why(String rule, String evidence, Optional<ImagePath> from) {
    @Override
    public String toString() {
      return rule + ": " + evidence;
    }
  }

  /**
   * Finds what services reach. Cost: a pass over each reached file.
   *
   * @param level what counts: but at {@link Level#MINIMAL}, files of no package are the services',
   *     wherever they are but in places where packages' scripts put theirs; at {@link Level#SAFE},
   *     so are all modules of a language whose interpreter is reached
   * @throws IOException if the image cannot be read
   */
  public static ReachableFiles of(ImageSnapshot image, List<Service> services, Level level)
      throws IOException {
    return of(image, services, level, new Scans());
  }

  /** Finds what services reach, with what other searches have read. */
  static ReachableFiles of(ImageSnapshot image, List<Service> services, Level level, Scans scans)
      throws IOException {
    return new Reach(image, services, level, scans).run();
  }

  /** Returns the reached paths with their reasons, in order. */
  public SortedMap<ImagePath, Why> reasons() {
    return reasons;
  }

  /** Says whether a path is reached. */
  public boolean contains(ImagePath path) {
    return reasons.containsKey(path);
  }

  /**
   * Returns the chain of reasons from a path to a service, one a line; empty if it is not reached.
   */
  public List<String> why(ImagePath path) {
    List<String> lines = new ArrayList<>();
    Set<ImagePath> seen = new HashSet<>();
    Optional<ImagePath> at = Optional.of(path);
    while (at.isPresent() && reasons.containsKey(at.get()) && seen.add(at.get())) {
      Why why = reasons.get(at.get());
      if (why == null) {
        break;
      }
      lines.add(at.get() + ": " + why);
      at = why.from();
    }
    return lines;
  }

  /** Returns what could not be told. */
  public List<Finding> findings() {
    return findings;
  }

  @Override
  public String toString() {
    return reasons.size() + " paths that services reach";
  }
}
