package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.elf.AddressRange;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.elf.ElfSymbol;
import io.k8or.elf.GoFunction;
import io.k8or.elf.HandledFrame;
import io.k8or.elf.Relocation;
import io.k8or.elf.Section;
import io.k8or.elf.Segment;
import io.k8or.seccomp.aarch64.Aarch64Machine;
import io.k8or.seccomp.machine.CodeBuilder;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Machine;
import io.k8or.seccomp.machine.Machine.RelocationKind;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.References;
import io.k8or.seccomp.x86.X86Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One ELF object taken apart: its functions and what they refer to, its data cut into slices, its
 * relocations and symbols. It does not depend on the program that loads it, so that one analysis of
 * a library serves all programs. Immutable but for values that are computed when first asked for.
 */
public final class ObjectAnalysis {
  private static final List<Machine> MACHINES = List.of(new X86Machine(), new Aarch64Machine());

  /** A bit for the variable that says whether the program runs with more rights. */
  static final long ON_SECURE = 1L << 63;

  private static final ByteString SECURE = ByteString.utf8("__libc_enable_secure");
  // Stands for the variable's address, which is another object's.
  private static final long SECURE_WORD = 0x7ecefe00_00000000L;
  // Larger functions are too dear to look at for each of their callers.
  private static final int MAX_PLAIN = 1 << 13;
  private static final int MAX_STUB = 16;
  private static final int MAX_RECENT = 64;
  private static final int ENDBR = 4;
  private static final int MAX_SIZE = 1 << 30;
  private static final long MAX_ADDRESS = 1L << 62;
  // Compilers align what is as large as this to it; what is not aligned so may be the middle.
  private static final int OBJECT_ALIGNMENT = 32;

  /** The type of relocations that the compact table or the words of a fixed program give. */
  private static final int RELR = -1;

  private static final int DT_INIT = 12;
  private static final int DT_FINI = 13;
  private static final int[][] ARRAYS = {{25, 27}, {26, 28}, {32, 33}};

  final String where;
  final ElfHeader header;
  final List<Segment> segments;
  final Optional<ByteString> interpreter;
  final Optional<ByteString> soname;
  final List<ByteString> needed;
  final Optional<ByteString> rpath;
  final Optional<ByteString> runpath;
  final List<ElfSymbol> symbols;
  final Map<ByteString, List<ElfSymbol>> definitions = new HashMap<>();
  final Machine machine;
  final MachineCode code;

  /** By address. */
  final Relocation[] relocations;

  final long[] cuts;
  // Where something begins for sure, so that a pointer to what is before has nothing to do with it.
  final Set<Long> hardCuts = new HashSet<>();
  final List<AddressRange> extents = new ArrayList<>();

  /** Addresses that the loader calls: constants, and relocations by index. */
  final long[] started;

  final List<Integer> startedRelocations = new ArrayList<>();

  /** Jumps from other functions into a function, by function: pairs of function and target. */
  final Map<Integer, List<long[]>> jumpsInto = new HashMap<>();

  final TreeMap<Long, String> names = new TreeMap<>();
  private final byte[] bytes;
  // Whether the variable for rights was read since this was reset.
  private boolean rights;
  private @Nullable MachineCode scanned;
  private int learnt;
  private int answersKnown;
  private final Map<Entry, Flow> flows = new HashMap<>();

  // The values that were computed last, which are large.
  @SuppressWarnings("serial")
  private final Map<Entry, FunctionValues> recent =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Entry, FunctionValues> eldest) {
          return size() > MAX_RECENT;
        }
      };

  private final Map<Integer, Long> decisive = new HashMap<>();
  // Frames that exceptions may lead into, by their starts.
  private final TreeMap<Long, Long> handled = new TreeMap<>();
  private final TreeMap<Long, Long> frames = new TreeMap<>();
  private final TreeMap<Long, HandledFrame> handlers = new TreeMap<>();
  private final Set<Long> secureSlots = new HashSet<>();
  private final Set<Long> secureWords = new HashSet<>();

  private ObjectAnalysis(
      ElfFile file, Machine machine, byte[] bytes, String where, @Nullable Summary summary)
      throws IOException {
    this.machine = machine;
    this.where = where;
    this.bytes = bytes;
    header = file.header();
    segments = file.segments();
    interpreter = file.interpreter();
    soname = file.soname();
    needed = file.needed();
    rpath = file.rpath();
    runpath = file.runpath();
    symbols = file.dynamicSymbols();
    List<ElfSymbol> all = new ArrayList<>(symbols);
    all.addAll(file.symbols());
    for (ElfSymbol symbol : symbols) {
      if (symbol.isDefined() && symbol.binding() != ElfSymbol.STB_LOCAL) {
        definitions.computeIfAbsent(symbol.name(), name -> new ArrayList<>()).add(symbol);
      }
    }
    List<Relocation> found = new ArrayList<>(file.relocations());
    boolean fixed = header.type() == ElfHeader.ET_EXEC;
    if (fixed) {
      found.addAll(words(found, file.sections()));
    }
    relocations = found.toArray(Relocation[]::new);
    Arrays.sort(relocations, Comparator.comparingLong(Relocation::address));
    started = readStarted();
    for (AddressRange frame : file.handledFrames()) {
      handled.put(frame.start(), frame.end());
    }
    for (HandledFrame frame : file.handlers()) {
      if (!frame.handlers().isEmpty()) {
        handlers.put(frame.range().start(), frame);
      }
    }
    List<AddressRange> framed = nameFunctions(file, all);
    code = code(file, framed, fixed, summary);
    findSecure();
    cuts = cut(all, file.sections());
    findJumps();
  }

  /**
   * Takes an object apart. Cost: a pass over its code; memory is that of the file and some more.
   *
   * @throws MalformedContentException if it is no well-formed ELF file of x86-64
   * @throws IOException if it cannot be read
   */
  public static ObjectAnalysis of(Content content, String where) throws IOException {
    return of(content.readAll(MAX_SIZE), where, null);
  }

  /** What was learnt of an object before, and the key that it was kept under. */
  record Summary(String key, Content content) {}

  /**
   * Takes an object apart with the help of what was learnt of it before; a summary that is not
   * whole, or not of these bytes, is left aside.
   */
  static ObjectAnalysis of(byte[] bytes, String where, @Nullable Summary summary)
      throws IOException {
    ElfFile file = ElfFile.open(Content.of(bytes), where);
    Machine machine = null;
    for (Machine known : MACHINES) {
      machine = known.number() == file.header().machine() ? known : machine;
    }
    if (machine == null || !file.header().is64Bit()) {
      throw new MalformedContentException(
          "program",
          where,
          "expected a machine of " + MACHINES + ", found " + file.header().machine());
    }
    requireSane(file, bytes.length, where);
    return new ObjectAnalysis(file, machine, bytes, where, summary);
  }

  // What is walked through below must lie inside the file, and no byte of code be there many times.
  private static void requireSane(ElfFile file, long size, String where)
      throws MalformedContentException {
    for (Segment s : file.segments()) {
      boolean walked = s.type() == Segment.PT_LOAD || s.type() == Segment.PT_DYNAMIC;
      boolean inside =
          s.offset() >= 0
              && s.fileSize() >= 0
              && s.fileSize() <= size
              && s.offset() <= size - s.fileSize()
              && isAddressRange(s.address(), Math.max(s.memorySize(), s.fileSize()));
      if (walked && !inside) {
        throw new MalformedContentException(
            "program", where, "a segment at " + s.offset() + " ends outside the file");
      }
    }
    long code = 0;
    for (Section s : file.sections()) {
      if ((s.flags() & Section.SHF_EXECINSTR) != 0 && s.type() == Section.SHT_PROGBITS) {
        if (!isAddressRange(s.address(), s.size()) || s.size() > size) {
          throw new MalformedContentException(
              "program", where, "section " + s.name() + " ends outside the address space");
        }
        code += s.size();
      }
    }
    long loaded = 0;
    for (Segment s : file.segments()) {
      loaded += s.type() == Segment.PT_LOAD ? s.fileSize() : 0;
    }
    if (code > size || loaded / 2 > size) {
      throw new MalformedContentException(
          "program", where, "more is loaded than the file has bytes");
    }
  }

  private static boolean isAddressRange(long start, long size) {
    return start >= 0 && size >= 0 && size <= MAX_ADDRESS && start <= MAX_ADDRESS - size;
  }

  /** Returns the values at the instructions of a function. */
  FunctionValues values(int function) {
    return flow(new Entry(function, false, Map.of(), true));
  }

  /**
   * A function, and how its values are computed.
   *
   * @param decides whether what constants decide is left out
   * @param constants that it is entered with, by place
   * @param secure whether the program may run with more rights than its caller
   */
  record Entry(int function, boolean decides, Map<Integer, Long> constants, boolean secure) {}

  /** Lets go of the values that were computed last; the answers stay. */
  void forgetValues() {
    recent.clear();
  }

  private Flow flow(Entry entry) {
    Flow known = flows.get(entry);
    if (known == null) {
      rights = false;
      FunctionValues now = valuesOf(entry);
      known = Flow.of(now, rights, () -> valuesOf(entry));
      flows.put(entry, known);
      learnt++;
    }
    return known;
  }

  private FunctionValues valuesOf(Entry entry) {
    FunctionValues known = recent.get(entry);
    if (known == null) {
      known =
          !entry.decides
              ? code.values(entry.function)
              : code.values(
                  entry.function,
                  entry.constants,
                  (address, size) -> constant(address, size, entry.secure));
      recent.put(entry, known);
    }
    return known;
  }

  /**
   * Returns what was learnt of the object; empty if it was all known before.
   *
   * @param key that it is kept under
   */
  Optional<Content> summary(String key) {
    int answers = flows.values().stream().mapToInt(flow -> flow.answers.size()).sum();
    if (learnt == 0 && answers == answersKnown) {
      return Optional.empty();
    }
    learnt = 0;
    answersKnown = answers;
    return Optional.of(ObjectSummary.write(key, code, flows));
  }

  /** Where a variable is that says whether the program runs with more rights than its caller. */
  private void findSecure() {
    for (ElfSymbol symbol : definitions.getOrDefault(SECURE, List.of())) {
      secureWords.add(symbol.value());
    }
    for (int i = 0; i < relocations.length; i++) {
      Relocation r = relocations[i];
      if (kind(r) == RelocationKind.SYMBOL
          && r.symbol() > 0
          && r.symbol() < symbols.size()
          && symbols.get(r.symbol()).name().equals(SECURE)) {
        secureSlots.add(r.address());
      }
    }
  }

  /**
   * Returns the places whose constants decide what of a function runs, a bit each, {@link
   * #ON_SECURE} among them; 0 where it is not known what of the function runs.
   */
  long decisive(int function) {
    return decisive.computeIfAbsent(function, this::decisiveNow);
  }

  private long decisiveNow(int function) {
    if (!Gates.isLibc(this) || !isFollowed(function, true)) {
      return 0;
    }
    long mask = valuesWith(function, Map.of(), true).conditions() & 0xffffL;
    References references = code.references();
    for (int i = references.firstAt(code.start(function));
        i < references.size() && references.at(i) < code.end(function);
        i++) {
      if (secureSlots.contains(references.target(i))
          || secureWords.contains(references.target(i))) {
        mask |= ON_SECURE;
      }
    }
    return mask;
  }

  /**
   * Says whether what looks like an instruction is data that stands among the code: nothing that
   * unwinding or a symbol calls a function, and no jump leads to it from where it begins.
   */
  boolean isTable(int function, long at) {
    long start = code.start(function);
    Map.Entry<Long, Long> frame = frames.floorEntry(at);
    if (names.containsKey(start) || (frame != null && at < frame.getValue())) {
      return false;
    }
    for (long[] jump : jumpsInto.getOrDefault(function, List.of())) {
      if (jump[1] != start && jump[0] != function) {
        return false;
      }
    }
    FunctionValues flow = valuesWith(function, Map.of(), true);
    return flow.isComplete() && !flow.enters(at);
  }

  /** Returns the relocation of the word that a stub of a linkage table jumps to, or -1. */
  int slotOf(int function) {
    long start = code.start(function);
    References references = code.references();
    int i = references.firstAt(start);
    boolean stub =
        code.end(function) - start <= MAX_STUB
            && i < references.size()
            && references.kind(i) == References.JUMP_SLOT
            && references.at(i) - start <= ENDBR;
    return stub ? relocationAt(references.target(i)) : -1;
  }

  /**
   * Says whether all ways into a function, and through it, are known: it can be looked at alone.
   */
  boolean isFollowed(int function, boolean secure) {
    if (!isPlain(function)) {
      return false;
    }
    FunctionValues flow = valuesWith(function, Map.of(), secure);
    for (long[] jump : jumpsInto.getOrDefault(function, List.of())) {
      if (jump[1] != code.start(function) && !flow.parts().contains((int) jump[0])) {
        return false;
      }
    }
    return true;
  }

  /** Returns where what is raised in calls of a function may go on. */
  List<Long> handlers(int function) {
    long start = code.start(function);
    Map.Entry<Long, HandledFrame> frame = handlers.floorEntry(start);
    return frame != null && frame.getValue().range().contains(start)
        ? frame.getValue().handlers()
        : List.of();
  }

  /** Says whether only jumps lead from one instruction of a function to others. */
  private boolean isPlain(int function) {
    long start = code.start(function);
    Map.Entry<Long, Long> frame = handled.floorEntry(start);
    return code.end(function) - start <= MAX_PLAIN
        && code.isCallable(function)
        && !code.fallsThrough(function)
        && (frame == null || frame.getValue() <= start);
  }

  /**
   * Returns the values at the instructions of a function that is entered with constants.
   *
   * @param secure whether the program may run with more rights than its caller
   */
  FunctionValues valuesWith(int function, Map<Integer, Long> constants, boolean secure) {
    Flow withRights = flow(new Entry(function, true, constants, true));
    return secure || !withRights.rights
        ? withRights // what was never asked for decides nothing
        : flow(new Entry(function, true, constants, false));
  }

  private OptionalLong constant(long address, int size, boolean secure) {
    rights |=
        address == SECURE_WORD || secureSlots.contains(address) || secureWords.contains(address);
    if (!secure && secureSlots.contains(address)) {
      return OptionalLong.of(SECURE_WORD);
    }
    if (!secure && (address == SECURE_WORD || secureWords.contains(address))) {
      return OptionalLong.of(0);
    }
    int relocation = firstRelocation(address - 7);
    if (relocation < relocations.length && relocations[relocation].address() < address + size) {
      return OptionalLong.empty();
    }
    for (Segment s : segments) {
      long into = address - s.address();
      if (s.type() == Segment.PT_LOAD && into >= 0 && into <= s.fileSize() - size) {
        return (s.flags() & Segment.PF_W) == 0
            ? OptionalLong.of(size == 8 ? word(address) : word32(address) & 0xffffffffL)
            : OptionalLong.empty();
      }
    }
    return OptionalLong.empty();
  }

  boolean isCode(long address) {
    return code.functionAt(address) >= 0;
  }

  /** Says whether the address is in a part that is loaded and not code. */
  boolean isData(long address) {
    return isLoaded(address) && !isCode(address);
  }

  private boolean isLoaded(long address) {
    for (Segment s : segments) {
      if (s.type() == Segment.PT_LOAD
          && address >= s.address()
          && address - s.address() <= s.memorySize()) {
        return true;
      }
    }
    return false;
  }

  /** Returns the word of the file that is loaded at the address; 0 where there is none. */
  long word(long address) {
    int at = offset(address, 8);
    long word = 0;
    for (int i = 7; at >= 0 && i >= 0; i--) {
      word = word << 8 | (bytes[at + i] & 0xff);
    }
    return word;
  }

  int word32(long address) {
    int at = offset(address, 4);
    int word = 0;
    for (int i = 3; at >= 0 && i >= 0; i--) {
      word = word << 8 | (bytes[at + i] & 0xff);
    }
    return word;
  }

  private int offset(long address, int size) {
    for (Segment s : segments) {
      long into = address - s.address();
      if (s.type() == Segment.PT_LOAD && into >= 0 && into <= s.fileSize() - size) {
        long at = s.offset() + into;
        return at >= 0 && at <= bytes.length - size ? (int) at : -1;
      }
    }
    return -1;
  }

  /** Returns the text that ends with a NUL at the address, if it is a short printable one. */
  Optional<String> text(long address) {
    int at = offset(address, 1);
    if (at < 0) {
      return Optional.empty();
    }
    int end = at;
    while (end < bytes.length && end - at < 256 && bytes[end] >= 0x20 && bytes[end] < 0x7f) {
      end++;
    }
    return end > at && end < bytes.length && bytes[end] == 0
        ? Optional.of(new String(bytes, at, end - at, StandardCharsets.US_ASCII))
        : Optional.empty();
  }

  /** Says whether the file has these bytes somewhere. Cost: a pass over it. */
  boolean contains(byte[] text) {
    for (int at = 0; at <= bytes.length - text.length; at++) {
      if (bytes[at] == text[0]
          && Arrays.equals(bytes, at, at + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }

  /** Returns a name for the function: its symbol or its address. */
  String nameOf(int function) {
    if (function < 0) {
      return "?";
    }
    String name = names.get(code.start(function));
    return name != null ? name : String.format("%#x", code.start(function));
  }

  /** Returns the index of the first relocation at the address or behind it. */
  int firstRelocation(long address) {
    int low = 0;
    int high = relocations.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (relocations[middle].address() < address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Returns the relocation of the word at the address, or -1. */
  int relocationAt(long address) {
    int i = firstRelocation(address);
    return i < relocations.length && relocations[i].address() == address ? i : -1;
  }

  int sliceAt(long address) {
    int i = Arrays.binarySearch(cuts, address);
    return i >= 0 ? i : -i - 2;
  }

  /** Returns the address behind a slice. */
  long endOfSlice(int slice) {
    return slice + 1 < cuts.length ? cuts[slice + 1] : Long.MAX_VALUE;
  }

  // A program at fixed addresses has pointers without relocations: each word that may be one.
  private List<Relocation> words(List<Relocation> known, List<Section> sections) {
    TreeSet<Long> relocated = new TreeSet<>();
    known.forEach(relocation -> relocated.add(relocation.address()));
    List<Relocation> found = new ArrayList<>();
    for (Segment s : segments) {
      if (s.type() != Segment.PT_LOAD) {
        continue;
      }
      long first = (s.address() + 7) & ~7L;
      for (long at = first; at + 8 <= s.address() + s.fileSize(); at += 8) {
        long word = word(at);
        if (word > 0 && isLoaded(word) && !relocated.contains(at) && !isCode(at, sections)) {
          found.add(new Relocation(at, RELR, 0, word));
        }
      }
    }
    return found;
  }

  private static boolean isCode(long address, List<Section> sections) {
    for (Section s : sections) {
      if ((s.flags() & Section.SHF_EXECINSTR) != 0
          && address >= s.address()
          && address - s.address() < s.size()) {
        return true;
      }
    }
    return false;
  }

  private List<AddressRange> nameFunctions(ElfFile file, List<ElfSymbol> all) throws IOException {
    for (ElfSymbol symbol : all) {
      if (symbol.isFunction() && symbol.isDefined()) {
        names.putIfAbsent(symbol.value(), symbol.name().toString());
      }
    }
    for (GoFunction function : file.goFunctions()) {
      names.putIfAbsent(function.address(), function.name());
    }
    List<AddressRange> framed = file.frames();
    for (AddressRange frame : framed) {
      frames.put(frame.start(), frame.end());
    }
    return framed;
  }

  private MachineCode code(
      ElfFile file, List<AddressRange> framed, boolean fixed, @Nullable Summary summary)
      throws IOException {
    if (summary != null) {
      Optional<MachineCode> known =
          ObjectSummary.read(
              summary.content(), summary.key(), () -> scanAgain(fixed), this::valuesOf, flows);
      if (known.isPresent()) {
        answersKnown = flows.values().stream().mapToInt(flow -> flow.answers.size()).sum();
        return known.get();
      }
      flows.clear();
    }
    learnt++;
    return scan(file, framed, fixed);
  }

  private MachineCode scanAgain(boolean fixed) {
    if (scanned == null) {
      try {
        ElfFile file = ElfFile.open(Content.of(bytes), where);
        scanned = scan(file, file.frames(), fixed);
      } catch (IOException e) {
        throw new UncheckedIOException(e); // it was well-formed when it was opened
      }
    }
    return scanned;
  }

  private MachineCode scan(ElfFile file, List<AddressRange> framed, boolean fixed)
      throws IOException {
    CodeBuilder<? extends MachineCode> builder =
        machine.code(fixed ? this::isAddress : value -> false);
    boolean any = false;
    for (Section s : file.sections()) {
      if ((s.flags() & Section.SHF_EXECINSTR) != 0
          && s.type() == Section.SHT_PROGBITS
          && s.size() > 0) {
        String name = s.name().toLatin1();
        builder.bytes(s.address(), file.bytes(s).readAll(MAX_SIZE), name.startsWith(".plt"));
        any = true;
      }
    }
    for (Segment s : any ? List.<Segment>of() : segments) {
      if (s.isExecutable()) {
        builder.bytes(s.address(), file.bytes(s).readAll(MAX_SIZE), false);
      }
    }
    names.keySet().forEach(builder::function);
    if (header.entry() != 0) {
      builder.function(header.entry());
    }
    for (long address : started) {
      builder.function(address);
    }
    for (Relocation relocation : relocations) {
      if (isPointer(relocation)) {
        builder.taken(relocation.addend());
      }
    }
    for (AddressRange frame : framed) {
      builder.frame(frame);
    }
    return builder.build();
  }

  private boolean isAddress(long value) {
    // The first page is never mapped; small numbers are numbers.
    return value >= 0x1000 && isLoaded(value);
  }

  RelocationKind kind(Relocation relocation) {
    return relocation.type() == RELR ? RelocationKind.RELATIVE : machine.kind(relocation.type());
  }

  boolean isPointer(Relocation relocation) {
    RelocationKind kind = kind(relocation);
    return kind == RelocationKind.RELATIVE || kind == RelocationKind.CHOSEN;
  }

  private long[] readStarted() {
    TreeSet<Long> found = new TreeSet<>();
    Map<Long, Long> dynamic = new HashMap<>();
    for (Segment s : segments) {
      if (s.type() == Segment.PT_DYNAMIC) {
        for (long at = s.address(); at + 16 <= s.address() + s.fileSize(); at += 16) {
          long tag = word(at);
          if (tag == 0) {
            break;
          }
          dynamic.putIfAbsent(tag, word(at + 8));
        }
      }
    }
    for (int tag : new int[] {DT_INIT, DT_FINI}) {
      Long address = dynamic.get((long) tag);
      if (address != null && address != 0) {
        found.add(address);
      }
    }
    for (int[] array : ARRAYS) {
      Long start = dynamic.get((long) array[0]);
      Long size = dynamic.get((long) array[1]);
      if (start == null || size == null || size < 0 || size > bytes.length) {
        continue;
      }
      for (long at = start; at < start + size; at += 8) {
        int relocation = relocationAt(at);
        if (relocation >= 0) {
          startedRelocations.add(relocation);
        } else if (word(at) != 0 && word(at) != -1) {
          found.add(word(at));
        }
      }
    }
    return found.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Finds where data may be cut: at the starts of sections and of objects that have a symbol, and
   * at addresses that are referred to and look like the start of an object by their alignment;
   * never inside an object that has a symbol.
   */
  private long[] cut(List<ElfSymbol> all, List<Section> sections) {
    TreeSet<Long> at = new TreeSet<>();
    at.add(Long.MIN_VALUE);
    References references = code.references();
    for (int i = 0; i < references.size(); i++) {
      if (references.kind(i) == References.ADDRESS) {
        cutAt(references.target(i), at);
      }
    }
    for (Relocation relocation : relocations) {
      if (isPointer(relocation)) {
        cutAt(relocation.addend(), at);
      }
    }
    for (ElfSymbol symbol : all) {
      if (symbol.isDefined()
          && symbol.type() == ElfSymbol.STT_OBJECT
          && symbol.size() > 0
          && isAddressRange(symbol.value(), symbol.size())) {
        extents.add(new AddressRange(symbol.value(), symbol.size()));
      }
    }
    for (AddressRange extent : extents) {
      at.subSet(extent.start(), true, extent.end(), false).clear();
    }
    for (AddressRange extent : extents) {
      at.add(extent.start());
      hardCuts.add(extent.start());
    }
    for (Section section : sections) {
      if (section.address() != 0) {
        at.add(section.address());
        hardCuts.add(section.address());
      }
    }
    for (Relocation relocation : relocations) {
      if (kind(relocation) == RelocationKind.SYMBOL) {
        // A word of the global offset table, which has nothing to do with its neighbours.
        for (long end : new long[] {relocation.address(), relocation.address() + 8}) {
          at.add(end);
          hardCuts.add(end);
        }
      }
    }
    return at.stream().mapToLong(Long::longValue).toArray();
  }

  private void cutAt(long address, Set<Long> at) {
    if (address % OBJECT_ALIGNMENT == 0 && isData(address)) {
      at.add(address);
    }
  }

  private void findJumps() {
    References references = code.references();
    for (int i = 0; i < references.size(); i++) {
      int to = references.kind(i) == References.JUMP ? code.functionAt(references.target(i)) : -1;
      if (to >= 0) {
        int from = code.functionAt(references.at(i));
        jumpsInto
            .computeIfAbsent(to, f -> new ArrayList<>())
            .add(new long[] {from, references.target(i)});
      }
    }
  }

  @Override
  public String toString() {
    return where + ": " + code.functions() + " functions";
  }
}
