package io.k8or.transform;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import java.util.Objects;

/** One change of an image, with its reason. */
public sealed interface Edit {
  /** Returns why. */
  Reason reason();

  /** An edit of the file tree. */
  sealed interface FileEdit extends Edit {
    /** Returns the path that it changes. */
    ImagePath path();
  }

  /**
   * Removes a path, and everything below it where it is a directory, from every layer. Other names
   * of a hard-linked file stay. Nothing happens where there is nothing.
   */
  record RemovePath(ImagePath path, Reason reason) implements FileEdit {
    /**
     * Checks the path.
     *
     * @throws IllegalArgumentException if it is the root
     */
    public RemovePath {
      if (path.isRoot()) {
        throw new IllegalArgumentException("the root cannot be removed");
      }
      Objects.requireNonNull(reason);
    }
  }

  /** Exchanges the bytes of a regular file, under all its names; its attributes stay. */
  record ReplaceContent(ImagePath path, Content content, Reason reason) implements FileEdit {
    /** Checks that nothing is missing. */
    public ReplaceContent {
      Objects.requireNonNull(path);
      Objects.requireNonNull(content);
      Objects.requireNonNull(reason);
    }
  }

  /** Puts a new node at a path; what is there goes, unless both are directories. */
  record AddFile(ImagePath path, FileNode node, Reason reason) implements FileEdit {
    /** Checks that nothing is missing. */
    public AddFile {
      Objects.requireNonNull(path);
      Objects.requireNonNull(node);
      Objects.requireNonNull(reason);
    }
  }

  /** Exchanges the attributes of a file, under all its names; its bytes stay. */
  record SetAttributes(ImagePath path, FileAttributes attributes, Reason reason)
      implements FileEdit {
    /** Checks that nothing is missing. */
    public SetAttributes {
      Objects.requireNonNull(path);
      Objects.requireNonNull(attributes);
      Objects.requireNonNull(reason);
    }
  }

  /**
   * Sets one value of the image's configuration.
   *
   * @param pointer where, as a JSON pointer (RFC 6901) of field names, such as {@code
   *     /config/User}; objects on the way are made where they are missing
   * @param json the value as JSON text; {@code null} removes the field
   */
  record EditConfig(String pointer, String json, Reason reason) implements Edit {
    /** Checks that nothing is missing. */
    public EditConfig {
      Objects.requireNonNull(pointer);
      Objects.requireNonNull(json);
      Objects.requireNonNull(reason);
    }
  }
}
