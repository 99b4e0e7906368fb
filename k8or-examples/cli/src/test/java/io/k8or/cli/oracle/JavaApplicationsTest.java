package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.testing.Tools;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Applications that Maven builds here, in Debian's image, cut down with {@code --level minimal
 * --remove-classes}: a Spring Boot application in one archive with archives in it, Jetty and Tomcat
 * with their archives beside them. No class goes that a run of the whole image loads, and each
 * result passes the same questions under runc and Docker, under the profile that is made of it.
 *
 * <p>{@code -Dk8or.oracle.all=true} takes all, else Spring Boot alone.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JavaApplicationsTest {
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");
  private static final List<String> NAMES =
      ALL ? List.of("boot", "jetty", "tomcat") : List.of("boot");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SOURCES =
      Tools.projectRoot()
          .resolve("k8or-examples/cli/src/test/resources/io/k8or/cli/oracle/java-applications");

  /**
   * Modules whose classes are loaded to say what they offer, and are done without where they are
   * not there: the data of languages, and providers of the list in {@code java.security}.
   */
  private static final Set<String> OFFERED =
      Set.of(
          "jdk.localedata",
          "java.smartcardio",
          "java.xml.crypto",
          "jdk.crypto.cryptoki",
          "jdk.security.jgss");

  /**
   * The part of the runtime and jars that may stay; half is aimed at. Spring's beans need
   * java.desktop: 54.5 %. So does Tomcat: 50.2 %.
   */
  private static final Map<String, Double> AIMS =
      Map.of("boot", 0.56, "jetty", 0.5, "tomcat", 0.51);

  private static final String MAKE =
      """
      cp -R "$1" source
      cd source
      for try in 1 2 3 4; do
        MAVEN_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1' \
          mvn -B -ntp -q -U -DskipTests package > ../maven.log 2>&1 && break
        test $try != 4 || { tail -n 50 ../maven.log >&2; exit 1; }
        sleep 10
      done
      rm -rf "$2"
      mkdir -p "$2"
      cp target/app.jar "$2"
      test ! -d target/lib || cp -R target/lib "$2"
      """;

  private Scratch scratch;
  private Path root;
  private final List<ObjectNode> services = new ArrayList<>();
  private final List<String> missed = new ArrayList<>();

  @BeforeAll
  void prepare() throws Exception {
    Tools.require("mvn", "runc", "unshare", "python3", "umoci", "tar");
    Tools.requireRoot();
    scratch = Scratch.create("applications");
    Shell.run(
        scratch.folder(),
        "umoci unpack --image \"$1\" bundle >&2",
        DebianImage.layout() + ":latest");
    root = scratch.resolve("bundle/rootfs");
    Shell.run(root, "rm -rf srv; mkdir srv");
    JsonNode questions = JSON.readTree(SOURCES.resolve("smoke.json").toFile());
    for (String name : NAMES) {
      trim(name, questions.at("/" + name));
    }
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  private void trim(String name, JsonNode questions) throws Exception {
    Path work = scratch.directory(name);
    Shell.run(work, MAKE, SOURCES.resolve(name), root.resolve("srv/java"));
    ObjectNode service = service(name, questions);
    service.put("root", root.toString());
    Path allowed = work.resolve("all.json");
    Files.writeString(allowed, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
    service.putObject("profiles").put("true", allowed.toString());
    ((ArrayNode) service.at("/args")).insert(1, "-Xlog:class+load").insert(1, "-Xshare:off");
    ServiceDriver.check(run("runc", List.of(service), scratch.directory(name + "/whole")), 1);
    Path trace = work.resolve("whole/runc-" + name + "-True/log");

    Path image = work.resolve("image.tar");
    Shell.run(work, "tar -C \"$1\" --numeric-owner -cf \"$2\" .", root, image);
    List<String> runtime = List.of("usr/lib/jvm", "srv/java");
    double before = mebibytes(root, runtime);
    double whole = mebibytes(root, List.of("."));
    double jars = mebibytes(root, List.of("srv/java"));
    JsonNode applied = apply(name, image, work.resolve("out"), trace, "--remove-classes");
    Shell.run(work, "umoci unpack --image \"$1\" bundle >&2", work.resolve("out") + ":latest");
    Path result = work.resolve("bundle/rootfs");
    double after = mebibytes(result, runtime);
    System.out.printf(
        "%s: runtime and jars %.1f of %.1f MiB, jars %.1f of %.1f, tree %.1f of %.1f, %.1f s%n",
        name,
        after,
        before,
        mebibytes(result, List.of("srv/java")),
        jars,
        mebibytes(result, List.of(".")),
        whole,
        applied.at("/seconds").asDouble());
    if (after > before * AIMS.getOrDefault(name, 0.5)) {
      missed.add(name + " has " + after + " MiB of " + before);
    }
    check(name, applied, Files.readString(trace, StandardCharsets.ISO_8859_1));
    if (ALL) {
      apply(name, image, work.resolve("jars"), trace);
      Shell.run(
          work, "umoci unpack --image \"$1\" jars-only >&2", work.resolve("jars") + ":latest");
      System.out.printf(
          "%s: with all classes, jars %.1f MiB%n",
          name, mebibytes(work.resolve("jars-only/rootfs"), List.of("srv/java")));
    }
    Files.delete(image);
    ObjectNode trimmed = service(name, questions);
    ServiceDriver.confine(trimmed, name, result, work);
    services.add(trimmed);
  }

  private JsonNode apply(String name, Path image, Path output, Path trace, String... more) {
    List<Object> words =
        new ArrayList<>(
            List.of(
                "apply",
                "rootfs:" + image,
                "--out",
                "oci:" + output + ":latest",
                "--services",
                "--level",
                "minimal",
                "--service",
                name + "=" + String.join(" ", command()),
                "--trace",
                trace,
                "--json"));
    words.addAll(List.of(more));
    return K8or.jsonIn(List.of("-Xmx1g"), words.toArray());
  }

  private void check(String name, JsonNode applied, String trace) {
    Set<String> kept = new TreeSet<>();
    boolean compared = false;
    for (JsonNode finding : applied.at("/findings")) {
      String evidence = finding.at("/evidence").asText();
      switch (finding.at("/rule").asText()) {
        case "loaded-but-removed", "all-jars-stay", "all-modules-stay" ->
            missed.add(name + ": " + evidence);
        case "module-stays" -> kept.add(evidence.replaceFirst(":.*", ""));
        case "kept-but-not-loaded", "classes" -> {
          compared = true;
          System.out.println(name + ": " + evidence);
        }
        default -> {}
      }
    }
    assertThat(compared).isTrue();
    Matcher matcher = Pattern.compile("source: jrt:/([\\w.]+)").matcher(trace);
    Set<String> loaded = new TreeSet<>();
    while (matcher.find()) {
      loaded.add(matcher.group(1));
    }
    loaded.removeAll(OFFERED);
    assertThat(kept).containsAll(loaded);
  }

  private static List<String> command() {
    return List.of(
        "/usr/bin/java",
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-jar",
        "/srv/java/app.jar");
  }

  private static ObjectNode service(String name, JsonNode questions) {
    ObjectNode service = JSON.createObjectNode();
    service.put("name", name).put("user", 33).put("signal", "TERM");
    ArrayNode args = service.putArray("args");
    command().forEach(args::add);
    service.putArray("ends").add(143);
    service.putArray("programs").add("java");
    ObjectNode probe = service.putObject("probe").put("kind", "talks").put("port", 8080);
    ArrayNode turns = probe.putArray("turns");
    for (JsonNode question : questions) {
      String body = question.get(1).asText();
      turns
          .addArray()
          .add(
              question.get(0).asText()
                  + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json,"
                  + " */*\r\n"
                  + (body.isEmpty()
                      ? "\r\n"
                      : "Content-Type: application/json\r\nContent-Length: "
                          + body.length()
                          + "\r\n\r\n"
                          + body))
          .add(question.get(2).asText());
    }
    return service;
  }

  @Test
  void apply_ofEachApplication_reachesItsAimAndRemovesNothingThatItLoads() {
    assertThat(missed).isEmpty();
  }

  @Test
  void applications_underRunc_answerAsBefore() throws Exception {
    ServiceDriver.check(run("runc", services, scratch.directory("runc")), 1);
  }

  @Test
  void applications_underDocker_answerAsBefore() throws Exception {
    Tools.require("dockerd", "docker", "containerd");
    ServiceDriver.check(run("docker", services, scratch.directory("docker")), 1);
  }

  private JsonNode run(String engine, List<ObjectNode> some, Path work) throws Exception {
    ObjectNode specification = JSON.createObjectNode();
    specification.put("root", root.toString()).put("times", 1);
    specification.putArray("noNewPrivileges").add(true);
    ArrayNode all = specification.putArray("services");
    some.forEach(all::add);
    return ServiceDriver.run(engine, specification, work, 15);
  }

  private double mebibytes(Path tree, List<String> folders) {
    return Long.parseLong(
            Shell.run(tree, "du -xsbc \"$@\" | tail -n 1 | cut -f1", folders.toArray()).strip())
        / (double) (1 << 20);
  }
}
