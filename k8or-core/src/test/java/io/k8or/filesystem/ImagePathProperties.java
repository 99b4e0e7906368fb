package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ImagePathProperties {
  @Property
  void of_itsBytes_isTheSame(@ForAll("paths") ImagePath path) {
    assertThat(ImagePath.of(path.toRelativeBytes())).isEqualTo(path);
  }

  @Property
  void resolve_nameInParent_isThePath(@ForAll("paths") ImagePath path) {
    assertThat(path.parent().orElseThrow().resolve(path.name())).isEqualTo(path);
    assertThat(path.depth()).isEqualTo(path.parent().orElseThrow().depth() + 1);
  }

  @Property
  void compareTo_isThatOfTheSegments(
      @ForAll("paths") ImagePath one, @ForAll("paths") ImagePath other) {
    int bySegments = compare(segments(one), segments(other));
    assertThat(Integer.signum(one.compareTo(other))).isEqualTo(Integer.signum(bySegments));
    assertThat(one.compareTo(other) == 0).isEqualTo(one.equals(other));
  }

  @Property
  void endOfSubtree_isBehindAllWithinAlone(
      @ForAll("paths") ImagePath one, @ForAll("paths") ImagePath other) {
    boolean between = other.compareTo(one) >= 0 && other.compareTo(one.endOfSubtree()) < 0;
    assertThat(between).isEqualTo(other.isWithin(one));
  }

  @Property
  void rebase_thereAndBack_isThePath(
      @ForAll("paths") ImagePath from,
      @ForAll("paths") ImagePath to,
      @ForAll("paths") ImagePath p) {
    ImagePath path = from.resolve(p.toRelativeBytes());
    assertThat(path.rebase(from, to).rebase(to, from)).isEqualTo(path);
  }

  private static List<ByteString> segments(ImagePath path) {
    return path.parent()
        .map(
            parent -> {
              List<ByteString> all = new ArrayList<>(segments(parent));
              all.add(path.name());
              return all;
            })
        .orElse(List.of());
  }

  private static int compare(List<ByteString> one, List<ByteString> other) {
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      int order = one.get(i).compareTo(other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(one.size(), other.size());
  }

  @Provide
  Arbitrary<ImagePath> paths() {
    Arbitrary<ByteString> segment =
        Arbitraries.of((byte) 1, (byte) '-', (byte) '.', (byte) '0', (byte) 'a', (byte) 0xff)
            .list()
            .ofMinSize(1)
            .ofMaxSize(3)
            .map(
                bytes -> {
                  byte[] array = new byte[bytes.size() + 1];
                  array[0] = 'x'; // neither . nor ..
                  for (int i = 0; i < bytes.size(); i++) {
                    array[i + 1] = bytes.get(i);
                  }
                  return ByteString.copyOf(array);
                });
    return segment
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(
            segments -> {
              ImagePath path = ImagePath.root();
              for (ByteString name : segments) {
                path = path.resolve(name);
              }
              return path;
            });
  }
}
