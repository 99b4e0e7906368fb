package io.k8or.seccomp.program;

import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Value;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What was learnt of one function's values: the blocks that run, and the answers to what was asked.
 * Small, while the values themselves have a state for each block; they are computed again where
 * something else is asked.
 */
final class Flow implements FunctionValues {
  private static final int REACHES = 128;
  private static final int COVERS = 129;
  private static final int NON_ZERO = 130;
  private static final int CALL = 64;
  private static final Value YES = Value.constant(1);
  private static final Value NO = Value.constant(0);

  final boolean complete;

  /** Whether what was read decides between programs with more rights and others. */
  final boolean rights;

  final long conditions;
  final List<Integer> parts;
  final long[] blocks;

  /** By the instruction's address, and what was asked there. */
  final Map<Question, Value> answers;

  private final Supplier<FunctionValues> values;

  /**
   * What was asked.
   *
   * @param what a place, plus 64 for a call, or more for other questions
   */
  record Question(long at, int what) implements Comparable<Question> {
    @Override
    public int compareTo(Question other) {
      return at != other.at ? Long.compare(at, other.at) : Integer.compare(what, other.what);
    }
  }

  Flow(
      boolean complete,
      boolean rights,
      long conditions,
      List<Integer> parts,
      long[] blocks,
      Map<Question, Value> answers,
      Supplier<FunctionValues> values) {
    this.complete = complete;
    this.rights = rights;
    this.conditions = conditions;
    this.parts = parts;
    this.blocks = blocks;
    this.answers = answers;
    this.values = values;
  }

  /** Makes it of values, and of a way to compute them again. */
  static Flow of(FunctionValues now, boolean rights, Supplier<FunctionValues> again) {
    return new Flow(
        now.isComplete(),
        rights,
        now.conditions(),
        now.parts().stream().sorted().toList(),
        now.blocks(),
        new TreeMap<>(),
        again);
  }

  @Override
  public Value at(long at, int place, boolean call) {
    return answer(at, place + (call ? CALL : 0));
  }

  @Override
  public boolean reaches(long at) {
    return answer(at, REACHES).equals(YES);
  }

  @Override
  public boolean covers(long at) {
    return answer(at, COVERS).equals(YES);
  }

  @Override
  public long nonZero(long at) {
    return answer(at, NON_ZERO).places();
  }

  private Value answer(long at, int what) {
    Question question = new Question(at, what);
    Value answer = answers.get(question);
    if (answer == null) {
      FunctionValues all = values.get();
      answer =
          switch (what) {
            case REACHES -> all.reaches(at) ? YES : NO;
            case COVERS -> all.covers(at) ? YES : NO;
            case NON_ZERO -> Value.of(new long[0], all.nonZero(at), false);
            default -> all.at(at, what % CALL, what >= CALL);
          };
      answers.put(question, answer);
    }
    return answer;
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  @Override
  public boolean enters(long at) {
    int low = 0;
    int high = blocks.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (blocks[2 * middle] <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low > 0 && at < blocks[2 * low - 1];
  }

  @Override
  public List<Integer> parts() {
    return parts;
  }

  @Override
  public long conditions() {
    return conditions;
  }

  @Override
  public long[] blocks() {
    return blocks.clone();
  }
}
