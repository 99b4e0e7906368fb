package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.transform.Edit;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Takes the lines of paths from apk's records. */
final class ApkUnlisting {
  private final ApkDatabase database;
  private final PackageDatabase.Unlisted unlisted;
  private final TreeState state;

  ApkUnlisting(ApkDatabase database, PackageDatabase.Unlisted unlisted) {
    this.database = database;
    this.unlisted = unlisted;
    this.state = new TreeState(database.index());
  }

  List<Edit> plan() throws IOException {
    Optional<TreeFiles.Read> read = TreeFiles.read(database.files(), database.location());
    if (read.isEmpty()) {
      return List.of();
    }
    String text = read.get().bytes().toLatin1();
    StringBuilder kept = new StringBuilder(text.length());
    String folder = "";
    boolean cut = false; // within the lines of a path that is gone
    int count = 0;
    int from = 0;
    while (from < text.length()) {
      int feed = text.indexOf('\n', from);
      int to = feed < 0 ? text.length() : feed + 1;
      String line = text.substring(from, feed < 0 ? to : feed);
      char letter = line.length() > 1 && line.charAt(1) == ':' ? line.charAt(0) : 0;
      if (letter == 'F') {
        folder = "/" + line.substring(2);
        cut = isGone(folder);
      } else if (letter == 'R') {
        cut = isGone(folder + "/" + line.substring(2));
      } else if (letter != 'M' && letter != 'a' && letter != 'Z') {
        cut = false;
      }
      if (cut) {
        count += letter == 'F' || letter == 'R' ? 1 : 0;
      } else {
        kept.append(text, from, to);
      }
      from = to;
    }
    if (count == 0) {
      return List.of();
    }
    ByteString bytes = TreeFiles.latin1Bytes(kept.toString());
    Reason reason =
        new Reason(
            unlisted.transform(),
            "apk-records",
            "packages listed " + PackageDatabase.Unlisted.count(count));
    return List.of(new Edit.ReplaceContent(read.get().path(), Content.of(bytes), reason));
  }

  private boolean isGone(String listed) {
    return Programs.path(listed)
        .flatMap(state::resolveParent)
        .filter(unlisted.paths()::contains)
        .isPresent();
  }
}
