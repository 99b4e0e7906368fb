package io.k8or.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the files of modules in an image as Node.js does ("Modules: CommonJS modules" and "Modules:
 * Packages" of its documentation), but under every condition: all targets of {@code exports} and
 * {@code imports} count. Remembers the package.json files, so it is not for several threads.
 */
public final class NodeModules {
  private static final int MAX_JSON = 4 << 20;
  private static final List<String> EXTENSIONS = List.of(".js", ".json", ".node", ".cjs", ".mjs");
  private static final List<String> GLOBAL =
      List.of("/usr/share/nodejs", "/usr/lib/nodejs", "/usr/share/node_modules");
  private static final Set<String> BUILT_IN =
      Set.of(
          "assert",
          "async_hooks",
          "buffer",
          "child_process",
          "cluster",
          "console",
          "constants",
          "crypto",
          "dgram",
          "diagnostics_channel",
          "dns",
          "domain",
          "events",
          "fs",
          "http",
          "http2",
          "https",
          "inspector",
          "module",
          "net",
          "os",
          "path",
          "perf_hooks",
          "process",
          "punycode",
          "querystring",
          "readline",
          "repl",
          "stream",
          "string_decoder",
          "sys",
          "timers",
          "tls",
          "trace_events",
          "tty",
          "url",
          "util",
          "v8",
          "vm",
          "wasi",
          "worker_threads",
          "zlib");

  private final FileTree files;
  private final List<ImagePath> global = new ArrayList<>();
  private final Map<ImagePath, JsonNode> manifests = new HashMap<>();

  /**
   * Returns a finder in a tree.
   *
   * @param path directories of NODE_PATH
   */
  public NodeModules(FileTree files, List<ImagePath> path) {
    this.files = files;
    global.addAll(path);
    GLOBAL.forEach(each -> global.add(ImagePath.of(each)));
    // Debian's /usr/lib/x86_64-linux-gnu/nodejs
    for (ImagePath directory : files.children(ImagePath.of("/usr/lib"))) {
      if (files.contains(directory.resolve("nodejs"))) {
        global.add(directory.resolve("nodejs"));
      }
    }
  }

  /**
   * Returns the files that a specifier may lead to from a directory, none of which is a directory.
   * Nothing for a module of Node.js itself, and where there is nothing.
   *
   * @param directory of the module that loads, links followed
   * @throws IOException if the image cannot be read
   */
  public List<ImagePath> find(ImagePath directory, String specifier) throws IOException {
    Set<ImagePath> found = new LinkedHashSet<>();
    String name = specifier;
    int query = name.indexOf('?');
    if (query > 0) {
      name = name.substring(0, query);
    }
    if (name.isEmpty() || name.indexOf('\0') >= 0 || name.startsWith("node:")) {
      return List.of();
    }
    if (name.startsWith("file://")) {
      name = name.substring(7);
    }
    if (name.startsWith("/")) {
      path(ImagePath.root(), name).ifPresent(path -> fileOrDirectory(path, found));
    } else if (name.startsWith("./")
        || name.startsWith("../")
        || name.equals(".")
        || name.equals("..")) {
      path(directory, name).ifPresent(path -> fileOrDirectory(path, found));
    } else if (name.startsWith("#")) {
      Optional<ImagePath> root = packageOf(directory);
      if (root.isPresent()) {
        targets(root.get(), manifest(root.get()).path("imports"), name, found);
      }
    } else if (!BUILT_IN.contains(name.split("/", 2)[0]) || name.endsWith("/")) {
      bare(directory, name, found);
    }
    return List.copyOf(found);
  }

  private void bare(ImagePath directory, String specifier, Set<ImagePath> found)
      throws IOException {
    String[] parts = specifier.split("/", specifier.startsWith("@") ? 3 : 2);
    boolean scoped = specifier.startsWith("@");
    if (scoped && parts.length < 2) {
      return;
    }
    String name = scoped ? parts[0] + "/" + parts[1] : parts[0];
    String rest = parts.length > (scoped ? 2 : 1) ? parts[parts.length - 1] : "";
    Optional<ImagePath> self = packageOf(directory);
    if (self.isPresent() && manifest(self.get()).path("name").asText().equals(name)) {
      ofPackage(self.get(), rest, found);
    }
    for (ImagePath place : places(directory)) {
      Optional<ImagePath> root = path(place, name).flatMap(files::resolve);
      if (root.isPresent() && isDirectory(root.get())) {
        ofPackage(root.get(), rest, found);
      } else {
        path(place, name).ifPresent(path -> file(path, found));
      }
      if (!found.isEmpty()) {
        return;
      }
    }
  }

  private List<ImagePath> places(ImagePath directory) {
    List<ImagePath> places = new ArrayList<>();
    for (Optional<ImagePath> at = Optional.of(directory); at.isPresent(); at = at.get().parent()) {
      if (at.get().isRoot() || !at.get().name().toLatin1().equals("node_modules")) {
        places.add(at.get().resolve("node_modules"));
      }
    }
    places.addAll(global);
    return places;
  }

  private void ofPackage(ImagePath root, String rest, Set<ImagePath> found) throws IOException {
    JsonNode exports = manifest(root).path("exports");
    if (!exports.isMissingNode()) {
      boolean subpaths =
          exports.isObject()
              && exports.fieldNames().hasNext()
              && exports.fieldNames().next().startsWith(".");
      if (subpaths) {
        targets(root, exports, rest.isEmpty() ? "." : "./" + rest, found);
      } else if (rest.isEmpty()) {
        target(root, exports, "", found);
      }
    }
    // Where there are exports, older ones and bundlers read these.
    if (rest.isEmpty()) {
      fileOrDirectory(root, found);
    } else {
      path(root, rest).ifPresent(path -> fileOrDirectory(path, found));
    }
  }

  // The keys of exports and imports: a subpath, or a pattern with one star.
  private void targets(ImagePath root, JsonNode map, String key, Set<ImagePath> found)
      throws IOException {
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String pattern = entry.getKey();
      int star = pattern.indexOf('*');
      if (pattern.equals(key)) {
        target(root, entry.getValue(), "", found);
      } else if (star >= 0) {
        String before = pattern.substring(0, star);
        String after = pattern.substring(star + 1);
        if (key.length() >= before.length() + after.length()
            && key.startsWith(before)
            && key.endsWith(after)) {
          target(
              root,
              entry.getValue(),
              key.substring(before.length(), key.length() - after.length()),
              found);
        }
      } else if (pattern.endsWith("/") && key.startsWith(pattern)) {
        target(root, entry.getValue(), key.substring(pattern.length()), found);
      }
    }
  }

  private void target(ImagePath root, JsonNode value, String match, Set<ImagePath> found)
      throws IOException {
    if (value.isTextual()) {
      String text = value.asText();
      String full = text.endsWith("/") ? text + match : text.replace("*", match);
      if (full.startsWith("./")) {
        path(root, full).ifPresent(path -> fileOrDirectory(path, found));
      } else if (!full.isEmpty() && !full.startsWith("#") && !full.startsWith("/")) {
        found.addAll(find(root, full));
      }
      return;
    }
    for (JsonNode each : value) {
      target(root, each, match, found);
    }
  }

  private void fileOrDirectory(ImagePath path, Set<ImagePath> found) {
    int before = found.size();
    file(path, found);
    if (found.size() > before || !files.resolve(path).filter(this::isDirectory).isPresent()) {
      return;
    }
    String main = manifest(path).path("main").asText();
    if (!main.isEmpty()) {
      path(path, main)
          .ifPresent(
              target -> {
                file(target, found);
                file(target.resolve("index"), found);
              });
    }
    file(path.resolve("index"), found);
  }

  private void file(ImagePath path, Set<ImagePath> found) {
    if (path.isRoot()) {
      return;
    }
    if (isFile(path)) {
      found.add(path);
      return;
    }
    ImagePath parent = path.parent().orElse(ImagePath.root());
    for (String extension : EXTENSIONS) {
      ImagePath candidate = parent.resolve(path.name().concat(ByteString.utf8(extension)));
      if (isFile(candidate)) {
        found.add(candidate);
      }
    }
  }

  private boolean isFile(ImagePath path) {
    return files.follow(path).filter(FileNode::isRegular).isPresent();
  }

  private boolean isDirectory(ImagePath path) {
    return files.get(path).filter(FileNode::isDirectory).isPresent();
  }

  /** Returns the directories that are looked in wherever a module is. */
  public List<ImagePath> global() {
    return List.copyOf(global);
  }

  /** Returns the nearest directory with a package.json, from a directory upwards. */
  public Optional<ImagePath> packageOf(ImagePath directory) {
    for (Optional<ImagePath> at = Optional.of(directory); at.isPresent(); at = at.get().parent()) {
      if (!at.get().isRoot() && at.get().name().toLatin1().equals("node_modules")) {
        return Optional.empty();
      }
      if (isFile(at.get().resolve("package.json"))) {
        return at;
      }
    }
    return Optional.empty();
  }

  /** Returns the names of the packages that a package says it needs, or can do with. */
  public Set<String> dependencies(ImagePath root) {
    Set<String> names = new LinkedHashSet<>();
    for (String kind : List.of("dependencies", "optionalDependencies", "peerDependencies")) {
      manifest(root).path(kind).fieldNames().forEachRemaining(names::add);
    }
    return names;
  }

  /** Returns a script of a package.json, such as {@code start}. */
  public Optional<String> script(ImagePath root, String name) {
    String text = manifest(root).path("scripts").path(name).asText();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  // A file that is no JSON says nothing; Node.js fails there.
  private JsonNode manifest(ImagePath root) {
    return manifests.computeIfAbsent(root, this::read);
  }

  private JsonNode read(ImagePath root) {
    Optional<FileNode> node = files.follow(root.resolve("package.json"));
    if (node.isEmpty() || !node.get().isRegular() || node.get().size() > MAX_JSON) {
      return MissingNode.getInstance();
    }
    try {
      byte[] bytes = node.get().content().readAll(MAX_JSON);
      JsonNode read = JsonMapper.builder().build().readTree(bytes);
      return read == null ? MissingNode.getInstance() : read;
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns the path that a relative one leads to, lexically; empty if it is no path. */
  private static Optional<ImagePath> path(ImagePath directory, String relative) {
    if (relative.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    ImagePath at = relative.startsWith("/") ? ImagePath.root() : directory;
    for (String segment : relative.split("/", -1)) {
      if (segment.equals("..")) {
        at = at.parent().orElse(at);
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        at = at.resolve(ByteString.copyOf(segment.getBytes(StandardCharsets.ISO_8859_1)));
      }
    }
    return Optional.of(at);
  }

  @Override
  public String toString() {
    return "modules of Node.js, " + manifests.size() + " packages";
  }
}
