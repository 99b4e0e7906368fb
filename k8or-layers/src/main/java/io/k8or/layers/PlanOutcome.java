package io.k8or.layers;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a plan makes of a tree: the trees before and after, what vanished on the way, and which of
 * the nodes after are not what layers hold at their path.
 */
final class PlanOutcome {
  private final ImageSnapshot before;
  private final ImageSnapshot after;
  // None of them is inside another.
  private final NavigableSet<ImagePath> removed;
  private final NavigableSet<ImagePath> fresh;
  private final Map<FileNode, FileNode> changed = new IdentityHashMap<>();
  private final NavigableMap<ImagePath, FileNode> additions = new TreeMap<>();

  private PlanOutcome(
      ImageSnapshot before,
      ImageSnapshot after,
      NavigableSet<ImagePath> removed,
      NavigableSet<ImagePath> fresh) {
    this.before = before;
    this.after = after;
    this.removed = outermost(removed);
    this.fresh = fresh;
    after.files().nodes().forEach(this::compare);
  }

  /**
   * Applies a plan.
   *
   * @throws IllegalArgumentException if an edit does not fit the image
   */
  static PlanOutcome of(ImageSnapshot before, EditPlan plan) {
    ImageSnapshot after = before.with(plan);
    if (after.files() == before.files()) {
      return new PlanOutcome(before, after, new TreeSet<>(), new TreeSet<>());
    }
    Fold fold = new Fold(before.files());
    plan.edits().forEach(fold::apply);
    return new PlanOutcome(before, after, fold.removed, fold.fresh);
  }

  private static NavigableSet<ImagePath> outermost(NavigableSet<ImagePath> paths) {
    NavigableSet<ImagePath> outermost = new TreeSet<>();
    for (ImagePath path : paths) {
      if (outermost.isEmpty() || !path.isWithin(outermost.last())) {
        outermost.add(path);
      }
    }
    return outermost;
  }

  private void compare(ImagePath path, FileNode node) {
    if (fresh.contains(path)) {
      if (!node.isImplied() || after.files().isEmptyDirectory(path)) {
        additions.put(path, node);
      }
      return;
    }
    FileNode old = before.files().get(path).orElseThrow();
    if (old == node || old.isSameAs(node)) {
      return;
    }
    if (old.isImplied()) {
      additions.put(path, node);
    } else {
      changed.put(old, node);
    }
  }

  FileTree before() {
    return before.files();
  }

  FileTree after() {
    return after.files();
  }

  ImageSnapshot afterSnapshot() {
    return after;
  }

  /** Says whether no file changes. */
  boolean isSame() {
    return removed.isEmpty() && changed.isEmpty() && additions.isEmpty();
  }

  /** Returns the removed path that the path is, or is below. */
  Optional<ImagePath> removedAbove(ImagePath path) {
    ImagePath floor = removed.floor(path);
    return floor != null && path.isWithin(floor) ? Optional.of(floor) : Optional.empty();
  }

  boolean isRemoved(ImagePath path) {
    return removedAbove(path).isPresent();
  }

  NavigableSet<ImagePath> removed() {
    return removed;
  }

  /** Says whether the node at the path afterwards is not one that a layer holds there. */
  boolean isFresh(ImagePath path) {
    return fresh.contains(path);
  }

  /** Returns what becomes of a node that stays. */
  FileNode current(FileNode node) {
    FileNode now = changed.get(node);
    return now == null ? node : now;
  }

  boolean isChanged(FileNode node) {
    return changed.containsKey(node);
  }

  /** What no layer has an entry for, in the order of the paths. */
  NavigableMap<ImagePath, FileNode> additions() {
    return additions;
  }

  /** Follows the edits as the editor of the tree does, to learn what it does not tell. */
  private static final class Fold {
    private final FileTree.Editor editor;
    private final NavigableSet<ImagePath> removed = new TreeSet<>();
    private final NavigableSet<ImagePath> fresh = new TreeSet<>();

    Fold(FileTree files) {
      editor = files.edit();
    }

    void apply(Edit edit) {
      if (edit instanceof Edit.RemovePath remove) {
        remove(remove.path());
        editor.remove(remove.path());
      } else if (edit instanceof Edit.AddFile add) {
        add(add.path(), add.node());
        editor.put(add.path(), add.node());
      }
      // Other edits change nodes where they are: the trees tell.
    }

    private void remove(ImagePath path) {
      removed.add(path);
      // A whole range: everything below the path follows it in order.
      ImagePath next = fresh.ceiling(path);
      while (next != null && next.isWithin(path)) {
        fresh.remove(next);
        next = fresh.higher(next);
      }
    }

    private void add(ImagePath path, FileNode node) {
      Optional<FileNode> old = editor.get(path);
      if (old.isPresent()) {
        if (old.get().isDirectory() && node.isDirectory()) {
          return;
        }
        remove(path);
      }
      path.parent().ifPresent(this::addDirectory);
      fresh.add(path);
    }

    // The uppermost first: what was below a file that gives way is not there any more.
    private void addDirectory(ImagePath path) {
      path.parent().ifPresent(this::addDirectory);
      Optional<FileNode> there = editor.get(path);
      if (there.isPresent() && there.get().isDirectory()) {
        return;
      }
      if (there.isPresent()) {
        remove(path);
      }
      fresh.add(path);
    }
  }
}
