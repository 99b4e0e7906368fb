package io.k8or.cli;

import io.k8or.transform.ImageSnapshot;
import io.k8or.users.AccountDecision;
import io.k8or.users.UserPruner;
import java.io.IOException;
import java.util.List;

/**
 * An image's accounts, and whether something in it needs them.
 *
 * @param users those of {@code /etc/passwd}, in its order
 * @param groups those of {@code /etc/group}, in its order
 */
record Accounts(List<AccountDecision> users, List<AccountDecision> groups) {
  static Accounts of(ImageSnapshot image) throws IOException {
    List<AccountDecision> all = UserPruner.defaults().decide(image);
    return new Accounts(
        all.stream().filter(a -> a.kind() == AccountDecision.Kind.USER).toList(),
        all.stream().filter(a -> a.kind() == AccountDecision.Kind.GROUP).toList());
  }
}
