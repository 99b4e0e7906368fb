package io.k8or.jvm;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.zip.ZipException;

/**
 * Which classes of a runtime the archives and classes of an image name, and where each is named.
 */
final class ApplicationUse {
  private static final int MAX_TEXT = 4 << 20;
  private static final int MAX_TEXTS = 200_000;
  private static final Pattern TEXT =
      Pattern.compile(
          "META-INF/(?!maven/|.*\\.(?:SF|RSA|DSA|EC)$|LICENSE|NOTICE).*"
              + "|.*\\.(?:properties|xml|json|ya?ml|conf|config|factories|imports|groovy|txt|policy|cfg)");

  private final Predicate<String> known;
  private final Map<String, String> named = new TreeMap<>();
  private final List<Finding> unread = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private int archives;

  private ApplicationUse(Predicate<String> known) {
    this.known = known;
  }

  /**
   * Reads all archives and class files of a tree.
   *
   * @param without directories that are not looked into
   * @param known says whether the runtime has a class
   * @throws IOException if the tree cannot be read
   */
  static ApplicationUse of(FileTree files, Collection<ImagePath> without, Predicate<String> known)
      throws IOException {
    ApplicationUse use = new ApplicationUse(known);
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (!entry.getValue().isRegular() || without.stream().anyMatch(path::isWithin)) {
        continue;
      }
      String name = path.name().toLatin1();
      try {
        if (Archive.isArchive(name)) {
          use.archives++;
          Archive.visit(path.toString(), entry.getValue().content(), use::entry);
        } else if (name.endsWith(".class")) {
          use.entry(path.toString(), name, entry.getValue().content().readAll(MAX_TEXT));
        }
      } catch (ZipException | MalformedContentException e) {
        use.unread.add(
            Finding.at(
                path, new Reason(JavaTrimmer.NAME, "unread", String.valueOf(e.getMessage()))));
      }
    }
    return use;
  }

  private void entry(String archive, String name, byte[] bytes) throws IOException {
    String where = archive + "!/" + name;
    if (name.endsWith(".class")) {
      for (String text : ClassFiles.texts(bytes, where)) {
        // The same texts are in many classes; the runtime has no class without a package.
        if ((text.indexOf('/') > 0 || text.indexOf('.') > 0) && seen.add(text)) {
          text(text, where);
          if (seen.size() > MAX_TEXTS) {
            seen.clear();
          }
        }
      }
    } else if (TEXT.matcher(name).matches() && bytes.length <= MAX_TEXT) {
      text(name, where);
      text(new String(bytes, StandardCharsets.ISO_8859_1), where);
    }
  }

  /** Looks into a text that is of no archive. */
  void text(String text, String where) {
    ClassNames.in(text, known, name -> named.putIfAbsent(name, where));
  }

  /** Returns the runtime's classes that are named, with slashes, and where. */
  Map<String, String> named() {
    return named;
  }

  /** Returns the number of archives at paths of the image. */
  int archives() {
    return archives;
  }

  /** Returns what could not be read. */
  List<Finding> unread() {
    return unread;
  }
}
