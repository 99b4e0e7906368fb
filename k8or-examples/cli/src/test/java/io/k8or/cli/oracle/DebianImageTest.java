package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A real Debian image with services, its accounts purged, under real unpackers and engines. */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DebianImageTest {
  private static final Set<String> ACCOUNT_FILES =
      Set.of(
          "/etc/passwd",
          "/etc/passwd-",
          "/etc/group",
          "/etc/group-",
          "/etc/shadow",
          "/etc/shadow-",
          "/etc/gshadow",
          "/etc/gshadow-",
          "/etc/subuid",
          "/etc/subuid-",
          "/etc/subgid",
          "/etc/subgid-");

  private Scratch scratch;
  private Path input;
  private JsonNode applied;
  private Path output;
  private TreeDump before;
  private TreeDump after;

  @BeforeAll
  void applyOnce() throws IOException {
    Tools.require("umoci", "python3");
    Tools.requireRoot();
    Tools.shared();
    input = DebianImage.layout();
    scratch = Scratch.create("debian-users");
    output = scratch.resolve("out");
    applied =
        K8or.json(
            "apply",
            "oci:" + input + ":latest",
            "--out",
            "oci:" + output + ":latest",
            "--users",
            "--json");
    before = TreeDump.umoci(input, "latest", scratch.resolve("before"));
    after = TreeDump.umoci(output, "latest", scratch.resolve("after"));
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void applyUsers_ofTwoTrees_differOnlyByDeclaredEdits() {
    Set<String> changed = new TreeSet<>();
    for (String line : before.differences(after)) {
      changed.add(line.substring(0, line.indexOf(": ")));
    }
    Set<String> declared = declaredPaths();
    assertThat(changed).isEqualTo(declared).isNotEmpty().isSubsetOf(ACCOUNT_FILES);
    // Mode, owner and everything but the bytes of what was replaced stay.
    TreeDump expected =
        before.with(
            entry ->
                declared.contains(entry.getKey())
                    ? Optional.of(entry.getValue().withContent(after.nodes().get(entry.getKey())))
                    : Optional.empty());
    assertThat(expected.differences(after)).isEmpty();
  }

  @Test
  void applyUsers_underAnotherUnpacker_givesTheSameTree() {
    Tools.require("skopeo", "podman", "unshare");
    try (Scratch storage = Scratch.create("debian-storage")) {
      TreeDump second = TreeDump.storage("oci:" + output + ":latest", storage.folder());
      assertThat(after.differences(second)).isEmpty();
    }
  }

  @Test
  void applyUsers_ofUntouchedLayers_keepsTheirBytes() throws IOException {
    assertThat(applied.at("/layers").size()).isEqualTo(3);
    for (JsonNode layer : applied.at("/layers")) {
      if (layer.at("/action").asText().equals("kept")) {
        assertThat(layer.at("/to")).isEqualTo(layer.at("/from"));
      }
    }
    assertThat(applied.at("/output/files").asLong()).isEqualTo(applied.at("/input/files").asLong());
    // The root is a path of an unpacked tree, too.
    assertThat(applied.at("/input/files").asLong())
        .isBetween(before.nodes().size() - 1L, (long) before.nodes().size());
  }

  @Test
  void verify_ofTheResult_findsNoFault() {
    K8or.run("verify", "oci:" + output + ":latest");
    Tools.require("skopeo");
    try (Scratch copies = Scratch.create("debian-copy")) {
      Shell.run(
          copies.folder(),
          "skopeo --insecure-policy copy --quiet \"$1\" oci:copy:latest >&2; "
              + "skopeo --insecure-policy copy --quiet oci:copy:latest docker-archive:copy.tar:k:1",
          "oci:" + output + ":latest");
    }
  }

  @Test
  void applyUsers_ofAccountsThatOwnNothing_removesAtLeast85Percent() throws IOException {
    Accounts first = Accounts.of(scratch.resolve("before"));
    Accounts idle = first.owningNothing(before);
    Accounts left = Accounts.of(scratch.resolve("after"));
    Set<String> idleUsersLeft = new TreeSet<>(idle.users().keySet());
    idleUsersLeft.retainAll(left.users().keySet());
    Set<String> idleGroupsLeft = new TreeSet<>(idle.groups().keySet());
    idleGroupsLeft.retainAll(left.groups().keySet());
    System.out.printf(
        "users: %d, %d own nothing, of which kept %s; groups: %d, %d own nothing, kept %s%n",
        first.users().size(),
        idle.users().size(),
        idleUsersLeft,
        first.groups().size(),
        idle.groups().size(),
        idleGroupsLeft);
    int all = idle.users().size() + idle.groups().size();
    int kept = idleUsersLeft.size() + idleGroupsLeft.size();
    assertThat(100 * (all - kept))
        .as("kept %s %s", idleUsersLeft, idleGroupsLeft)
        .isGreaterThanOrEqualTo(85 * all);
    assertThat(100 * (idle.users().size() - idleUsersLeft.size()))
        .as("kept %s", idleUsersLeft)
        .isGreaterThanOrEqualTo(85 * idle.users().size());
    // Nothing else is gone, and nobody has another number.
    for (Map.Entry<String, Long> user : first.users().entrySet()) {
      if (!idle.users().containsKey(user.getKey())) {
        assertThat(left.users()).contains(user);
      }
    }
    for (Map.Entry<String, Long> group : first.groups().entrySet()) {
      if (!idle.groups().containsKey(group.getKey())) {
        assertThat(left.groups()).contains(group);
      }
    }
    assertThat(first.users()).containsAllEntriesOf(left.users());
    assertThat(first.groups()).containsAllEntriesOf(left.groups());
    assertThat(left.users()).containsKeys("root", "nobody", "www-data", "redis");
  }

  @Test
  void applyUsers_underPwckAndGrpck_findsNothingNew() {
    Tools.require("pwck", "grpck");
    for (String check : List.of("pwck", "grpck")) {
      assertThat(complaints(check, scratch.resolve("before")))
          .as(check)
          .containsAll(complaints(check, scratch.resolve("after")));
    }
  }

  @Test
  void services_underRunc_answer() {
    Tools.require("runc", "jq", "umoci");
    try (Scratch work = Scratch.create("debian-runc")) {
      String answer = Runc.ask(work.folder(), output + ":latest", "null", DebianImage.QUESTION);
      assertAnswers(answer);
    }
  }

  @Test
  void services_underDocker_answer() throws IOException, InterruptedException {
    Tools.require("dockerd", "docker");
    try (Scratch work = Scratch.create("debian-docker")) {
      Path archive = work.resolve("lean.tar");
      K8or.run(
          "apply",
          "oci:" + input + ":latest",
          "--out",
          "docker-archive:" + archive + ":k8or.test/lean:1",
          "--users");
      try (DockerDaemon docker = DockerDaemon.start(work)) {
        assertThat(docker.docker("load", "--input", archive.toString()))
            .contains("k8or.test/lean:1");
        Files.deleteIfExists(archive);
        String container =
            docker.docker("run", "--detach", "--network", "none", "k8or.test/lean:1");
        assertAnswers(docker.ask(container, "bash", "-c", DebianImage.QUESTION));
      }
    }
  }

  @Test
  void addUser_underRunc_runsAsItsNumberAndWritesItsPath() throws IOException {
    Tools.require("runc", "jq", "umoci");
    try (Scratch work = Scratch.create("debian-web")) {
      Path out = work.resolve("out");
      JsonNode json =
          K8or.json(
              "apply",
              "oci:" + input + ":latest",
              "--out",
              "oci:" + out + ":latest",
              "--users",
              "--add-user",
              "web",
              "--own",
              "/var/lib/web",
              "--json");
      String user =
          Shell.run(
                  work.folder(),
                  "skopeo inspect --config \"oci:$1:latest\" | jq -r .config.User",
                  out)
              .strip();
      assertThat(user).as("%s", json).matches("[1-5][0-9]{4}:[1-5][0-9]{4}");
      String answer =
          Runc.ask(
              work.folder(),
              out + ":latest",
              "[\"/bin/sleep\",\"600\"]",
              "set -eu; id -u; id -g; id -un; touch /var/lib/web/mine; stat -c %u:%g /var/lib/web;"
                  + " touch /srv/app/not-mine 2>&1 && exit 1; true");
      String[] numbers = user.split(":");
      assertThat(answer.lines().limit(4).toList())
          .containsExactly(numbers[0], numbers[1], "web", user);
      for (String check : List.of("pwck", "grpck")) {
        Tools.require(check);
        List<String> complaints = complaints(check, work.resolve("bundle/rootfs"));
        complaints.removeAll(complaints(check, scratch.resolve("before")));
        assertThat(complaints).as(check).isEmpty();
      }
    }
  }

  private static void assertAnswers(String answer) {
    assertThat(answer)
        .startsWith("+PONG")
        .contains("HTTP/1.1 200 OK")
        .contains("served by the app")
        .contains("python 42")
        .contains("openjdk version");
  }

  /** Returns the lines of a checker, without those that count or say that it changed nothing. */
  static List<String> complaints(String check, Path root) {
    Tools.Result result = Shell.attempt(root, "\"$1\" -r -R \"$2\"", check, root);
    List<String> lines = new ArrayList<>();
    for (String line : (result.stdout() + result.stderr()).split("\n")) {
      if (!line.isBlank() && !line.endsWith("no changes")) {
        lines.add(line);
      }
    }
    return lines;
  }

  /** Returns the paths of the edits that {@code plan} prints. */
  private Set<String> declaredPaths() {
    JsonNode plan = K8or.json("plan", "oci:" + input + ":latest", "--users", "--json");
    Set<String> paths = new TreeSet<>();
    for (JsonNode edit : plan.at("/edits")) {
      if (edit.has("path")) {
        paths.add(edit.at("/path").asText());
      }
    }
    return paths;
  }
}
