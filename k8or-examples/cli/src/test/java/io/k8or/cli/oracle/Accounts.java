package io.k8or.cli.oracle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The users and groups of an unpacked root, read the plainest way.
 *
 * @param users name to number
 * @param groups name to number
 */
record Accounts(Map<String, Long> users, Map<String, Long> groups) {
  static Accounts of(Path root) throws IOException {
    return new Accounts(read(root.resolve("etc/passwd")), read(root.resolve("etc/group")));
  }

  /** Returns those that own no path. */
  Accounts owningNothing(TreeDump tree) {
    TreeSet<Long> uids = new TreeSet<>();
    TreeSet<Long> gids = new TreeSet<>();
    for (TreeDump.Node node : tree.nodes().values()) {
      uids.add(node.uid());
      gids.add(node.gid());
    }
    TreeMap<String, Long> idleUsers = new TreeMap<>(users);
    idleUsers.values().removeIf(uids::contains);
    TreeMap<String, Long> idleGroups = new TreeMap<>(groups);
    idleGroups.values().removeIf(gids::contains);
    return new Accounts(idleUsers, idleGroups);
  }

  private static Map<String, Long> read(Path file) throws IOException {
    Map<String, Long> accounts = new TreeMap<>();
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      String[] field = line.split(":", -1);
      accounts.put(field[0], Long.parseLong(field[2]));
    }
    return accounts;
  }
}
