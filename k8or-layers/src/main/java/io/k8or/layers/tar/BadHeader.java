package io.k8or.layers.tar;

/** What is wrong with a field or a record of a header; its place is added by who knows it. */
final class BadHeader extends Exception {
  private static final long serialVersionUID = 1;

  private final String why;

  BadHeader(String why) {
    super(why, null, false, false);
    this.why = why;
  }

  String why() {
    return why;
  }
}
