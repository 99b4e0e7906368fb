package io.k8or.packages;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Writes package URLs (purl specification), in their canonical form. */
final class PackageUrl {
  private final String namespace;
  private final String distribution;

  /**
   * Makes a writer for an image.
   *
   * @param release the fields of its os-release
   */
  PackageUrl(Map<String, String> release) {
    this.namespace = release.getOrDefault("ID", "");
    String version = release.getOrDefault("VERSION_ID", "");
    this.distribution =
        namespace.isEmpty() ? "" : version.isEmpty() ? namespace : namespace + "-" + version;
  }

  String of(InstalledPackage each) {
    Map<String, String> qualifiers = new TreeMap<>();
    qualifiers.put("arch", each.architecture());
    qualifiers.put("distro", distribution);
    String version = each.version();
    if (each.format() == PackageFormat.RPM && version.indexOf(':') > 0) {
      qualifiers.put("epoch", version.substring(0, version.indexOf(':')));
      version = version.substring(version.indexOf(':') + 1);
    }
    if (!each.sourceName().equals(each.name())) {
      qualifiers.put("upstream", each.sourceName());
    }
    StringBuilder url = new StringBuilder("pkg:").append(each.format().purlType());
    if (!namespace.isEmpty()) {
      url.append('/').append(encode(namespace.toLowerCase(Locale.ROOT)));
    }
    String name =
        each.format() == PackageFormat.RPM ? each.name() : each.name().toLowerCase(Locale.ROOT);
    url.append('/').append(encode(name)).append('@').append(encode(version));
    char separator = '?';
    for (Map.Entry<String, String> qualifier : qualifiers.entrySet()) {
      if (!qualifier.getValue().isEmpty()) {
        url.append(separator)
            .append(qualifier.getKey())
            .append('=')
            .append(encode(qualifier.getValue()));
        separator = '&';
      }
    }
    return url.toString();
  }

  private static String encode(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-._~:".indexOf(c) >= 0;
      if (plain) {
        out.append(c);
      } else {
        out.append(String.format("%%%02X", (int) c));
      }
    }
    return out.toString();
  }
}
