package io.k8or.files;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the paths that an image's configuration names. */
final class Configured {
  private static final Pattern PATH = Pattern.compile("/[^\\s:;,=\"'|&<>()]+");

  private Configured() {}

  /** Returns those that are there, two segments deep or more: {@code /tmp} itself means nothing. */
  static Set<ImagePath> paths(ImageConfig config, FileTree files) {
    List<String> texts = new ArrayList<>(config.entrypoint());
    texts.addAll(config.cmd());
    texts.addAll(config.env());
    config.workingDir().ifPresent(texts::add);
    config.get("/config/Healthcheck").ifPresent(texts::add);
    Set<ImagePath> paths = new HashSet<>();
    for (String text : texts) {
      Matcher matcher = PATH.matcher(text);
      while (matcher.find()) {
        String found = matcher.group();
        if (found.indexOf('\0') < 0 && !(found + "/").contains("/../")) {
          ImagePath path = ImagePath.of(found);
          if (path.depth() > 1 && files.contains(path)) {
            paths.add(path);
          }
        }
      }
    }
    return paths;
  }
}
