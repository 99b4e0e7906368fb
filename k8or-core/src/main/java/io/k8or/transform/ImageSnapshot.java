package io.k8or.transform;

import io.k8or.filesystem.FileTree;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import java.util.Objects;

/**
 * An image as a transform sees it: its configuration and all its files. Immutable.
 *
 * <p>k8or-layers makes one of an image's layers; a test makes one of a tree.
 */
public final class ImageSnapshot {
  private final ImageConfig config;
  private final FileTree files;

  private ImageSnapshot(ImageConfig config, FileTree files) {
    this.config = Objects.requireNonNull(config);
    this.files = Objects.requireNonNull(files);
  }

  /** Returns a snapshot. */
  public static ImageSnapshot of(ImageConfig config, FileTree files) {
    return new ImageSnapshot(config, files);
  }

  /** Returns the platform, as the configuration says it. */
  public Platform platform() {
    return config.platform();
  }

  /** Returns the configuration. */
  public ImageConfig config() {
    return config;
  }

  /** Returns all files as a container would see them. */
  public FileTree files() {
    return files;
  }

  /**
   * Returns the image as the plan would leave it. Costs a copy of the paths if files change; reads
   * no content.
   *
   * @throws IllegalArgumentException if an edit does not fit the image: it replaces the content of
   *     what is no regular file, or sets the attributes of what is not there
   */
  public ImageSnapshot with(EditPlan plan) {
    ImageConfig newConfig = config;
    FileTree.Editor editor = null;
    for (Edit edit : plan.edits()) {
      if (edit instanceof Edit.EditConfig set) {
        newConfig = newConfig.with(set.pointer(), set.json());
        continue;
      }
      if (editor == null) {
        editor = files.edit();
      }
      if (edit instanceof Edit.RemovePath remove) {
        editor.remove(remove.path());
      } else if (edit instanceof Edit.ReplaceContent replace) {
        editor.replaceContent(replace.path(), replace.content());
      } else if (edit instanceof Edit.AddFile add) {
        editor.put(add.path(), add.node());
      } else if (edit instanceof Edit.SetAttributes set) {
        editor.setAttributes(set.path(), set.attributes());
      }
    }
    if (editor == null && newConfig.equals(config)) {
      return this;
    }
    return new ImageSnapshot(newConfig, editor == null ? files : editor.build());
  }

  @Override
  public String toString() {
    return platform() + " image, " + files;
  }
}
