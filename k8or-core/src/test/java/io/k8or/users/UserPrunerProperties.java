package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class UserPrunerProperties {
  private static final List<String> FILES =
      List.of("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow");

  @Property
  void plan_generatedAccounts_keepsExactlyTheLinesOfNeededNumbers(
      @ForAll("images") ImageSnapshot image) throws IOException {
    EditPlan plan = UserPruner.defaults().plan(image);
    ImageSnapshot lean = image.with(plan);
    Set<Long> owners = new TreeSet<>(Set.of(0L, 65534L));
    image.files().nodes().values().forEach(node -> owners.add(node.attributes().uid()));
    String expected =
        TestImages.read(image, "/etc/passwd")
            .lines()
            .filter(line -> owners.contains(Long.parseLong(line.split(":")[2])))
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    assertThat(TestImages.read(lean, "/etc/passwd")).isEqualTo(expected);
    for (AccountDecision decision : UserPruner.defaults().decide(image)) {
      boolean user = decision.kind() == AccountDecision.Kind.USER;
      String after = TestImages.read(lean, user ? "/etc/passwd" : "/etc/group");
      assertThat(after.lines().anyMatch(line -> line.startsWith(decision.name() + ":")))
          .as("%s", decision)
          .isEqualTo(decision.kept());
    }
    assertThat(UserPruner.defaults().plan(lean).edits()).as("the second time").isEmpty();
    assertThat(UserPruner.defaults().plan(image)).as("again").isEqualTo(plan);
  }

  @Property
  void plan_primaryGroupsAndMembers_areThere(@ForAll("images") ImageSnapshot image)
      throws IOException {
    ImageSnapshot lean = image.with(UserPruner.defaults().plan(image));
    List<String> groups = TestImages.read(lean, "/etc/group").lines().toList();
    Set<String> users =
        TestImages.read(lean, "/etc/passwd")
            .lines()
            .map(line -> line.split(":")[0])
            .collect(Collectors.toSet());
    for (String line : groups) {
      String[] fields = line.split(":", -1);
      for (String member : fields[3].isEmpty() ? new String[0] : fields[3].split(",")) {
        assertThat(users).as("members of %s", line).contains(member);
      }
    }
    Set<String> shadows =
        TestImages.read(lean, "/etc/shadow")
            .lines()
            .map(line -> line.split(":")[0])
            .collect(Collectors.toSet());
    assertThat(shadows).isEqualTo(users);
  }

  @Property
  void plan_mutatedFiles_neverAnotherException(
      @ForAll @IntRange(max = 3) int which,
      @ForAll int at,
      @ForAll byte value,
      @ForAll boolean insert)
      throws IOException {
    FileTree.Editor files = TestImages.debian();
    String path = FILES.get(which);
    StringBuilder text = new StringBuilder(TestImages.read(TestImages.image(files), path));
    int index = Math.floorMod(at, text.length());
    String changed = new String(new byte[] {value}, StandardCharsets.ISO_8859_1);
    text.replace(index, insert ? index : index + 1, changed);
    TestImages.text(files, path, text.toString());
    ImageSnapshot image = TestImages.image(files);
    try {
      image.with(UserPruner.defaults().plan(image));
    } catch (MalformedContentException e) {
      assertThat(e.where()).startsWith(path + " line ");
    }
  }

  @Property
  void kubernetesUser_appliedTwice_changesNothing(
      @ForAll("images") ImageSnapshot image, @ForAll("services") String service)
      throws IOException {
    KubernetesUser user = KubernetesUser.forService(service, UidRegistry.inMemory());
    ImageSnapshot once = image.with(user.plan(image));
    assertThat(user.plan(once)).isEqualTo(EditPlan.empty());
    assertThat(once.config().user().orElseThrow()).matches("([1-5][0-9]{4}):\\1");
    for (String path : FILES) {
      assertThat(TestImages.read(once, path)).startsWith(TestImages.read(image, path));
    }
  }

  @Provide
  Arbitrary<String> services() {
    return Arbitraries.strings()
        .withChars("abcXYZ019-_./ \u00e9")
        .ofMaxLength(45)
        .map(text -> "svc" + text);
  }

  @Provide
  Arbitrary<ImageSnapshot> images() {
    Arbitrary<Set<Integer>> ids = Arbitraries.integers().between(0, 12).set().ofMaxSize(10);
    return Combinators.combine(ids, ids, ids).as(UserPrunerProperties::image);
  }

  private static ImageSnapshot image(Set<Integer> users, Set<Integer> groups, Set<Integer> owners) {
    StringBuilder passwd = new StringBuilder();
    StringBuilder shadow = new StringBuilder();
    StringBuilder group = new StringBuilder();
    StringBuilder gshadow = new StringBuilder();
    for (int id : users) {
      passwd.append("u" + id + ":x:" + id + ":" + (id + 1) / 2 + "::/:/bin/sh\n");
      shadow.append("u" + id + ":*:1::::::\n");
    }
    for (int id : groups) {
      String members =
          users.stream()
              .filter(user -> user % 3 == id % 3)
              .map(u -> "u" + u)
              .collect(Collectors.joining(","));
      group.append("g" + id + ":x:" + id + ":" + members + "\n");
      gshadow.append("g" + id + ":!:" + members + ":" + members + "\n");
    }
    FileTree.Editor files = FileTree.builder();
    TestImages.text(files, "/etc/passwd", passwd.toString());
    TestImages.text(files, "/etc/shadow", shadow.toString());
    TestImages.text(files, "/etc/group", group.toString());
    TestImages.text(files, "/etc/gshadow", gshadow.toString());
    owners.forEach(id -> TestImages.owned(files, "/srv/" + id, id, id % 5));
    return TestImages.image(files);
  }
}
