package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.Content;
import io.k8or.image.BlobSink;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.layers.LayerRewriter;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.Rewritten;
import io.k8or.layers.Rewritten.LayerChange;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.report.Accounting;
import io.k8or.services.ServiceImage;
import io.k8or.services.SharedFiles;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An image split into one for each of its services, in one layout or archive, each under its
 * service's name.
 *
 * <p>In place, what all images have in common is cut out of the old layers once, and each gets a
 * layer of its own on top; squashed, each has one layer that is its own.
 *
 * @param application what is asked for; its transform plays no part
 * @param options which transforms run
 */
record SplitApplication(Application application, TransformOptions options) {
  /** The images, in the order of the services. */
  record Result(Map<String, Applied> services, long storedBytes, long inputBytes) {
    ObjectNode json(double seconds) {
      ObjectNode json = Json.object();
      ArrayNode array = json.putArray("services");
      services.forEach(
          (name, applied) -> {
            ObjectNode service = array.addObject();
            service.put("name", name);
            service.setAll(applied.json(seconds));
          });
      json.putObject("layers").put("inputBytes", inputBytes).put("storedBytes", storedBytes);
      json.put("seconds", Math.round(seconds * 1000) / 1000.0);
      return json;
    }

    List<String> text(boolean all) throws IOException {
      List<String> lines = new ArrayList<>();
      for (Map.Entry<String, Applied> each : services.entrySet()) {
        lines.add("service " + each.getKey());
        lines.add("");
        lines.addAll(each.getValue().text(all));
        lines.add("");
      }
      lines.add(
          Text.count(services.size(), "image")
              + ", layers of "
              + Text.count(storedBytes, "byte")
              + " together, of "
              + Text.count(inputBytes, "byte")
              + " before ("
              + Text.change(inputBytes, storedBytes)
              + ")");
      return lines;
    }
  }

  /** Plans, rewrites, and writes all images, or none of them. */
  Result apply(Input input) throws IOException {
    LayeredImage image = application.layersOf(input);
    List<ServiceImage> split = options.split(input.snapshot());
    SharedFiles files =
        SharedFiles.of(input.snapshot(), split.stream().map(ServiceImage::plan).toList());
    try (Outputs outputs = new Outputs();
        ImageWriter writer = application.create()) {
      application.session().progress().restart("rewriting", image.image());
      List<Rewritten> written = write(image, input.snapshot(), split, files, writer);
      application.session().progress().end();
      Map<String, Applied> services = new LinkedHashMap<>();
      Map<Digest, Long> layers = new LinkedHashMap<>();
      if (application.artifacts().isPresent()) {
        outputs.directory(application.artifacts().get());
      }
      for (int i = 0; i < split.size(); i++) {
        String name = split.get(i).service().name();
        EditPlan plan = split.get(i).plan();
        writer.add(written.get(i).image(), name);
        Application one = application.forService(name);
        services.put(
            name,
            Applied.of(one, input, plan, Accounting.of(input.snapshot(), plan), written.get(i)));
        written
            .get(i)
            .image()
            .layers()
            .forEach(layer -> layers.put(layer.descriptor().digest(), layer.descriptor().size()));
        if (one.artifacts().isPresent() && !plan.artifacts().isEmpty()) {
          outputs.directory(one.artifacts().get());
          one.stage(plan, outputs);
        }
      }
      outputs.commit();
      writer.commit();
      outputs.keep();
      return new Result(
          services,
          layers.values().stream().mapToLong(Long::longValue).sum(),
          image.image().layers().stream().mapToLong(layer -> layer.descriptor().size()).sum());
    }
  }

  private List<Rewritten> write(
      LayeredImage image,
      ImageSnapshot before,
      List<ServiceImage> split,
      SharedFiles files,
      ImageWriter writer)
      throws IOException {
    List<Rewritten> all = new ArrayList<>();
    LayerRewriter rewriter = application.rewriter(application.mode().rewriter());
    if (application.mode() != Mode.IN_PLACE || split.size() == 1) {
      for (ServiceImage each : split) {
        all.add(rewriter.rewrite(image, each.plan(), writer));
      }
      return all;
    }
    Rewritten shared = rewriter.rewrite(image, files.shared(), new LayersAlone(writer));
    LayeredImage base =
        LayeredImage.open(
            shared.image(),
            Limits.defaults(),
            Map.of(),
            application.session().workers(),
            Workers.COUNT);
    LayerRewriter overlay = application.rewriter(LayerRewriter.overlay());
    for (int i = 0; i < split.size(); i++) {
      Rewritten rest = overlay.rewrite(base, files.rests().get(i), writer);
      all.add(together(shared, rest, before, before.with(split.get(i).plan())));
    }
    return all;
  }

  /** What became of the image in both steps. */
  private static Rewritten together(
      Rewritten shared, Rewritten rest, ImageSnapshot before, ImageSnapshot after) {
    List<LayerChange> layers = new ArrayList<>(shared.layers());
    rest.layers().stream()
        .filter(change -> change.action() == Rewritten.Action.ADDED)
        .forEach(layers::add);
    int[] counts = new int[3];
    before
        .files()
        .nodes()
        .forEach(
            (path, node) ->
                after
                    .files()
                    .get(path)
                    .ifPresentOrElse(
                        left -> counts[1] += left == node || left.isSameAs(node) ? 0 : 1,
                        () -> counts[0]++));
    after
        .files()
        .nodes()
        .keySet()
        .forEach(path -> counts[2] += before.files().contains(path) ? 0 : 1);
    return new Rewritten(rest.image(), layers, counts[0], counts[1], counts[2]);
  }

  /** Takes the layers of an image that is only a step on the way, and not its configuration. */
  private record LayersAlone(ImageWriter writer) implements BlobSink, BlobSource {
    @Override
    public Writer begin() throws IOException {
      Writer inner = writer.begin();
      return new Writer() {
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          inner.write(bytes, offset, length);
        }

        @Override
        public void commit(Descriptor descriptor) throws IOException {
          if (descriptor.mediaType().isConfig()) {
            inner.close();
          } else {
            inner.commit(descriptor);
          }
        }

        @Override
        public void close() throws IOException {
          inner.close();
        }
      };
    }

    @Override
    public boolean contains(Digest digest) throws IOException {
      return writer.contains(digest);
    }

    @Override
    public Content blob(Descriptor descriptor) throws IOException {
      return writer.blob(descriptor);
    }
  }
}
