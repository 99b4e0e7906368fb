package io.k8or.seccomp.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.seccomp.Architecture;
import io.k8or.seccomp.ArgumentCondition;
import io.k8or.seccomp.ArgumentCondition.Operator;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallRule;
import io.k8or.seccomp.SyscallTable;
import io.k8or.seccomp.Verdict;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A filter decides what its profile says; what is printed is read back. */
class BpfProgramProperties {
  private static final Verdict[] VERDICTS = {
    Verdict.ALLOW,
    Verdict.LOG,
    Verdict.NOT_PERMITTED,
    Verdict.NO_SUCH_CALL,
    Verdict.errno(4095),
    Verdict.KILL_PROCESS
  };

  @Property
  void run_ofACompiledProfile_decidesAsTheProfile(@ForAll long seed) {
    Random random = new Random(seed);
    SyscallProfile profile = profile(random);
    BpfProgram program = BpfProgram.compile(profile);
    for (int i = 0; i < 300; i++) {
      int number = random.nextInt(500);
      Long[] arguments = new Long[6];
      for (int j = 0; j < 6; j++) {
        arguments[j] = value(random);
      }
      SyscallData call =
          new SyscallData(
              number, profile.architecture().auditNumber(), random.nextLong(), List.of(arguments));
      assertThat(program.run(call).value())
          .isEqualTo(profile.decide(number, List.of(arguments)).filterValue());
    }
  }

  @Property
  void read_ofWhatIsPrinted_givesTheSameProfile(@ForAll long seed) throws Exception {
    SyscallProfile profile = profile(new Random(seed));
    assertThat(SyscallProfile.read(profile.toOciJson(), profile.architecture(), List.of()))
        .isEqualTo(profile);
    assertThat(SyscallProfile.read(profile.toDockerJson(), profile.architecture(), List.of()))
        .isEqualTo(profile);
    BpfProgram program = BpfProgram.compile(profile);
    assertThat(BpfProgram.read(program.toContent(ByteOrder.BIG_ENDIAN), ByteOrder.BIG_ENDIAN))
        .isEqualTo(program);
  }

  @Property
  void unionAndBeyond_ofTwoProfiles_agree(@ForAll long seed) {
    Random random = new Random(seed);
    SyscallProfile one = profile(random);
    SyscallProfile other;
    do {
      other = profile(random);
    } while (other.architecture() != one.architecture());
    SyscallProfile union = one.union(other);
    assertThat(one.beyond(union)).isEmpty();
    assertThat(other.beyond(union)).isEmpty();
    assertThat(one.union(one).beyond(one)).isEmpty();
  }

  private static SyscallProfile profile(Random random) {
    Architecture architecture = Architecture.values()[random.nextInt(2)];
    Map<String, List<SyscallRule>> rules = new TreeMap<>();
    int conditional = random.nextInt(12) == 0 ? 40 : 4;
    for (String name : SyscallTable.of(architecture).names()) {
      Verdict verdict = VERDICTS[random.nextInt(VERDICTS.length)];
      if (random.nextInt(100) < conditional) {
        List<SyscallRule> list = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
          int first = random.nextInt(5);
          List<ArgumentCondition> conditions = new ArrayList<>();
          conditions.add(condition(random, first));
          if (random.nextBoolean()) {
            conditions.add(condition(random, first + 1));
          }
          list.add(new SyscallRule(conditions, verdict));
        }
        rules.put(name, list);
      } else if (random.nextBoolean()) {
        rules.put(name, List.of(SyscallRule.always(verdict)));
      }
    }
    return SyscallProfile.of(architecture, VERDICTS[random.nextInt(VERDICTS.length)], rules);
  }

  private static ArgumentCondition condition(Random random, int index) {
    Operator operator = Operator.values()[random.nextInt(Operator.values().length)];
    return operator == Operator.MASKED_EQUAL
        ? ArgumentCondition.masked(index, value(random), value(random))
        : ArgumentCondition.of(index, operator, value(random));
  }

  /** Few values, so that comparisons meet. */
  private static long value(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(3);
      case 1 -> (1L << 32) + random.nextInt(3) - 1;
      case 2 -> -1L - random.nextInt(2);
      default -> random.nextLong();
    };
  }
}
