package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.tar.TarChanges;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Plans one layer that holds the whole tree: what is alive of each layer in turn, then further
 * names of files, then what is new.
 */
final class SquashPlanner {
  private final PlanOutcome outcome;
  private final MergedTree tree = new MergedTree();
  // The one name under which a file is written with its bytes.
  private final Map<FileNode, ImagePath> written = new IdentityHashMap<>();

  private SquashPlanner(PlanOutcome outcome) {
    this.outcome = outcome;
  }

  /** Returns what is kept of each layer; what is made anew is appended to the last one. */
  static List<LayerPlan> plan(LayeredImage image, PlanOutcome outcome)
      throws MalformedContentException {
    SquashPlanner planner = new SquashPlanner(outcome);
    List<LayerPlan> plans = new ArrayList<>();
    for (int i = 0; i < image.indexes().size(); i++) {
      plans.add(planner.layer(image.indexes().get(i), i));
    }
    if (!plans.isEmpty()) {
      planner.rest(plans.get(plans.size() - 1));
    }
    return plans;
  }

  private LayerPlan layer(LayerIndex index, int number) throws MalformedContentException {
    LayerPass pass = LayerPass.over(tree, index, number);
    LayerPlan plan = new LayerPlan(index);
    List<LayerEntry> entries = index.entries();
    for (int i = 0; i < entries.size(); i++) {
      LayerEntry entry = entries.get(i);
      if (entry.kind() == LayerEntry.Kind.NODE && isAlive(pass.real(i), entry.node())) {
        keep(plan, entry, i, pass.real(i));
      } else {
        plan.drop(i);
      }
    }
    return plan;
  }

  private boolean isAlive(ImagePath path, FileNode node) {
    return outcome.before().get(path).orElse(null) == node
        && !outcome.isFresh(path)
        && outcome.after().contains(path);
  }

  private void keep(LayerPlan plan, LayerEntry entry, int i, ImagePath real) {
    FileNode node = entry.node();
    FileNode current = outcome.current(node);
    written.put(current, real);
    TarChanges changes = TarChanges.none();
    Optional<Content> content = Optional.empty();
    if (!real.equals(entry.path())) {
      ByteString name = real.toRelativeBytes();
      changes = changes.withName(node.isDirectory() ? name.concat(ByteString.utf8("/")) : name);
    }
    if (!current.attributes().equals(node.attributes())) {
      changes = changes.withAttributes(current.attributes());
    }
    if (current.isRegular() && !current.content().equals(node.content())) {
      content = Optional.of(current.content());
      changes = changes.withSize(current.size());
    }
    if (changes != TarChanges.none()) {
      plan.replace(i, new Piece.Patch(entry, changes, content));
    }
  }

  private void rest(LayerPlan last) {
    FileTree after = outcome.after();
    after
        .nodes()
        .forEach(
            (path, node) -> {
              if (outcome.additions().containsKey(path)) {
                last.append(new Piece.Fresh(path, node));
              } else if (node.isImplied()) {
                if (!path.isRoot() && after.isEmptyDirectory(path)) {
                  last.append(new Piece.Fresh(path, node));
                }
              } else if (!isWritten(path, now(path, node))) {
                file(last, path, now(path, node));
              }
            });
  }

  private boolean isWritten(ImagePath path, FileNode node) {
    ImagePath name = written.get(node);
    return name != null && name.equals(path);
  }

  // The node that stands for the file in what is written: an edit without effect makes another.
  private FileNode now(ImagePath path, FileNode node) {
    return outcome.isFresh(path) ? node : outcome.current(outcome.before().get(path).orElse(node));
  }

  private void file(LayerPlan last, ImagePath path, FileNode node) {
    ImagePath first = outcome.isFresh(path) ? null : written.putIfAbsent(node, path);
    last.append(
        first == null ? new Piece.Fresh(path, node) : new Piece.FreshLink(path, first, node));
  }
}
