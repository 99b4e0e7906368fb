package io.k8or.packages;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.k8or.filesystem.PathGlob;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Reads this package's tables, and writes its documents. */
final class JsonTable {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();
  private static final JsonNode SILENT = resource("silent-use.json");

  private JsonTable() {}

  /** A package that stays with any service. */
  record Entry(String name, String reason) {}

  static List<Entry> silentPackages() {
    List<Entry> entries = new ArrayList<>();
    for (JsonNode node : SILENT.path("packages")) {
      entries.add(new Entry(node.path("name").asText(), node.path("reason").asText()));
    }
    return entries;
  }

  static List<PathGlob> notRun() {
    List<PathGlob> globs = new ArrayList<>();
    SILENT.path("notRun").forEach(node -> globs.add(PathGlob.of(node.asText())));
    return globs;
  }

  static JsonNode resource(String name) {
    try (InputStream in = JsonTable.class.getResourceAsStream(name)) {
      return MAPPER.readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a resource of this library
    }
  }

  /** Returns a document's bytes: two spaces a level, line feeds, the same on every system. */
  static byte[] toBytes(JsonNode document) {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
    try {
      return (MAPPER.writer(printer).writeValueAsString(document) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a tree of plain nodes can always be written
    }
  }
}
