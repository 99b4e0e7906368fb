package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.elf.ElfSymbol;
import io.k8or.elf.Relocation;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.LibraryResolver;
import io.k8or.loader.LoadedObject;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Machine.RelocationKind;
import io.k8or.seccomp.machine.References;
import io.k8or.seccomp.machine.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One program with its loader and libraries: what of it can run, and with which numbers it enters
 * the kernel. An over-approximation: what cannot be told is reported, never left out.
 *
 * <p>Alive is what the program's and the loader's entry points, and the functions that the loader
 * starts, lead to: by calls and jumps; by an address that live code takes; by a pointer in data
 * that live code or live data refers to. Data is cut into slices, and a slice is alive as a whole.
 */
public final class ProgramAnalysis {
  private static final Set<String> OPENERS = Set.of("dlopen", "__libc_dlopen_mode");
  // Different constants that a function is entered with, before all of it is taken to run.
  private static final int MAX_ENTRIES = 24;
  private static final ByteString CAPABILITY = ByteString.utf8("security.capability");
  // The shortest names of functions are endgrent and the like; "r" would be a mode of fopen.
  private static final int MIN_FUNCTION = 7;
  // What glibc's loader looks up by name, in libc or in what stands before it.
  private static final Set<String> ASKED_BY_LOADER =
      Set.of("__libc_early_init", "malloc", "calloc", "realloc", "free");
  // glibc iconv/gconv_int.h and iconvconfig.h: GCONVCACHE_MAGIC, 0x20010324.
  private static final byte[] CACHE_MAGIC = {0x24, 0x03, 0x01, 0x20};
  private static final ByteString DLMOPEN = ByteString.utf8("dlmopen");
  private static final String NAME_SERVICE = "_nss_";
  private static final Set<String> FINDERS = Set.of("dlsym", "dlvsym");

  private final LibraryResolver resolver;
  private final ObjectStore store;
  private final Map<ImagePath, ProgramModule> modules = new LinkedHashMap<>();
  private final List<ProgramModule> scope = new ArrayList<>();
  private final Deque<Runnable> work = new ArrayDeque<>();
  private final Map<Integer, String> numbers = new TreeMap<>();
  private final Map<Place, Place> why = new HashMap<>();
  private @Nullable Place current;
  private final Set<Unresolved> unresolved = new LinkedHashSet<>();
  private final Set<Started> started = new LinkedHashSet<>();
  private final FirstArguments firstArguments = new FirstArguments();
  private final Set<String> opened = new HashSet<>();
  private final Set<String> texts = new HashSet<>();
  private final Deque<String> toOpen = new ArrayDeque<>();
  private final Map<String, List<Runnable>> waiting = new HashMap<>();
  private boolean nameService;
  private boolean secure;
  private @Nullable ProgramModule loader;
  private @Nullable ProgramModule muslLoader;
  private final Set<Gates.Gate> open = new HashSet<>();
  private final Map<Gates.Gate, List<Runnable>> gated = new HashMap<>();

  private final List<String> environment;
  private final LoaderGates loaderGates;

  private ProgramAnalysis(
      LibraryResolver resolver, ObjectStore store, Collection<String> environment) {
    this.resolver = resolver;
    this.store = store;
    this.environment = List.copyOf(environment);
    this.loaderGates = new LoaderGates(environment);
  }

  /**
   * What the analysis could not tell.
   *
   * @param kind what is not known
   * @param object the object's path in the image
   * @param function the function's name or address
   * @param reason what is not known there
   */
  public record Unresolved(Kind kind, String object, String function, String reason) {}

  /** What can be unknown. */
  public enum Kind {
    /** The number of a system call. */
    NUMBER,
    /** The name of a library that is loaded while the program runs. */
    LIBRARY,
    /** A library that the program needs, and that is not there. */
    MISSING,
    /** Something that was taken for granted, so that a number could be found. */
    ASSUMED
  }

  /**
   * What was found.
   *
   * @param numbers the numbers of system calls, each with a place that makes it
   * @param unresolved what could not be told
   * @param objects the objects that are loaded, by path
   * @param started the programs that it starts, whose calls are not among the numbers
   * @param arguments what the first argument of a call can be, where that is a few constants at
   *     each place that makes it; for some calls only
   */
  public record Result(
      Map<Integer, String> numbers,
      List<Unresolved> unresolved,
      List<ImagePath> objects,
      List<Started> started,
      Map<Integer, Set<Long>> arguments) {}

  /**
   * Analyses a program.
   *
   * @param path of an ELF file of x86-64 in the resolver's tree
   * @throws io.k8or.content.MalformedContentException if the program or a library is not
   *     well-formed
   * @throws IOException if a file cannot be read
   */
  public static Result of(ImagePath path, LibraryResolver resolver, ObjectStore store)
      throws IOException {
    return of(path, resolver, store, List.of());
  }

  /**
   * Analyses a program that is started with some variables.
   *
   * @param environment {@code NAME=VALUE}, of which those that glibc's loader knows count
   * @throws io.k8or.content.MalformedContentException if the program or a library is not
   *     well-formed
   * @throws IOException if a file cannot be read
   */
  public static Result of(
      ImagePath path, LibraryResolver resolver, ObjectStore store, Collection<String> environment)
      throws IOException {
    ProgramAnalysis analysis = new ProgramAnalysis(resolver, store, environment);
    analysis.load(path);
    Result result = analysis.result();
    store.finished(analysis.content(path));
    return result;
  }

  /** Returns the variables of an environment that count, sorted. */
  public static List<String> variables(Collection<String> environment) {
    return environment.stream()
        .filter(
            variable ->
                variable.startsWith("LD_")
                    || variable.startsWith("GCONV_PATH=")
                    || variable.startsWith("GLIBC_TUNABLES="))
        .sorted()
        .toList();
  }

  private record Target(ProgramModule module, long address, ElfSymbol symbol) {}

  // -- loading

  private void load(ImagePath path) throws IOException {
    ProgramModule program = module(path);
    secure = hasMoreRights(path);
    scope.add(program);
    if (program.object.interpreter.isPresent()) {
      ImagePath wanted = ImagePath.of("/" + program.object.interpreter.get().toLatin1());
      Optional<ImagePath> real = resolver.usable(wanted, program.object.header);
      if (real.isPresent()) {
        loader = module(real.get());
        muslLoader = program.loaded().isMusl() ? loader : null;
      } else {
        unresolved.add(
            new Unresolved(
                Kind.MISSING, path.toString(), "", "its interpreter " + wanted + " is missing"));
      }
    }
    loadNeeded(scope);
    if (loader != null && !scope.contains(loader)) {
      scope.add(loader);
    }
    for (ProgramModule module : scope) {
      module.scope = scope;
    }
    for (ProgramModule module : scope) {
      start(module);
    }
    enter(program);
  }

  /** Enters the loader, when all is known that runs without it: so its own calls are told apart. */
  private void enterLoader() {
    if (loader != null) {
      enter(loader);
    }
    if (muslLoader != null) {
      // Its stages look the next one up by name (ldso/dynlink.c, __dls2 and __dls2b).
      for (String stage : List.of("__dls2b", "__dls3")) {
        export(
            muslLoader,
            muslLoader.object.definitions.getOrDefault(ByteString.utf8(stage), List.of()));
      }
    }
  }

  /** Says whether the program gets rights that who starts it need not have. */
  private boolean hasMoreRights(ImagePath path) {
    Optional<FileNode> node = resolver.files().get(path);
    return node.isEmpty()
        || (node.get().attributes().mode() & 06000) != 0
        || node.get().attributes().xattrs().containsKey(CAPABILITY);
  }

  private void enter(ProgramModule module) {
    if (module.object.header.entry() != 0) {
      take(module, module.object.header.entry());
    }
  }

  private ProgramModule module(ImagePath path) throws IOException {
    ProgramModule module = modules.get(path);
    if (module == null) {
      module = new ProgramModule(path, store.get(content(path), path.toString()));
      modules.put(path, module);
    }
    return module;
  }

  private Content content(ImagePath path) {
    return resolver.files().get(path).map(FileNode::content).orElse(Content.empty());
  }

  /** Loads what the objects of a list need, breadth first, at its end. */
  private void loadNeeded(List<ProgramModule> list) throws IOException {
    Map<ProgramModule, ProgramModule> neededBy = new HashMap<>();
    for (int i = 0; i < list.size(); i++) {
      ProgramModule module = list.get(i);
      for (ByteString name : module.object.needed) {
        ProgramModule found = bySoname(name);
        if (found == null && muslLoader != null && isMuslItself(name)) {
          found = muslLoader;
        }
        if (found == null) {
          List<LoadedObject> loaders = new ArrayList<>();
          for (ProgramModule at = module; at != null; at = neededBy.get(at)) {
            loaders.add(at.loaded());
          }
          Optional<ImagePath> path = resolver.find(name, loaders);
          if (path.isEmpty()) {
            unresolved.add(
                new Unresolved(
                    Kind.MISSING,
                    module.path.toString(),
                    "",
                    "the library " + name + " is not in the image"));
            continue;
          }
          found = module(path.get());
        }
        if (!list.contains(found)) {
          neededBy.putIfAbsent(found, module);
          list.add(found);
        }
      }
    }
  }

  // musl's loader takes these names for its own (ldso/dynlink.c, load_library).
  private static boolean isMuslItself(ByteString name) {
    return name.toLatin1().matches("lib(c|pthread|rt|m|dl|util|xnet)\\..*");
  }

  private @Nullable ProgramModule bySoname(ByteString name) {
    for (ProgramModule module : modules.values()) {
      if (module.object.soname.filter(name::equals).isPresent()
          || module.path.name().equals(name)) {
        return module;
      }
    }
    return null;
  }

  /** What the loader calls when it has loaded an object. */
  private void start(ProgramModule module) {
    for (long address : module.object.started) {
      take(module, address);
    }
    for (int relocation : module.object.startedRelocations) {
      follow(module, relocation, true);
    }
    // The resolvers of chosen functions run when the object is relocated.
    for (int i = 0; i < module.object.relocations.length; i++) {
      if (module.object.kind(module.object.relocations[i]) == RelocationKind.CHOSEN) {
        follow(module, i, true);
      }
    }
  }

  private void open(String name) throws IOException {
    // The C library and the loader are loaded because something needs them.
    if (!opened.add(name) || name.startsWith("libc.so") || name.contains("ld-linux")) {
      return;
    }
    ProgramModule first = modules.values().iterator().next();
    ProgramModule known = bySoname(ByteString.utf8(name));
    if (known != null && known.scope.equals(scope)) {
      return;
    }
    List<LoadedObject> loaders = new ArrayList<>();
    loaders.add(first.loaded());
    Optional<ImagePath> path = resolver.find(ByteString.utf8(name), loaders);
    if (path.isEmpty()) {
      return; // dlopen will fail, as it does today
    }
    openFrom(path.get());
  }

  private void openFrom(ImagePath path) throws IOException {
    List<ProgramModule> own = new ArrayList<>(List.of(module(path)));
    loadNeeded(own);
    List<ProgramModule> all = new ArrayList<>(scope);
    for (ProgramModule module : own) {
      if (!all.contains(module)) {
        all.add(module);
      }
    }
    for (ProgramModule module : own) {
      if (module.scope.isEmpty()) {
        module.scope = List.copyOf(all);
        start(module);
      }
    }
    ProgramModule module = own.get(0);
    module.isOpened = true;
    for (Map.Entry<ByteString, List<ElfSymbol>> entry : module.object.definitions.entrySet()) {
      String symbol = entry.getKey().toLatin1();
      if (texts.contains(symbol) || isAskedFor(symbol)) {
        export(module, entry.getValue());
      }
    }
  }

  /** What is opened is asked for its symbols by names that are put together. */
  private static boolean isAskedFor(String symbol) {
    return symbol.startsWith("_nss_")
        || symbol.startsWith("gconv")
        || symbol.startsWith("pam_sm_")
        || symbol.startsWith("PyInit_")
        || symbol.startsWith("boot_")
        || symbol.equals("OSSL_provider_init");
  }

  private void export(ProgramModule module, List<ElfSymbol> symbols) {
    for (ElfSymbol symbol : symbols) {
      Runnable touch = () -> touch(new Target(module, symbol.value(), symbol), true);
      if (whenAsked(symbol.name().toLatin1(), touch)) {
        touch.run();
      }
    }
  }

  private void exportAll(ProgramModule module) {
    if (!module.isExported) {
      module.isExported = true;
      module.object.definitions.values().forEach(symbols -> export(module, symbols));
    }
  }

  // -- what is alive

  private void drain() {
    while (!work.isEmpty()) {
      work.poll().run();
    }
  }

  private void run(ProgramModule module, int function) {
    if (function < 0 || module.whole.get(function)) {
      return;
    }
    boolean onSecure = (module.object.decisive(function) & ObjectAnalysis.ON_SECURE) != 0;
    if (!onSecure || !enter(module, function, Map.of())) {
      runWhole(module, function);
    }
  }

  private void runWhole(ProgramModule module, int function) {
    if (function >= 0 && !module.whole.get(function)) {
      module.whole.set(function);
      goOn(module, function, null);
    }
  }

  private void goOn(ProgramModule module, int function, @Nullable FunctionValues values) {
    Place place = new Place(module, function);
    if (!module.live.get(function)) {
      module.live.set(function);
      because(place);
    }
    work.add(
        () -> {
          current = place;
          walk(module, function, values);
        });
  }

  /**
   * Lets what of a function run that runs if it is entered with constants; says whether that is
   * known.
   */
  private boolean enter(ProgramModule module, int function, Map<Integer, Long> constants) {
    Set<Map<Integer, Long>> known = module.entries.computeIfAbsent(function, f -> new HashSet<>());
    if (module.whole.get(function)
        || known.contains(constants)
        || known.contains(Map.<Integer, Long>of())) {
      return true;
    }
    FunctionValues values = module.object.valuesWith(function, constants, secure);
    if (known.size() > MAX_ENTRIES || !values.isComplete()) {
      return false;
    }
    known.add(constants);
    goOn(module, function, values);
    return true;
  }

  /** Enters a function as a call or jump does, with the constants that decide what of it runs. */
  private void enterFrom(
      Caller caller, ProgramModule module, int function, @Nullable FunctionValues in) {
    int slot = module.object.slotOf(function);
    if (slot >= 0) {
      // A stub of a linkage table hands on what it is called with.
      if (!module.live.get(function)) {
        module.live.set(function);
        because(new Place(module, function));
      }
      Place before = current;
      current = new Place(module, function);
      through(caller, module, slot, in);
      current = before;
      return;
    }
    long mask = module.object.decisive(function);
    if (mask == 0 || module.whole.get(function)) {
      run(module, function);
      return;
    }
    FunctionValues values = in;
    ObjectAnalysis from = caller.module().object;
    if (values == null && from.isFollowed(caller.function(), secure)) {
      values = from.valuesWith(caller.function(), Map.of(), secure);
    }
    if (values == null || !values.isComplete() || !values.enters(caller.at())) {
      run(module, function);
      return;
    }
    Map<Integer, Long> constants = new TreeMap<>();
    for (int place = 0; place < Value.FIRST_SLOT; place++) {
      if ((mask >> place & 1) != 0) {
        long[] found = constants(values.at(caller.at(), place, caller.call()));
        if (found.length == 1) {
          constants.put(place, found[0]);
        }
      }
    }
    boolean onSecure = (mask & ObjectAnalysis.ON_SECURE) != 0;
    if ((constants.isEmpty() && !onSecure) || !enter(module, function, Map.copyOf(constants))) {
      run(module, function);
    }
  }

  private static long[] constants(Value value) {
    return value.isConstant() ? value.constants() : new long[0];
  }

  private void because(Place place) {
    if (current != null) {
      why.put(place, current);
    }
  }

  /** Returns the shortest chain that makes a place alive, from where it began. */
  private String chain(ProgramModule module, int function) {
    List<String> chain = new ArrayList<>();
    for (Place at = new Place(module, function); at != null; at = why.get(at)) {
      chain.add(0, at.toString());
    }
    return String.join(" > ", chain);
  }

  private void take(ProgramModule module, long address) {
    String name = Gates.isLibc(module.object) ? module.object.names.get(address) : null;
    if (name == null || whenAsked(name, () -> takeNow(module, address))) {
      takeNow(module, address);
    }
  }

  /**
   * Says whether a function of a name service may be called now; if not, what is given runs when
   * live code holds its name. libc calls {@code _nss_MODULE_FUNCTION} only for a caller that gives
   * the text {@code FUNCTION}, also where it loads all functions of a module at once.
   */
  private boolean whenAsked(String symbol, Runnable then) {
    if (!symbol.startsWith(NAME_SERVICE)) {
      return true;
    }
    // A module's name may have underscores too.
    List<String> suffixes = new ArrayList<>();
    for (int at = symbol.indexOf('_', 5); at >= 0; at = symbol.indexOf('_', at + 1)) {
      if (symbol.length() - at > MIN_FUNCTION) {
        suffixes.add(symbol.substring(at + 1));
      }
    }
    if (suffixes.stream().anyMatch(texts::contains)) {
      return true;
    }
    Place because = current;
    for (String suffix : suffixes) {
      waiting
          .computeIfAbsent(suffix, text -> new ArrayList<>())
          .add(
              () -> {
                current = because;
                then.run();
              });
    }
    return false;
  }

  private void takeNow(ProgramModule module, long address) {
    int function = module.object.code.functionAt(address);
    if (function >= 0) {
      if (module.object.code.start(function) == address) {
        module.taken.set(function);
        if (current == null || current.module() != module) {
          module.takenOutside.set(function);
        }
      }
      run(module, function);
    }
  }

  private void walk(ProgramModule module, int function, @Nullable FunctionValues values) {
    walkPart(module, function, function, values);
    for (int part : values == null ? List.<Integer>of() : values.parts()) {
      if (part != function) {
        module.live.set(part);
        walkPart(module, function, part, values);
      }
    }
  }

  private void walkPart(
      ProgramModule module, int owner, int function, @Nullable FunctionValues values) {
    ObjectAnalysis object = module.object;
    References references = object.code.references();
    long end = object.code.end(function);
    for (int i = references.firstAt(object.code.start(function));
        i < references.size() && references.at(i) < end;
        i++) {
      long at = references.at(i);
      long target = references.target(i);
      if (values != null && !values.enters(at)) {
        continue;
      }
      module.reached.set(i);
      switch (references.kind(i)) {
        case References.CALL, References.JUMP -> {
          boolean call = references.kind(i) == References.CALL;
          int called = object.code.functionAt(target);
          boolean inside =
              values != null
                  && !call
                  && called >= 0
                  && (called == owner || !object.code.isCallable(called))
                  && values.parts().contains(called)
                  && values.enters(target);
          if (inside) {
            noteCaller(module, called, target, new Caller(module, function, at, false));
          } else {
            edge(new Caller(module, function, at, call), module, target, values);
          }
        }
        case References.CALL_SLOT, References.JUMP_SLOT -> {
          boolean call = references.kind(i) == References.CALL_SLOT;
          int relocation = object.relocationAt(target);
          if (relocation >= 0) {
            through(new Caller(module, function, at, call), module, relocation, values);
          } else {
            word(module, target);
          }
        }
        case References.ACCESS -> word(module, target);
        case References.ADDRESS -> {
          if (object.isCode(target)) {
            take(module, target);
          } else {
            data(module, target);
          }
        }
        default -> {}
      }
    }
    if (values == null) {
      for (long handler : object.handlers(function)) {
        int part = object.code.functionAt(handler);
        if (part != function) {
          runWhole(module, part);
        }
      }
    }
    if (values == null && object.code.fallsThrough(function)) {
      edge(new Caller(module, function, end, false), module, end, null);
    }
  }

  private static void noteCaller(ProgramModule to, int called, long target, Caller caller) {
    if (to.object.code.start(called) == target) {
      to.callers.computeIfAbsent(called, f -> new LinkedHashSet<>()).add(caller);
    }
  }

  private void edge(Caller caller, ProgramModule to, long target, @Nullable FunctionValues values) {
    int called = to.object.code.functionAt(target);
    if (called < 0) {
      return;
    }
    Optional<Gates.Gate> gate =
        caller.module() == to ? Gates.of(to.object, caller.function(), called) : Optional.empty();
    if (gate.isPresent() && !open.contains(gate.get())) {
      gated
          .computeIfAbsent(gate.get(), g -> new ArrayList<>())
          .add(() -> edge(caller, to, target, values));
      return;
    }
    noteCaller(to, called, target, caller);
    if (to.object.code.start(called) == target) {
      enterFrom(caller, to, called, values);
    } else {
      runWhole(to, called);
    }
  }

  /** A call or a jump through a word that the loader fills in. */
  private void through(
      Caller caller, ProgramModule module, int index, @Nullable FunctionValues values) {
    Relocation relocation = module.object.relocations[index];
    if (module.object.isPointer(relocation)) {
      if (module.object.kind(relocation) == RelocationKind.CHOSEN) {
        follow(module, index, true);
      } else {
        edge(caller, module, relocation.addend(), values);
      }
      return;
    }
    Target target = lookUp(module, relocation);
    if (target == null) {
      return;
    }
    if (target.symbol.type() == ElfSymbol.STT_GNU_IFUNC) {
      take(target.module, target.address);
    } else {
      edge(caller, target.module, target.address, values);
    }
  }

  private void word(ProgramModule module, long address) {
    int first = module.object.firstRelocation(address - 7);
    for (int i = first;
        i < module.object.relocations.length
            && module.object.relocations[i].address() < address + 8;
        i++) {
      follow(module, i, true);
    }
  }

  private void data(ProgramModule module, long address) {
    ObjectAnalysis object = module.object;
    int relocation = object.relocationAt(address);
    if (relocation >= 0
        && object.kind(object.relocations[relocation]) == RelocationKind.THREAD_LOCAL) {
      return; // the address of the descriptor of a thread-local variable, which is alone
    }
    text(module, address);
    int slice = object.sliceAt(address);
    if (slice < 0) {
      return;
    }
    slice(module, slice);
    // A pointer before an object whose elements are counted from 1, say.
    long next = object.endOfSlice(slice);
    if (address % 32 != 0 && next - address <= 32 && !object.hardCuts.contains(next)) {
      slice(module, slice + 1);
    }
  }

  private void slice(ProgramModule module, int slice) {
    if (slice >= module.object.cuts.length || module.slices.get(slice)) {
      return;
    }
    module.slices.set(slice);
    Place place = new Place(module, -slice - 1);
    because(place);
    work.add(
        () -> {
          current = place;
          ObjectAnalysis object = module.object;
          long end = object.endOfSlice(slice);
          for (int i = object.firstRelocation(object.cuts[slice]);
              i < object.relocations.length && object.relocations[i].address() < end;
              i++) {
            follow(module, i, true);
          }
        });
  }

  private void follow(ProgramModule module, int index, boolean taken) {
    if (module.relocations.get(index)) {
      return;
    }
    module.relocations.set(index);
    Relocation relocation = module.object.relocations[index];
    if (module.object.isPointer(relocation)) {
      long address = relocation.addend();
      if (module.object.isCode(address)) {
        take(module, address);
      } else {
        data(module, address);
      }
      return;
    }
    Target target = lookUp(module, relocation);
    if (target != null) {
      touch(target, taken);
    }
  }

  private void touch(Target target, boolean taken) {
    if (target.module.object.isCode(target.address)) {
      if (taken) {
        take(target.module, target.address);
      } else {
        run(target.module, target.module.object.code.functionAt(target.address));
      }
    } else if (target.symbol.type() != 6) {
      data(target.module, target.address);
    }
  }

  private @Nullable Target lookUp(ProgramModule module, Relocation relocation) {
    RelocationKind kind = module.object.kind(relocation);
    if (relocation.symbol() <= 0
        || relocation.symbol() >= module.object.symbols.size()
        || kind == RelocationKind.THREAD_LOCAL) {
      return null;
    }
    ElfSymbol wanted = module.object.symbols.get(relocation.symbol());
    long addend = kind == RelocationKind.SYMBOL_PLUS ? relocation.addend() : 0;
    if (wanted.binding() == ElfSymbol.STB_LOCAL) {
      return new Target(module, wanted.value() + addend, wanted);
    }
    for (ProgramModule candidate : module.scope) {
      ElfSymbol found =
          kind == RelocationKind.COPY && candidate == module ? null : definition(candidate, wanted);
      if (found != null) {
        return new Target(candidate, found.value() + addend, found);
      }
    }
    return wanted.isDefined() ? new Target(module, wanted.value() + addend, wanted) : null;
  }

  private static @Nullable ElfSymbol definition(ProgramModule module, ElfSymbol wanted) {
    List<ElfSymbol> symbols = module.object.definitions.get(wanted.name());
    if (symbols == null) {
      return null;
    }
    ElfSymbol fallback = null;
    for (ElfSymbol symbol : symbols) {
      if (wanted.version().isEmpty()
          ? symbol.isDefaultVersion() || symbol.version().isEmpty()
          : symbol.version().equals(wanted.version())) {
        return symbol;
      }
      if (fallback == null && (symbol.version().isEmpty() || wanted.version().isEmpty())) {
        fallback = symbol;
      }
    }
    return fallback;
  }

  // -- names of libraries

  private void text(ProgramModule module, long address) {
    Optional<String> text = module.object.text(address);
    if (text.isEmpty()) {
      return;
    }
    String name = text.get();
    if (module == loader && ASKED_BY_LOADER.contains(name)) {
      for (ProgramModule loaded : scope) {
        export(loaded, loaded.object.definitions.getOrDefault(ByteString.utf8(name), List.of()));
      }
    }
    if (texts.add(name)) {
      List<Runnable> asked = waiting.remove(name);
      if (asked != null) {
        asked.forEach(work::add);
      }
      ByteString symbol = ByteString.utf8(name);
      for (ProgramModule opened : List.copyOf(modules.values())) {
        if (opened.isOpened) {
          export(opened, opened.object.definitions.getOrDefault(symbol, List.of()));
        }
      }
    }
    if (name.contains(".so")
        && name.length() < 200
        && !name.contains("%")
        && name.indexOf(' ') < 0) {
      toOpen.add(name);
    } else if (name.contains("/nsswitch.conf") || name.startsWith("libnss_%s")) {
      nameService = true;
    }
  }

  private void openNameService() throws IOException {
    Optional<FileNode> node = resolver.files().follow(ImagePath.of("/etc/nsswitch.conf"));
    String text = "hosts: files dns";
    if (node.isPresent() && node.get().isRegular()) {
      text = new String(node.get().content().readAll(1 << 20), StandardCharsets.ISO_8859_1);
    }
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0 && !line.strip().startsWith("#")) {
        for (String service :
            line.substring(colon + 1).replaceAll("\\[[^]]*]", " ").split("\\s+", -1)) {
          if (!service.isEmpty()) {
            toOpen.add("libnss_" + service + ".so.2");
          }
        }
      }
    }
  }

  // -- numbers

  private Result result() throws IOException {
    settle();
    enterLoader();
    settle();
    askLoader();
    for (ProgramModule module : List.copyOf(modules.values())) {
      collect(module);
    }
    findStarted();
    return new Result(
        Map.copyOf(numbers),
        List.copyOf(unresolved),
        List.copyOf(modules.keySet()),
        List.copyOf(started),
        firstArguments.found(numbers.keySet()));
  }

  /** Goes on until nothing else comes alive. */
  private void settle() throws IOException {
    boolean changed = true;
    while (changed) {
      drain();
      current = null;
      changed = false;
      if (nameService) {
        openNameService();
        nameService = false;
      }
      while (!toOpen.isEmpty()) {
        open(toOpen.poll());
      }
      if (work.isEmpty()) {
        changed = findByName();
      }
      for (Gates.Gate gate : Gates.ALL) {
        if (!open.contains(gate) && isOpen(gate)) {
          open.add(gate);
          gated.getOrDefault(gate, List.of()).forEach(Runnable::run);
        }
      }
      changed |= !work.isEmpty();
    }
  }

  private boolean isOpen(Gates.Gate gate) throws IOException {
    if (!gate.cache().isEmpty() && !hasCache(gate.cache())) {
      return true;
    }
    for (String variable : environment) {
      if (!gate.variable().isEmpty() && variable.startsWith(gate.variable() + "=")) {
        return true;
      }
    }
    for (ProgramModule module : modules.values()) {
      for (Gates.Opener opener : gate.openers()) {
        for (ElfSymbol symbol : module.object.definitions.getOrDefault(opener.name(), List.of())) {
          int function = module.object.code.functionAt(symbol.value());
          if (function >= 0 && module.live.get(function) && opens(opener, module, function)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Says whether the image has the cache of character sets that live code names, to be read. */
  private boolean hasCache(String suffix) throws IOException {
    boolean any = false;
    for (String text : texts) {
      if (text.startsWith("/") && text.endsWith(suffix)) {
        Optional<FileNode> node = resolver.files().follow(ImagePath.of(text));
        if (node.isEmpty() || !node.get().isRegular() || !isCache(node.get())) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  private static boolean isCache(FileNode node) throws IOException {
    if ((node.attributes().mode() & 4) == 0 || node.content().size() < CACHE_MAGIC.length) {
      return false;
    }
    byte[] magic = node.content().slice(0, CACHE_MAGIC.length).readAll(CACHE_MAGIC.length);
    return Arrays.equals(magic, CACHE_MAGIC);
  }

  private static boolean opens(Gates.Opener opener, ProgramModule module, int function) {
    if (opener.argument() == Gates.OUTSIDE) {
      return module.taken.get(function)
          || module.callers.getOrDefault(function, Set.of()).stream()
              .anyMatch(caller -> caller.module() != module);
    }
    if (opener.argument() == Gates.ALIVE) {
      return true;
    }
    ConstantSearch search =
        new ConstantSearch((caller, constant) -> opener.harmless().is(caller.object, constant));
    int place = module.object.machine.argumentPlace(opener.argument());
    search.demand(new ConstantSearch.Demand(module, function, place));
    return !search.failed.isEmpty();
  }

  /** What dlopen and dlsym are asked for. */
  private boolean findByName() throws IOException {
    boolean changed = false;
    for (ProgramModule module : List.copyOf(modules.values())) {
      for (Map.Entry<ByteString, List<ElfSymbol>> entry : module.object.definitions.entrySet()) {
        String name = entry.getKey().toLatin1();
        boolean opener = OPENERS.contains(name);
        if (!opener && !FINDERS.contains(name)) {
          continue;
        }
        for (ElfSymbol symbol : entry.getValue()) {
          int function = module.object.code.functionAt(symbol.value());
          if (function < 0 || !module.live.get(function) || !symbol.isFunction()) {
            continue;
          }
          Set<String> found = new TreeSet<>();
          ConstantSearch search =
              new ConstantSearch(
                  (caller, value) -> {
                    Optional<String> text = caller.object.text(value);
                    text.ifPresent(found::add);
                    return text.isPresent() || value == 0;
                  });
          search.demand(
              new ConstantSearch.Demand(
                  module, function, module.object.machine.argumentPlace(opener ? 0 : 1)));
          if (opener) {
            found.forEach(loaderGates::name);
            if (!search.failed.isEmpty()) {
              nameIsUnknown();
            }
          }
          for (String text : found) {
            if (opener && !opened.contains(text)) {
              open(text);
              changed = true;
            } else if (!opener) {
              changed |= findSymbol(text);
            }
          }
          if (opener) {
            for (ConstantSearch.Failure failure : search.failed) {
              changed |= openCatalogue(failure.place());
            }
          } else if (!search.failed.isEmpty()) {
            changed |= findAny(module, function);
            for (ProgramModule opened : List.copyOf(modules.values())) {
              if (opened.isOpened && !opened.isExported) {
                exportAll(opened);
                changed = true;
              }
            }
          }
        }
      }
    }
    return changed;
  }

  /**
   * Reports the calls of dlsym with a name that is not constant. With the handle of a library that
   * was opened, all that the library exports counts. RTLD_DEFAULT and RTLD_NEXT stand for all
   * objects, whose functions cannot all count; some objects ask for known names there.
   */
  private boolean findAny(ProgramModule module, int function) {
    int handle = module.object.machine.argumentPlace(0);
    int name = module.object.machine.argumentPlace(1);
    SymbolRequests requests = new SymbolRequests();
    requests.look(new SymbolRequests.Request(module, function, handle, false, name), 0);
    boolean changed = false;
    for (Place place : requests.open) {
      Optional<Pattern> names = ModuleCatalogue.symbols(place.module().path);
      if (names.isEmpty()) {
        report(
            place,
            Kind.LIBRARY,
            "dlsym of a name that is not constant, in all objects of the program");
        continue;
      }
      report(
          place,
          Kind.ASSUMED,
          "dlsym of a name that is not constant, in all objects of the program: it asks only for "
              + names.get());
      for (ProgramModule each : List.copyOf(modules.values())) {
        for (ByteString symbol : each.object.definitions.keySet()) {
          if (names.get().matcher(symbol.toLatin1()).matches()) {
            changed |= findSymbol(symbol.toLatin1());
          }
        }
      }
    }
    return changed;
  }

  /** Says whether a function that enters the kernel does so behind a gate that is shut. */
  private boolean isShut(ProgramModule module, int function, long number) {
    return module == loader
        ? loaderGates.isShut(module.object, number)
        : Gates.of(module.object, function, number)
            .filter(gate -> !open.contains(gate))
            .isPresent();
  }

  /** An object may be opened by any name. */
  private void nameIsUnknown() {
    loaderGates.add(LoaderGates.Reason.RELATIVE_PATHS);
    loaderGates.add(LoaderGates.Reason.ORIGIN);
  }

  /** Notes what the loader is asked for by objects and files of the image. */
  private void askLoader() throws IOException {
    if (secure) {
      loaderGates.add(LoaderGates.Reason.RIGHTS);
    }
    for (ProgramModule module : modules.values()) {
      loaderGates.object(module.object);
      for (ElfSymbol symbol : module.object.definitions.getOrDefault(DLMOPEN, List.of())) {
        int function = module.object.code.functionAt(symbol.value());
        if (function >= 0 && module.live.get(function)) {
          nameIsUnknown();
        }
      }
    }
    Optional<FileNode> preload = resolver.files().follow(ImagePath.of("/etc/ld.so.preload"));
    if (preload.isPresent() && preload.get().isRegular()) {
      nameIsUnknown();
    }
  }

  /** Opens all modules that the image holds for an object, where that is known. */
  private boolean openCatalogue(Place place) throws IOException {
    Optional<List<ImagePath>> known = ModuleCatalogue.of(place.module().path, resolver.files());
    if (known.isEmpty()) {
      report(place, Kind.LIBRARY, "dlopen of a name that is not constant");
      return false;
    }
    report(
        place,
        Kind.ASSUMED,
        "dlopen of a name that is not constant: it opens its own modules alone, of which the image"
            + " holds "
            + known.get().size());
    boolean changed = false;
    List<ImagePath> usable = new ArrayList<>();
    for (ImagePath path : known.get()) {
      if (resolver.usable(path, place.module().object.header).isPresent()) {
        module(path); // so that those find it that need it, whatever the order
        usable.add(path);
      }
    }
    for (ImagePath path : usable) {
      if (opened.add(path.toString())) {
        openFrom(path);
        exportAll(module(path));
        changed = true;
      }
    }
    return changed;
  }

  private final Set<String> foundByName = new HashSet<>();

  private boolean findSymbol(String name) {
    if (!foundByName.add(name)) {
      return false;
    }
    for (ProgramModule module : modules.values()) {
      for (ElfSymbol symbol :
          module.object.definitions.getOrDefault(ByteString.utf8(name), List.of())) {
        touch(new Target(module, symbol.value(), symbol), true);
      }
    }
    return true;
  }

  // -- programs that are started

  private void findStarted() {
    for (ProgramModule module : List.copyOf(modules.values())) {
      for (Map.Entry<Integer, Starters.Starter> entry : Starters.of(module.object).entrySet()) {
        if (module.live.get(entry.getKey())) {
          startedThrough(module, entry.getKey(), entry.getValue());
        }
      }
    }
  }

  private void startedThrough(ProgramModule module, int function, Starters.Starter starter) {
    ConstantSearch search = startedSearch(starter);
    // glibc's posix_spawn hands execve over by its address.
    boolean library = Starters.isCLibrary(module.object);
    if (library ? module.takenOutside.get(function) : module.taken.get(function)) {
      search.fail(module, function, -1);
    }
    for (Caller caller : module.callers.getOrDefault(function, Set.of())) {
      if (Starters.isInside(caller.module().object, caller.function())) {
        continue; // the C library's own functions are asked for what they are given
      }
      if (starter.argument() < 0) {
        search.fail(caller.module(), caller.function(), -1);
        continue;
      }
      int place = module.object.machine.argumentPlace(starter.argument());
      search.evaluate(caller.module(), caller.function(), caller.at(), place, caller.call());
    }
    startsUnknown(search, starter);
  }

  /** A live instruction that enters the kernel to become another program. */
  private void startedBy(
      ProgramModule module, int function, long at, int argument, ProgramModule from) {
    if (Starters.isCLibrary(module.object)) {
      if (!Starters.isCLibrary(from.object)) { // syscall(SYS_execve, ...)
        started.add(new Started(false, true, from.path.toString(), "", Optional.empty()));
      }
    } else if (!Starters.isInside(module.object, function)) {
      // Whoever has no C library looks into PATH on its own.
      Starters.Starter starter = new Starters.Starter(argument, false, true);
      ConstantSearch search = startedSearch(starter);
      int place = module.object.machine.argumentPlace(argument);
      search.evaluate(module, function, at, place, false);
      startsUnknown(search, starter);
    }
  }

  private ConstantSearch startedSearch(Starters.Starter starter) {
    return new ConstantSearch(
        (caller, value) -> {
          Optional<String> text = caller.object.text(value);
          if (text.isPresent()) {
            started.add(
                new Started(
                    starter.isShellText(), starter.isSearched(), caller.path.toString(), "", text));
          }
          return text.isPresent() || value == 0;
        });
  }

  private void startsUnknown(ConstantSearch search, Starters.Starter starter) {
    for (ConstantSearch.Failure failure : search.failed) {
      Place place = failure.place();
      started.add(
          new Started(
              starter.isShellText(),
              starter.isSearched(),
              place.module().path.toString(),
              place.module().object.nameOf(place.index()),
              Optional.empty()));
    }
  }

  private void collect(ProgramModule module) {
    References references = module.object.code.references();
    for (int f = module.live.nextSetBit(0); f >= 0; f = module.live.nextSetBit(f + 1)) {
      long end = module.object.code.end(f);
      for (int i = references.firstAt(module.object.code.start(f));
          i < references.size() && references.at(i) < end;
          i++) {
        if (!module.reached.get(i)) {
          continue;
        }
        if (references.kind(i) == References.SYSCALL) {
          String where = chain(module, f);
          int function = f;
          long at = references.at(i);
          ConstantSearch search =
              new ConstantSearch(
                  (caller, value) -> {
                    if (isShut(module, function, value)) {
                      return true;
                    }
                    numbers.putIfAbsent((int) value, where);
                    if (firstArguments.isAsked(module.object.machine.number(), value)) {
                      firstArguments.note(module, function, at, (int) value);
                    }
                    int argument = Starters.argumentOfCall(module.object.machine.number(), value);
                    if (argument >= 0) {
                      startedBy(module, function, at, argument, caller);
                    }
                    return true;
                  });
          search.evaluate(module, f, references.at(i), module.object.machine.numberPlace(), false);
          boolean known = search.failed.isEmpty() || module.object.isTable(f, references.at(i));
          for (ConstantSearch.Failure failure :
              known ? Set.<ConstantSearch.Failure>of() : search.failed) {
            Set<Long> handed = AssumedNumbers.handedOver(failure.place());
            for (long number : handed) {
              numbers.putIfAbsent((int) number, where);
              firstArguments.unknown((int) number);
            }
            if (!handed.isEmpty()) {
              report(
                  failure.place(), Kind.ASSUMED, "its number is an argument of what hands it over");
              continue;
            }
            if (AssumedNumbers.repeatsSetId(failure.place().module(), failure.place().index())) {
              report(
                  failure.place(),
                  Kind.ASSUMED,
                  "the handler that repeats setuid and the like in each thread");
              continue;
            }
            if (AssumedNumbers.isLibseccomp(failure.place().module())) {
              numbers.putIfAbsent(module.object.machine.seccompNumber(), where);
              report(failure.place(), Kind.ASSUMED, "libseccomp looks up the number of seccomp");
              continue;
            }
            if (!assume(failure, where)) {
              report(failure.place(), Kind.NUMBER, "a system call whose number is not constant");
            }
          }
        } else if (references.kind(i) == References.SYSCALL_32
            && !module.object.isTable(f, references.at(i))) {
          unresolved.add(
              new Unresolved(
                  Kind.NUMBER,
                  module.path.toString(),
                  module.object.nameOf(f),
                  "a system call by the 32-bit way"));
        }
      }
    }
  }

  private void report(Place place, Kind kind, String reason) {
    unresolved.add(
        new Unresolved(
            kind,
            place.module().path.toString(),
            place.module().object.nameOf(place.index()),
            reason));
  }

  /**
   * Where a function that takes the number as an argument is called through a pointer, as libcap
   * does: takes the constants that the object's own calls through pointers pass there.
   */
  private boolean assume(ConstantSearch.Failure failure, String where) {
    ProgramModule module = failure.place().module();
    if (failure.argument() < 0 || module.object.names.containsKey(start(failure.place()))) {
      return false;
    }
    Set<Integer> found = AssumedNumbers.passed(module, failure.argument(), true);
    if (found.isEmpty()) {
      found = AssumedNumbers.passed(module, failure.argument(), false);
    }
    for (int number : found) {
      numbers.putIfAbsent(number, where);
      firstArguments.unknown(number);
    }
    if (!found.isEmpty()) {
      report(
          failure.place(),
          Kind.ASSUMED,
          "it is called through a pointer; its numbers are those that calls through pointers"
              + " pass: "
              + found);
    }
    return !found.isEmpty();
  }

  private static long start(Place place) {
    return place.module().object.code.start(place.index());
  }

  @Override
  public String toString() {
    return "analysis of " + modules.keySet();
  }
}
