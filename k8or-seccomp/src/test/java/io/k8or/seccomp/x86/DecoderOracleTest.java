package io.k8or.seccomp.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.elf.AddressRange;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.elf.ElfSymbol;
import io.k8or.elf.Section;
import io.k8or.testing.ElfSamples;
import io.k8or.testing.Tools;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Where each instruction of this machine's programs and libraries ends, against binutils' objdump:
 * in each function that a symbol or {@code .eh_frame} names. Between functions there may be tables,
 * which objdump shows as instructions that no processor has.
 *
 * <p>One difference is objdump's alone: a REX prefix with another prefix behind it has no effect.
 * It is shown as an instruction of its own, while a processor takes it for a part of the next one.
 *
 * <p>{@code -Dk8or.oracle.all=true} compares every file, else a few.
 */
@Tag("oracle")
class DecoderOracleTest {
  private static final Pattern LONE_REX = Pattern.compile("((\\S+ )*)rex(\\.[WRXB]+)? *");

  @Test
  void lengths_ofRealCode_areObjdumps() throws Exception {
    Tools.require("objdump");
    List<Path> files = ElfSamples.smallerThan(16 << 20);
    List<String> wrong = new ArrayList<>();
    long compared = 0;
    for (int i = 0; i < files.size(); i++) {
      compared += compare(files.get(i), wrong);
    }
    System.out.println(
        compared + " instructions compared with objdump, " + wrong.size() + " differ");
    assertThat(wrong.stream().limit(50)).isEmpty();
    assertThat(compared).isGreaterThan(100_000);
  }

  private static List<ElfSymbol> concat(List<ElfSymbol> one, List<ElfSymbol> other) {
    List<ElfSymbol> both = new ArrayList<>(one);
    both.addAll(other);
    return both;
  }

  private static boolean isInFunction(NavigableMap<Long, Long> functions, long address) {
    Map.Entry<Long, Long> function = functions.floorEntry(address);
    return function != null && address < function.getValue();
  }

  /** Each instruction that objdump shows must have the length that leads to the next one shown. */
  private static long compare(Path path, List<String> wrong) throws Exception {
    ElfFile file = ElfFile.open(Content.of(path), path.toString());
    if (file.header().machine() != ElfHeader.EM_X86_64
        || file.header().type() == ElfHeader.ET_REL) {
      return 0;
    }
    Process objdump =
        new ProcessBuilder("objdump", "-d", "-w", "--no-show-raw-insn", path.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    NavigableMap<Long, Long> functions = new TreeMap<>();
    for (AddressRange range : file.frames()) {
      functions.merge(range.start(), range.end(), Math::max);
    }
    for (ElfSymbol symbol : concat(file.symbols(), file.dynamicSymbols())) {
      if (symbol.isFunction() && symbol.isDefined() && symbol.size() > 0) {
        functions.merge(symbol.value(), symbol.value() + symbol.size(), Math::max);
      }
    }
    Instruction instruction = new Instruction();
    Section section = null;
    Decoder decoder = null;
    long previous = -1;
    String shown = "";
    long compared = 0;
    try (BufferedReader lines = objdump.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int colon = line.indexOf(":\t");
        if (colon < 0) {
          if (line.startsWith("Disassembly of section")) {
            String name = line.substring(23, line.length() - 1);
            section = file.section(name).orElseThrow();
            decoder =
                new Decoder(file.bytes(section).readAll(Integer.MAX_VALUE), section.address());
            previous = -1;
          } else if (line.contains("...")) {
            previous = -1; // zeros that it does not show
          }
          continue;
        }
        long address = Long.parseUnsignedLong(line.substring(0, colon).strip(), 16);
        if (previous >= 0 && LONE_REX.matcher(shown).matches()) {
          shown = line.substring(colon + 2);
          continue;
        }
        if (previous >= 0 && !shown.contains("(bad)") && isInFunction(functions, previous)) {
          compared++;
          decoder.decode((int) (previous - section.address()), instruction);
          if (instruction.length != address - previous) {
            wrong.add(
                String.format(
                    "%s %x: %d, objdump has %d: %s",
                    path, previous, instruction.length, address - previous, shown));
          }
        }
        previous = address;
        shown = line.substring(colon + 2);
      }
    }
    objdump.waitFor();
    return compared;
  }
}
