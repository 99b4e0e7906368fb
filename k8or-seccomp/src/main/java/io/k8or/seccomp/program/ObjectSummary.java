package io.k8or.seccomp.program;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Functions;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.References;
import io.k8or.seccomp.machine.Value;
import io.k8or.seccomp.program.ObjectAnalysis.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What was learnt of an object, as bytes: its functions, what its instructions refer to, and what
 * holds in the functions that were looked at. The same facts give the same bytes.
 *
 * <p>The form: a magic number; the key; functions, references, flows, in columns of numbers of
 * seven bits to the byte, differences where they ascend; a SHA-256 digest of all that.
 */
final class ObjectSummary {
  private static final String MAGIC = "k8or summary 1";
  private static final int DIGEST = 32;
  private static final int MAX_SIZE = 1 << 28;

  private ObjectSummary() {}

  private static final Comparator<Entry> ORDER =
      Comparator.comparingInt(Entry::function)
          .thenComparing(Entry::decides)
          .thenComparing(Entry::secure)
          .thenComparing(entry -> new TreeMap<>(entry.constants()).toString());

  static Content write(String key, MachineCode code, Map<Entry, Flow> flows) {
    Out out = new Out();
    out.text(MAGIC);
    out.text(key);
    out.number(code.functions());
    long before = 0;
    for (int f = 0; f < code.functions(); f++) {
      out.signed(code.start(f) - before);
      out.number(code.end(f) - code.start(f));
      out.number((code.isCallable(f) ? 1 : 0) | (code.fallsThrough(f) ? 2 : 0));
      before = code.start(f);
    }
    References references = code.references();
    out.number(references.size());
    before = 0;
    for (int i = 0; i < references.size(); i++) {
      out.signed(references.at(i) - before);
      out.number(references.kind(i));
      out.signed(references.target(i) - (references.target(i) == 0 ? 0 : references.at(i)));
      out.number(references.target(i) == 0 ? 1 : 0);
      before = references.at(i);
    }
    List<Entry> entries = new ArrayList<>(flows.keySet());
    entries.sort(ORDER);
    out.number(entries.size());
    for (Entry entry : entries) {
      Flow flow = flows.get(entry);
      if (flow != null) {
        write(out, entry, flow);
      }
    }
    byte[] body = out.bytes();
    byte[] all = Arrays.copyOf(body, body.length + DIGEST);
    System.arraycopy(sha256(body, body.length), 0, all, body.length, DIGEST);
    return Content.of(all);
  }

  private static void write(Out out, Entry entry, Flow flow) {
    out.number(entry.function());
    out.number(
        (entry.decides() ? 1 : 0)
            | (entry.secure() ? 2 : 0)
            | (flow.complete ? 4 : 0)
            | (flow.rights ? 8 : 0));
    Map<Integer, Long> constants = new TreeMap<>(entry.constants());
    out.number(constants.size());
    constants.forEach(
        (place, value) -> {
          out.number(place);
          out.signed(value);
        });
    out.number(flow.conditions);
    out.number(flow.parts.size());
    flow.parts.forEach(out::number);
    out.number(flow.blocks.length);
    long before = 0;
    for (long at : flow.blocks) {
      out.signed(at - before);
      before = at;
    }
    out.number(flow.answers.size());
    before = 0;
    for (Map.Entry<Flow.Question, Value> answer : flow.answers.entrySet()) {
      out.signed(answer.getKey().at() - before);
      out.number(answer.getKey().what());
      write(out, answer.getValue());
      before = answer.getKey().at();
    }
  }

  private static void write(Out out, Value value) {
    if (value.isStack()) {
      out.number(1);
      out.signed(value.offset());
      return;
    }
    out.number(value.isAnything() ? 2 : 0);
    out.number(value.places());
    long[] constants = value.constants();
    out.number(constants.length);
    for (long constant : constants) {
      out.signed(constant);
    }
  }

  /**
   * Reads a summary, if it is one that was kept under the key and is whole.
   *
   * @param code reads the object's code
   * @param values computes the values that an entry stands for
   * @param flows gets what is known of functions
   */
  static Optional<MachineCode> read(
      Content summary,
      String key,
      Supplier<MachineCode> code,
      Function<Entry, FunctionValues> values,
      Map<Entry, Flow> flows)
      throws IOException {
    if (summary.size() > MAX_SIZE || summary.size() < DIGEST) {
      return Optional.empty();
    }
    byte[] all = summary.readAll(MAX_SIZE);
    int end = all.length - DIGEST;
    if (!Arrays.equals(sha256(all, end), Arrays.copyOfRange(all, end, all.length))) {
      return Optional.empty();
    }
    try {
      In in = new In(all, end);
      if (!in.text().equals(MAGIC) || !in.text().equals(key)) {
        return Optional.empty();
      }
      CodeTable table = readCode(in, code);
      int count = in.count();
      for (int i = 0; i < count; i++) {
        readFlow(in, table.functions(), values, flows);
      }
      in.end();
      return Optional.of(table);
    } catch (MalformedContentException e) {
      return Optional.empty();
    }
  }

  private static CodeTable readCode(In in, Supplier<MachineCode> code)
      throws MalformedContentException {
    int functions = in.count();
    long[] starts = new long[functions];
    long[] ends = new long[functions];
    boolean[] callable = new boolean[functions];
    boolean[] falls = new boolean[functions];
    long before = 0;
    for (int f = 0; f < functions; f++) {
      starts[f] = before + in.signed();
      in.require(f == 0 || starts[f] > before);
      ends[f] = starts[f] + in.number();
      long flags = in.number();
      callable[f] = (flags & 1) != 0;
      falls[f] = (flags & 2) != 0;
      before = starts[f];
    }
    int size = in.count();
    References references = new References();
    before = 0;
    for (int i = 0; i < size; i++) {
      long at = before + in.signed();
      byte kind = (byte) in.number();
      long target = in.signed();
      references.add(at, kind, in.number() != 0 ? 0 : target + at);
      in.require(i == 0 || at >= before);
      before = at;
    }
    return new CodeTable(new Functions(starts, ends, callable), falls, references, code);
  }

  private static void readFlow(
      In in, int functions, Function<Entry, FunctionValues> values, Map<Entry, Flow> flows)
      throws MalformedContentException {
    int function = in.index(functions);
    long flags = in.number();
    Map<Integer, Long> constants = new TreeMap<>();
    int count = in.count();
    for (int i = 0; i < count; i++) {
      int place = in.index(Value.PLACES);
      constants.put(place, in.signed());
    }
    Entry entry = new Entry(function, (flags & 1) != 0, Map.copyOf(constants), (flags & 2) != 0);
    long conditions = in.number();
    List<Integer> parts = new ArrayList<>();
    count = in.count();
    for (int i = 0; i < count; i++) {
      parts.add(in.index(functions));
    }
    long[] blocks = new long[in.count()];
    in.require(blocks.length % 2 == 0);
    long before = 0;
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = before + in.signed();
      before = blocks[i];
    }
    Map<Flow.Question, Value> answers = new TreeMap<>();
    count = in.count();
    before = 0;
    for (int i = 0; i < count; i++) {
      long at = before + in.signed();
      int what = in.index(256);
      answers.put(new Flow.Question(at, what), readValue(in));
      before = at;
    }
    flows.put(
        entry,
        new Flow(
            (flags & 4) != 0,
            (flags & 8) != 0,
            conditions,
            List.copyOf(parts),
            blocks,
            answers,
            () -> values.apply(entry)));
  }

  private static Value readValue(In in) throws MalformedContentException {
    long flags = in.number();
    if (flags == 1) {
      return Value.stack(in.signed());
    }
    long places = in.number();
    long[] constants = new long[in.count()];
    for (int i = 0; i < constants.length; i++) {
      constants[i] = in.signed();
      in.require(i == 0 || constants[i] > constants[i - 1]);
    }
    return Value.of(constants, places, flags == 2);
  }

  private static byte[] sha256(byte[] bytes, int size) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, 0, size);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // each JDK has it
    }
  }

  /** Numbers to bytes. */
  private static final class Out {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void number(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        bytes.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }

    void signed(long value) {
      number((value << 1) ^ (value >> 63));
    }

    void text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      number(utf8.length);
      bytes.writeBytes(utf8);
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }

  /** Bytes to numbers. */
  private static final class In {
    private final byte[] bytes;
    private final int end;
    private int at;

    In(byte[] bytes, int end) {
      this.bytes = bytes;
      this.end = end;
    }

    void require(boolean holds) throws MalformedContentException {
      if (!holds) {
        throw new MalformedContentException("summary", "offset " + at, "a number is out of range");
      }
    }

    long number() throws MalformedContentException {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        require(at < end);
        byte b = bytes[at++];
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) {
          return value;
        }
      }
      require(false);
      return 0;
    }

    long signed() throws MalformedContentException {
      long value = number();
      return (value >>> 1) ^ -(value & 1);
    }

    /** A number of things that take a byte each at least. */
    int count() throws MalformedContentException {
      long value = number();
      require(value >= 0 && value <= end - at);
      return (int) value;
    }

    int index(int limit) throws MalformedContentException {
      long value = number();
      require(value >= 0 && value < limit);
      return (int) value;
    }

    String text() throws MalformedContentException {
      int size = count();
      at += size;
      return new String(bytes, at - size, size, StandardCharsets.UTF_8);
    }

    void end() throws MalformedContentException {
      require(at == end);
    }
  }
}
