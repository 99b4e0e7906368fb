package io.k8or.strip;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs and libraries made by real compilers, against binutils' strip. */
@Tag("oracle")
class NativeStripperOracleTest {
  private static final String C =
      """
      #include <stdio.h>
      int helper(int n) { return n < 2 ? n : helper(n - 1) + helper(n - 2); }
      static int hidden(int n) { return helper(n) + 1; }
      int main(void) { printf("%d\\n", hidden(10)); return 0; }
      """;
  private static final String CPP =
      """
      #include <iostream>
      #include <map>
      #include <string>
      int main() {
        std::map<std::string, int> m;
        try { m["a"] = 1; m.at("b"); } catch (const std::exception&) { m["b"] = 55; }
        std::cout << m["a"] + m["b"] << std::endl;
      }
      """;
  private static final String GO =
      """
      package main
      import ("fmt"; "os"; "sort")
      func main() {
        defer func() { fmt.Println(recover()); os.Exit(0) }()
        s := []int{3, 1, 2}; sort.Ints(s); fmt.Println(s); panic("56")
      }
      """;
  private static final String RUST =
      """
      fn main() { let v: Vec<u32> = (0..11).collect(); println!("{}", v.iter().sum::<u32>() + 1); }
      """;

  // Names with "lib" are libraries; the others are run.
  private static final String MAKE =
      """
      gcc -g -O1 -o c-pie a.c
      gcc -g -O1 -no-pie -o c-fixed a.c
      gcc -g -static -o c-static a.c
      gcc -g -static-pie -o c-static-pie a.c
      gcc -g -gz -Wl,--build-id=sha1 -o c-compressed a.c
      gcc -g -shared -fPIC -o libc-shared.so a.c
      objcopy --only-keep-debug c-pie c.debug
      gcc -g -o c-linked a.c
      objcopy --add-gnu-debuglink=c.debug c-linked
      g++ -g -o cpp a.cpp
      g++ -g -static -o cpp-static a.cpp
      g++ -g -shared -fPIC -o libcpp-shared.so a.cpp
      if command -v go > /dev/null; then
        CGO_ENABLED=0 GOFLAGS=-mod=mod go build -o go-static a.go
      fi
      if command -v rustc > /dev/null; then
        rustc -g -o rust a.rs || rm -f rust
      fi
      """;

  @TempDir private Path folder;

  private String sh(String script, Object... arguments) {
    List<String> words = new ArrayList<>(List.of("bash", "-euc", script, "k8or"));
    for (Object each : arguments) {
      words.add(each.toString());
    }
    Tools.Result result = Tools.run(folder, Map.of(), words);
    assertThat(result.status()).as("%s %s", script, result.stderr()).isZero();
    return result.stdout();
  }

  @Test
  void plan_ofRealPrograms_doesWhatStripDoes() throws IOException {
    Tools.require("gcc", "g++", "strip", "readelf", "objcopy");
    Files.writeString(folder.resolve("a.c"), C);
    Files.writeString(folder.resolve("a.cpp"), CPP);
    Files.writeString(folder.resolve("a.go"), GO);
    Files.writeString(folder.resolve("a.rs"), RUST);
    sh(MAKE);
    FileTree.Editor tree = FileTree.builder();
    Map<String, Path> programs = new TreeMap<>();
    for (String name :
        sh("ls -d c-* cpp* lib* go-static rust 2> /dev/null || true").split("\n", -1)) {
      if (!name.isEmpty()) {
        programs.put(name, folder.resolve(name));
        tree.put(
            ImagePath.of("/bin/" + name),
            FileNode.regular(FileAttributes.ofMode(0755), Content.of(folder.resolve(name))));
      }
    }
    assertThat(programs).hasSizeGreaterThan(9);
    EditPlan plan =
        NativeStripper.ofAll()
            .plan(
                ImageSnapshot.of(ImageConfig.of(new Platform("linux", "amd64", "")), tree.build()));
    assertThat(plan.findings()).isEmpty();
    assertThat(plan.edits()).hasSameSizeAs(programs.keySet());
    long before = 0;
    long after = 0;
    for (Edit edit : plan.edits()) {
      Edit.ReplaceContent replace = (Edit.ReplaceContent) edit;
      String name = replace.path().name().toUtf8();
      Path original = folder.resolve(name);
      Path ours = folder.resolve("ours-" + name);
      Path theirs = folder.resolve("theirs-" + name);
      Files.write(ours, replace.content().readAll(1 << 30));
      sh(
          "chmod +x \"$1\"; strip --strip-unneeded -R .comment -o \"$2\" \"$3\"",
          ours,
          theirs,
          original);
      assertThat(Files.size(ours)).as(name).isEqualTo(replace.content().size());
      assertThat(sections(ours)).as(name).isEqualTo(sections(theirs));
      assertThat(sh("readelf -lW \"$1\" | sed -n '/Program Headers/,/Section to/p'", ours))
          .as(name)
          .isEqualTo(sh("readelf -lW \"$1\" | sed -n '/Program Headers/,/Section to/p'", original));
      assertThat(sh("readelf -nW \"$1\" | grep 'Build ID' || true", ours))
          .isEqualTo(sh("readelf -nW \"$1\" | grep 'Build ID' || true", original));
      assertThat(Files.size(ours)).as(name).isLessThanOrEqualTo(Files.size(theirs) * 101 / 100);
      if (name.equals("c-linked")) {
        assertThat(sections(ours)).contains(".gnu_debuglink");
      }
      sh(
          "objcopy -O binary \"$1\" a.bin; objcopy -O binary \"$2\" b.bin; cmp a.bin b.bin",
          ours,
          theirs);
      if (!name.startsWith("lib")) {
        assertThat(sh("\"$1\"", ours)).as(name).isNotEmpty().isEqualTo(sh("\"$1\"", original));
      }
      assertThat(StrippedObject.of(Content.of(ours), name).saved()).isZero();
      before += Files.size(original);
      after += Files.size(ours);
    }
    System.out.printf("stripped %d programs: %d of %d bytes%n", programs.size(), after, before);
  }

  @Test
  void plan_ofWhatIsNotUnderstood_leavesItAndSaysSo() throws IOException {
    Tools.require("gcc");
    Files.writeString(folder.resolve("a.c"), C);
    sh(
        "gcc -g -o appended a.c; echo data >> appended; gcc -g -c -o a.o a.c; gcc -g -Wl,-q -o q a.c;"
            + " cp a.o m.ko; gcc -g -o sum a.c; objcopy --only-keep-debug sum only.debug");
    FileTree.Editor tree = FileTree.builder();
    for (String name : List.of("appended", "a.o", "q", "m.ko", "only.debug", "sum")) {
      tree.put(
          ImagePath.of("/bin/" + name),
          FileNode.regular(FileAttributes.ofMode(0755), Content.of(folder.resolve(name))));
    }
    tree.put(
        ImagePath.of("/bin/.sum.hmac"),
        FileNode.regular(FileAttributes.ofMode(0644), Content.empty()));
    EditPlan plan =
        NativeStripper.ofAll()
            .plan(
                ImageSnapshot.of(ImageConfig.of(new Platform("linux", "amd64", "")), tree.build()));
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings().stream().map(Object::toString).toList())
        .satisfiesExactly(
            text -> assertThat(text).contains("/bin/appended").contains("behind the last section"),
            text -> assertThat(text).contains("/bin/only.debug").contains("left-whole"),
            text -> assertThat(text).contains("/bin/q").contains("refers to symbols"),
            text -> assertThat(text).contains("/bin/sum").contains(".sum.hmac"),
            text -> assertThat(text).contains("needs-symbols").contains("2 stay"));
  }

  private List<String> sections(Path file) {
    return Arrays.asList(
        sh("readelf -SW \"$1\" | grep -oE '^ *\\[ *[0-9]+\\] \\S+' | sed 's/.*\\] //'", file)
            .split("\n", -1));
  }
}
