package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans one layer that, laid over an image, gives what is planned. */
final class OverlayPlanner {
  private final PlanOutcome outcome;
  private final List<Piece> pieces = new ArrayList<>();
  private final Map<FileNode, ImagePath> written = new IdentityHashMap<>();

  private OverlayPlanner(PlanOutcome outcome) {
    this.outcome = outcome;
  }

  /** Returns the entries of the layer; none if no file changes. */
  static List<Piece> plan(PlanOutcome outcome) {
    OverlayPlanner planner = new OverlayPlanner(outcome);
    planner.whiteouts();
    outcome.after().nodes().forEach(planner::entry);
    return planner.pieces;
  }

  // Before all entries: they hide lower layers alone, but not every reader knows.
  private void whiteouts() {
    FileTree after = outcome.after();
    for (ImagePath path : outcome.before().nodes().keySet()) {
      if (after.contains(path)) {
        continue;
      }
      ImagePath parent = path.parent().orElseThrow();
      boolean parentStays =
          after.get(parent).map(FileNode::isDirectory).orElse(false) && !outcome.isFresh(parent);
      if (parentStays) {
        pieces.add(marker(LayerEntry.whiteoutOf(path)));
      }
    }
  }

  private void entry(ImagePath path, FileNode node) {
    Optional<FileNode> below = outcome.before().get(path);
    boolean fresh = outcome.isFresh(path);
    boolean written =
        outcome.additions().containsKey(path)
            || (fresh && below.isPresent())
            || (!fresh && below.isPresent() && outcome.isChanged(below.get()));
    if (!written) {
      return;
    }
    if (fresh || node.isDirectory()) {
      pieces.add(new Piece.Fresh(path, node));
    } else {
      file(path, node);
    }
    if (fresh && node.isDirectory() && below.map(FileNode::isDirectory).orElse(false)) {
      pieces.add(marker(LayerEntry.opaqueMarkerOf(path)));
    }
  }

  private void file(ImagePath path, FileNode node) {
    ImagePath first = written.putIfAbsent(node, path);
    pieces.add(
        first == null ? new Piece.Fresh(path, node) : new Piece.FreshLink(path, first, node));
  }

  private static Piece marker(ImagePath path) {
    return new Piece.Fresh(path, FileNode.regular(FileAttributes.ofMode(0), Content.empty()));
  }
}
