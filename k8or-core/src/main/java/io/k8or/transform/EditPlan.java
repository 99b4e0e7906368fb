package io.k8or.transform;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The edits that a transform wants, in the order in which they apply, with the artifacts that it
 * made and the findings that it has. Immutable. Nothing is written until a rewriter is given it.
 */
public final class EditPlan {
  private static final EditPlan EMPTY = new EditPlan(List.of(), List.of(), List.of());

  private final List<Edit> edits;
  private final List<Artifact> artifacts;
  private final List<Finding> findings;

  private EditPlan(List<Edit> edits, List<Artifact> artifacts, List<Finding> findings) {
    this.edits = edits;
    this.artifacts = artifacts;
    this.findings = findings;
  }

  /** Returns the plan that changes nothing. */
  public static EditPlan empty() {
    return EMPTY;
  }

  /** Returns a plan of edits alone. */
  public static EditPlan of(List<? extends Edit> edits) {
    return of(edits, List.of(), List.of());
  }

  /**
   * Returns a plan.
   *
   * @throws IllegalArgumentException if two artifacts have one name
   */
  public static EditPlan of(
      List<? extends Edit> edits, List<Artifact> artifacts, List<Finding> findings) {
    Map<String, Artifact> byName = new LinkedHashMap<>();
    for (Artifact artifact : artifacts) {
      if (byName.put(artifact.name(), artifact) != null) {
        throw new IllegalArgumentException("two artifacts with the name " + artifact.name());
      }
    }
    return new EditPlan(List.copyOf(edits), List.copyOf(artifacts), List.copyOf(findings));
  }

  /** Returns the edits, in the order in which they apply. */
  public List<Edit> edits() {
    return edits;
  }

  /** Returns the documents made beside the image; their names are unique. */
  public List<Artifact> artifacts() {
    return artifacts;
  }

  /** Returns what a person should know beyond the edits. */
  public List<Finding> findings() {
    return findings;
  }

  /**
   * Returns this plan followed by the next. Of two artifacts with one name the next plan's stays:
   * it was made with the knowledge of what came before.
   */
  public EditPlan then(EditPlan next) {
    if (equals(EMPTY)) {
      return next;
    }
    if (next.equals(EMPTY)) {
      return this;
    }
    List<Edit> allEdits = new ArrayList<>(edits);
    allEdits.addAll(next.edits);
    Map<String, Artifact> byName = new LinkedHashMap<>();
    artifacts.forEach(artifact -> byName.put(artifact.name(), artifact));
    next.artifacts.forEach(artifact -> byName.put(artifact.name(), artifact));
    List<Finding> allFindings = new ArrayList<>(findings);
    allFindings.addAll(next.findings);
    return of(allEdits, List.copyOf(byName.values()), allFindings);
  }

  /** Returns a text of a few lines: how many edits each rule asks for, findings, artifacts. */
  public String summary() {
    Map<String, Integer> byRule = new TreeMap<>();
    for (Edit edit : edits) {
      String key = kind(edit) + "  " + edit.reason().transform() + "/" + edit.reason().rule();
      byRule.merge(key, 1, Integer::sum);
    }
    StringBuilder text = new StringBuilder();
    text.append(count(edits.size(), "edit"))
        .append(", ")
        .append(count(findings.size(), "finding"))
        .append(", ")
        .append(count(artifacts.size(), "artifact"));
    byRule.forEach((key, n) -> text.append(String.format("%n%7d %s", n, key)));
    artifacts.forEach(artifact -> text.append(String.format("%n        %s", artifact.name())));
    return text.toString();
  }

  private static String kind(Edit edit) {
    if (edit instanceof Edit.RemovePath) {
      return "remove    ";
    } else if (edit instanceof Edit.ReplaceContent) {
      return "replace   ";
    } else if (edit instanceof Edit.AddFile) {
      return "add       ";
    } else if (edit instanceof Edit.SetAttributes) {
      return "attributes";
    }
    return "config    ";
  }

  private static String count(int n, String noun) {
    return n + " " + noun + (n == 1 ? "" : "s");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EditPlan that
        && edits.equals(that.edits)
        && artifacts.equals(that.artifacts)
        && findings.equals(that.findings);
  }

  @Override
  public int hashCode() {
    return Objects.hash(edits, artifacts, findings);
  }

  /** Returns {@link #summary}. */
  @Override
  public String toString() {
    return summary();
  }
}
