package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.layers.deflate.Span;
import io.k8or.layers.tar.TarHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one layer: its entries kept, patched or gone, and pieces put in between. Filled
 * by a planner, then read.
 */
final class LayerPlan {
  private static final Deque<Piece> NONE = new ArrayDeque<>();

  private final LayerIndex index;
  private final @Nullable Piece[] pieces;
  private final Map<Integer, Deque<Piece>> before = new HashMap<>();
  private final Map<Integer, Piece> after = new HashMap<>();
  private final List<Piece> appended = new ArrayList<>();
  private boolean changed;

  /** A plan that keeps every entry. */
  LayerPlan(LayerIndex index) {
    this.index = index;
    this.pieces = new Piece[index.entries().size()];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = new Piece.Keep(index.entries().get(i));
    }
  }

  LayerIndex index() {
    return index;
  }

  void drop(int entry) {
    pieces[entry] = null;
    changed = true;
  }

  void replace(int entry, Piece piece) {
    pieces[entry] = piece;
    changed = true;
  }

  /** Puts a piece before an entry, and before what was put there already. */
  void putFirstBefore(int entry, Piece piece) {
    before.computeIfAbsent(entry, e -> new ArrayDeque<>()).addFirst(piece);
    changed = true;
  }

  void putBehind(int entry, Piece piece) {
    after.put(entry, piece);
    changed = true;
  }

  void append(Piece piece) {
    appended.add(piece);
    changed = true;
  }

  boolean isChanged() {
    return changed;
  }

  /** Says whether no entry is left. */
  boolean isEmpty() {
    for (Piece piece : pieces) {
      if (piece != null) {
        return false;
      }
    }
    return before.isEmpty() && after.isEmpty() && appended.isEmpty();
  }

  /**
   * Returns the new tar in terms of the old one. What stands between entries is kept. Reads the
   * headers that are patched, in one pass over the layer.
   */
  List<Span> spans() throws IOException {
    SpanList spans = new SpanList();
    long end = addAll(spans, true);
    spans.copy(end, index.endMarkerOffset());
    try (HeaderReader headers = new HeaderReader(index.tar())) {
      for (Piece piece : appended) {
        add(piece, spans, headers);
      }
    }
    spans.copy(index.endMarkerOffset(), index.uncompressedSize());
    return spans.list();
  }

  /** Returns the entries alone: neither what is between them nor the end marker. */
  List<Span> entrySpans() throws IOException {
    SpanList spans = new SpanList();
    addAll(spans, false);
    try (HeaderReader headers = new HeaderReader(index.tar())) {
      for (Piece piece : appended) {
        add(piece, spans, headers);
      }
    }
    return spans.list();
  }

  /** Returns entries that are all made anew. */
  static List<Span> freshSpans(List<Piece> pieces) {
    SpanList spans = new SpanList();
    pieces.forEach(piece -> addFresh(piece, spans));
    return spans.list();
  }

  // Returns where the last entry ends.
  private long addAll(SpanList spans, boolean between) throws IOException {
    List<LayerEntry> entries = index.entries();
    long end = 0;
    try (HeaderReader headers = new HeaderReader(index.tar())) {
      for (int i = 0; i < pieces.length; i++) {
        LayerEntry entry = entries.get(i);
        if (between) {
          spans.copy(end, entry.headerOffset());
        }
        for (Piece piece : before.getOrDefault(i, NONE)) {
          add(piece, spans, headers);
        }
        Piece piece = pieces[i];
        if (piece != null) {
          add(piece, spans, headers);
        }
        Piece behind = after.get(i);
        if (behind != null) {
          add(behind, spans, headers);
        }
        end = entry.endOffset();
      }
    }
    return end;
  }

  private static void add(Piece piece, SpanList spans, HeaderReader headers) throws IOException {
    if (piece instanceof Piece.Keep keep) {
      spans.copy(keep.entry().headerOffset(), keep.entry().endOffset());
    } else if (piece instanceof Piece.Patch patch) {
      byte[] header = TarHeaders.patch(headers.read(patch.entry()), patch.changes());
      spans.insertHeader(header);
      if (patch.content().isPresent()) {
        spans.insertPadded(patch.content().get());
      } else {
        spans.copy(patch.entry().dataOffset(), patch.entry().endOffset());
      }
    } else {
      addFresh(piece, spans);
    }
  }

  private static void addFresh(Piece piece, SpanList spans) {
    if (piece instanceof Piece.Fresh fresh) {
      spans.insert(Content.of(TarHeaders.encode(fresh.path().toRelativeBytes(), fresh.node())));
      spans.insertPadded(fresh.node().content());
    } else if (piece instanceof Piece.FreshLink link) {
      spans.insert(
          Content.of(
              TarHeaders.encodeHardLink(
                  link.path().toRelativeBytes(),
                  link.target().toRelativeBytes(),
                  link.node().attributes())));
    } else {
      throw new IllegalStateException("not an entry made anew: " + piece);
    }
  }

  /** Collects spans; neighbours become one. */
  private static final class SpanList {
    private final List<Span> spans = new ArrayList<>();
    private final PackedHeaders headers = new PackedHeaders();
    private long from;
    private long to;

    void copy(long start, long end) {
      if (start == end) {
        return;
      }
      if (start != to || from == to) {
        flush();
        from = start;
      }
      to = end;
    }

    private void flush() {
      if (from < to) {
        spans.add(new Span.Copy(from, to));
      }
      from = 0;
      to = 0;
    }

    void insert(Content content) {
      if (content.size() > 0) {
        flush();
        spans.add(new Span.Insert(content));
      }
    }

    void insertHeader(byte[] header) throws IOException {
      insert(headers.add(header));
    }

    void insertPadded(Content content) {
      insert(content);
      int padding = (int) (-content.size() & 511);
      insert(Content.of(new byte[padding]));
    }

    List<Span> list() {
      flush();
      return List.copyOf(spans);
    }
  }

  /** Reads headers in their order, with one stream where they are near each other. */
  private static final class HeaderReader implements AutoCloseable {
    /** It is cheaper to begin anew than to skip more than this many bytes. */
    private static final long FAR = 8 << 20;

    private final LayerTar tar;
    private @Nullable InputStream in;
    private long position;

    HeaderReader(LayerTar tar) {
      this.tar = tar;
    }

    byte[] read(LayerEntry entry) throws IOException {
      long offset = entry.headerOffset();
      InputStream stream = in;
      if (stream == null || offset < position || offset - position > FAR) {
        close();
        stream = tar.open(offset);
        in = stream;
      } else {
        stream.skipNBytes(offset - position);
      }
      byte[] header = stream.readNBytes(entry.headerLength());
      position = offset + header.length;
      if (header.length < entry.headerLength()) {
        throw new MalformedContentException(
            "layer",
            tar + ", entry " + entry.path(),
            "expected " + entry.headerLength() + " bytes of headers, found " + header.length);
      }
      return header;
    }

    @Override
    public void close() throws IOException {
      if (in != null) {
        in.close();
        in = null;
      }
    }
  }
}
