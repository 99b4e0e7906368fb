package io.k8or.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runtimes of this machine with fewer modules, run. */
@Tag("oracle")
class JimageOracleTest {
  private static final String PROGRAM =
      """
      import com.sun.net.httpserver.*;
      import java.net.*;
      import java.net.http.*;
      import java.nio.file.*;
      import java.util.*;
      public class Main {
        public static void main(String[] a) throws Exception {
          var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
          server.createContext("/", e -> {
            byte[] b = "hello".getBytes();
            e.sendResponseHeaders(200, b.length);
            e.getResponseBody().write(b);
            e.close();
          });
          server.start();
          var uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
          System.out.println(HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body());
          server.stop(0);
          System.out.println(javax.net.ssl.SSLContext.getDefault().getProtocol());
          System.out.println(java.nio.charset.Charset.forName("Big5"));
          System.out.println(new TreeSet<>(ModuleLayer.boot().modules().stream().map(Module::getName)
              .filter(name -> !name.equals("jdk.crypto.ec")).toList()));
          System.out.println(Files.list(FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules")).map(Object::toString).sorted().toList());
          try {
            Class.forName("java.sql.Connection");
            System.out.println("sql");
          } catch (ClassNotFoundException e) {
            System.out.println("no sql");
          }
          System.exit(0);
        }
      }
      """;

  @TempDir private Path folder;

  private String run(Object... words) {
    List<String> command = new ArrayList<>();
    for (Object each : words) {
      command.add(each.toString());
    }
    Tools.Result result = Tools.run(folder, Map.of(), command);
    assertThat(result.status())
        .as("%s%n%s%n%s", command, result.stdout(), result.stderr())
        .isZero();
    assertThat(result.stderr()).isEmpty();
    return result.stdout();
  }

  static List<Path> homes() throws IOException {
    List<Path> homes = new ArrayList<>();
    for (Path parent : List.of(Path.of("/usr/lib/jvm"), Path.of(System.getProperty("java.home")))) {
      try (Stream<Path> paths = Files.walk(parent, 3)) {
        paths
            .filter(path -> path.endsWith("lib/modules"))
            .map(path -> path.getParent().getParent())
            .filter(home -> Files.isExecutable(home.resolve("bin/javac")))
            .forEach(homes::add);
      }
    }
    Set<Path> real = new TreeSet<>();
    for (Path home : homes) {
      real.add(home.toRealPath());
    }
    return List.copyOf(real);
  }

  @Test
  void keeping_ofTheRuntimesHere_startsAndServes() throws IOException {
    assertThat(homes()).isNotEmpty();
    for (Path home : homes()) {
      Content whole = Content.of(home.resolve("lib/modules"));
      Jimage image = Jimage.open(whole, "lib/modules");
      RuntimeModules modules = RuntimeModules.of(image);
      assertThat(String.join("\n", image.modules()))
          .isEqualTo(
              run(home.resolve("bin/java"), "--list-modules").strip().replaceAll("@\\S*", ""));
      Set<String> kept =
          modules.closure(Map.of("jdk.httpserver", "", "java.net.http", ""), Set.of()).keySet();
      Path small = Files.createDirectories(folder.resolve(home.getFileName()));
      run(
          "bash",
          "-euo",
          "pipefail",
          "-c",
          "tar -C \"$1\" --exclude=src.zip --exclude=ct.sym --exclude=lib/modules --exclude='*.jsa' -chf -"
              + " bin conf lib release | tar -C \"$2\" -xf -",
          "copy",
          home,
          small);
      try (InputStream in = image.keeping(kept).open()) {
        assertThat(Files.copy(in, small.resolve("lib/modules")))
            .isEqualTo(image.keeping(kept).size());
      }
      System.out.printf(
          "%s: %d of %d bytes, modules %s%n", home, image.keeping(kept).size(), whole.size(), kept);
      Files.writeString(folder.resolve("Main.java"), PROGRAM);
      run(home.resolve("bin/javac"), "-d", folder.resolve("classes"), folder.resolve("Main.java"));
      String expected = run(home.resolve("bin/java"), "-cp", folder.resolve("classes"), "Main");
      assertThat(expected).startsWith("hello\nDefault\nBig5\n[").endsWith("sql\n");
      for (String share : List.of("-Xshare:auto", "-Xshare:off")) {
        assertThat(run(small.resolve("bin/java"), share, "-cp", folder.resolve("classes"), "Main"))
            .isEqualTo(
                "hello\nDefault\nBig5\n"
                    + kept.stream().filter(name -> !name.equals("jdk.crypto.ec")).toList()
                    + "\n"
                    + kept.stream().map(name -> "/modules/" + name).toList()
                    + "\nno sql\n");
      }
      assertThat(run(small.resolve("bin/java"), "--list-modules").strip().replaceAll("@\\S*", ""))
          .isEqualTo(String.join("\n", kept));
      Jimage again = Jimage.open(Content.of(small.resolve("lib/modules")), "again");
      assertThat(again.modules()).isEqualTo(kept);
      for (Jimage.Resource resource : again.resources()) {
        if (resource.name().contains("SystemModulesMap")) {
          continue;
        }
        if (resource.offset() % 7 == 0) {
          assertThat(again.read(resource.name()).orElseThrow())
              .isEqualTo(image.read(resource.name()).orElseThrow());
        }
      }
      run("rm", "-rf", small);
    }
  }
}
