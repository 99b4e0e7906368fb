package io.k8or.seccomp.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.elf.AddressRange;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.elf.ElfSymbol;
import io.k8or.testing.Tools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The instructions that control flow and constants hang on, against objdump of binutils for 64-bit
 * Arm: branches with their targets, svc, adr and adrp, immediates that are moved, sums with
 * immediates, literals, loads and stores with their bases and distances. In each function that a
 * symbol or {@code .eh_frame} names; elsewhere there may be tables.
 */
@Tag("oracle")
class DecoderOracleTest {
  private static final String OBJDUMP = "aarch64-linux-gnu-objdump";
  private static final Pattern HEX = Pattern.compile("^([0-9a-f]+)\\b.*");
  private static final Pattern ACCESS =
      Pattern.compile("^(.*?), \\[(\\w+)(?:, #(-?\\d+))?](!)?(?:, #(-?\\d+))?$");
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");
  // Without -Dk8or.oracle.all=true.
  private static final List<String> SOME =
      List.of("ld-linux-aarch64.so.1", "libc.so.6", "libgcc_s.so.1", "libresolv.so.2");

  @TempDir static Path folder;

  @Test
  void instructions_ofCrossLibraries_areObjdumps() throws Exception {
    Tools.require(OBJDUMP, "aarch64-linux-gnu-gcc");
    List<Path> files = elfFiles(Path.of("/usr/aarch64-linux-gnu/lib"));
    files.removeIf(file -> !ALL && !SOME.contains(file.getFileName().toString()));
    assertThat(files).isNotEmpty();
    compareAll(files);
  }

  @Test
  void instructions_ofDistributions_areObjdumps() throws Exception {
    Tools.require(OBJDUMP, "tar");
    Path shared = Tools.shared().resolve("data");
    for (String archive :
        List.of(
            "alpine-minirootfs-3.20.3-aarch64.tar.gz",
            "almalinux-9-20231124-aarch64-micro.tar.xz")) {
      Path root = Files.createDirectory(folder.resolve(archive));
      String from = shared.resolve(archive).toString();
      Tools.output("tar", "-xf", from, "-C", root.toString(), "--exclude=*/dev/*");
    }
    compareAll(elfFiles(folder));
  }

  private static List<Path> elfFiles(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.sorted().toList()) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
            && ElfFile.isElf(Content.of(file))) {
          ElfHeader header = ElfFile.open(Content.of(file), file.toString()).header();
          if (header.machine() == ElfHeader.EM_AARCH64 && header.type() != ElfHeader.ET_REL) {
            files.add(file);
          }
        }
      }
    }
    return files;
  }

  private static void compareAll(List<Path> files) throws Exception {
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> kinds = new HashMap<>();
    long compared = 0;
    for (Path file : files) {
      compared += compare(file, wrong, kinds);
    }
    System.out.println(
        files.size()
            + " files, "
            + compared
            + " instructions compared with objdump, "
            + wrong.size()
            + " differ; compared by name: "
            + new TreeMap<>(kinds));
    assertThat(wrong.stream().limit(50)).isEmpty();
    assertThat(compared).isGreaterThan(10_000);
  }

  private static long compare(Path path, List<String> wrong, Map<String, Integer> kinds)
      throws Exception {
    ElfFile file = ElfFile.open(Content.of(path), path.toString());
    NavigableMap<Long, Long> functions = new TreeMap<>();
    for (AddressRange range : file.frames()) {
      functions.merge(range.start(), range.end(), Math::max);
    }
    List<ElfSymbol> symbols = new ArrayList<>(file.symbols());
    symbols.addAll(file.dynamicSymbols());
    for (ElfSymbol symbol : symbols) {
      if (symbol.isFunction() && symbol.isDefined() && symbol.size() > 0) {
        functions.merge(symbol.value(), symbol.value() + symbol.size(), Math::max);
      }
    }
    Process objdump =
        new ProcessBuilder(OBJDUMP, "-d", "-w", path.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Instruction instruction = new Instruction();
    long compared = 0;
    try (BufferedReader lines = objdump.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] parts = line.split("\t", -1);
        if (parts.length < 3 || parts[2].startsWith(".")) {
          continue; // no instruction, or data among the code
        }
        long address = Long.parseUnsignedLong(parts[0].strip().replace(":", ""), 16);
        Map.Entry<Long, Long> function = functions.floorEntry(address);
        if (function == null || address >= function.getValue()) {
          continue;
        }
        int word = Integer.parseUnsignedInt(parts[1].strip(), 16);
        Decoder.decode(word, address, instruction);
        String name = parts[2];
        String operands = parts.length > 3 ? parts[3].replaceAll("\\s*//.*", "").strip() : "";
        String expected = normal(name, operands);
        String found = text(instruction, word);
        compared++;
        kinds.merge(found.isEmpty() ? "(other)" : found.split(" ", -1)[0], 1, Integer::sum);
        if (!expected.equals(found)) {
          wrong.add(
              String.format(
                  "%s %x %08x: '%s', objdump has '%s' (%s %s)",
                  path.getFileName(), address, word, found, expected, name, operands));
        }
      }
    }
    objdump.waitFor();
    return compared;
  }

  private static String target(String operand) {
    Matcher hex = HEX.matcher(operand);
    return hex.matches() ? hex.group(1) : operand;
  }

  /** What objdump shows, in the form of {@link #text}; empty for what is not compared. */
  private static String normal(String name, String operands) {
    String[] words = operands.split(",\\s*", -1);
    String last = words[words.length - 1];
    switch (name) {
      case "udf", "brk", "hlt", "eret", "drps", "eretaa", "eretab" -> {
        return name.equals("udf") ? "undefined" : "stop";
      }
      case "b", "bl" -> {
        return name + " " + target(operands);
      }
      case "cbz", "cbnz", "tbz", "tbnz" -> {
        return "branch " + target(last);
      }
      case "br", "blr" -> {
        return name + " " + operands;
      }
      case "braa", "brab", "braaz", "brabz" -> {
        return "br " + words[0];
      }
      case "blraa", "blrab", "blraaz", "blrabz" -> {
        return "blr " + words[0];
      }
      case "ret", "retaa", "retab" -> {
        return "ret";
      }
      case "svc" -> {
        return "svc";
      }
      case "adr", "adrp" -> {
        return name + " " + words[0] + " " + target(words[1]);
      }
      case "movk" -> {
        int shift = words.length > 2 ? Integer.parseInt(last.replace("lsl #", "")) : 0;
        return "movk " + words[0] + " " + (number(words[1]) << shift);
      }
      case "mov", "movz", "movn" -> {
        if (words[1].startsWith("#")) {
          int shift = words.length > 2 ? Integer.parseInt(last.replace("lsl #", "")) : 0;
          long value = number(words[1]) << shift;
          value = name.equals("movn") ? ~value : value;
          boolean half = words[0].startsWith("w");
          return "mov " + words[0] + " " + (half ? value & 0xffffffffL : value);
        }
        if (words[0].matches("[wx]\\d+|w?sp|[wx]zr") && words[1].matches("[wx]\\d+|w?sp|[wx]zr")) {
          boolean sp = words[0].endsWith("sp") || words[1].endsWith("sp");
          return sp ? "add " + words[0] + " " + words[1] + " 0" : "mov " + operands;
        }
        return "";
      }
      case "add", "sub", "adds", "subs", "cmp", "cmn" -> {
        boolean compare = name.startsWith("c");
        int at = compare ? 1 : 2;
        if (words[0].matches("[wx].*|sp") && words[at].startsWith("#")) {
          long value = number(words[at]) << (words.length > at + 1 ? 12 : 0);
          value = name.startsWith("s") || name.equals("cmp") ? -value : value;
          return "add "
              + (compare ? (words[0].startsWith("w") ? "wzr" : "xzr") : words[0])
              + " "
              + words[at - 1]
              + " "
              + value;
        }
        return "";
      }
      case "csel" -> {
        return name + " " + words[0] + " " + words[1] + " " + words[2];
      }
      case "ldr", "ldrsw" -> {
        if (words[1].matches("[0-9a-f]+( <.*)?")) {
          boolean vector = !words[0].matches("[wx].*");
          return "literal " + (vector ? "v" : words[0]) + " " + target(words[1]);
        }
        return memory(name, operands);
      }
      default -> {
        if (name.startsWith("b.") || name.startsWith("bc.")) {
          return "branch " + target(operands);
        }
        if (name.matches(
            "(ld|st)u?(r|p)(s?[bhw])?|ldnp|stnp|(ld|st)p(sw)?|(ld|st)t?ur(s?[bhw])?"
                + "|ldapu?r|stlur")) {
          return name.startsWith("ldap") && !name.startsWith("ldapu") ? "" : memory(name, operands);
        }
        return "";
      }
    }
  }

  private static String memory(String name, String operands) {
    Matcher m = ACCESS.matcher(operands);
    if (!m.matches()) {
      return "";
    }
    boolean vector = !m.group(1).matches("[wx].*");
    String by = m.group(3) != null ? m.group(3) : m.group(5) != null ? m.group(5) : "0";
    String mode = m.group(4) != null ? " pre" : m.group(5) != null ? " post" : "";
    return (name.startsWith("ld") ? "load " : "store ")
        + (vector ? "v" : m.group(1).replace(", ", " "))
        + " "
        + m.group(2)
        + " "
        + by
        + mode;
  }

  private static long number(String immediate) {
    String text = immediate.replace("#", "");
    boolean minus = text.startsWith("-");
    text = minus ? text.substring(1) : text;
    long value =
        text.startsWith("0x")
            ? Long.parseUnsignedLong(text.substring(2), 16)
            : Long.parseLong(text);
    return minus ? -value : value;
  }

  private static String register(int number, boolean wide) {
    return number == Instruction.SP
        ? (wide ? "sp" : "wsp")
        : (wide ? "x" : "w") + (number == Instruction.ZERO ? "zr" : number);
  }

  /** What was decoded, in the words that objdump uses. */
  private static String text(Instruction i, int word) {
    String rd = i.rd >= 0 ? register(i.rd, i.wide) : "";
    String rn = i.rn >= 0 ? register(i.rn, i.wide) : "";
    String target = Long.toHexString(i.target);
    return switch (i.operation) {
      case UNDEFINED -> "undefined";
      case STOP -> "stop";
      case JUMP -> "b " + target;
      case CALL -> "bl " + target;
      case BRANCH -> "branch " + target;
      case INDIRECT_JUMP -> "br " + register(i.rn, true);
      case INDIRECT_CALL -> "blr " + register(i.rn, true);
      case RETURN -> "ret";
      case SYSTEM_CALL -> "svc";
      case ADR -> "adr " + rd + " " + target;
      case ADRP -> "adrp " + rd + " " + target;
      case MOVE_KEEP -> "movk " + rd + " " + i.immediate;
      case MOVE_WIDE -> "mov " + rd + " " + i.immediate;
      case ORR_IMMEDIATE ->
          i.rn == Instruction.ZERO && moves(word) ? "mov " + rd + " " + i.immediate : "";
      case ORR ->
          i.rn == Instruction.ZERO && i.amount == 0 && i.shift == 0
              ? "mov " + rd + ", " + register(i.rm, i.wide)
              : "";
      case SELECT -> "csel " + rd + " " + rn + " " + register(i.rm, i.wide);
      case ADD_IMMEDIATE -> "add " + rd + " " + rn + " " + i.immediate;
      case LOAD_LITERAL -> "literal " + (i.vector ? "v" : rd) + " " + target;
      case LOAD, LOAD_SIGNED, STORE, LOAD_PAIR, STORE_PAIR -> {
        if (i.rm != Instruction.NONE || isUnprivileged(word)) {
          yield "";
        }
        boolean wide = i.wide || i.operation == Operation.LOAD_SIGNED && i.size == 4;
        boolean tag = (word & 0xfe400000) == 0x68000000;
        wide |= tag || (i.operation == Operation.LOAD_PAIR && (word >>> 30) == 1);
        String second = i.rd2 != Instruction.NONE ? " " + register(i.rd2, wide) : "";
        String mode =
            i.mode == Instruction.PRE_INDEX
                ? " pre"
                : i.mode == Instruction.POST_INDEX ? " post" : "";
        String what = i.vector ? "v" : register(i.rd, wide) + second;
        boolean load = i.operation != Operation.STORE && i.operation != Operation.STORE_PAIR;
        String text = (load ? "load " : "store ") + what + " " + register(i.rn, true) + " ";
        yield tag ? "" : text + i.immediate + mode;
      }
      default -> "";
    };
  }

  private static boolean isUnprivileged(int word) {
    return (word & 0x3b200c00) == 0x38000800;
  }

  // objdump shows orr as what it is where movz or movn could make the number too.
  private static boolean moves(int word) {
    return (word & 0x7f800000) == 0x32000000;
  }
}
