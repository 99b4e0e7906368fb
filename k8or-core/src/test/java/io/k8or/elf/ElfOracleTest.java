package io.k8or.elf;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.testing.ElfSamples;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** This machine's own programs and libraries, against binutils' readelf. */
@Tag("oracle")
class ElfOracleTest {
  private static final Pattern NEEDED = Pattern.compile("\\(NEEDED\\).*\\[(.*)]");
  private static final Pattern BUILD_ID = Pattern.compile("Build ID: ([0-9a-f]+)");
  private static final Pattern RELOCATIONS =
      Pattern.compile("Relocation section .* contains (\\d+) entr");
  private static final Pattern RELR = Pattern.compile("^(\\d+) offsets$", Pattern.MULTILINE);
  private static final Pattern SYMBOL =
      Pattern.compile(
          "^ *\\d+: ([0-9a-f]+) +(\\d+|0x[0-9a-f]+) (\\S+) +\\S+ +\\S+ +(\\S+) ?(.*?)(?: \\(\\d+\\))?$",
          Pattern.MULTILINE);

  private static final Pattern FRAME =
      Pattern.compile("^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE .*pc=(\\S+)$", Pattern.MULTILINE);

  @Test
  void tables_ofRealFiles_areReadelfs() throws IOException {
    Tools.require("readelf");
    List<Path> files = ElfSamples.smallerThan(64 << 20);
    int compared = 0;
    for (int i = 0; i < files.size(); i++) {
      Path path = files.get(i);
      ElfFile file = ElfFile.open(Content.of(path), path.toString());
      if (file.header().type() == ElfHeader.ET_REL) {
        continue; // nothing that a loader relocates
      }
      String dynamic = Tools.output("readelf", "-W", "-d", "-n", "-r", path.toString());
      assertThat(file.needed())
          .as("needed of %s", path)
          .isEqualTo(all(NEEDED, dynamic).stream().map(ByteString::utf8).toList());
      assertThat(file.buildId().map(ByteString::toHex).stream().toList())
          .as("build-id of %s", path)
          .isEqualTo(all(BUILD_ID, dynamic).stream().limit(1).toList());
      long entries =
          Stream.concat(all(RELOCATIONS, dynamic).stream(), all(RELR, dynamic).stream())
              .mapToLong(Long::parseLong)
              .sum();
      if (all(RELR, dynamic).isEmpty() && !dynamic.contains(".relr.dyn")) {
        assertThat((long) file.relocations().size())
            .as("relocations of %s", path)
            .isEqualTo(entries);
      }
      List<String> expected = new ArrayList<>();
      Matcher symbols =
          SYMBOL.matcher(Tools.output("readelf", "-W", "--dyn-syms", path.toString()));
      while (symbols.find()) {
        expected.add(symbols.group(1) + " " + symbols.group(5));
      }
      List<String> found = new ArrayList<>();
      for (ElfSymbol symbol : file.dynamicSymbols()) {
        String version =
            // readelf prints no version beside a version's own symbol
            symbol.version().isEmpty() || symbol.version().equals(symbol.name())
                ? ""
                : (symbol.isDefined() && symbol.isDefaultVersion() ? "@@" : "@") + symbol.version();
        found.add(String.format("%016x %s%s", symbol.value(), symbol.name().toLatin1(), version));
      }
      assertThat(found).as("dynamic symbols of %s", path).isEqualTo(expected);
      List<String> frames = new ArrayList<>();
      Matcher descriptions = FRAME.matcher(frames(path));
      while (descriptions.find()) {
        frames.add(descriptions.group(1));
      }
      assertThat(file.frames())
          .as("frames of %s", path)
          .extracting(range -> String.format("%016x..%016x", range.start(), range.end()))
          .isEqualTo(frames);
      compared++;
    }
    assertThat(compared).isGreaterThan(10);
  }

  // Its status is 1 where the file names a file of debugging symbols that is not installed.
  private static String frames(Path file) {
    List<String> command = List.of("readelf", "-W", "--debug-dump=frames", file.toString());
    return Tools.run(Path.of("/"), Map.of(), command).stdout();
  }

  private static List<String> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }
}
