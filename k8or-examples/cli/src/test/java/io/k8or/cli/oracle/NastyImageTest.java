package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image with all that is hard, before and after, by two unpackers of other projects. */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NastyImageTest {
  private Scratch scratch;
  private Path nested;
  private Path flat;
  private TreeDump before;
  // An overlay needs room for its layer.
  private Path nested126;
  private TreeDump before126;

  @BeforeAll
  void unpackOnce() throws IOException {
    Tools.require("umoci", "skopeo", "podman", "python3", "unshare");
    Tools.requireRoot();
    Tools.shared();
    scratch = Scratch.create("nasty");
    nested = scratch.resolve("nested");
    flat = scratch.resolve("flat");
    NastyImage.write(nested, flat, 127);
    before = TreeDump.umoci(nested, NastyImage.REFERENCE, scratch.resolve("before"));
    nested126 = scratch.resolve("nested126");
    NastyImage.write(nested126, scratch.resolve("flat126"), 126);
    before126 = TreeDump.umoci(nested126, NastyImage.REFERENCE, scratch.resolve("before126"));
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void input_underTwoUnpackers_isTheSameTree() {
    assertThat(before.nodes()).hasSizeGreaterThan(150);
    assertThat(before.differences(storage(flat))).isEmpty();
    assertThat(before.nodes().get("/caps/lower").xattrs())
        .contains("01000002fffe80c300000000ff00000000000000");
    assertThat(before.nodes()).containsKeys("/names/caf\u00e9", "/names/\u00ff\u00fe");
    assertThat(before.nodes().get("/links/from-3").links())
        .containsExactly("/links/from-1", "/links/from-3");
  }

  @Test
  void inspectAndVerify_ofTheInput_countWhatUnpackersFind() {
    JsonNode inspected = K8or.json("inspect", "oci:" + nested + ":nasty", "--json");
    assertThat(inspected.at("/layers").size()).isEqualTo(127);
    K8or.run("verify", "oci:" + nested + ":nasty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"in-place", "squash", "overlay"})
  void apply_ofEditsWithoutEffect_keepsTheTree(String mode) {
    try (Scratch work = Scratch.create("nasty-same-" + mode)) {
      JsonNode applied =
          assertTree(
              tree(mode),
              work,
              mode,
              List.of("--files", "--no-rule", "all", "--remove-path", "/no/such/**"));
      if (!mode.equals("squash")) {
        assertThat(applied.at("/output/manifestDigest"))
            .isEqualTo(applied.at("/input/manifestDigest"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"in-place", "squash", "overlay"})
  void apply_ofRemovals_removesThemAlone(String mode) {
    List<String> options =
        List.of(
            "--files",
            "--no-rule",
            "all",
            "--remove-path",
            "/links/from-1", // its other name is in a higher layer
            "--remove-path",
            "/links/gone-link", // whose first name a whiteout hides
            "--remove-path",
            "/links/both", // three copies, and a link to the middle one
            "--remove-path",
            "/caps/upper", // a link to it stays
            "--remove-path",
            "/opaque/new", // an opaque marker comes after it
            "--remove-path",
            "/opaque/sub/**",
            "--remove-path",
            "/many/1*",
            "--keep-path",
            "/many/12*",
            "--remove-path",
            "/becomes-file",
            "--remove-path",
            "/becomes-directory/inside",
            "--remove-path",
            "/numbers/3", // in many layers, with links to some of the copies
            "--remove-path",
            "/names/d*",
            "--remove-path",
            "/comes-back",
            "--remove-path",
            "/implied/one/two/file",
            "--remove-path",
            "/nodes/null");
    Set<String> gone =
        Set.of(
            "/links/from-1",
            "/links/gone-link",
            "/links/both",
            "/caps/upper",
            "/opaque/new",
            "/becomes-file",
            "/becomes-directory/inside",
            "/numbers/3",
            "/comes-back",
            "/implied/one/two/file",
            "/nodes/null",
            "/names/d\u00e9");
    TreeDump expected =
        tree(mode)
            .without(
                path ->
                    gone.contains(path)
                        || path.startsWith("/opaque/sub/")
                        || path.matches("/many/1[^/]*") && !path.startsWith("/many/12"));
    assertThat(expected.nodes().size()).isLessThan(tree(mode).nodes().size() - 20);
    try (Scratch work = Scratch.create("nasty-removed-" + mode)) {
      assertTree(expected, work, mode, options);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"in-place", "squash", "overlay"})
  void apply_ofAnOwner_givesItThosePathsAlone(String mode) {
    List<String> own =
        List.of("/links/from-1", "/links/from-3", "/caps/upper", "/caps/lower", "/opaque");
    List<String> options = new ArrayList<>(List.of("--users", "--add-user", "web:20001:20002"));
    own.forEach(path -> options.addAll(List.of("--own", path)));
    // Not /caps/upper, which has another name elsewhere.
    Set<String> names =
        Set.of(
            "/links/from-1",
            "/links/from-3",
            "/caps/lower",
            "/opaque",
            "/opaque/new",
            "/opaque/sub",
            "/opaque/sub/new");
    Set<String> accounts = Set.of("/etc/passwd", "/etc/group");
    try (Scratch work = Scratch.create("nasty-owned-" + mode)) {
      JsonNode applied =
          assertTree(
              found ->
                  tree(mode)
                      .with(
                          entry -> {
                            TreeDump.Node node = entry.getValue();
                            if (names.contains(entry.getKey())) {
                              // A file loses its capabilities with its owner, as chown(2) has it.
                              return Optional.of(node.withOwner(20001, 20002).withoutXattrs());
                            }
                            return accounts.contains(entry.getKey())
                                ? Optional.of(node.withContent(found.nodes().get(entry.getKey())))
                                : Optional.empty();
                          }),
              work,
              mode,
              options);
      assertThat(applied.at("/findings").findValuesAsText("rule")).contains("hard-link-outside");
    }
  }

  @Test
  void applyOverlay_of127Layers_isRefusedInOneLine() {
    Path out = scratch.resolve("none");
    Tools.Result result =
        K8or.attempt(
            List.of(),
            "apply",
            "oci:" + nested + ":nasty",
            "--out",
            "oci:" + out,
            "--files",
            "--no-rule",
            "all",
            "--remove-path",
            "/many/2*",
            "--mode",
            "overlay");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.stderr().lines()).hasSize(1);
    assertThat(result.stderr()).startsWith("k8or: ").contains("127 layers");
    assertThat(out).doesNotExist();
  }

  private TreeDump tree(String mode) {
    return mode.equals("overlay") ? before126 : before;
  }

  private JsonNode assertTree(TreeDump expected, Scratch work, String mode, List<String> options) {
    return assertTree(found -> expected, work, mode, options);
  }

  private JsonNode assertTree(
      UnaryOperator<TreeDump> expectation, Scratch work, String mode, List<String> options) {
    Path out = work.resolve("out");
    List<String> words =
        new ArrayList<>(
            List.of("apply", "oci:" + nested + ":nasty", "--out", "oci:" + out + ":lean"));
    words.set(1, "oci:" + (mode.equals("overlay") ? nested126 : nested) + ":nasty");
    words.addAll(options);
    words.addAll(List.of("--mode", mode, "--json"));
    JsonNode applied = K8or.json(words.toArray());
    TreeDump first = TreeDump.umoci(out, "lean", work.resolve("after"));
    TreeDump expected = expectation.apply(first);
    assertThat(expected.differences(first)).as("umoci, %s", applied.at("/edits")).isEmpty();
    TreeDump second = TreeDump.storageInMemory("oci:" + out + ":lean", work.directory("storage"));
    assertThat(expected.differences(second)).as("containers/storage").isEmpty();
    K8or.run("verify", "oci:" + out + ":lean");
    return applied;
  }

  private TreeDump storage(Path layout) {
    return TreeDump.storageInMemory("oci:" + layout + ":nasty", scratch.directory("storage"));
  }
}
