package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.tar.TarChanges;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Plans each layer of an image that is rewritten in place.
 *
 * <p>Both images are unpacked side by side, layer by layer, without content: the old one as it is,
 * and the new one with the entries as they are planned. After each layer the new tree must be the
 * old tree without what is removed; where an entry would not do in the new image what it did in the
 * old one (a hard link's target is gone, a symbolic link on the way is gone, a directory was only
 * implied by what is gone), it is changed so that it does.
 */
final class InPlacePlanner {
  private final LayeredImage image;
  private final PlanOutcome outcome;
  private final MergedTree old = new MergedTree();
  private MergedTree now = new MergedTree();
  private int passes;
  // Where files with several names stand, or have stood, in the new image.
  private final Map<FileNode, Set<ImagePath>> holders = new IdentityHashMap<>();

  private InPlacePlanner(LayeredImage image, PlanOutcome outcome) {
    this.image = image;
    this.outcome = outcome;
  }

  /** Returns a plan for each layer. */
  static List<LayerPlan> plan(LayeredImage image, PlanOutcome outcome)
      throws MalformedContentException {
    InPlacePlanner planner = new InPlacePlanner(image, outcome);
    List<LayerPlan> plans = new ArrayList<>();
    for (int i = 0; i < image.indexes().size(); i++) {
      plans.add(planner.layer(i));
    }
    planner.check();
    return plans;
  }

  private LayerPlan layer(int number) throws MalformedContentException {
    LayerIndex index = image.indexes().get(number);
    LayerPass pass = LayerPass.over(old, index, number);
    BitSet dead = dead(index, pass, number);
    BitSet ambiguous = ambiguous(index, pass, dead);
    if (dead.isEmpty() && !pass.hasMoved()) {
      return new Draft(index, pass, number, dead, ambiguous).run();
    }
    // Entries without effect, or of one name, are tolerated in a layer that nothing else changes.
    MergedTree saved = now.copy();
    LayerPlan asItIs = new Draft(index, pass, number, new BitSet(), new BitSet()).run();
    if (!asItIs.isChanged()) {
      return asItIs;
    }
    now = saved.copy();
    Draft draft = new Draft(index, pass, number, dead, ambiguous);
    LayerPlan plan = draft.run();
    if (!draft.hasNameTwice()) {
      return plan;
    }
    now = saved;
    for (int i = 0; i < index.entries().size(); i++) {
      if (isMoved(index, pass, i)) {
        ambiguous.set(i);
      }
    }
    return new Draft(index, pass, number, dead, ambiguous).run();
  }

  private static boolean isMoved(LayerIndex index, LayerPass pass, int i) {
    return switch (index.entries().get(i).kind()) {
      case NODE, LINK, WHITEOUT, OPAQUE -> !pass.real(i).equals(index.entries().get(i).path());
      case IGNORED, CONTENTS -> false;
    };
  }

  // Entries whose name another entry has too, although they are put elsewhere: a symbolic link in
  // their name came, or went, between the two. No layer that is written has a name twice.
  private static BitSet ambiguous(LayerIndex index, LayerPass pass, BitSet dead) {
    BitSet ambiguous = new BitSet();
    if (!pass.hasMoved()) {
      return ambiguous; // every entry stands where its name says
    }
    Map<ImagePath, Integer> named = new HashMap<>();
    List<LayerEntry> entries = index.entries();
    for (int i = 0; i < entries.size(); i++) {
      LayerEntry entry = entries.get(i);
      boolean counts =
          switch (entry.kind()) {
            case NODE, LINK, WHITEOUT, OPAQUE -> !dead.get(i);
            case IGNORED, CONTENTS -> false;
          };
      Integer other = counts ? named.putIfAbsent(name(entry, entry.path()), i) : null;
      if (other != null) {
        for (int one : List.of(other, i)) {
          if (!pass.real(one).equals(entries.get(one).path())) {
            ambiguous.set(one);
          }
        }
      }
    }
    return ambiguous;
  }

  // What an entry is called that does at a path what this one does.
  private static ImagePath name(LayerEntry entry, ImagePath path) {
    return switch (entry.kind()) {
      case WHITEOUT -> LayerEntry.whiteoutOf(path);
      case OPAQUE -> LayerEntry.opaqueMarkerOf(path);
      default -> path;
    };
  }

  // Entries that later ones of the same layer undo, or repeat.
  private BitSet dead(LayerIndex index, LayerPass pass, int number) {
    BitSet dead = new BitSet();
    Set<ImagePath> markers = new HashSet<>();
    List<LayerEntry> entries = index.entries();
    for (int i = 0; i < entries.size(); i++) {
      switch (entries.get(i).kind()) {
        case NODE, LINK -> {
          MergedTree.Placed placed = old.get(pass.real(i));
          if (placed == null || placed.layer() != number || placed.anchor() != i) {
            dead.set(i);
          }
        }
        case WHITEOUT -> {
          if (!markers.add(LayerEntry.whiteoutOf(pass.real(i)))) {
            dead.set(i);
          }
        }
        case OPAQUE -> {
          if (!markers.add(LayerEntry.opaqueMarkerOf(pass.real(i)))) {
            dead.set(i);
          }
        }
        case IGNORED, CONTENTS -> {}
      }
    }
    return dead;
  }

  /** One layer of the new image under way. */
  private final class Draft {
    private final LayerIndex index;
    private final LayerPass pass;
    private final int number;
    private final BitSet dead;
    private final BitSet ambiguous;
    private final LayerPlan plan;
    // For directories outside of what is removed: the first entry below them that is dropped.
    private final NavigableMap<ImagePath, Integer> bereft = new TreeMap<>();
    private final Set<ImagePath> emptied = new HashSet<>();
    // Directories that have an opaque marker in the new layer.
    private final Set<ImagePath> opaque = new HashSet<>();
    // Names that entries of the new layer have and those of the old one had not.
    private final Set<ImagePath> newNames = new HashSet<>();
    private int contents = -1;

    Draft(LayerIndex index, LayerPass pass, int number, BitSet dead, BitSet ambiguous) {
      this.index = index;
      this.pass = pass;
      this.number = number;
      this.dead = dead;
      this.ambiguous = ambiguous;
      this.plan = new LayerPlan(index);
    }

    LayerPlan run() throws MalformedContentException {
      now.beginPass(++passes);
      List<LayerEntry> entries = index.entries();
      for (int i = 0; i < entries.size(); i++) {
        entry(entries.get(i), i);
      }
      restoreDirectories();
      if (number == image.indexes().size() - 1) {
        for (Map.Entry<ImagePath, FileNode> added : outcome.additions().entrySet()) {
          newNames.add(added.getKey());
          plan.append(new Piece.Fresh(added.getKey(), added.getValue()));
          now.place(added.getKey(), added.getValue(), number, 0, added.getKey());
        }
      }
      if (plan.isChanged() && contents >= 0) {
        plan.drop(contents);
      }
      return plan;
    }

    /** Says whether an entry that stands elsewhere than its name says has the name of a new one. */
    boolean hasNameTwice() {
      for (int i = 0; i < index.entries().size(); i++) {
        LayerEntry entry = index.entries().get(i);
        if (isMoved(index, pass, i)
            && !ambiguous.get(i)
            && !dead.get(i)
            && newNames.contains(name(entry, entry.path()))) {
          return true;
        }
      }
      return false;
    }

    private void entry(LayerEntry entry, int i) throws MalformedContentException {
      Object where = new LayerPass.Place(index.digest(), entry.path());
      switch (entry.kind()) {
        case IGNORED -> {
          if (outcome.isRemoved(entry.path())) {
            plan.drop(i);
          }
        }
        case CONTENTS -> contents = i;
        case WHITEOUT, OPAQUE -> marker(entry, i, where);
        case NODE, LINK -> {
          ImagePath real = pass.real(i);
          if (outcome.isRemoved(real)) {
            drop(i, real);
          } else if (dead.get(i)) {
            dropDead(entry, i, real);
          } else if (entry.kind() == LayerEntry.Kind.NODE) {
            node(entry, i, real, where);
          } else {
            link(entry, i, real, where);
          }
        }
      }
    }

    private void marker(LayerEntry entry, int i, Object where) throws MalformedContentException {
      ImagePath real = pass.real(i);
      if (dead.get(i) || outcome.isRemoved(real)) {
        plan.drop(i);
        return;
      }
      boolean hidesAll = entry.kind() == LayerEntry.Kind.OPAQUE;
      if (hidesAll && opaque.contains(real)) {
        plan.drop(i); // the directory was given one already
        return;
      }
      if (ambiguous.get(i) || !lands(entry.path(), hidesAll, real, where)) {
        if (!lands(real, hidesAll, real, where)) {
          // It stood in a directory that the same layer made and replaced again, so that nothing
          // of a lower layer was there for it to hide.
          plan.drop(i);
          return;
        }
        ImagePath name = name(entry, real);
        newNames.add(name);
        patch(entry, i, TarChanges.none().withName(name.toRelativeBytes()), null);
      }
      if (hidesAll) {
        opaque.add(real);
        now.makeOpaque(real, number);
      } else {
        now.whiteout(real, number);
      }
    }

    private void node(LayerEntry entry, int i, ImagePath real, Object where)
        throws MalformedContentException {
      FileNode node = entry.node();
      FileNode put = node;
      MergedTree.Placed last = old.get(real);
      if (!dead.isEmpty() && last != null) {
        put = last.node(); // a directory that comes again later, with other attributes
      }
      FileNode current = outcome.current(put);
      TarChanges changes = renamed(entry, i, real, node.isDirectory(), where);
      Content content = null;
      if (!current.attributes().equals(node.attributes())) {
        changes = changes.withAttributes(current.attributes());
      }
      if (current.isRegular() && !current.content().equals(node.content())) {
        content = current.content();
        changes = changes.withSize(content.size());
      }
      patch(entry, i, changes, content);
      now.place(real, put, number, i, where);
      hold(put, real);
      if (emptied.remove(real) && put.isDirectory() && opaque.add(real)) {
        newNames.add(LayerEntry.opaqueMarkerOf(real));
        plan.putBehind(i, emptyFile(LayerEntry.opaqueMarkerOf(real)));
      }
    }

    private void link(LayerEntry entry, int i, ImagePath real, Object where)
        throws MalformedContentException {
      FileNode node = pass.linked(i);
      FileNode current = outcome.current(node);
      TarChanges changes = renamed(entry, i, real, false, where);
      now.clear(real, number);
      MergedTree.Placed target = target(entry.link(), where);
      if (target == null || target.node() != node) {
        Optional<ImagePath> other = holder(node);
        if (other.isEmpty()) {
          plan.replace(i, new Piece.Fresh(real, current));
          now.place(real, node, number, i, where);
          hold(node, real);
          return;
        }
        changes = changes.withLinkName(other.get().toRelativeBytes());
      }
      if (!current.attributes().equals(node.attributes())) {
        changes = changes.withAttributes(current.attributes());
      }
      patch(entry, i, changes, null);
      now.place(real, node, number, i, where);
      hold(node, real);
    }

    // Says whether a path leads to a place in the new image. A loop of symbolic links, which the
    // old
    // image need not have had there, leads nowhere.
    private boolean lands(ImagePath path, boolean follow, ImagePath real, Object where) {
      try {
        return (follow ? now.resolve(path, where) : now.resolveParent(path, where)).equals(real);
      } catch (MalformedContentException e) {
        return false;
      }
    }

    private MergedTree.@Nullable Placed target(ImagePath link, Object where) {
      try {
        return now.get(now.resolveParent(link, where));
      } catch (MalformedContentException e) {
        return null;
      }
    }

    // Where the entry would land elsewhere in the new image, it gets the name of the place itself.
    private TarChanges renamed(
        LayerEntry entry, int i, ImagePath real, boolean directory, Object where) {
      if (!ambiguous.get(i) && lands(entry.path(), false, real, where)) {
        return TarChanges.none();
      }
      newNames.add(real);
      ByteString name = real.toRelativeBytes();
      return TarChanges.none().withName(directory ? name.concat(ByteString.utf8("/")) : name);
    }

    private void patch(LayerEntry entry, int i, TarChanges changes, @Nullable Content content) {
      if (changes != TarChanges.none()) {
        plan.replace(i, new Piece.Patch(entry, changes, Optional.ofNullable(content)));
      }
    }

    private void drop(int i, ImagePath real) {
      plan.drop(i);
      ImagePath outermost = outcome.removedAbove(real).orElse(real);
      Optional<ImagePath> above = outermost.parent();
      while (above.isPresent() && bereft.putIfAbsent(above.get(), i) == null) {
        above = above.get().parent();
      }
    }

    private void dropDead(LayerEntry entry, int i, ImagePath real) {
      boolean directory = entry.kind() == LayerEntry.Kind.NODE && entry.node().isDirectory();
      MergedTree.Placed there = now.get(real);
      if (!directory && there != null && there.node().isDirectory()) {
        // It replaced a directory of a lower layer. If another directory comes, the lower layer's
        // files must not come back in it.
        now.clear(real, number);
        emptied.add(real);
      }
      drop(i, real);
    }

    // Directories that the old image has, and that nothing makes any more.
    private void restoreDirectories() throws MalformedContentException {
      for (Map.Entry<ImagePath, Integer> entry : bereft.descendingMap().entrySet()) {
        ImagePath path = entry.getKey();
        MergedTree.Placed was = old.get(path);
        MergedTree.Placed is = now.get(path);
        if (was == null || !was.node().isDirectory() || (is != null && is.node() == was.node())) {
          continue;
        }
        if (was.node().isImplied() && !isImpliedInTheEnd(path)) {
          continue;
        }
        newNames.add(path);
        plan.putFirstBefore(entry.getValue(), new Piece.Fresh(path, outcome.current(was.node())));
        now.place(path, was.node(), number, entry.getValue(), path);
      }
    }
  }

  // Whether a directory that nothing records must be recorded, if it is to stay.
  private boolean isImpliedInTheEnd(ImagePath path) {
    return outcome.before().get(path).map(FileNode::isImplied).orElse(false)
        && !outcome.additions().containsKey(path);
  }

  private static Piece emptyFile(ImagePath path) {
    return new Piece.Fresh(path, FileNode.regular(FileAttributes.ofMode(0), Content.empty()));
  }

  private void hold(FileNode node, ImagePath path) {
    if (image.linked().containsKey(node)) {
      holders.computeIfAbsent(node, n -> new LinkedHashSet<>()).add(path);
    }
  }

  private Optional<ImagePath> holder(FileNode node) {
    for (ImagePath path : holders.getOrDefault(node, Set.of())) {
      MergedTree.Placed placed = now.get(path);
      if (placed != null && placed.node() == node) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  // What is planned is what was asked for; nothing is written otherwise.
  private void check() {
    FileTree after = outcome.after();
    if (image.indexes().isEmpty()) {
      return;
    }
    now.paths()
        .forEach(
            (path, placed) -> {
              Optional<FileNode> expected =
                  outcome.additions().containsKey(path) || outcome.isFresh(path)
                      ? after.get(path)
                      : after.get(path).isEmpty() ? Optional.empty() : outcome.before().get(path);
              if (expected.isEmpty() || expected.get() != placed.node()) {
                throw inconsistent(path);
              }
            });
    if (now.paths().size() != after.size()) {
      after.nodes().keySet().stream()
          .filter(path -> now.get(path) == null)
          .findFirst()
          .ifPresent(
              path -> {
                throw inconsistent(path);
              });
    }
  }

  private static IllegalStateException inconsistent(ImagePath path) {
    return new IllegalStateException(
        "the rewritten layers would not give what is planned: " + path);
  }
}
