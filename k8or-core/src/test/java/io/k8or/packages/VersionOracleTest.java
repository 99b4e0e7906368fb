package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.packages.apk.ApkVersion;
import io.k8or.packages.dpkg.DpkgVersion;
import io.k8or.packages.rpm.RpmVersion;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The orders of versions against the tools whose they are, on random pairs. */
@Tag("oracle")
class VersionOracleTest {
  private static final int PAIRS = Boolean.getBoolean("k8or.oracle.all") ? 2000 : 250;

  private record Pair(String first, String second) {}

  /** Two versions that have much in common: the second has a part or two exchanged. */
  private static List<Pair> pairs(String[][] parts) {
    Random random = new Random(5);
    List<Pair> pairs = new ArrayList<>();
    while (pairs.size() < PAIRS) {
      StringBuilder first = new StringBuilder();
      StringBuilder second = new StringBuilder();
      for (String[] choices : parts) {
        String part = choices[random.nextInt(choices.length)];
        first.append(part);
        second.append(random.nextInt(3) == 0 ? choices[random.nextInt(choices.length)] : part);
      }
      pairs.add(new Pair(first.toString(), second.toString()));
    }
    return pairs;
  }

  private static void compare(
      String tool, List<Pair> pairs, List<String> signs, Comparator<String> order) {
    assertThat(signs).as(tool).hasSameSizeAs(pairs);
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      Pair pair = pairs.get(i);
      int found = order.compare(pair.first(), pair.second());
      String sign = found < 0 ? "<" : found > 0 ? ">" : "=";
      if (!sign.equals(signs.get(i))) {
        differences.add(
            pair.first() + " " + signs.get(i) + " " + pair.second() + ", found " + sign);
      }
    }
    System.out.printf(
        "%s: %d of %d pairs agree%n", tool, pairs.size() - differences.size(), pairs.size());
    assertThat(differences).isEmpty();
  }

  /** Runs a script of bash for the pairs, which are lines of its {@code $1}. */
  private static List<String> ask(List<Pair> pairs, String script, String... arguments)
      throws IOException {
    Path lines = Files.createTempFile("versions", null);
    try {
      Files.write(lines, pairs.stream().map(p -> p.first() + " " + p.second()).toList());
      List<String> command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
      command.add(lines.toString());
      command.addAll(List.of(arguments));
      Tools.Result result = Tools.run(Path.of("/"), Map.of("LC_ALL", "C"), command);
      assertThat(result.status()).as(result.stderr()).isZero();
      return result.stdout().lines().toList();
    } finally {
      Files.deleteIfExists(lines);
    }
  }

  @Test
  void dpkg_randomPairs_haveItsOrder() throws Exception {
    Tools.require("dpkg", "bash");
    List<Pair> pairs =
        pairs(
            new String[][] {
              {"", "", "0:", "1:"},
              {"1", "01", "10", "9", "0"},
              {"", ".", "~", "+", "a", ".a", "~~", "-", ".-."},
              {"0", "1", "00", "12", "b", "rc1", "~1"},
              {"", "~", "+b1", "~rc", "a", "+", ".0"},
              {"", "-1", "-0", "-1~", "-1.1", "-1a", "-~", "-1+b2", "-01"}
            });
    List<String> signs =
        ask(
            pairs,
            "while read -r a b; do if dpkg --compare-versions \"$a\" lt \"$b\"; then echo '<';"
                + " elif dpkg --compare-versions \"$a\" eq \"$b\"; then echo =; else echo '>'; fi;"
                + " done < \"$1\"");
    compare("dpkg --compare-versions", pairs, signs, DpkgVersion.ORDER);
  }

  @Test
  void apk_randomPairs_haveItsOrder() throws Exception {
    Tools.require("tar", "bash");
    List<Pair> pairs =
        pairs(
            new String[][] {
              {"1", "01", "10", "0", "2"},
              {"", ".0", ".1", ".01", ".10", ".001"},
              {"", ".0", ".1", ".02", ".2"},
              {"", "", "a", "b", "z"},
              {"", "", "_alpha", "_beta2", "_pre", "_rc1", "_p", "_p1", "_git20200101", "_cvs"},
              {"", "", "_pre1", "_p2", "_rc"},
              {"", "-r0", "-r1", "-r10", "-r01"}
            });
    Path scratch =
        Files.createTempDirectory(
            Files.createDirectories(Tools.projectRoot().resolve("k8or-core/target")), "apk");
    try {
      Path archive = Tools.shared().resolve("data/alpine-minirootfs-3.20.3-x86_64.tar.gz");
      Tools.output("tar", "-xf", archive.toString(), "-C", scratch.toString());
      List<String> signs =
          ask(
              pairs,
              "cd \"$2\"; while read -r a b; do lib/ld-musl-x86_64.so.1 --library-path"
                  + " lib:usr/lib sbin/apk --root . version -t \"$a\" \"$b\"; done < \"$1\"",
              scratch.toString());
      compare("apk version -t", pairs, signs, ApkVersion.ORDER);
    } finally {
      DebianImage.delete(scratch);
    }
  }

  @Test
  void rpm_randomPairs_haveItsOrder() throws Exception {
    Tools.require("rpm", "bash");
    List<Pair> pairs =
        pairs(
            new String[][] {
              {"1", "01", "10", "9", "a"},
              {"", ".", "~", "^", "_", "..", "+"},
              {"", "0", "1", "00", "12", "b", "rc1"},
              {"", "~", "^", "^git1", "~rc", "a", ".0", "~~"},
              {"", "", "1", "10", "b"}
            });
    StringBuilder script = new StringBuilder("%{lua: local signs = {[-1]='<', [0]='=', [1]='>'} ");
    for (Pair pair : pairs) {
      script.append("print(signs[rpm.vercmp('" + pair.first() + "', '" + pair.second() + "')]) ");
    }
    Tools.Result result =
        Tools.run(Path.of("/"), Map.of(), List.of("rpm", "--eval", script.append("}").toString()));
    assertThat(result.status()).as(result.stderr()).isZero();
    List<String> signs = new ArrayList<>();
    for (char c : result.stdout().toCharArray()) {
      if ("<=>".indexOf(c) >= 0) {
        signs.add(String.valueOf(c));
      }
    }
    compare("rpm.vercmp", pairs, signs, RpmVersion::compareSegments);
  }
}
