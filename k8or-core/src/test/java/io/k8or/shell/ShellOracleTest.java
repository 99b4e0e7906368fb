package io.k8or.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The shell scripts of this machine: what bash takes is taken, and read to its end. */
@Tag("oracle")
class ShellOracleTest {
  private static final List<String> FOLDERS =
      List.of("/usr/bin", "/usr/sbin", "/etc/init.d", "/var/lib/dpkg/info", "/usr/lib/dpkg");

  private static List<Path> scripts() throws IOException {
    List<Path> scripts = new ArrayList<>();
    for (String folder : FOLDERS) {
      if (Files.isDirectory(Path.of(folder))) {
        try (Stream<Path> files = Files.list(Path.of(folder))) {
          for (Path file : (Iterable<Path>) files.sorted()::iterator) {
            if (Files.isRegularFile(file)
                && Files.isReadable(file)
                && !ShellReader.interpreter(Content.of(file)).isEmpty()
                && ShellReader.isShellScript(ImagePath.of(file.toString()), Content.of(file))) {
              scripts.add(file);
            }
          }
        }
      }
    }
    return scripts;
  }

  @Test
  void parse_scriptsOfTheMachine_takesWhatBashTakes() throws Exception {
    Tools.require("bash");
    List<String> refused = new ArrayList<>();
    List<Path> scripts = scripts();
    ShellReader reader = ShellReader.of(FileTree.builder().build(), List.of());
    int commands = 0;
    for (Path script : scripts) {
      long start = System.nanoTime();
      String text = Files.readString(script, StandardCharsets.ISO_8859_1);
      try {
        ShellParser.parse(text, script.toString());
        commands +=
            reader.read(text, script.toString(), List.of("start"), ImagePath.root()).runs().size();
      } catch (MalformedContentException e) {
        List<String> check = List.of("bash", "-n", script.toString());
        if (Tools.run(Path.of("/"), Map.of(), check).status() == 0) {
          refused.add(e.getMessage());
        }
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      if (millis > 2000) {
        System.out.printf("%s: %d ms%n", script, millis);
      }
    }
    System.out.printf("%d scripts, %d commands, refused: %s%n", scripts.size(), commands, refused);
    assertThat(scripts).hasSizeGreaterThan(20);
    assertThat(refused).isEmpty();
  }
}
