package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.rpm.RpmHeader;
import io.k8or.transform.Edit;
import io.k8or.transform.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Sets the state of files in rpm's headers to "not installed". */
final class RpmUnlisting {
  private final RpmDatabase database;
  private final PackageDatabase.Unlisted unlisted;
  private final TreeState state;

  RpmUnlisting(RpmDatabase database, PackageDatabase.Unlisted unlisted) {
    this.database = database;
    this.unlisted = unlisted;
    this.state = new TreeState(database.index());
  }

  List<Edit> plan() throws MalformedContentException {
    Map<Integer, ByteString> changed = new TreeMap<>();
    int count = 0;
    for (InstalledPackage each : database.packages()) {
      RpmDatabase.Origin origin = database.origin(each);
      Set<Integer> gone = new HashSet<>();
      for (int i = 0; i < origin.files().size(); i++) {
        if (state
            .resolveParent(origin.files().get(i).path())
            .filter(unlisted.paths()::contains)
            .isPresent()) {
          gone.add(i);
        }
      }
      if (!gone.isEmpty()) {
        String where = database.location() + ", header " + origin.number();
        ByteString blob = Objects.requireNonNull(database.headers().blobs().get(origin.number()));
        Optional<ByteString> without = RpmHeader.parse(blob, where).withoutFiles(gone);
        if (without.isPresent()) {
          changed.put(origin.number(), without.get());
          count += gone.size();
        }
      }
    }
    if (changed.isEmpty()) {
      return List.of();
    }
    Reason reason =
        new Reason(
            unlisted.transform(),
            "rpm-states",
            "packages listed " + PackageDatabase.Unlisted.count(count));
    List<Edit> edits = new ArrayList<>();
    edits.add(
        new Edit.ReplaceContent(
            database.location(), Content.of(database.headers().with(changed)), reason));
    // What was in the log is in the new file.
    for (String name : List.of("rpmdb.sqlite-wal", "rpmdb.sqlite-shm")) {
      ImagePath path = database.location().parent().orElseThrow().resolve(name);
      if (database.location().name().equals(ByteString.utf8("rpmdb.sqlite"))
          && state.get(path).isPresent()) {
        edits.add(new Edit.RemovePath(path, reason));
      }
    }
    return edits;
  }
}
