package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PackageClosureTest {
  private static PackageDatabase database(TinyDebian debian) throws IOException {
    return PackageDatabases.of(debian.build()).get(0);
  }

  private static PackageClosure closure(PackageDatabase database, String... names) {
    Map<InstalledPackage, String> roots = new LinkedHashMap<>();
    for (String name : names) {
      roots.put(database.named(name).get(0), "asked for");
    }
    return PackageClosure.of(database, roots);
  }

  private static List<String> ids(PackageClosure closure) {
    return closure.packages().stream().map(InstalledPackage::id).toList();
  }

  @Test
  void of_dependencies_areFollowedThroughCyclesAndProvides() throws Exception {
    PackageDatabase database =
        database(
            TinyDebian.create()
                .add("app", "Depends: lib (>= 1.0), mta\nPre-Depends: loader", "/app")
                .add("lib", "Depends: data", "/lib")
                .add("data", "Depends: lib", "/data")
                .add("loader", "", "/loader")
                .add("exim", "Provides: mta", "/exim")
                .add("other", "Depends: app", "/other"));

    PackageClosure closure = closure(database, "app");

    assertThat(ids(closure)).containsExactly("app", "lib", "data", "loader", "exim");
    assertThat(closure.unmet()).isEmpty();
    assertThat(closure.why("data").orElseThrow())
        .hasToString("app (asked for) -> Depends: lib (>= 1.0) -> lib -> Depends: data -> data");
    assertThat(closure.why("app").orElseThrow()).hasToString("app (asked for)");
    assertThat(closure.why("other")).isEmpty();
    assertThat(closure.why("unknown")).isEmpty();
    assertThat(closure.why(ImagePath.of("/exim")).orElseThrow().target().id()).isEqualTo("exim");
  }

  @Test
  void of_alternatives_takeWhatStaysAnywayElseTheFirst() throws Exception {
    PackageDatabase database =
        database(
            TinyDebian.create()
                .add("a", "Depends: x | y", "/a")
                .add("b", "Depends: y", "/b")
                .add("x", "", "/x")
                .add("y", "", "/y")
                .add("c", "Depends: missing | x", "/c"));

    assertThat(ids(closure(database, "a"))).containsExactly("a", "x");
    assertThat(ids(closure(database, "a", "b"))).containsExactly("a", "b", "y");
    assertThat(ids(closure(database, "c"))).containsExactly("x", "c");
  }

  @Test
  void of_versionedDependency_takesOnlyVersionedProvides() throws Exception {
    PackageDatabase database =
        database(
            TinyDebian.create()
                .add("a", "Depends: v (>= 2)", "/a")
                .add("old", "Provides: v", "/old")
                .add("new", "Provides: v (= 3)", "/new")
                .add("b", "Depends: v (>= 4)", "/b"));

    assertThat(ids(closure(database, "a"))).containsExactly("a", "new");
    PackageClosure unmet = closure(database, "b");
    assertThat(ids(unmet)).containsExactly("b");
    assertThat(unmet.unmet())
        .singleElement()
        .satisfies(u -> assertThat(u.dependency()).hasToString("Depends: v (>= 4)"));
  }

  @Test
  void of_multiArch_asksForTheArchitecture() throws Exception {
    PackageDatabase database =
        database(
            TinyDebian.create()
                .stanza("a", "Depends: lib, py:any, tool")
                .list("a", "/a")
                .stanza("lib", "Architecture: i386")
                .list("lib", "/l")
                .stanza("py", "Architecture: i386\nMulti-Arch: allowed")
                .list("py", "/p")
                .stanza("tool", "Architecture: i386\nMulti-Arch: foreign")
                .list("tool", "/t")
                .stanza("most", "")
                .list("most", "/m"));

    PackageClosure closure = closure(database, "a");

    assertThat(ids(closure)).containsExactly("a", "py", "tool");
    assertThat(closure.unmet()).hasSize(1);
  }

  @Test
  void of_richRequirements_areEvaluated() throws Exception {
    PackageDatabase database =
        database(TinyDebian.create().add("a", "", "/a").add("b", "", "/b").add("c", "", "/c"));
    InstalledPackage a = database.named("a").get(0);
    Requirement b = new Requirement.Named("b", "", "", "");
    Requirement c = new Requirement.Named("c", "", "", "");
    var onlyA = Set.of(a);

    assertThat(
            PackageGraph.isMet(
                database, a, new Requirement.When(b, c, Requirement.nothing()), onlyA))
        .isTrue();
    assertThat(
            PackageGraph.isMet(
                database,
                a,
                new Requirement.When(b, c, Requirement.nothing()),
                Set.copyOf(database.named("b"))))
        .isFalse();
    assertThat(PackageGraph.standingFor(database, a, new Requirement.With(b, c))).isEmpty();
    assertThat(PackageGraph.standingFor(database, a, new Requirement.Without(b, c))).hasSize(1);
    assertThat(PackageGraph.isMet(database, a, new Requirement.AllOf(List.of(b, c)), onlyA))
        .isFalse();
  }

  @Test
  void of_packageOfAnotherDatabase_throws() throws Exception {
    TinyDebian image = TinyDebian.create().add("a", "", "/a");
    PackageDatabase one = PackageDatabases.of(image.build()).get(0);
    PackageDatabase other = PackageDatabases.of(image.build()).get(0);

    assertThatThrownBy(() -> PackageClosure.of(one, Map.of(other.named("a").get(0), "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not an installed package of the database: a 1.0");
  }
}
