package io.k8or.report;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The sums of a plan: what the image had, what goes and by which rule, what stays, what comes.
 * Immutable.
 *
 * <ul>
 *   <li>{@code removed + kept = input}, in paths and in bytes.
 *   <li>The removed amounts of all rules add up to {@link #removed}, the added ones to {@link
 *       #added}.
 *   <li>{@code kept + added} are the output's paths; {@code kept + added + growth} its bytes.
 * </ul>
 *
 * <p>The root directory is one of the paths. A file with several hard links counts its bytes once;
 * they go with its last name. A path that is removed and added again counts in both sums. A path
 * whose content or attributes change is kept; what its content gains or loses is {@link #growth}.
 */
public final class Accounting {
  private final Amount input;
  private final Amount removed;
  private final Amount added;
  private final long changedPaths;
  private final long growth;
  private final List<RuleSum> rules;

  private Accounting(
      Amount input,
      Amount removed,
      Amount added,
      long changedPaths,
      long growth,
      List<RuleSum> rules) {
    this.input = input;
    this.removed = removed;
    this.added = added;
    this.changedPaths = changedPaths;
    this.growth = growth;
    this.rules = rules;
  }

  /**
   * What one rule of one transform does.
   *
   * @param transform the transform's name
   * @param rule the rule's name
   * @param edits the number of edits that give this rule as their reason
   * @param removed what they remove of the input
   * @param added what they add and no later edit removes
   */
  public record RuleSum(String transform, String rule, int edits, Amount removed, Amount added) {}

  /**
   * Counts a plan against the image that it was made for. Costs one pass over the paths and one
   * over the edits; reads no content.
   */
  public static Accounting of(ImageSnapshot image, EditPlan plan) {
    Ledger ledger = new Ledger(image.files());
    for (Edit edit : plan.edits()) {
      ledger.apply(edit);
    }
    return ledger.close();
  }

  /** Returns what the image had. */
  public Amount input() {
    return input;
  }

  /** Returns what of it goes. */
  public Amount removed() {
    return removed;
  }

  /** Returns what of it stays, in the size that it had. */
  public Amount kept() {
    return input.minus(removed);
  }

  /** Returns what comes in addition. */
  public Amount added() {
    return added;
  }

  /** Returns the number of kept paths whose content or attributes an edit sets. */
  public long changedPaths() {
    return changedPaths;
  }

  /** Returns the bytes by which the contents of kept files grow; negative where they shrink. */
  public long growth() {
    return growth;
  }

  /** Returns what the image has afterwards. */
  public Amount output() {
    return kept().plus(added).plus(new Amount(0, growth));
  }

  /** Returns the sums by rule, in the order of the rules' first edits. */
  public List<RuleSum> rules() {
    return rules;
  }

  @Override
  public String toString() {
    return "input " + input + "; removed " + removed + "; kept " + kept() + "; added " + added;
  }

  /** A file, under all its names. */
  private static final class Inode {
    final boolean isInput;
    final boolean isDirectory;
    final long inputBytes;
    final Key addedBy;
    long bytes;
    int names;
    boolean changed;

    Inode(FileNode node, boolean isInput, Key addedBy) {
      this.isInput = isInput;
      this.isDirectory = node.isDirectory();
      this.inputBytes = isInput ? node.size() : 0;
      this.addedBy = addedBy;
      this.bytes = node.size();
    }
  }

  private record Key(String transform, String rule) {
    static Key of(Reason reason) {
      return new Key(reason.transform(), reason.rule());
    }
  }

  private static final class Sums {
    int edits;
    Amount removed = Amount.NONE;
    Amount added = Amount.NONE;
  }

  /** The paths as the edits go over them. */
  private static final class Ledger {
    private final TreeMap<ImagePath, Inode> paths = new TreeMap<>();
    private final Map<Key, Sums> rules = new LinkedHashMap<>();
    private Amount input = Amount.NONE;
    private Amount removed = Amount.NONE;

    Ledger(FileTree tree) {
      Key nobody = new Key("", "");
      Map<FileNode, Inode> inodes = new HashMap<>();
      tree.nodes()
          .forEach(
              (path, node) -> {
                // Implied directories share one node, and are no links of each other.
                Inode inode =
                    node.isDirectory()
                        ? new Inode(node, true, nobody)
                        : inodes.computeIfAbsent(node, n -> new Inode(n, true, nobody));
                input = input.plus(new Amount(1, inode.names == 0 ? inode.bytes : 0));
                inode.names++;
                paths.put(path, inode);
              });
    }

    void apply(Edit edit) {
      Key key = Key.of(edit.reason());
      Sums sums = rules.computeIfAbsent(key, k -> new Sums());
      sums.edits++;
      if (edit instanceof Edit.RemovePath remove) {
        remove(remove.path(), sums);
      } else if (edit instanceof Edit.ReplaceContent replace) {
        Inode inode = paths.get(replace.path());
        if (inode != null) {
          inode.bytes = replace.content().size();
          inode.changed = true;
        }
      } else if (edit instanceof Edit.SetAttributes set) {
        Inode inode = paths.get(set.path());
        if (inode != null) {
          inode.changed = true;
        }
      } else if (edit instanceof Edit.AddFile add) {
        add(add.path(), add.node(), key, sums);
      }
    }

    private void add(ImagePath path, FileNode node, Key key, Sums sums) {
      Inode old = paths.get(path);
      if (old != null && old.isDirectory && node.isDirectory()) {
        old.changed = true;
        return;
      }
      remove(path, sums);
      put(path, node, key);
      for (var at = path.parent(); at.isPresent(); at = at.get().parent()) {
        Inode above = paths.get(at.get());
        if (above != null && above.isDirectory) {
          break;
        }
        remove(at.get(), path, sums);
        put(at.get(), FileNode.impliedDirectory(), key);
      }
    }

    private void put(ImagePath path, FileNode node, Key key) {
      Inode inode = new Inode(node, false, key);
      inode.names = 1;
      paths.put(path, inode);
    }

    private void remove(ImagePath path, Sums sums) {
      List<ImagePath> gone = new ArrayList<>();
      for (ImagePath at : paths.tailMap(path, true).keySet()) {
        if (!at.isWithin(path)) {
          break;
        }
        gone.add(at);
      }
      gone.forEach(at -> take(at, sums));
    }

    // A node that is no directory gives way to one; what was just put below it stays.
    private void remove(ImagePath path, ImagePath except, Sums sums) {
      if (paths.containsKey(path) && !path.equals(except)) {
        take(path, sums);
      }
    }

    private void take(ImagePath path, Sums sums) {
      Inode inode = paths.remove(path);
      if (inode == null) {
        return;
      }
      inode.names--;
      if (inode.isInput) {
        Amount amount = new Amount(1, inode.names == 0 ? inode.inputBytes : 0);
        removed = removed.plus(amount);
        sums.removed = sums.removed.plus(amount);
      }
    }

    Accounting close() {
      Amount added = Amount.NONE;
      long growth = 0;
      long changed = 0;
      Set<Inode> seen = new HashSet<>();
      for (Inode inode : paths.values()) {
        boolean first = seen.add(inode);
        if (!inode.isInput) {
          Amount amount = new Amount(1, first ? inode.bytes : 0);
          added = added.plus(amount);
          Sums sums = rules.computeIfAbsent(inode.addedBy, k -> new Sums());
          sums.added = sums.added.plus(amount);
        } else if (inode.changed) {
          changed++;
          growth += first ? inode.bytes - inode.inputBytes : 0;
        }
      }
      List<RuleSum> byRule = new ArrayList<>();
      rules.forEach(
          (key, sums) ->
              byRule.add(
                  new RuleSum(key.transform(), key.rule(), sums.edits, sums.removed, sums.added)));
      return new Accounting(input, removed, added, changed, growth, List.copyOf(byRule));
    }
  }
}
