package io.k8or.users;

/**
 * The account files: their names in {@code /etc}, how many fields a line has, which are numbers.
 */
enum AccountFormat {
  /** passwd(5): name, password, uid, gid, gecos, home, shell. */
  PASSWD("passwd", 7, 2, 3),
  /** shadow(5): name, password, and seven more. */
  SHADOW("shadow", 9, 0, -1),
  /** group(5): name, password, gid, members. */
  GROUP("group", 4, 2, 2),
  /** gshadow(5): name, password, administrators, members. */
  GSHADOW("gshadow", 4, 0, -1),
  /** subuid(5): user name or number, first uid, how many. */
  SUBUID("subuid", 3, 1, 2),
  /** subgid(5): user name or number, first gid, how many. */
  SUBGID("subgid", 3, 1, 2);

  private final String fileName;
  private final int fields;
  private final int firstNumber;
  private final int lastNumber;

  AccountFormat(String fileName, int fields, int firstNumber, int lastNumber) {
    this.fileName = fileName;
    this.fields = fields;
    this.firstNumber = firstNumber;
    this.lastNumber = lastNumber;
  }

  String fileName() {
    return fileName;
  }

  int fields() {
    return fields;
  }

  /** Returns the index of the first field that must be a number. */
  int firstNumber() {
    return firstNumber;
  }

  /** Returns the index of the last field that must be a number; -1 if there is none. */
  int lastNumber() {
    return lastNumber;
  }
}
