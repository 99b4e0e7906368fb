package io.k8or.users;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Adds a dedicated account for one service and makes it the one that the container runs as. It has
 * no password, no login shell and no home. Applied twice, it changes nothing the second time.
 * Immutable.
 *
 * <p>The account's name is the service's in lower case, other letters as {@code -}, at most 32. Its
 * uid, which is also its gid, is 10000 plus the remainder, by 50000, of the first 8 bytes of the
 * SHA-256 of the service's name; the next number is tried, and after 59999 again 10000, while the
 * {@linkplain UidRegistry registry} has given it to another service or the image uses it: as an
 * account, as an owner, in a range of subordinate ids.
 *
 * <p>{@code USER} becomes {@code uid:gid} in numbers, which Kubernetes' runAsNonRoot asks for.
 * {@code passwd} and {@code group} are made where they are missing, {@code shadow} and {@code
 * gshadow} are not.
 */
public final class KubernetesUser implements Transform {
  private static final String NAME = "users";
  private static final List<String> NO_LOGIN =
      List.of("/usr/sbin/nologin", "/sbin/nologin", "/bin/false");

  /** A uid and a gid. */
  private record Ids(long uid, long gid) {
    @Override
    public String toString() {
      return uid + ":" + gid;
    }
  }

  private final String service;
  private final UidRegistry registry;
  private final Optional<Ids> given;
  private final List<ImagePath> owned;
  private final boolean arbitraryUid;

  private KubernetesUser(
      String service,
      UidRegistry registry,
      Optional<Ids> given,
      List<ImagePath> owned,
      boolean arbitraryUid) {
    this.service = Objects.requireNonNull(service);
    this.registry = Objects.requireNonNull(registry);
    this.given = given;
    this.owned = owned;
    this.arbitraryUid = arbitraryUid;
  }

  /**
   * Returns an account for a service.
   *
   * @throws IllegalArgumentException if the name has neither a letter nor a digit of ASCII
   */
  public static KubernetesUser forService(String service, UidRegistry registry) {
    if (ServiceName.accountName(service).isEmpty()) {
      throw new IllegalArgumentException("no service name");
    }
    return new KubernetesUser(service, registry, Optional.empty(), List.of(), false);
  }

  /**
   * Returns an account of {@code NAME[:UID[:GID]]}, as the command line has it.
   *
   * @throws IllegalArgumentException if it is not of that form, or as {@link #withIds} has it
   */
  public static KubernetesUser parse(String text, UidRegistry registry) {
    String[] parts = text.split(":", -1);
    KubernetesUser user = forService(parts[0], registry);
    if (parts.length == 1) {
      return user;
    }
    Optional<Long> uid = AccountFile.parseId(parts[1]);
    Optional<Long> gid = AccountFile.parseId(parts[parts.length - 1]);
    if (parts.length > 3 || uid.isEmpty() || gid.isEmpty()) {
      throw new IllegalArgumentException("not NAME[:UID[:GID]]: " + text);
    }
    return user.withIds(uid.get(), gid.get());
  }

  /**
   * Returns the account with this uid and gid in place of numbers that follow from the name.
   *
   * @param uid 1 to 2^31 - 1, beyond which runtimes differ (CVE-2024-40635)
   * @param gid 0 to 2^31 - 1
   * @throws IllegalArgumentException if a number is not in its range
   */
  public KubernetesUser withIds(long uid, long gid) {
    if (uid < 1 || uid > AccountNeeds.MAX_CONFIG_ID) {
      throw new IllegalArgumentException("a uid of 1 to 2147483647 is needed, not " + uid);
    }
    if (gid < 0 || gid > AccountNeeds.MAX_CONFIG_ID) {
      throw new IllegalArgumentException("a gid of 0 to 2147483647 is needed, not " + gid);
    }
    return new KubernetesUser(
        service, registry, Optional.of(new Ids(uid, gid)), owned, arbitraryUid);
  }

  /**
   * Returns the account that owns these paths too, with everything below them. A path that is not
   * there becomes a directory of mode 0750. As with chown(2), files lose setuid, setgid and
   * capabilities with their old owner. A file with another name outside stays as it is, with a
   * finding.
   */
  public KubernetesUser owning(List<ImagePath> paths) {
    List<ImagePath> all = Stream.concat(owned.stream(), paths.stream()).distinct().toList();
    return new KubernetesUser(service, registry, given, all, arbitraryUid);
  }

  /**
   * Returns the account, prepared for clusters that run each container under a uid of their own and
   * gid 0, as OpenShift does: what it {@linkplain #owning owns} gets the group 0, which may do what
   * the owner may.
   */
  public KubernetesUser forArbitraryUid() {
    return new KubernetesUser(service, registry, given, owned, true);
  }

  /** Returns the service's name. */
  public String service() {
    return service;
  }

  /** Returns the account's name. */
  public String accountName() {
    return ServiceName.accountName(service);
  }

  /**
   * Plans the account.
   *
   * @throws IllegalArgumentException if the image has an account of this name with another number,
   *     or another account with the number that was asked for, if all numbers are taken, or if a
   *     path cannot be owned
   * @throws io.k8or.content.MalformedContentException if an account file is malformed
   * @throws IOException if the image's bytes cannot be read
   */
  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    AccountFiles accounts = AccountFiles.of(image.files());
    List<Finding> findings = new ArrayList<>();
    Ids ids = ids(image.files(), accounts);
    List<Edit> edits = new ArrayList<>();
    addLines(image.files(), accounts, ids, edits);
    long ownerGid = arbitraryUid ? 0 : ids.gid();
    new OwnedPaths(image.files(), ids.uid(), ownerGid, arbitraryUid).plan(owned, edits, findings);
    if (!image.config().user().equals(Optional.of(ids.toString()))) {
      String evidence = "was " + image.config().user().orElse("not set");
      edits.add(new Edit.EditConfig("/config/User", "\"" + ids + "\"", reason("user", evidence)));
    }
    return EditPlan.of(edits, List.of(), findings);
  }

  private static Reason reason(String rule, String evidence) {
    return new Reason(NAME, rule, evidence);
  }

  private Ids ids(FileTree files, AccountFiles accounts) {
    String name = accountName();
    Optional<AccountFile.Line> existing =
        accounts.accounts(AccountFormat.PASSWD).stream()
            .filter(line -> line.name().equals(name))
            .findFirst();
    if (existing.isPresent()) {
      return existingIds(existing.get());
    }
    if (given.isPresent()) {
      long uid = given.get().uid();
      for (AccountFile.Line line : accounts.accounts(AccountFormat.PASSWD)) {
        if (line.number(2) == uid) {
          throw new IllegalArgumentException(
              "the uid " + uid + " for " + name + " is that of " + line.name() + " already");
        }
      }
      claim(uid);
      return given.get();
    }
    Set<Long> used = usedIds(files, accounts);
    long id = ServiceName.firstId(service);
    for (long n = ServiceName.FIRST_ID; n <= ServiceName.LAST_ID; n++) {
      if (!used.contains(id) && !isSubordinate(accounts, id) && registry.claim(id, service)) {
        return new Ids(id, id);
      }
      id = ServiceName.nextId(id);
    }
    throw new IllegalArgumentException(
        "no number of 10000 to 59999 is free for the service " + service);
  }

  private Ids existingIds(AccountFile.Line line) {
    Ids existing = new Ids(line.number(2), line.number(3));
    boolean own =
        given.isPresent()
            ? given.get().equals(existing)
            : existing.uid() == existing.gid()
                && existing.uid() >= ServiceName.FIRST_ID
                && existing.uid() <= ServiceName.LAST_ID
                && registry.claim(existing.uid(), service);
    if (!own) {
      throw new IllegalArgumentException(
          "the image has an account "
              + line.name()
              + " already, as "
              + existing
              + given.map(ids -> " and not as " + ids).orElse("")
              + "; name the service otherwise, or ask for "
              + line.name()
              + ":"
              + existing);
    }
    claim(existing.uid());
    return existing;
  }

  private void claim(long uid) {
    if (!registry.claim(uid, service)) {
      throw new IllegalArgumentException(
          "the uid " + uid + " for the service " + service + " is another service's already");
    }
  }

  private static Set<Long> usedIds(FileTree files, AccountFiles accounts) {
    Set<Long> used = new HashSet<>();
    for (AccountFile.Line line : accounts.accountsAndBackups(AccountFormat.PASSWD)) {
      used.add(line.number(2));
      used.add(line.number(3));
    }
    for (AccountFile.Line line : accounts.accountsAndBackups(AccountFormat.GROUP)) {
      used.add(line.number(2));
    }
    Stream.concat(
            files.nodes().values().stream(), files.shadowed().stream().map(FileTree.Shadowed::node))
        .map(FileNode::attributes)
        .forEach(
            attributes -> {
              used.add(attributes.uid());
              used.add(attributes.gid());
            });
    return used;
  }

  private static boolean isSubordinate(AccountFiles accounts, long id) {
    return Stream.of(AccountFormat.SUBUID, AccountFormat.SUBGID)
        .flatMap(format -> accounts.accounts(format).stream())
        .anyMatch(line -> id >= line.number(1) && id - line.number(1) < line.number(2));
  }

  private void addLines(FileTree files, AccountFiles accounts, Ids ids, List<Edit> edits) {
    String name = accountName();
    boolean shadow = accounts.find(AccountFormat.SHADOW).isPresent();
    boolean gshadow = accounts.find(AccountFormat.GSHADOW).isPresent();
    add(
        files,
        accounts,
        AccountFormat.PASSWD,
        edits,
        name,
        shadow ? "x" : "*",
        Long.toString(ids.uid()),
        Long.toString(ids.gid()),
        "",
        "/nonexistent",
        shell(files));
    if (shadow) {
      add(files, accounts, AccountFormat.SHADOW, edits, name, "!", "", "", "", "", "", "", "");
    }
    Optional<AccountFile.Line> sameName =
        accounts.accounts(AccountFormat.GROUP).stream()
            .filter(line -> line.name().equals(name))
            .findFirst();
    boolean sameGid =
        accounts.accounts(AccountFormat.GROUP).stream()
            .anyMatch(line -> line.number(2) == ids.gid());
    if (sameName.isPresent() && !sameGid) {
      throw new IllegalArgumentException(
          "the image has a group "
              + name
              + " already, as "
              + sameName.get().number(2)
              + " and not as "
              + ids.gid());
    }
    if (sameName.isEmpty() && !sameGid) {
      String password = gshadow ? "x" : "*";
      String gid = Long.toString(ids.gid());
      add(files, accounts, AccountFormat.GROUP, edits, name, password, gid, "");
      if (gshadow) {
        add(files, accounts, AccountFormat.GSHADOW, edits, name, "!", "", "");
      }
    }
  }

  private void add(
      FileTree files,
      AccountFiles accounts,
      AccountFormat format,
      List<Edit> edits,
      String... fields) {
    Reason reason = reason("added", "the account of the service " + service);
    Optional<AccountFiles.Found> found = accounts.find(format);
    if (found.isEmpty()) {
      ImagePath named = ImagePath.of("/etc/" + format.fileName());
      Content content = Content.of(AccountFile.empty(format).plus(fields).print());
      edits.add(
          new Edit.AddFile(
              files.resolveParent(named).orElse(named),
              FileNode.regular(FileAttributes.ofMode(0644), content),
              reason));
    } else if (found.get().file().account(fields[0]).isEmpty()) {
      Content content = Content.of(found.get().file().plus(fields).print());
      edits.add(new Edit.ReplaceContent(found.get().path(), content, reason));
    }
  }

  private static String shell(FileTree files) {
    return NO_LOGIN.stream()
        .filter(path -> files.follow(ImagePath.of(path)).filter(FileNode::isRegular).isPresent())
        .findFirst()
        .orElse("/sbin/nologin");
  }

  /** Returns the service, the number asked for, and the paths, in one line. */
  @Override
  public String toString() {
    return "KubernetesUser["
        + service
        + given.map(ids -> ":" + ids).orElse("")
        + (owned.isEmpty() ? "" : ", owning " + owned)
        + (arbitraryUid ? ", for an arbitrary uid" : "")
        + "]";
  }
}
