package io.k8or.users;

import io.k8or.filesystem.FileTree;
import java.io.IOException;
import java.util.Optional;

/**
 * The uid and gid that a {@code USER[:GROUP]} stands for in an image, as runtimes resolve it.
 *
 * @param uid the user's number
 * @param gid the number of its group
 */
public record UserNumbers(long uid, long gid) {
  /**
   * Finds the numbers of a user: a name or number, and perhaps a group after a colon. Without one
   * the user's own group counts; where the image does not know the user, group 0.
   *
   * @return empty if a name is in no account file
   * @throws io.k8or.content.MalformedContentException if an account file is malformed
   * @throws IOException if an account file cannot be read
   */
  public static Optional<UserNumbers> of(FileTree files, String user) throws IOException {
    AccountFiles accounts = AccountFiles.of(files);
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    String group = colon < 0 ? "" : user.substring(colon + 1);
    Optional<Long> uid = AccountFile.parseId(name);
    Optional<Long> gid = Optional.empty();
    for (AccountFile.Line line : accounts.accounts(AccountFormat.PASSWD)) {
      boolean same = uid.isPresent() ? line.number(2) == uid.get() : line.name().equals(name);
      if (same) {
        uid = Optional.of(line.number(2));
        gid = Optional.of(line.number(3));
        break;
      }
    }
    if (!group.isEmpty()) {
      gid = AccountFile.parseId(group);
      if (gid.isEmpty()) {
        gid =
            accounts.accounts(AccountFormat.GROUP).stream()
                .filter(line -> line.name().equals(group))
                .map(line -> line.number(2))
                .findFirst();
        if (gid.isEmpty()) {
          return Optional.empty();
        }
      }
    }
    if (uid.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new UserNumbers(uid.get(), gid.orElse(0L)));
  }

  /** Returns {@code UID:GID}. */
  @Override
  public String toString() {
    return uid + ":" + gid;
  }
}
