package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.LinkWalk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The account files of an image, found inside it alone, with their backup copies. */
final class AccountFiles {
  /**
   * One of them.
   *
   * @param path where it really is, symbolic links resolved
   */
  record Found(ImagePath path, boolean backup, AccountFile file) {}

  private static final ImagePath ETC = ImagePath.of("/etc");

  private final List<Found> all;

  private AccountFiles(List<Found> all) {
    this.all = all;
  }

  static AccountFiles of(FileTree files) throws IOException {
    List<Found> all = new ArrayList<>();
    for (boolean backup : new boolean[] {false, true}) {
      for (AccountFormat format : AccountFormat.values()) {
        ImagePath named = ETC.resolve(format.fileName() + (backup ? "-" : ""));
        Optional<ImagePath> path = locate(files, named);
        // A second name of a file is not a second file.
        if (path.isPresent() && all.stream().noneMatch(f -> isSame(files, f.path(), path.get()))) {
          all.add(new Found(path.get(), backup, read(files, format, named, path.get())));
        }
      }
    }
    return new AccountFiles(List.copyOf(all));
  }

  private static boolean isSame(FileTree files, ImagePath one, ImagePath other) {
    return files.links(one).contains(other);
  }

  private static AccountFile read(
      FileTree files, AccountFormat format, ImagePath named, ImagePath path) throws IOException {
    FileNode node = files.get(path).orElseThrow();
    String where = named.equals(path) ? named.toString() : named + " (" + path + ")";
    if (!node.isRegular()) {
      throw new MalformedContentException(
          format.fileName() + " file", where, "expected a regular file, found a " + node);
    }
    if (node.size() > AccountFile.MAX_FILE_BYTES) {
      throw new MalformedContentException(
          format.fileName() + " file",
          where,
          "expected at most " + AccountFile.MAX_FILE_BYTES + " bytes, found " + node.size());
    }
    ByteString bytes = ByteString.copyOf(node.content().readAll(AccountFile.MAX_FILE_BYTES));
    return AccountFile.parse(format, where, bytes);
  }

  /**
   * Follows symbolic links. A container would stop at its root; somebody who unpacks the image on a
   * host would not, and so a link that climbs beyond the root is not followed but refused.
   */
  static Optional<ImagePath> locate(FileTree files, ImagePath path)
      throws MalformedContentException {
    LinkWalk walk = LinkWalk.of(files::get, path);
    if (walk.climbing().isPresent()) {
      ImagePath link = walk.climbing().get();
      String target = files.get(link).map(node -> node.target().toString()).orElse("");
      throw new MalformedContentException(
          "account file", path.toString(), link + " -> " + target + " leaves the image");
    }
    if (walk.isEndless()) {
      ImagePath last = walk.links().get(LinkWalk.MAX_LINKS);
      throw new MalformedContentException(
          "account file",
          path.toString(),
          "more than " + LinkWalk.MAX_LINKS + " symbolic links, the last " + last);
    }
    return walk.place();
  }

  /** Returns all files that there are: first the files, then the backups. */
  List<Found> all() {
    return all;
  }

  /** Returns the file itself, not its backup. */
  Optional<Found> find(AccountFormat format) {
    return all.stream()
        .filter(found -> !found.backup() && found.file().format() == format)
        .findFirst();
  }

  /** Returns the accounts of the file itself; none if there is no file. */
  List<AccountFile.Line> accounts(AccountFormat format) {
    return find(format).map(found -> found.file().accounts()).orElse(List.of());
  }

  /** Returns the accounts of the file and its backup. */
  List<AccountFile.Line> accountsAndBackups(AccountFormat format) {
    return all.stream()
        .filter(found -> found.file().format() == format)
        .flatMap(found -> found.file().accounts().stream())
        .toList();
  }
}
