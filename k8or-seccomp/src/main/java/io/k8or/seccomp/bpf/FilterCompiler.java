package io.k8or.seccomp.bpf;

import io.k8or.seccomp.Architecture;
import io.k8or.seccomp.ArgumentCondition;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallRule;
import io.k8or.seccomp.SyscallTable;
import io.k8or.seccomp.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Compiles a profile: the architecture is checked, then the number is looked for in a balanced tree
 * of ranges, neighbours with the same rules being one range. Leaves are returns that all of them
 * share, or tests of arguments, high word first.
 */
final class FilterCompiler {
  /** {@code __X32_SYSCALL_BIT}: numbers from here on are the x32 interface's. */
  private static final long X32 = 0x40000000L;

  private static final long END = 1L << 32;

  private final SyscallProfile profile;
  private final Assembler out = new Assembler();
  private final Map<List<SyscallRule>, Integer> leaves = new HashMap<>();

  private FilterCompiler(SyscallProfile profile) {
    this.profile = profile;
  }

  static List<BpfInstruction> compile(SyscallProfile profile) {
    return new FilterCompiler(profile).compile();
  }

  /** Numbers from one on, up to the next range's, with the same rules. */
  private record Range(long from, List<SyscallRule> rules) {}

  private List<BpfInstruction> compile() {
    int foreign = out.ret(Verdict.KILL_PROCESS.filterValue());
    List<Range> ranges = ranges();
    int tree = tree(ranges, 0, ranges.size());
    int number = out.then(BpfInstruction.LOAD, SyscallData.NUMBER, tree);
    int architecture =
        out.jump(BpfInstruction.JUMP_EQUAL, profile.architecture().auditNumber(), number, foreign);
    return out.program(out.then(BpfInstruction.LOAD, SyscallData.ARCHITECTURE, architecture));
  }

  private List<Range> ranges() {
    List<SyscallRule> otherwise = List.of(SyscallRule.always(profile.otherwise()));
    List<Range> ranges = new ArrayList<>();
    long next = 0;
    for (Map.Entry<Integer, String> call :
        SyscallTable.of(profile.architecture()).calls().entrySet()) {
      if (call.getKey() > next) {
        add(ranges, next, otherwise);
      }
      add(ranges, call.getKey(), profile.rules().getOrDefault(call.getValue(), otherwise));
      next = call.getKey() + 1L;
    }
    add(ranges, next, otherwise);
    if (profile.architecture() == Architecture.X86_64) {
      add(ranges, X32, List.of(SyscallRule.always(Verdict.KILL_PROCESS)));
      // No call, but what a tracer puts there to skip one.
      add(ranges, END - 1, otherwise);
    }
    return ranges;
  }

  private static void add(List<Range> ranges, long from, List<SyscallRule> rules) {
    if (ranges.isEmpty() || !ranges.get(ranges.size() - 1).rules().equals(rules)) {
      ranges.add(new Range(from, rules));
    }
  }

  /**
   * The tree over ranges; its root comes last, so that it is near the beginning. A range whose
   * arguments are tested weighs more, so that it is found sooner and the longest way is short.
   */
  private int tree(List<Range> ranges, int from, int to) {
    if (to - from == 1) {
      return leaf(ranges.get(from).rules());
    }
    int middle = middle(ranges, from, to);
    int above = tree(ranges, middle, to);
    int below = tree(ranges, from, middle);
    return out.jump(
        BpfInstruction.JUMP_GREATER_EQUAL, (int) ranges.get(middle).from(), above, below);
  }

  /** Returns where two parts are about as heavy. */
  private static int middle(List<Range> ranges, int from, int to) {
    long total = 0;
    for (int i = from; i < to; i++) {
      total += weight(ranges.get(i));
    }
    long below = 0;
    int best = from + 1;
    long least = Long.MAX_VALUE;
    for (int i = from; i < to - 1; i++) {
      below += weight(ranges.get(i));
      long difference = Math.abs(total - 2 * below);
      if (difference < least) {
        least = difference;
        best = i + 1;
      }
    }
    return best;
  }

  /** Two to the power of about the instructions that are run there. */
  private static long weight(Range range) {
    long tests = range.rules().stream().mapToLong(rule -> rule.conditions().size()).sum();
    return tests == 0 ? 1 : tests == 1 ? 8 : 32;
  }

  private int leaf(List<SyscallRule> rules) {
    if (rules.get(0).isUnconditional()) {
      return out.ret(rules.get(0).verdict().filterValue());
    }
    Integer known = leaves.get(rules);
    if (known != null) {
      return known;
    }
    int next = out.ret(profile.otherwise().filterValue());
    for (int end = rules.size(); end > 0; ) {
      int begin = end - 1;
      while (begin > 0 && isAlternative(rules.get(begin - 1), rules.get(end - 1))) {
        begin--;
      }
      int yes = out.ret(rules.get(end - 1).verdict().filterValue());
      if (end - begin > 1) {
        next = oneOf(rules.subList(begin, end), yes, next);
      } else {
        List<ArgumentCondition> conditions = rules.get(begin).conditions();
        for (int j = conditions.size() - 1; j >= 0; j--) {
          yes = test(conditions.get(j), yes, next);
        }
        next = yes;
      }
      end = begin;
    }
    leaves.put(rules, next);
    return next;
  }

  /** Says whether two rules compare one argument with numbers of one high word. */
  private static boolean isAlternative(SyscallRule a, SyscallRule b) {
    if (a.conditions().size() != 1
        || b.conditions().size() != 1
        || !a.verdict().equals(b.verdict())) {
      return false;
    }
    ArgumentCondition one = a.conditions().get(0);
    ArgumentCondition two = b.conditions().get(0);
    return one.operator() == ArgumentCondition.Operator.EQUAL
        && two.operator() == ArgumentCondition.Operator.EQUAL
        && one.index() == two.index()
        && one.value() >>> 32 == two.value() >>> 32;
  }

  /** Tests whether an argument is one of some numbers: the high word once. */
  private int oneOf(List<SyscallRule> rules, int yes, int no) {
    SortedSet<Integer> low = new TreeSet<>();
    rules.forEach(rule -> low.add((int) rule.conditions().get(0).value()));
    // Where 0 and all sums of some bits are among them, one test is enough for these.
    int bits = 0;
    for (int value : low) {
      if (Integer.bitCount(value) == 1 && low.containsAll(sums(bits | value))) {
        bits |= value;
      }
    }
    int next = no;
    Set<Integer> together = bits == 0 ? Set.of() : sums(bits);
    for (int value : low) {
      if (!together.contains(value)) {
        next = out.jump(BpfInstruction.JUMP_EQUAL, value, yes, next);
      }
    }
    if (bits != 0) {
      next = out.jump(BpfInstruction.JUMP_SET, ~bits, next, yes);
    }
    ArgumentCondition any = rules.get(0).conditions().get(0);
    int offset = SyscallData.ARGUMENTS + 8 * any.index();
    int lowWord = out.then(BpfInstruction.LOAD, offset, next);
    int high = (int) (any.value() >>> 32);
    return out.then(
        BpfInstruction.LOAD, offset + 4, out.jump(BpfInstruction.JUMP_EQUAL, high, lowWord, no));
  }

  private static Set<Integer> sums(int bits) {
    Set<Integer> sums = new TreeSet<>();
    for (int sum = bits; ; sum = (sum - 1) & bits) {
      sums.add(sum);
      if (sum == 0) {
        return sums;
      }
    }
  }

  private int test(ArgumentCondition condition, int yes, int no) {
    long value = condition.value();
    int high = (int) (value >>> 32);
    int low = (int) value;
    return switch (condition.operator()) {
      case EQUAL -> equal(condition, yes, no);
      case NOT_EQUAL -> equal(condition, no, yes);
      case MASKED_EQUAL -> equal(condition, yes, no);
      case GREATER -> above(condition, BpfInstruction.JUMP_GREATER, high, low, yes, no);
      case GREATER_OR_EQUAL ->
          above(condition, BpfInstruction.JUMP_GREATER_EQUAL, high, low, yes, no);
      case LESS -> above(condition, BpfInstruction.JUMP_GREATER_EQUAL, high, low, no, yes);
      case LESS_OR_EQUAL -> above(condition, BpfInstruction.JUMP_GREATER, high, low, no, yes);
    };
  }

  private int equal(ArgumentCondition condition, int yes, int no) {
    if ((condition.value() & ~condition.mask()) != 0) {
      return no;
    }
    int offset = SyscallData.ARGUMENTS + 8 * condition.index();
    int low = word(offset, (int) condition.mask(), (int) condition.value(), yes, no);
    return word(
        offset + 4, (int) (condition.mask() >>> 32), (int) (condition.value() >>> 32), low, no);
  }

  private int word(int offset, int mask, int value, int yes, int no) {
    if (mask == 0) {
      return yes;
    }
    int test = out.jump(BpfInstruction.JUMP_EQUAL, value, yes, no);
    if (test == yes) {
      return yes; // both ways lead to one place
    }
    if (mask != -1) {
      test = out.then(BpfInstruction.AND, mask, test);
    }
    return out.then(BpfInstruction.LOAD, offset, test);
  }

  private int above(
      ArgumentCondition condition, int comparison, int high, int low, int yes, int no) {
    if (yes == no) {
      return yes;
    }
    int offset = SyscallData.ARGUMENTS + 8 * condition.index();
    int lowWord = out.then(BpfInstruction.LOAD, offset, out.jump(comparison, low, yes, no));
    int same = out.jump(BpfInstruction.JUMP_EQUAL, high, lowWord, no);
    int more = out.jump(BpfInstruction.JUMP_GREATER, high, yes, same);
    return out.then(BpfInstruction.LOAD, offset + 4, more);
  }
}
