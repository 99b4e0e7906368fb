package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Removes the accounts that nothing in the image needs from {@code passwd}, {@code shadow}, {@code
 * group}, {@code gshadow}, {@code subuid}, {@code subgid} of {@code /etc} and from their backup
 * copies ({@code passwd-} ...), and from membership lists.
 *
 * <p>It keeps root, nobody (65534), every number that owns a path in any layer or stands in an
 * access control list, the configuration's USER, every account that configuration inside the image
 * names ({@code account-references.txt} beside this class is the list of places), the accounts that
 * the caller names, and the primary groups of all these users. Configuration of a program that the
 * image does not hold, such as systemd's units without systemd, keeps nothing.
 *
 * <p>Accounts are numbers. A number that is needed keeps all its names ({@code root} and {@code
 * toor}); the host's accounts play no part. Supplementary groups that nothing else needs go.
 *
 * <p>Lines that stay keep their bytes and their order, files their attributes. Lines that are no
 * accounts (empty, comments, NIS) stay. A shadow line whose user is in no passwd file stays. A
 * dangling symbolic link counts as a file that is not there.
 *
 * <p>Each kept account is a finding, each removed one stands in the reason of an edit; {@link
 * #decide} gives both. Costs a pass over the paths; reads the account files and small text files.
 *
 * @param keep names of users and groups that stay in any case
 */
public record UserPruner(List<String> keep) implements Transform {
  private static final String NAME = "users";
  private static final String UNUSED = "unused";

  /** Copies the list. */
  public UserPruner {
    keep = List.copyOf(keep);
  }

  /** Returns a pruner that keeps what the image itself needs. */
  public static UserPruner defaults() {
    return new UserPruner(List.of());
  }

  /** Returns a pruner that keeps the user and the group of this name too. */
  public UserPruner keeping(String name) {
    return new UserPruner(Stream.concat(keep.stream(), Stream.of(name)).toList());
  }

  /**
   * Decides about each user and each group, users first, in the order of their files.
   *
   * @throws io.k8or.content.MalformedContentException if a line of an account file has too few or
   *     too many fields, no name, a NUL, or a number beyond 2^32 - 2, if such a file is no regular
   *     file or a symbolic link that leaves the image, or if the configuration's USER is a number
   *     beyond 2^31 - 1
   * @throws IOException if the image's bytes cannot be read
   */
  public List<AccountDecision> decide(ImageSnapshot image) throws IOException {
    AccountFiles accounts = AccountFiles.of(image.files());
    return decide(accounts, needs(image, accounts, new ArrayList<>()));
  }

  /**
   * Counts the accounts of a kind, without asking what needs them. Reads the account files alone.
   *
   * @throws io.k8or.content.MalformedContentException as for {@link #decide}
   * @throws IOException if the files' bytes cannot be read
   */
  public static int count(FileTree files, AccountDecision.Kind kind) throws IOException {
    boolean users = kind == AccountDecision.Kind.USER;
    return AccountFiles.of(files)
        .accounts(users ? AccountFormat.PASSWD : AccountFormat.GROUP)
        .size();
  }

  private static List<AccountDecision> decide(AccountFiles accounts, AccountNeeds needs) {
    List<AccountDecision> decisions = new ArrayList<>();
    for (AccountFile.Line line : accounts.accounts(AccountFormat.PASSWD)) {
      decisions.add(decision(AccountDecision.Kind.USER, line, needs.user(line.number(2))));
    }
    for (AccountFile.Line line : accounts.accounts(AccountFormat.GROUP)) {
      decisions.add(decision(AccountDecision.Kind.GROUP, line, needs.group(line.number(2))));
    }
    return List.copyOf(decisions);
  }

  private static AccountDecision decision(
      AccountDecision.Kind kind, AccountFile.Line line, Optional<AccountNeeds.Need> need) {
    return new AccountDecision(
        kind,
        line.name(),
        line.number(2),
        need.isPresent(),
        need.map(AccountNeeds.Need::rule).orElse(UNUSED),
        need.map(AccountNeeds.Need::evidence).orElse("owns no path, not named by configuration"));
  }

  private AccountNeeds needs(ImageSnapshot image, AccountFiles accounts, List<Finding> findings)
      throws IOException {
    AccountNeeds needs = new AccountNeeds(accounts);
    needs.addAlways();
    needs.addOwners(image.files());
    needs.addConfigUser(image.config());
    for (AccountReferences.Reference reference : AccountReferences.in(image, findings)) {
      AccountNeeds.Need need = new AccountNeeds.Need("named", reference.evidence());
      if (reference.isGroup()) {
        needs.addGroup(reference.name(), need);
      } else {
        needs.addUser(reference.name(), need);
      }
    }
    for (String name : keep) {
      AccountNeeds.Need need = new AccountNeeds.Need("asked", "the caller keeps it");
      boolean user = needs.addUser(name, need);
      boolean group = needs.addGroup(name, need);
      if (!user && !group) {
        findings.add(
            Finding.of(new Reason(NAME, "no-such-account", "no user or group is named " + name)));
      }
    }
    needs.addPrimaryGroups();
    return needs;
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    AccountFiles accounts = AccountFiles.of(image.files());
    List<Finding> findings = new ArrayList<>();
    AccountNeeds needs = needs(image, accounts, findings);
    List<AccountDecision> decisions = decide(accounts, needs);
    for (AccountDecision decision : decisions) {
      if (decision.kept()) {
        boolean user = decision.kind() == AccountDecision.Kind.USER;
        findings.add(
            Finding.at(
                ImagePath.of(user ? "/etc/passwd" : "/etc/group"),
                new Reason(NAME, "kept-" + decision.rule(), decision.toString())));
      }
    }
    Removal removal = new Removal(accounts, needs);
    List<Edit> edits = new ArrayList<>();
    for (AccountFiles.Found found : accounts.all()) {
      AccountFile lean = removal.apply(found.file());
      ByteString bytes = lean.print();
      if (!bytes.equals(found.file().print())) {
        Reason reason = new Reason(NAME, UNUSED, evidence(found.file(), lean));
        edits.add(new Edit.ReplaceContent(found.path(), Content.of(bytes), reason));
      }
    }
    return EditPlan.of(edits, List.of(), findings);
  }

  private static String evidence(AccountFile before, AccountFile after) {
    List<AccountFile.Line> gone = new ArrayList<>(before.accounts());
    Set<String> kept =
        after.accounts().stream().map(AccountFile.Line::name).collect(Collectors.toSet());
    gone.removeIf(line -> kept.contains(line.name()));
    if (gone.isEmpty()) {
      return "members that are removed users";
    }
    ToIntFunction<AccountFile> size = file -> file.accounts().size();
    boolean numbered =
        before.format() == AccountFormat.PASSWD || before.format() == AccountFormat.GROUP;
    return (size.applyAsInt(before) - size.applyAsInt(after))
        + " of "
        + size.applyAsInt(before)
        + " lines: own no path, not named by configuration: "
        + gone.stream()
            .map(line -> line.name() + (numbered ? " (" + line.field(2) + ")" : ""))
            .collect(Collectors.joining(", "));
  }

  /** Takes what is not needed out of a file of any of the formats. */
  private static final class Removal {
    private final AccountNeeds needs;
    private final Set<String> users = new HashSet<>();
    private final Set<Long> uids = new HashSet<>();
    private final Set<String> groups = new HashSet<>();

    Removal(AccountFiles accounts, AccountNeeds needs) {
      this.needs = needs;
      List<AccountFile.Line> passwd = accounts.accountsAndBackups(AccountFormat.PASSWD);
      for (AccountFile.Line line : passwd) {
        if (needs.user(line.number(2)).isEmpty()) {
          users.add(line.name());
          uids.add(line.number(2));
        }
      }
      List<AccountFile.Line> group = accounts.accountsAndBackups(AccountFormat.GROUP);
      for (AccountFile.Line line : group) {
        if (needs.group(line.number(2)).isEmpty()) {
          groups.add(line.name());
        }
      }
      // A name with two numbers, here or in the backup, stays if one of them does.
      passwd.stream()
          .filter(line -> needs.user(line.number(2)).isPresent())
          .forEach(line -> users.remove(line.name()));
      group.stream()
          .filter(line -> needs.group(line.number(2)).isPresent())
          .forEach(line -> groups.remove(line.name()));
    }

    AccountFile apply(AccountFile file) {
      return file.map(
          line ->
              switch (file.format()) {
                case PASSWD -> keepIf(line, needs.user(line.number(2)).isPresent());
                case SHADOW -> keepIf(line, !users.contains(line.name()));
                case GROUP -> keepIf(cleaned(line, 3), needs.group(line.number(2)).isPresent());
                case GSHADOW -> keepIf(cleaned(cleaned(line, 2), 3), !groups.contains(line.name()));
                case SUBUID, SUBGID -> keepIf(line, !isRemovedUser(line.name()));
              });
    }

    private static Optional<AccountFile.Line> keepIf(AccountFile.Line line, boolean kept) {
      return kept ? Optional.of(line) : Optional.empty();
    }

    private boolean isRemovedUser(String nameOrNumber) {
      return users.contains(nameOrNumber)
          || AccountFile.parseId(nameOrNumber).filter(uids::contains).isPresent();
    }

    private AccountFile.Line cleaned(AccountFile.Line line, int index) {
      String members = line.field(index);
      String end = members.endsWith("\r") ? "\r" : "";
      List<String> names =
          List.of(members.substring(0, members.length() - end.length()).split(",", -1));
      List<String> left = names.stream().filter(name -> !users.contains(name)).toList();
      return left.size() == names.size() ? line : line.with(index, String.join(",", left) + end);
    }
  }
}
