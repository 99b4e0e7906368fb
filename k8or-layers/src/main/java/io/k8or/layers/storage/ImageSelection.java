package io.k8or.layers.storage;

import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.ImageIndex;
import io.k8or.image.Manifest;
import io.k8or.image.Platform;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the image that is asked for, in an index and the indexes below it. */
final class ImageSelection {
  static final String REF_NAME = "org.opencontainers.image.ref.name";
  private static final String CONTAINERD_NAME = "io.containerd.image.name";
  private static final String REFERENCE_TYPE = "vnd.docker.reference.type";

  private final Documents documents;
  private final Path path;
  // What index.json refers to, in its order.
  private final List<Descriptor> top;

  private ImageSelection(Documents documents, Path path, List<Descriptor> top) {
    this.documents = documents;
    this.path = path;
    this.top = top;
  }

  static ImageSelection of(ImageIndex index, BlobSource blobs, Limits limits, Path path) {
    return new ImageSelection(new Documents(blobs, limits), path, index.manifests());
  }

  List<StoredImage> images() throws IOException {
    List<StoredImage> images = new ArrayList<>();
    for (Descriptor descriptor : top) {
      for (Descriptor manifest : manifests(List.of(descriptor))) {
        Optional<Platform> platform = platformOfImage(manifest);
        if (platform.isPresent()) {
          StoredImage image = new StoredImage(name(descriptor), manifest, platform.get());
          if (images.stream().noneMatch(other -> sameImage(other, image))) {
            images.add(image);
          }
        }
      }
    }
    return images;
  }

  private static boolean sameImage(StoredImage one, StoredImage other) {
    return one.ref().equals(other.ref())
        && one.descriptor().digest().equals(other.descriptor().digest());
  }

  Image image(Optional<String> ref, Optional<Platform> platform) throws IOException {
    List<Descriptor> roots = ref.isPresent() ? named(ref.get()) : top;
    if (roots.isEmpty()) {
      throw new IllegalArgumentException(
          "no image " + ref.orElse("") + " in " + path + "; there is " + namesThere());
    }
    Map<Digest, StoredImage> candidates = new LinkedHashMap<>();
    for (Descriptor root : roots) {
      for (Descriptor manifest : manifests(List.of(root))) {
        Optional<Platform> found = platformOfImage(manifest);
        if (found.isPresent()) {
          candidates.putIfAbsent(
              manifest.digest(), new StoredImage(name(root), manifest, found.get()));
        }
      }
    }
    return documents.image(choose(ref, platform, List.copyOf(candidates.values())).descriptor());
  }

  private StoredImage choose(
      Optional<String> ref, Optional<Platform> platform, List<StoredImage> candidates) {
    List<StoredImage> matching =
        platform.isPresent() ? matching(platform.get(), candidates) : candidates;
    if (matching.isEmpty()) {
      throw new IllegalArgumentException(
          "no image"
              + ref.map(name -> " " + name).orElse("")
              + platform.map(wanted -> " for " + wanted).orElse("")
              + " in "
              + path
              + (candidates.isEmpty() ? "" : "; there is " + list(candidates)));
    }
    // Under one name, the first of a platform is the one that engines take.
    boolean oneName =
        ref.isPresent() || matching.stream().map(StoredImage::ref).distinct().count() == 1;
    if (matching.size() == 1 || (platform.isPresent() && oneName)) {
      return matching.get(0);
    }
    throw new IllegalArgumentException(
        "more than one image"
            + ref.map(name -> " " + name).orElse("")
            + platform.map(wanted -> " for " + wanted).orElse("")
            + " in "
            + path
            + ", choose one: "
            + list(matching));
  }

  private static List<StoredImage> matching(Platform wanted, List<StoredImage> candidates) {
    List<StoredImage> exact =
        candidates.stream()
            .filter(image -> normal(image.platform()).equals(normal(wanted)))
            .toList();
    return !exact.isEmpty()
        ? exact
        : candidates.stream()
            .filter(image -> normal(wanted).matches(normal(image.platform())))
            .toList();
  }

  // The variants that are meant where none is named (containerd's normalisation).
  private static Platform normal(Platform platform) {
    String variant =
        switch (platform.architecture()) {
          case "arm64" -> platform.variant().equals("v8") ? "" : platform.variant();
          case "amd64" -> platform.variant().equals("v1") ? "" : platform.variant();
          case "arm" -> platform.variant().equals("7") ? "v7" : platform.variant();
          default -> platform.variant();
        };
    return new Platform(platform.os(), platform.architecture(), variant);
  }

  private static String list(List<StoredImage> images) {
    return images.stream().map(StoredImage::toString).collect(Collectors.joining(", "));
  }

  private List<Descriptor> named(String ref) throws IOException {
    List<Descriptor> named =
        top.stream()
            .filter(
                descriptor ->
                    ref.equals(descriptor.annotations().get(REF_NAME))
                        || isDockerName(ref, descriptor.annotations().get(CONTAINERD_NAME)))
            .toList();
    if (!named.isEmpty() || !ref.contains(":")) {
      return named;
    }
    Digest digest;
    try {
      digest = Digest.parse(ref);
    } catch (IllegalArgumentException e) {
      return List.of(); // a name with a tag that is not there
    }
    return all(top).stream()
        .filter(descriptor -> descriptor.digest().equals(digest))
        .limit(1)
        .toList();
  }

  private static boolean isDockerName(String ref, @Nullable String name) {
    return name != null && DockerName.familiar(name).equals(DockerName.familiar(ref));
  }

  private String namesThere() {
    Set<String> names = new LinkedHashSet<>();
    for (Descriptor descriptor : top) {
      String name = name(descriptor);
      names.add(name.isEmpty() ? descriptor.digest().toString() : name);
    }
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  private static String name(Descriptor descriptor) {
    String name = descriptor.annotations().get(REF_NAME);
    return name != null ? name : descriptor.annotations().getOrDefault(CONTAINERD_NAME, "");
  }

  private List<Descriptor> manifests(List<Descriptor> roots) throws IOException {
    return all(roots).stream().filter(found -> found.mediaType().isManifest()).toList();
  }

  /** Returns the descriptors and all below them, each digest once, in order. */
  private List<Descriptor> all(List<Descriptor> roots) throws IOException {
    List<Descriptor> found = new ArrayList<>();
    walk(roots, 1, new HashSet<>(), found);
    return found;
  }

  private void walk(List<Descriptor> level, int depth, Set<Digest> seen, List<Descriptor> found)
      throws IOException {
    for (Descriptor descriptor : level) {
      // An index that refers to itself, or many times to another, is walked once.
      if (seen.add(descriptor.digest())) {
        found.add(descriptor);
        if (descriptor.mediaType().isIndex()) {
          documents.checkDepth(depth + 1, descriptor);
          walk(documents.index(descriptor).manifests(), depth + 1, seen, found);
        }
      }
    }
  }

  /** Returns the platform of a manifest; empty if it is an attestation or another artifact. */
  private Optional<Platform> platformOfImage(Descriptor descriptor) throws IOException {
    Optional<Platform> said = descriptor.platform();
    if ((said.isPresent() && said.get().os().equals("unknown"))
        || descriptor.annotations().containsKey(REFERENCE_TYPE)) {
      return Optional.empty();
    }
    if (said.isPresent() && !said.get().os().isEmpty()) {
      return said;
    }
    Manifest manifest = documents.manifest(descriptor);
    if (manifest.artifactType().isPresent() || !manifest.config().mediaType().isConfig()) {
      return Optional.empty();
    }
    ImageConfig config = documents.config(manifest.config());
    return Optional.of(config.platform());
  }
}
