package io.k8or.packages;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Digest;
import io.k8or.transform.Artifact;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes what stays and what went: bills of material, the list of paths, and VEX.
 *
 * <p>Nothing in them is of the moment: the time is that of the image's configuration, and the
 * identifiers are derived from the digest of the image's configuration and of the packages.
 */
final class PackageReports {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String JSON_TYPE = "application/json";

  private final Map<PackageDatabase, Set<InstalledPackage>> staying;
  private final Collection<InstalledPackage> leaving;
  private final List<PackageRemoval.RemovedPath> removed;
  private final PackageUrl urls;
  private final String created;
  private final Digest image;
  private final Digest identity;

  PackageReports(
      ImageSnapshot image,
      Map<PackageDatabase, Set<InstalledPackage>> staying,
      Collection<InstalledPackage> leaving,
      List<PackageRemoval.RemovedPath> removed)
      throws IOException {
    this.staying = staying;
    this.leaving = leaving;
    this.removed = removed;
    this.urls = new PackageUrl(release(image));
    this.created = created(image);
    this.image = Digest.sha256(image.config().bytes().toByteArray());
    StringBuilder all = new StringBuilder(this.image.toString());
    staying.values().forEach(set -> set.forEach(each -> all.append('\n').append(urls.of(each))));
    all.append("\n\n");
    leaving.forEach(each -> all.append('\n').append(urls.of(each)));
    this.identity = Digest.sha256(ByteString.utf8(all.toString()).toByteArray());
  }

  List<Artifact> artifacts() {
    return List.of(
        artifact("sbom.spdx.json", "application/spdx+json", spdx()),
        artifact("sbom.cyclonedx.json", "application/vnd.cyclonedx+json", cycloneDx()),
        artifact("removed.json", JSON_TYPE, removedPaths()),
        artifact("vex.openvex.json", JSON_TYPE, openVex()));
  }

  private static Artifact artifact(String name, String type, ObjectNode document) {
    return new Artifact(name, type, Content.of(JsonTable.toBytes(document)));
  }

  private static Map<String, String> release(ImageSnapshot image) throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (String path : List.of("/etc/os-release", "/usr/lib/os-release")) {
      Optional<TreeFiles.Read> file = TreeFiles.read(image.files(), ImagePath.of(path));
      if (file.isPresent()) {
        for (String line : file.get().bytes().toUtf8().lines().toList()) {
          int equals = line.indexOf('=');
          if (equals > 0) {
            String value = line.substring(equals + 1).strip();
            if (value.length() > 1 && (value.startsWith("\"") || value.startsWith("'"))) {
              value = value.substring(1, value.length() - 1);
            }
            fields.putIfAbsent(line.substring(0, equals).strip(), value);
          }
        }
        break;
      }
    }
    return fields;
  }

  private static String created(ImageSnapshot image) {
    String text = image.config().get("/created").orElse("").replace("\"", "");
    Instant at;
    try {
      at = OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      at = Instant.EPOCH; // the image does not say, or not so that one could read it
    }
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private Map<InstalledPackage, Integer> numbered() {
    Map<InstalledPackage, Integer> numbers = new LinkedHashMap<>();
    for (Set<InstalledPackage> set : staying.values()) {
      for (InstalledPackage each : set) {
        if (each.isInstalled()) {
          numbers.put(each, numbers.size() + 1);
        }
      }
    }
    return numbers;
  }

  private ObjectNode spdx() {
    Map<InstalledPackage, Integer> numbers = numbered();
    ObjectNode document = JSON.objectNode();
    document.put("spdxVersion", "SPDX-2.3");
    document.put("dataLicense", "CC0-1.0");
    document.put("SPDXID", "SPDXRef-DOCUMENT");
    document.put("name", "image-" + image.hex().substring(0, 12));
    document.put("documentNamespace", "https://k8or.io/spdx/" + identity.hex());
    ObjectNode creation = document.putObject("creationInfo");
    creation.put("created", created);
    creation.putArray("creators").add("Tool: k8or");
    ArrayNode packages = document.putArray("packages");
    ArrayNode relationships = document.putArray("relationships");
    ObjectNode whole = packages.addObject();
    whole.put("SPDXID", "SPDXRef-Image");
    whole.put("name", "image");
    whole.put("versionInfo", image.toString());
    whole.put("downloadLocation", "NOASSERTION");
    whole.put("filesAnalyzed", false);
    whole.put("primaryPackagePurpose", "CONTAINER");
    relationship(relationships, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image");
    numbers.forEach(
        (each, number) -> {
          ObjectNode node = packages.addObject();
          node.put("SPDXID", "SPDXRef-Package-" + number);
          node.put("name", each.name());
          node.put("versionInfo", each.version());
          node.put(
              "supplier",
              each.maintainer().isEmpty() ? "NOASSERTION" : "Organization: " + each.maintainer());
          node.put("downloadLocation", "NOASSERTION");
          node.put("filesAnalyzed", false);
          if (each.homepage().startsWith("http")) {
            node.put("homepage", each.homepage());
          }
          node.put("sourceInfo", "built from: " + each.sourceName() + " " + each.sourceVersion());
          node.put("licenseConcluded", "NOASSERTION");
          node.put("licenseDeclared", "NOASSERTION");
          if (!each.license().isEmpty()) {
            node.put("licenseComments", "The package database says: " + each.license());
          }
          node.put("copyrightText", "NOASSERTION");
          ObjectNode reference = node.putArray("externalRefs").addObject();
          reference.put("referenceCategory", "PACKAGE-MANAGER");
          reference.put("referenceType", "purl");
          reference.put("referenceLocator", urls.of(each));
          relationship(relationships, "SPDXRef-Image", "CONTAINS", "SPDXRef-Package-" + number);
        });
    needs(numbers)
        .forEach(
            (each, needed) ->
                needed.forEach(
                    other ->
                        relationship(
                            relationships,
                            "SPDXRef-Package-" + numbers.get(each),
                            "DEPENDS_ON",
                            "SPDXRef-Package-" + numbers.get(other))));
    return document;
  }

  private static void relationship(ArrayNode list, String from, String type, String to) {
    ObjectNode node = list.addObject();
    node.put("spdxElementId", from);
    node.put("relationshipType", type);
    node.put("relatedSpdxElement", to);
  }

  private Map<InstalledPackage, Set<InstalledPackage>> needs(
      Map<InstalledPackage, Integer> numbers) {
    Map<InstalledPackage, Set<InstalledPackage>> needs = new LinkedHashMap<>();
    staying.forEach(
        (database, set) -> {
          for (InstalledPackage each : set) {
            if (!numbers.containsKey(each)) {
              continue;
            }
            Set<InstalledPackage> needed = new LinkedHashSet<>();
            for (InstalledPackage other : PackageGraph.directlyNeeded(database, each)) {
              if (other != each && numbers.containsKey(other)) {
                needed.add(other);
              }
            }
            needs.put(each, needed);
          }
        });
    return needs;
  }

  private ObjectNode cycloneDx() {
    Map<InstalledPackage, Integer> numbers = numbered();
    ObjectNode document = JSON.objectNode();
    document.put("bomFormat", "CycloneDX");
    document.put("specVersion", "1.6");
    document.put("serialNumber", "urn:uuid:" + uuid());
    document.put("version", 1);
    ObjectNode metadata = document.putObject("metadata");
    metadata.put("timestamp", created);
    ObjectNode tool = metadata.putObject("tools").putArray("components").addObject();
    tool.put("type", "application");
    tool.put("name", "k8or");
    ObjectNode whole = metadata.putObject("component");
    whole.put("type", "container");
    whole.put("bom-ref", "image");
    whole.put("name", "image");
    whole.put("version", image.toString());
    ArrayNode components = document.putArray("components");
    numbers.forEach(
        (each, number) -> {
          ObjectNode node = components.addObject();
          node.put("type", "library");
          node.put("bom-ref", reference(each, number));
          if (!each.maintainer().isEmpty()) {
            node.putObject("supplier").put("name", each.maintainer());
          }
          node.put("name", each.name());
          node.put("version", each.version());
          if (!each.license().isEmpty()) {
            node.putArray("licenses").addObject().putObject("license").put("name", each.license());
          }
          node.put("purl", urls.of(each));
        });
    ArrayNode dependencies = document.putArray("dependencies");
    ArrayNode top = dependencies.addObject().put("ref", "image").putArray("dependsOn");
    numbers.forEach((each, number) -> top.add(reference(each, number)));
    needs(numbers)
        .forEach(
            (each, needed) -> {
              ArrayNode on =
                  dependencies
                      .addObject()
                      .put("ref", reference(each, number(numbers, each)))
                      .putArray("dependsOn");
              needed.forEach(other -> on.add(reference(other, number(numbers, other))));
            });
    return document;
  }

  private static int number(Map<InstalledPackage, Integer> numbers, InstalledPackage each) {
    return numbers.getOrDefault(each, 0);
  }

  private String reference(InstalledPackage each, int number) {
    return number + "-" + each.id();
  }

  // Of a digest's first bytes, marked as a UUID of version 8 (RFC 9562): made by a rule of our own.
  private String uuid() {
    String hex = identity.hex();
    return hex.substring(0, 8)
        + "-"
        + hex.substring(8, 12)
        + "-8"
        + hex.substring(13, 16)
        + "-8"
        + hex.substring(17, 20)
        + "-"
        + hex.substring(20, 32);
  }

  private ObjectNode removedPaths() {
    Map<String, long[]> byPackage = new LinkedHashMap<>();
    long bytes = 0;
    for (PackageRemoval.RemovedPath path : removed) {
      long[] sums = byPackage.computeIfAbsent(path.owner(), owner -> new long[2]);
      sums[0]++;
      sums[1] += path.bytes();
      bytes += path.bytes();
    }
    ObjectNode document = JSON.objectNode();
    ArrayNode packages = document.putArray("packages");
    for (InstalledPackage each : leaving) {
      long[] sums = byPackage.getOrDefault(each.id(), new long[2]);
      ObjectNode node = packages.addObject();
      node.put("id", each.id());
      node.put("name", each.name());
      node.put("version", each.version());
      node.put("purl", urls.of(each));
      node.put("paths", sums[0]);
      node.put("bytes", sums[1]);
    }
    ArrayNode paths = document.putArray("paths");
    for (PackageRemoval.RemovedPath path : removed) {
      ObjectNode node = paths.addObject();
      node.put("path", path.path().toString());
      node.put("package", path.owner());
      node.put("rule", path.rule());
      node.put("bytes", path.bytes());
    }
    ObjectNode total = document.putObject("total");
    total.put("packages", leaving.size());
    total.put("paths", removed.size());
    total.put("bytes", bytes);
    return document;
  }

  /**
   * One statement for each package that went. Which vulnerabilities it would have had is nothing
   * that an image says: the statement is about any of them.
   */
  private ObjectNode openVex() {
    ObjectNode document = JSON.objectNode();
    document.put("@context", "https://openvex.dev/ns/v0.2.0");
    document.put("@id", "https://k8or.io/vex/" + identity.hex());
    document.put("author", "k8or");
    document.put("timestamp", created);
    document.put("version", 1);
    ArrayNode statements = document.putArray("statements");
    for (InstalledPackage each : leaving) {
      ObjectNode statement = statements.addObject();
      statement.putObject("vulnerability").put("name", "any of " + each.name());
      ObjectNode product = statement.putArray("products").addObject();
      product.put("@id", "urn:k8or:image:" + image);
      product.putArray("subcomponents").addObject().put("@id", urls.of(each));
      statement.put("status", "not_affected");
      statement.put("justification", "component_not_present");
      statement.put(
          "impact_statement",
          "The package " + each + " and its files were removed from the image.");
    }
    return document;
  }
}
