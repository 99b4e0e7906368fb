package io.k8or.seccomp.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.content.Content;
import io.k8or.seccomp.Architecture;
import io.k8or.seccomp.ArgumentCondition;
import io.k8or.seccomp.ArgumentCondition.Operator;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallRule;
import io.k8or.seccomp.SyscallTable;
import io.k8or.seccomp.Verdict;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters against libseccomp's, and under this machine's kernel. */
@Tag("oracle")
class LibseccompOracleTest {
  private static final Path CONTAINERS = Path.of("/usr/share/containers/seccomp.json");
  private static final int[] FOREIGN = {0x40000003, 0xc00000b7, 0xc000003e, 0x40000028, 0};

  @TempDir static Path folder;
  private static int files;

  @BeforeAll
  static void prepare() {
    Tools.require("python3");
  }

  @Test
  void decisions_ofThePodmanDefault_areThoseOfLibseccomp() throws IOException {
    assumeTrue(Files.exists(CONTAINERS), "no " + CONTAINERS);
    for (Architecture architecture : Architecture.values()) {
      for (List<String> caps : List.of(List.<String>of(), List.of("CAP_SYS_ADMIN"))) {
        SyscallProfile profile = SyscallProfile.read(Content.of(CONTAINERS), architecture, caps);
        System.out.println(architecture + " " + caps + ": " + compare(profile));
      }
    }
  }

  @Test
  void decisions_ofRandomProfiles_areThoseOfLibseccomp() throws IOException {
    for (int seed = 0; seed < 8; seed++) {
      compare(random(new Random(seed), Architecture.values()[seed % 2]));
    }
  }

  @Test
  void program_underTheKernel_killsAndFails() throws IOException {
    Tools.require("cat", "true");
    // All but what cat advises the kernel of, and mkdir, which fails in its own way.
    SyscallProfile profile =
        SyscallProfile.of(
            Architecture.X86_64,
            Verdict.ALLOW,
            Map.of(
                "fadvise64",
                List.of(SyscallRule.always(Verdict.KILL_PROCESS)),
                "mkdir",
                List.of(SyscallRule.always(Verdict.errno(28))),
                "socket",
                List.of(
                    new SyscallRule(
                        List.of(ArgumentCondition.of(0, Operator.EQUAL, 16)), Verdict.errno(97)))));
    assertThat(underFilter(profile, "true").status()).isZero();
    assertThat(underFilter(profile, "cat", "/dev/null").status()).isEqualTo(128 + 31);
    assertThat(underFilter(profile, "mkdir", folder.resolve("x").toString()).stderr())
        .contains("No space left on device");
    String open =
        "import socket, sys; socket.socket(int(sys.argv[1]), 3 if sys.argv[1] == '16' else 1)";
    assertThat(underFilter(profile, "python3", "-c", open, "16").stderr())
        .contains("Address family not supported");
    assertThat(underFilter(profile, "python3", "-c", open, "1").status()).isZero();
  }

  /** Runs a command under the filter, as a shell would report its end. */
  private static Tools.Result underFilter(SyscallProfile profile, String... command)
      throws IOException {
    Path filter = folder.resolve("filter" + files++);
    try (InputStream in = BpfProgram.compile(profile).toContent(ByteOrder.LITTLE_ENDIAN).open()) {
      Files.copy(in, filter);
    }
    String load =
        """
        import ctypes, os, sys
        program = open(sys.argv[1], "rb").read()
        buffer = ctypes.create_string_buffer(program)
        class Fprog(ctypes.Structure):
            _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
        fprog = Fprog(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        assert prctl(38, 1, 0, 0, 0) == 0, ctypes.get_errno()
        assert prctl(22, 2, ctypes.byref(fprog)) == 0, ctypes.get_errno()
        os.execvp(sys.argv[2], sys.argv[2:])
        """;
    List<String> words =
        new ArrayList<>(
            List.of("sh", "-c", "\"$@\"; exit $?", "sh", "python3", "-c", load, filter.toString()));
    words.addAll(List.of(command));
    return Tools.run(folder, Map.of(), words);
  }

  /** Compares all calls, and returns how large the programs are. */
  private static String compare(SyscallProfile profile) throws IOException {
    List<SyscallData> calls = calls(profile);
    Path json = folder.resolve("profile" + files);
    Path list = folder.resolve("calls" + files);
    Path decisions = folder.resolve("decisions" + files++);
    Path script = folder.resolve("libseccomp-decisions.py");
    try (InputStream in =
        LibseccompOracleTest.class.getResourceAsStream("libseccomp-decisions.py")) {
      Files.write(script, in.readAllBytes());
    }
    Files.write(json, profile.toOciJson().readAll(1 << 20));
    StringBuilder text = new StringBuilder();
    for (SyscallData call : calls) {
      text.append(call.number()).append(' ').append(call.architecture());
      call.arguments().forEach(argument -> text.append(' ').append(argument));
      text.append('\n');
    }
    Files.writeString(list, text);
    Tools.output("python3", "" + script, "" + json, "" + list, "" + decisions);
    List<String> expected = Files.readAllLines(decisions);
    BpfProgram program = BpfProgram.compile(profile);
    long ours = 0;
    long theirs = 0;
    int most = 0;
    int counted = 0;
    int known = SyscallTable.of(profile.architecture()).calls().lastKey();
    for (int i = 0; i < calls.size(); i++) {
      String[] decision = expected.get(i + 1).split(" ");
      SyscallData call = calls.get(i);
      BpfProgram.Outcome outcome = program.run(call);
      // libseccomp knows fewer calls than the tables do; then the default is meant.
      int their = Integer.parseUnsignedInt(decision[0]);
      if (outcome.value() != their) {
        fail(
            String.format(
                "%s %s: %x, libseccomp says %x%n%s",
                call,
                SyscallTable.of(profile.architecture())
                    .name(call.number())
                    .map(profile.rules()::get),
                outcome.value(),
                their,
                program.listing()));
      }
      if (call.architecture() == profile.architecture().auditNumber()) {
        int decided =
            profile.architecture() != Architecture.X86_64
                    || (call.number() < 0x40000000 && call.number() >= -1)
                ? profile.decide(call.number(), call.arguments()).filterValue()
                : Verdict.KILL_PROCESS.filterValue();
        if (outcome.value() != decided) {
          fail(call + ": " + outcome + " against " + profile);
        }
        if (call.number() >= 0 && call.number() <= known) {
          counted++;
          ours += outcome.executed();
          theirs += Integer.parseInt(decision[1]);
          most = Math.max(most, outcome.executed());
        }
      }
    }
    return String.format(
        "%d calls decided alike; %d instructions against %s of libseccomp, on average %.1f run"
            + " against %.1f, at most %d",
        calls.size(),
        program.size(),
        expected.get(0),
        (double) ours / counted,
        (double) theirs / counted,
        most);
  }

  private static List<SyscallData> calls(SyscallProfile profile) {
    List<SyscallData> calls = new ArrayList<>();
    Architecture architecture = profile.architecture();
    for (int number = 0; number < 1024; number++) {
      calls.add(SyscallData.of(architecture, number, 1, 1, 1, 1, 1, 1));
    }
    for (int number :
        new int[] {0x3fffffff, 0x40000000, 0x40000001, 0x400001ff, 0x7fffffff, -2, -1}) {
      boolean isX86 = architecture == Architecture.X86_64;
      if (isX86 || number >= 0) {
        calls.add(SyscallData.of(architecture, number));
      }
    }
    for (int foreign : FOREIGN) {
      if (foreign != architecture.auditNumber()) {
        for (int number = 0; number < 512; number += 7) {
          calls.add(new SyscallData(number, foreign, 0, List.of(0L, 0L, 0L, 0L, 0L, 0L)));
        }
      }
    }
    profile
        .rules()
        .forEach(
            (name, rules) -> {
              int number = SyscallTable.of(architecture).number(name).orElseThrow();
              // Each argument at, above and below each number that is compared, in both words.
              TreeSet<Long> values = new TreeSet<>();
              TreeSet<Integer> indexes = new TreeSet<>();
              for (SyscallRule rule : rules) {
                for (ArgumentCondition c : rule.conditions()) {
                  indexes.add(c.index());
                  for (long v : new long[] {c.value(), c.mask(), ~c.mask() | c.value()}) {
                    values.addAll(List.of(v, v + 1, v - 1, v + (1L << 32), v - (1L << 32)));
                  }
                  values.addAll(List.of(0L, -1L));
                }
              }
              for (int index : indexes) {
                for (int other : indexes) {
                  for (long value : values) {
                    for (long second : other == index ? List.of(value) : values) {
                      long[] arguments = new long[6];
                      arguments[index] = value;
                      arguments[other] = second;
                      calls.add(SyscallData.of(architecture, number, arguments));
                    }
                  }
                }
              }
            });
    return calls;
  }

  private static SyscallProfile random(Random random, Architecture architecture) {
    Verdict[] verdicts = {
      Verdict.ALLOW, Verdict.LOG, Verdict.NOT_PERMITTED, Verdict.NO_SUCH_CALL, Verdict.KILL_PROCESS
    };
    List<String> names = new ArrayList<>(SyscallTable.of(architecture).names());
    // What libseccomp 2.5.4 has not got yet.
    names.removeIf(name -> SyscallTable.of(architecture).number(name).orElseThrow() > 449);
    names.removeAll(List.of("uretprobe"));
    Map<String, List<SyscallRule>> rules = new TreeMap<>();
    Verdict otherwise = verdicts[random.nextInt(verdicts.length)];
    for (String name : names) {
      Verdict verdict = verdicts[random.nextInt(verdicts.length)];
      int kind = random.nextInt(10);
      if (kind < 4 || verdict.equals(otherwise)) {
        continue;
      }
      List<SyscallRule> list = new ArrayList<>();
      if (kind < 9) {
        list.add(SyscallRule.always(verdict));
      } else {
        // libseccomp 2.5.4 takes 1 >= 0x100000000 for true where a second condition or rule of the
        // call is there, so only equality is tried in company.
        ArgumentCondition only = condition(random, random.nextInt(5));
        list.add(new SyscallRule(List.of(only), verdict));
        if (only.operator() == Operator.EQUAL) {
          ArgumentCondition second =
              ArgumentCondition.of(only.index() + 1, Operator.EQUAL, random.nextInt(1000));
          list.set(0, new SyscallRule(List.of(only, second), verdict));
          for (int i = random.nextInt(3); i > 0; i--) {
            ArgumentCondition more =
                ArgumentCondition.of(only.index(), Operator.EQUAL, random.nextLong());
            list.add(new SyscallRule(List.of(more), verdict));
          }
        }
      }
      rules.put(name, list);
    }
    return SyscallProfile.of(architecture, otherwise, rules);
  }

  private static ArgumentCondition condition(Random random, int index) {
    Operator operator = Operator.values()[random.nextInt(Operator.values().length)];
    long value = random.nextBoolean() ? random.nextInt(100) : random.nextLong();
    if (operator != Operator.MASKED_EQUAL) {
      return ArgumentCondition.of(index, operator, value);
    }
    long mask = random.nextBoolean() ? 0x7e020000L : random.nextLong();
    return ArgumentCondition.masked(index, mask, value & mask);
  }
}
