package io.k8or.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NamePartsTest {
  private static List<String> found(String text) {
    List<String> classes = List.of("com/acme/web/Page", "com/acme/Main", "org/other/A");
    Map<String, Integer> ids = Map.of(classes.get(0), 0, classes.get(1), 1, classes.get(2), 2);
    NameParts parts = new NameParts(classes, ids);
    List<String> labels = new ArrayList<>();
    parts.inResource(text, "", id -> labels.add(id < 3 ? classes.get(id) : parts.label(id)));
    return labels;
  }

  @Test
  void inResource_packageToScan_isSearchedWithThoseBelowIt() {
    assertThat(found("<context:component-scan base-package=\"com.acme\"/>"))
        .contains("the packages from com.acme down");
    assertThat(found("app.packages-to-scan = com.acme.web, org.other"))
        .contains("the packages from com.acme.web down", "the packages from org.other down");
  }

  // Each of the words could begin what names packages, and reach to the end.
  @Test
  @Timeout(60)
  void inResource_oneWordOfAMegabyte_endsInTime() {
    assertThat(found("package".repeat(150_000))).isEmpty();
  }
}
