package io.k8or.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoaderCacheTest {
  /** As ldconfig writes it: the sonames are the ends of the paths. */
  static ByteString cache(List<String> sonames) {
    String generator = "ldconfig (test)";
    int base = 48 + 24 * sonames.size();
    int strings = sonames.stream().mapToInt(name -> name.length() + 6).sum();
    int extensions = (base + strings + 3) / 4 * 4;
    ByteBuffer out =
        ByteBuffer.allocate(extensions + 24 + generator.length()).order(ByteOrder.LITTLE_ENDIAN);
    ByteString.utf8("glibc-ld.so.cache1.1").copyTo(out.array(), 0);
    out.putInt(20, sonames.size()).putInt(24, strings).put(28, (byte) 2).putInt(32, extensions);
    int at = base;
    for (int i = 0; i < sonames.size(); i++) {
      out.putInt(48 + 24 * i, 0x303).putInt(52 + 24 * i, at + 5).putInt(56 + 24 * i, at);
      ByteString.utf8("/lib/" + sonames.get(i)).copyTo(out.array(), at);
      at += sonames.get(i).length() + 6;
    }
    out.putInt(extensions, 0xeaa42174).putInt(extensions + 4, 1);
    out.putInt(extensions + 16, extensions + 24).putInt(extensions + 20, generator.length());
    ByteString.utf8(generator).copyTo(out.array(), extensions + 24);
    return ByteString.copyOf(out.array());
  }

  @Test
  void without_paths_isTheCacheOfTheOthers() throws Exception {
    ByteString all = cache(List.of("libz.so.1", "libc.so.6", "liba.so.12"));
    // ldconfig orders strings from their ends, the greatest first.
    ByteString ordered = cache(List.of("libc.so.6", "liba.so.12", "libz.so.1"));

    assertThat(LoaderCache.without(ordered, path -> false, "/c")).contains(ordered);
    assertThat(LoaderCache.without(all, path -> path.equals("/lib/libz.so.1"), "/c"))
        .contains(cache(List.of("libc.so.6", "liba.so.12")));
  }

  @Test
  void without_otherForms_isEmptyOrThrows() throws Exception {
    assertThat(LoaderCache.without(ByteString.utf8("ld.so-1.7.0"), path -> true, "/c")).isEmpty();
    byte[] broken = cache(List.of("libz.so.1")).toByteArray();
    broken[56 + 3] = 0x7f;
    assertThatThrownBy(() -> LoaderCache.without(ByteString.copyOf(broken), path -> true, "/c"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("loader cache: /c: an offset leads out of the file");
  }

  @Test
  void entries_ofOldAndNewForms_areTheSame() throws Exception {
    ByteString cache = cache(List.of("libz.so.1", "libc.so.6"));
    ByteBuffer old = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    ByteString.utf8("ld.so-1.7.0").copyTo(old.array(), 0);
    old.putInt(12, 1);

    Map<String, List<String>> entries =
        Map.of("libz.so.1", List.of("/lib/libz.so.1"), "libc.so.6", List.of("/lib/libc.so.6"));
    assertThat(LoaderCache.entries(cache, "/c")).isEqualTo(entries);
    assertThat(LoaderCache.entries(ByteString.copyOf(old.array()).concat(cache), "/c"))
        .isEqualTo(entries);
    assertThat(LoaderCache.entries(ByteString.utf8("something else"), "/c")).isEmpty();
  }

  @Test
  void entries_ofBrokenOffset_throws() {
    byte[] broken = cache(List.of("libz.so.1")).toByteArray();
    broken[56 + 3] = 0x7f;
    assertThatThrownBy(() -> LoaderCache.entries(ByteString.copyOf(broken), "/c"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("loader cache: /c: an offset leads out of the file");
  }
}
