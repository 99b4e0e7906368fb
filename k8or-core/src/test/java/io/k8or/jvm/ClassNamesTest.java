package io.k8or.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClassNamesTest {
  private static final Set<String> KNOWN =
      Set.of("java/lang/String", "java/util/Map", "java/util/Map$Entry", "LL/Low", "a/B");

  private static List<String> in(String text) {
    List<String> found = new ArrayList<>();
    ClassNames.in(text, KNOWN::contains, found::add);
    return found;
  }

  @Test
  void in_descriptorsAndSignatures_findsEachClass() {
    assertThat(in("(IJLjava/lang/String;[[Ljava/util/Map$Entry;)V"))
        .containsExactly("java/lang/String", "java/util/Map$Entry");
    assertThat(in("Ljava/util/Map<TK;Ljava/lang/String;>;"))
        .containsExactly("java/util/Map", "java/lang/String");
    assertThat(in("()LLL/Low;")).containsExactly("LL/Low");
  }

  @Test
  void in_textsOfConfigurations_findsNamesWithDots() {
    assertThat(in("driver = java.lang.String # and java.util.Map.Entry, a.B.method()"))
        .containsExactly("java/lang/String", "java/util/Map$Entry", "a/B");
    assertThat(in("/a/B.class -Da.B=x")).containsExactly("a/B", "a/B");
    assertThat(in("a.C java.lang ........ L / -- \u0000 a")).isEmpty();
  }
}
