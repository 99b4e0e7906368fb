package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.image.ImageConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which numbers of users and groups are needed, each with the first cause that was found. A name is
 * a number here: what keeps a number keeps all names of it, because nothing tells which of them a
 * program will look up.
 */
final class AccountNeeds {
  /** A cause. */
  record Need(String rule, String evidence) {}

  /** The greatest number that runtimes take as USER; above it some see a negative one, or root. */
  static final long MAX_CONFIG_ID = Integer.MAX_VALUE;

  private static final class Owned {
    private final String first;
    private long paths;

    private Owned(String first) {
      this.first = first;
    }
  }

  private final AccountFiles accounts;
  private final Map<Long, Need> users = new HashMap<>();
  private final Map<Long, Need> groups = new HashMap<>();

  AccountNeeds(AccountFiles accounts) {
    this.accounts = accounts;
  }

  Optional<Need> user(long uid) {
    return Optional.ofNullable(users.get(uid));
  }

  Optional<Need> group(long gid) {
    return Optional.ofNullable(groups.get(gid));
  }

  void addAlways() {
    users.put(0L, new Need("root", "uid 0"));
    groups.put(0L, new Need("root", "gid 0"));
    users.put(65534L, new Need("nobody", "uid 65534, the kernel's overflow uid"));
    groups.put(65534L, new Need("nobody", "gid 65534, the kernel's overflow gid"));
  }

  /** Adds all owners, those of hidden files and of access control lists among them. */
  void addOwners(FileTree files) {
    Map<Long, Owned> uids = new HashMap<>();
    Map<Long, Owned> gids = new HashMap<>();
    files.nodes().forEach((path, node) -> count(uids, gids, path.toString(), node));
    for (FileTree.Shadowed hidden : files.shadowed()) {
      String name = hidden.path() + " (hidden in layer " + hidden.layer() + ")";
      count(uids, gids, name, hidden.node());
    }
    addOwned(users, uids);
    addOwned(groups, gids);
  }

  private static void addOwned(Map<Long, Need> needs, Map<Long, Owned> owned) {
    owned.forEach(
        (id, owner) ->
            needs.putIfAbsent(
                id,
                new Need(
                    "owner",
                    "owns "
                        + owner.paths
                        + (owner.paths == 1 ? " path, " : " paths, first ")
                        + owner.first)));
  }

  private static void count(
      Map<Long, Owned> uids, Map<Long, Owned> gids, String path, FileNode node) {
    uids.computeIfAbsent(node.attributes().uid(), id -> new Owned(path)).paths++;
    gids.computeIfAbsent(node.attributes().gid(), id -> new Owned(path)).paths++;
    node.attributes()
        .xattrs()
        .forEach(
            (name, value) -> {
              if (name.startsWith(ByteString.utf8("system.posix_acl_"))) {
                countAcl(uids, gids, path + " (access control list)", value);
              }
            });
  }

  // linux/posix_acl_xattr.h: a version of 4 bytes, then tag, permissions, id: 2 + 2 + 4 bytes,
  // all little-endian. Tag 2 is a user, tag 8 a group.
  private static void countAcl(
      Map<Long, Owned> uids, Map<Long, Owned> gids, String path, ByteString acl) {
    for (int at = 4; at + 8 <= acl.length(); at += 8) {
      int tag = acl.at(at) | acl.at(at + 1) << 8;
      long id =
          acl.at(at + 4) | acl.at(at + 5) << 8 | acl.at(at + 6) << 16 | (long) acl.at(at + 7) << 24;
      if (tag == 2) {
        uids.computeIfAbsent(id, any -> new Owned(path)).paths++;
      } else if (tag == 8) {
        gids.computeIfAbsent(id, any -> new Owned(path)).paths++;
      }
    }
  }

  /** Adds the configuration's USER: name or number, and behind a colon those of a group. */
  void addConfigUser(ImageConfig config) throws MalformedContentException {
    String user = config.user().orElse("");
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    String group = colon < 0 ? "" : user.substring(colon + 1);
    Need need = new Need("config-user", "USER " + user + " in the image's configuration");
    checkNumber(name, user);
    checkNumber(group, user);
    addUser(name, need);
    addGroup(group, need);
  }

  private static void checkNumber(String text, String user) throws MalformedContentException {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    if (digits && AccountFile.parseId(text).filter(id -> id <= MAX_CONFIG_ID).isEmpty()) {
      throw new MalformedContentException(
          "image configuration",
          "config.User \"" + user + "\"",
          "expected a number of 0 to " + MAX_CONFIG_ID + ", found " + text);
    }
  }

  /** Adds a user by name or number, and says whether there is such an account. */
  boolean addUser(String nameOrNumber, Need need) {
    boolean found = false;
    for (AccountFile.Line line : accounts.accounts(AccountFormat.PASSWD)) {
      if (isMeant(nameOrNumber, line)) {
        users.putIfAbsent(line.number(2), need);
        found = true;
      }
    }
    return found;
  }

  /** Adds a group by name or number, and says whether there is such a group. */
  boolean addGroup(String nameOrNumber, Need need) {
    boolean found = false;
    for (AccountFile.Line line : accounts.accounts(AccountFormat.GROUP)) {
      if (isMeant(nameOrNumber, line)) {
        groups.putIfAbsent(line.number(2), need);
        found = true;
      }
    }
    return found;
  }

  private static boolean isMeant(String nameOrNumber, AccountFile.Line line) {
    return line.name().equals(nameOrNumber)
        || AccountFile.parseId(nameOrNumber).filter(id -> id == line.number(2)).isPresent();
  }

  /** Adds the primary groups of all users that are needed. To be called last. */
  void addPrimaryGroups() {
    for (AccountFile.Line line : accounts.accountsAndBackups(AccountFormat.PASSWD)) {
      if (users.containsKey(line.number(2))) {
        groups.putIfAbsent(
            line.number(3),
            new Need("primary-group", "primary group of the kept user " + line.name()));
      }
    }
  }
}
