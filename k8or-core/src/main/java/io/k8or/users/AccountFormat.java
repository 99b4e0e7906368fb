package io.k8or.users;

import java.util.List;

/**
 * The account files: their names in {@code /etc}, how many fields a line has, which are numbers.
 */
enum AccountFormat {
  /** passwd(5): name, password, uid, gid, gecos, home, shell. */
  PASSWD("passwd", 7, List.of(2, 3)),
  /** shadow(5): name, password, and seven more. */
  SHADOW("shadow", 9, List.of()),
  /** group(5): name, password, gid, members. */
  GROUP("group", 4, List.of(2)),
  /** gshadow(5): name, password, administrators, members. */
  GSHADOW("gshadow", 4, List.of()),
  /** subuid(5): user name or number, first uid, how many. */
  SUBUID("subuid", 3, List.of(1, 2)),
  /** subgid(5): user name or number, first gid, how many. */
  SUBGID("subgid", 3, List.of(1, 2));

  private final String fileName;
  private final int fields;
  private final List<Integer> numbers;

  AccountFormat(String fileName, int fields, List<Integer> numbers) {
    this.fileName = fileName;
    this.fields = fields;
    this.numbers = numbers;
  }

  String fileName() {
    return fileName;
  }

  int fields() {
    return fields;
  }

  List<Integer> numbers() {
    return numbers;
  }
}
