package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.image.BlobSink;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.History;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.layers.Rewritten.Action;
import io.k8or.layers.Rewritten.LayerChange;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the image that a plan asks for. Immutable; for several threads.
 *
 * <p>What comes out, in all modes, is an image whose files are those of {@link ImageSnapshot#with}.
 * The modes differ in the layers:
 *
 * <ul>
 *   <li>{@link #inPlace} changes the layers that hold what changes, and passes all others through:
 *       what is removed is in no layer of the new image.
 *   <li>{@link #squash} writes one layer.
 *   <li>{@link #overlay} passes all layers through and adds one on top. What is removed is hidden,
 *       but still there.
 * </ul>
 *
 * <p>The new layers and the new configuration go to the caller's sink; layers that are passed
 * through do not, nor does the manifest. All are written before the first one is committed: if
 * something fails half-way, the sink has nothing new. The same input gives the same bytes.
 *
 * <p>Memory is proportional to the number of paths, and to the headers of entries that change;
 * contents stream.
 */
public final class LayerRewriter {
  private enum Mode {
    IN_PLACE,
    SQUASH,
    OVERLAY
  }

  /** Beyond this number Docker takes no image. */
  private static final int MAX_LAYERS = 127;

  private final Mode mode;
  private final Limits limits;
  private final Parallel parallel;
  private final Optional<LayerCache> cache;
  private final Optional<Compression> compression;

  private LayerRewriter(
      Mode mode,
      Limits limits,
      Parallel parallel,
      Optional<LayerCache> cache,
      Optional<Compression> compression) {
    this.mode = mode;
    this.limits = limits;
    this.parallel = parallel;
    this.cache = cache;
    this.compression = compression;
  }

  private LayerRewriter(Mode mode) {
    this(mode, Limits.defaults(), Parallel.none(), Optional.empty(), Optional.empty());
  }

  /** Returns a rewriter that changes layers where they are. */
  public static LayerRewriter inPlace() {
    return new LayerRewriter(Mode.IN_PLACE);
  }

  /**
   * Returns a rewriter that makes one layer of all. Its entries come in the order of the old
   * layers, with their header bytes where nothing of them changes.
   */
  public static LayerRewriter squash() {
    return new LayerRewriter(Mode.SQUASH);
  }

  /** Returns a rewriter that adds one layer with the differences. */
  public static LayerRewriter overlay() {
    return new LayerRewriter(Mode.OVERLAY);
  }

  /** Returns this rewriter with other limits for what it reads. */
  public LayerRewriter withLimits(Limits newLimits) {
    return new LayerRewriter(mode, Objects.requireNonNull(newLimits), parallel, cache, compression);
  }

  /**
   * Returns this rewriter with threads: layers are read and written at the same time, and so are
   * the parts of one. The bytes are the same.
   *
   * @param executor runs tasks that this rewriter waits for; what it does not begin in time, or
   *     refuses, runs in the calling thread
   * @param parallelism how many layers are at work at once, or parts of one, 1 or more
   */
  public LayerRewriter withExecutor(Executor executor, int parallelism) {
    return new LayerRewriter(mode, limits, Parallel.of(executor, parallelism), cache, compression);
  }

  /**
   * Returns this rewriter with a place for rewritten layers: a layer that was rewritten in the same
   * way before is copied from there. For {@link #inPlace} alone; the other modes do not look.
   */
  public LayerRewriter withCache(LayerCache newCache) {
    return new LayerRewriter(mode, limits, parallel, Optional.of(newCache), compression);
  }

  /**
   * Returns this rewriter with one compression for all layers that it writes. Without, a layer that
   * is rewritten keeps its own (xz becomes gzip, for which alone there is a media type), and a new
   * one gets gzip. Only gzip that stays gzip is copied without recompressing.
   *
   * @throws IllegalArgumentException if it is xz, which no layer may have
   */
  public LayerRewriter compressing(Compression newCompression) {
    if (newCompression == Compression.XZ) {
      throw new IllegalArgumentException("no media type of layers with xz");
    }
    return new LayerRewriter(mode, limits, parallel, cache, Optional.of(newCompression));
  }

  private Compression after(Compression old) {
    return compression.orElse(LayerEncoder.after(old));
  }

  /**
   * Rewrites an image. Reads every layer once to know its files, and those that change once more.
   *
   * @param sink where new blobs go. If it is a {@link BlobSource} too, the new image's layers are
   *     read from it; otherwise they cannot be read
   * @return the new image; the given instance if nothing changes
   * @throws IllegalArgumentException if an edit does not fit the image, or an overlay would have
   *     too many layers
   * @throws io.k8or.content.MalformedContentException if a layer is malformed
   * @throws IOException if a layer or content cannot be read, or the sink not written
   */
  public Rewritten rewrite(Image image, EditPlan plan, BlobSink sink) throws IOException {
    if (mode != Mode.SQUASH && plan.edits().stream().allMatch(Edit.EditConfig.class::isInstance)) {
      // No layer needs to be opened.
      ImageSnapshot before = ImageSnapshot.of(image.config(), FileTree.builder().build());
      return write(image, before.with(plan).config(), kept(image), Counts.NONE, sink);
    }
    return rewrite(LayeredImage.open(image, limits, Map.of(), parallel), plan, sink);
  }

  /**
   * Rewrites an image whose layers have been read. Reads those that change once.
   *
   * @param sink as for the other form
   * @return the new image; the given instance if nothing changes
   * @throws IllegalArgumentException if an edit does not fit the image, or an overlay would have
   *     too many layers
   * @throws io.k8or.content.MalformedContentException if a layer is malformed
   * @throws IOException if a layer or content cannot be read, or the sink not written
   */
  public Rewritten rewrite(LayeredImage image, EditPlan plan, BlobSink sink) throws IOException {
    PlanOutcome outcome = PlanOutcome.of(image.snapshot(), plan);
    List<Work> works =
        switch (mode) {
          case IN_PLACE -> inPlace(image, outcome);
          case SQUASH -> squash(image, outcome);
          case OVERLAY -> overlay(image, outcome);
        };
    return write(image.image(), outcome.afterSnapshot().config(), works, Counts.of(outcome), sink);
  }

  /** What is to be done for one layer of the old image, or for a new one. */
  private record Work(
      Action action,
      Optional<Layer> from,
      Optional<LayerEncoder> encoder,
      Compression was,
      Compression to) {
    static Work keep(Layer layer) {
      return new Work(
          Action.KEPT, Optional.of(layer), Optional.empty(), Compression.NONE, Compression.NONE);
    }

    static Work drop(Layer layer) {
      return new Work(
          Action.DROPPED, Optional.of(layer), Optional.empty(), Compression.NONE, Compression.NONE);
    }

    static Work add(LayerEncoder encoder, Compression to) {
      return new Work(Action.ADDED, Optional.empty(), Optional.of(encoder), to, to);
    }
  }

  private static List<Work> kept(Image image) {
    return image.layers().stream().map(Work::keep).toList();
  }

  private List<Work> inPlace(LayeredImage image, PlanOutcome outcome) throws IOException {
    if (outcome.isSame()) {
      return kept(image.image());
    }
    List<Work> works = new ArrayList<>();
    boolean any = false;
    List<LayerPlan> plans = InPlacePlanner.plan(image, outcome);
    for (int i = 0; i < plans.size(); i++) {
      LayerPlan plan = plans.get(i);
      Layer layer = image.image().layers().get(i);
      if (!plan.isChanged()) {
        works.add(Work.keep(layer));
      } else if (plan.isEmpty() && (any || i < plans.size() - 1)) {
        works.add(Work.drop(layer));
        continue;
      } else {
        Compression was = plan.index().compression();
        Compression to = after(was);
        works.add(
            new Work(
                Action.REWRITTEN,
                Optional.of(layer),
                Optional.of(
                    cache.isPresent()
                        ? new CachedEncoder(plan, cache.get(), to)
                        : LayerEncoder.rewriting(plan, to)),
                was,
                to));
      }
      any = true;
    }
    if (plans.isEmpty()) {
      works.add(added(outcome));
    }
    return works;
  }

  private Work added(PlanOutcome outcome) {
    Compression to = after(Compression.GZIP);
    return Work.add(LayerEncoder.fresh(OverlayPlanner.plan(outcome), to), to);
  }

  private List<Work> squash(LayeredImage image, PlanOutcome outcome) throws IOException {
    if (outcome.isSame() && image.indexes().size() <= 1) {
      return kept(image.image());
    }
    if (image.indexes().isEmpty()) {
      return List.of(added(outcome));
    }
    List<Work> works = new ArrayList<>();
    image.image().layers().forEach(layer -> works.add(Work.drop(layer)));
    Compression to = after(Compression.GZIP);
    works.add(Work.add(LayerEncoder.joining(SquashPlanner.plan(image, outcome), to), to));
    return works;
  }

  private List<Work> overlay(LayeredImage image, PlanOutcome outcome) {
    List<Work> works = new ArrayList<>(kept(image.image()));
    List<Piece> pieces = OverlayPlanner.plan(outcome);
    if (!pieces.isEmpty()) {
      if (works.size() >= MAX_LAYERS) {
        throw new IllegalArgumentException(
            "no overlay on an image of "
                + works.size()
                + " layers: engines take at most "
                + MAX_LAYERS);
      }
      Compression to = after(Compression.GZIP);
      works.add(Work.add(LayerEncoder.fresh(pieces, to), to));
    }
    return works;
  }

  private Rewritten write(
      Image image, ImageConfig config, List<Work> works, Counts counts, BlobSink sink)
      throws IOException {
    boolean docker = image.manifest().mediaType().equals(MediaType.DOCKER_MANIFEST);
    boolean same = works.stream().allMatch(work -> work.action() == Action.KEPT);
    if (same && config.equals(image.config())) {
      return new Rewritten(image, works.stream().map(work -> change(work, null)).toList(), 0, 0, 0);
    }
    try (Writers writers = new Writers(sink)) {
      List<EncodedLayer> blobs = encode(works, writers);
      List<Layer> layers = new ArrayList<>();
      List<Descriptor> written = new ArrayList<>();
      List<LayerChange> changes = new ArrayList<>();
      int next = 0;
      for (Work work : works) {
        if (work.encoder().isEmpty()) {
          changes.add(change(work, null));
          if (work.action() == Action.KEPT) {
            layers.add(work.from().orElseThrow());
          }
          continue;
        }
        EncodedLayer blob = blobs.get(next++);
        Descriptor descriptor = descriptor(work, blob, docker);
        written.add(descriptor);
        layers.add(
            new Layer(
                descriptor, blob.diffId(), descriptor.verified(new Written(sink, descriptor))));
        changes.add(change(work, blob));
      }
      ImageConfig newConfig =
          config.withLayers(
              layers.stream().map(Layer::diffId).toList(), history(config.history(), works));
      byte[] configBytes = newConfig.bytes().toByteArray();
      Descriptor configDescriptor =
          image
              .manifest()
              .config()
              .withBlob(
                  image.manifest().config().mediaType(),
                  Digest.sha256(configBytes),
                  configBytes.length);
      writers.begin().write(configBytes, 0, configBytes.length);
      written.add(configDescriptor);
      writers.commit(written);
      fillCache(works, blobs, layers, sink);
      Manifest manifest =
          image.manifest().with(configDescriptor, layers.stream().map(Layer::descriptor).toList());
      return new Rewritten(
          Image.of(manifest, newConfig, layers),
          changes,
          counts.removed(),
          counts.replaced(),
          counts.added());
    }
  }

  private List<EncodedLayer> encode(List<Work> works, Writers writers) throws IOException {
    List<Parallel.Task<EncodedLayer>> tasks = new ArrayList<>();
    for (Work work : works) {
      if (work.encoder().isPresent()) {
        BlobSink.Writer writer = writers.begin();
        tasks.add(threads -> work.encoder().get().encode(writer, threads));
      }
    }
    return parallel.run(tasks);
  }

  private static void fillCache(
      List<Work> works, List<EncodedLayer> blobs, List<Layer> layers, BlobSink sink)
      throws IOException {
    if (!(sink instanceof BlobSource)) {
      return;
    }
    int layer = 0;
    int blob = 0;
    for (Work work : works) {
      if (work.encoder().isPresent()) {
        if (work.encoder().get() instanceof CachedEncoder cached) {
          cached.committed(blobs.get(blob), layers.get(layer).blob());
        }
        blob++;
      }
      if (work.action() != Action.DROPPED) {
        layer++;
      }
    }
  }

  private static Descriptor descriptor(Work work, EncodedLayer blob, boolean docker) {
    return work.from()
        .map(
            layer ->
                LayerMediaTypes.rewritten(layer.descriptor(), work.was(), work.to(), blob, docker))
        .orElseGet(
            () -> Descriptor.of(LayerMediaTypes.of(work.to(), docker), blob.digest(), blob.size()));
  }

  private static LayerChange change(Work work, @Nullable EncodedLayer blob) {
    Optional<Digest> from = work.from().map(layer -> layer.descriptor().digest());
    if (blob == null) {
      return new LayerChange(
          from, work.action() == Action.KEPT ? from : Optional.empty(), work.action(), 0, 0, 0);
    }
    return new LayerChange(
        from,
        Optional.of(blob.digest()),
        work.action(),
        blob.tarSize(),
        blob.reusedBytes(),
        blob.encodedBytes());
  }

  private static List<History> history(List<History> history, List<Work> works) {
    Set<Integer> dropped = new HashSet<>();
    int old = 0;
    boolean added = false;
    for (Work work : works) {
      if (work.action() == Action.ADDED) {
        added = true;
        continue;
      }
      if (work.action() == Action.DROPPED) {
        dropped.add(old);
      }
      old++;
    }
    List<History> steps = Histories.without(history, dropped::contains);
    return added ? Histories.withAdded(steps, old - dropped.size()) : steps;
  }

  /** The blobs under way. Closing it before they are committed leaves nothing behind. */
  private static final class Writers implements AutoCloseable {
    private final BlobSink sink;
    private final List<BlobSink.Writer> writers = new ArrayList<>();

    Writers(BlobSink sink) {
      this.sink = sink;
    }

    BlobSink.Writer begin() throws IOException {
      BlobSink.Writer writer = sink.begin();
      writers.add(writer);
      return writer;
    }

    void commit(List<Descriptor> descriptors) throws IOException {
      for (int i = 0; i < writers.size(); i++) {
        writers.get(i).commit(descriptors.get(i));
      }
    }

    @Override
    public void close() throws IOException {
      IOException fault = null;
      for (BlobSink.Writer writer : writers) {
        try {
          writer.close();
        } catch (IOException e) {
          if (fault == null) {
            fault = e;
          } else {
            fault.addSuppressed(e);
          }
        }
      }
      if (fault != null) {
        throw fault;
      }
    }
  }

  /** A blob that went to the sink. */
  private record Written(BlobSink sink, Descriptor descriptor) implements Content {
    @Override
    public InputStream open() throws IOException {
      return content().open();
    }

    @Override
    public long size() {
      return descriptor.size();
    }

    private Content content() throws IOException {
      if (sink instanceof BlobSource source) {
        return source.blob(descriptor);
      }
      throw new IOException(
          "blob " + descriptor.digest() + " was written to a sink that cannot be read: " + sink);
    }

    @Override
    public Content slice(long offset, long length) {
      try {
        return content().slice(offset, length);
      } catch (IOException e) {
        return Content.super.slice(offset, length);
      }
    }

    @Override
    public String toString() {
      return "blob " + descriptor.digest();
    }
  }

  /** What a plan does to the paths. */
  private record Counts(int removed, int replaced, int added) {
    static final Counts NONE = new Counts(0, 0, 0);

    static Counts of(PlanOutcome outcome) {
      FileTree before = outcome.before();
      FileTree after = outcome.after();
      if (outcome.isSame()) {
        return NONE;
      }
      int removed = count(before.nodes().keySet().stream().filter(path -> !after.contains(path)));
      int added = count(after.nodes().keySet().stream().filter(path -> !before.contains(path)));
      int replaced =
          count(
              before.nodes().entrySet().stream()
                  .filter(
                      entry ->
                          after
                              .get(entry.getKey())
                              .map(node -> !node.isSameAs(entry.getValue()))
                              .orElse(false)));
      return new Counts(removed, replaced, added);
    }

    private static int count(Stream<?> stream) {
      return Math.toIntExact(stream.count());
    }
  }

  @Override
  public String toString() {
    return "LayerRewriter[" + mode + "]";
  }
}
