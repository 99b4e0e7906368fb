package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class PackageClosureProperties {
  private static final int PACKAGES = 8;

  /** Package i depends on one or two of the others, as an edge says. */
  private static PackageDatabase database(List<Integer> edges) throws IOException {
    TinyDebian debian = TinyDebian.create();
    for (int i = 0; i < PACKAGES; i++) {
      List<String> depends = new ArrayList<>();
      for (int j = i; j < edges.size(); j += PACKAGES) {
        int edge = edges.get(j);
        String one = "p" + edge % PACKAGES;
        depends.add(edge >= PACKAGES ? one + " | p" + (edge + 3) % PACKAGES : one);
      }
      debian.add(
          "p" + i,
          depends.isEmpty() ? "" : "Depends: " + String.join(", ", depends),
          "/usr/",
          "/usr/p" + i);
    }
    return PackageDatabases.of(debian.build()).get(0);
  }

  @Property(tries = 100)
  void closure_anyGraph_isClosedAndHasAChainForEach(
      @ForAll @Size(max = 16) List<@IntRange(max = 2 * PACKAGES - 1) Integer> edges,
      @ForAll @IntRange(max = PACKAGES - 1) int root)
      throws IOException {
    PackageDatabase database = database(edges);
    InstalledPackage start = database.named("p" + root).get(0);

    PackageClosure closure = PackageClosure.of(database, Map.of(start, "root"));

    Set<InstalledPackage> kept = closure.packages();
    assertThat(kept).contains(start);
    for (InstalledPackage each : kept) {
      for (Dependency dependency : each.dependencies()) {
        assertThat(PackageGraph.isMet(database, each, dependency.requirement(), kept)).isTrue();
      }
      PackageChain chain = closure.why(each).orElseThrow();
      assertThat(chain.root()).isSameAs(start);
      assertThat(chain.target()).isSameAs(each);
    }
  }

  @Property(tries = 100)
  void removal_anyPackages_partitionsThePaths(
      @ForAll @Size(max = 16) List<@IntRange(max = 2 * PACKAGES - 1) Integer> edges,
      @ForAll @Size(max = PACKAGES) List<@IntRange(max = PACKAGES - 1) Integer> chosen)
      throws IOException {
    PackageDatabase database = database(edges);
    Set<InstalledPackage> leaving = new LinkedHashSet<>();
    chosen.forEach(i -> leaving.addAll(database.named("p" + i)));

    PackageRemoval removal = database.removal(leaving);

    Set<String> gone = new LinkedHashSet<>();
    removal.removed().forEach(path -> assertThat(gone.add(path.path().toString())).isTrue());
    for (InstalledPackage each : database.packages()) {
      assertThat(gone.contains("/usr/" + each.name())).isEqualTo(leaving.contains(each));
    }
    assertThat(gone.contains("/usr")).isEqualTo(leaving.size() == PACKAGES);
  }
}
