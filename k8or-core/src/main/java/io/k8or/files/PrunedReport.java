package io.k8or.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.InstalledPackage;
import io.k8or.packages.PackageDatabase;
import io.k8or.transform.Artifact;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes what went: each path, and the packages that are no longer whole. */
final class PrunedReport {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private PrunedReport() {}

  static Artifact of(
      List<PackageDatabase> databases, FileTree files, Map<ImagePath, Pruning.Hit> gone) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ArrayNode packages = document.putArray("packages");
    ArrayNode paths = document.putArray("paths");
    Map<InstalledPackage, long[]> partly = new LinkedHashMap<>();
    Set<FileNode> counted = new HashSet<>(); // a hard-linked file has its bytes once
    long bytes = 0;
    for (Map.Entry<ImagePath, Pruning.Hit> entry : gone.entrySet()) {
      ImagePath path = entry.getKey();
      long size = 0;
      if (files.contains(path)) {
        FileNode node = files.get(path).orElseThrow();
        size = gone.keySet().containsAll(files.links(path)) && counted.add(node) ? node.size() : 0;
      }
      bytes += size;
      List<InstalledPackage> owners = owners(databases, path);
      for (InstalledPackage owner : owners) {
        long[] sums = partly.computeIfAbsent(owner, each -> new long[2]);
        sums[0]++;
        sums[1] += size;
      }
      paths
          .addObject()
          .put("path", path.toString())
          .put("package", owners.isEmpty() ? "" : owners.get(0).id())
          .put("rule", entry.getValue().rule())
          .put("bytes", size);
    }
    partly.forEach(
        (each, sums) ->
            packages
                .addObject()
                .put("id", each.id())
                .put("version", each.version())
                .put("paths", sums[0])
                .put("bytes", sums[1]));
    document.putObject("total").put("paths", gone.size()).put("bytes", bytes);
    return new Artifact(
        "pruned.json", "application/json", Content.of(ByteString.utf8(text(document))));
  }

  private static List<InstalledPackage> owners(List<PackageDatabase> databases, ImagePath path) {
    List<InstalledPackage> owners = new ArrayList<>();
    for (PackageDatabase database : databases) {
      for (InstalledPackage owner : database.owners(path)) {
        if (owner.isInstalled()) {
          owners.add(owner);
        }
      }
    }
    return owners;
  }

  // A path a line: readable, and lines that can be compared.
  private static String text(ObjectNode document) {
    StringBuilder text = new StringBuilder("{");
    try {
      for (String list : List.of("packages", "paths")) {
        text.append("\n\"").append(list).append("\": [");
        String separator = "\n  ";
        for (com.fasterxml.jackson.databind.JsonNode item : document.path(list)) {
          text.append(separator).append(MAPPER.writeValueAsString(item));
          separator = ",\n  ";
        }
        text.append("\n],");
      }
      text.append("\n\"total\": ").append(MAPPER.writeValueAsString(document.path("total")));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain nodes can always be written
    }
    return text.append("\n}\n").toString();
  }
}
