package io.k8or.cli.sample;

import io.k8or.cli.sample.SampleTar.Owned;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sample's accounts: those of a Debian base system, those that packages leave, its own. */
final class SampleAccounts {
  private static final int SHADOW_GROUP = 42;

  private static final String PASSWD =
      """
      root:x:0:0:root:/root:/bin/sh
      daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
      bin:x:2:2:bin:/bin:/usr/sbin/nologin
      sys:x:3:3:sys:/dev:/usr/sbin/nologin
      sync:x:4:65534:sync:/bin:/bin/sync
      games:x:5:60:games:/usr/games:/usr/sbin/nologin
      man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
      lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin
      mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
      news:x:9:9:news:/var/spool/news:/usr/sbin/nologin
      uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin
      proxy:x:13:13:proxy:/bin:/usr/sbin/nologin
      www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
      backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
      list:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin
      irc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin
      gnats:x:41:41:Gnats:/var/lib/gnats:/usr/sbin/nologin
      _apt:x:42:65534::/nonexistent:/usr/sbin/nologin
      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
      systemd-network:x:998:998:systemd Network Management:/:/usr/sbin/nologin
      messagebus:x:100:101::/nonexistent:/usr/sbin/nologin
      sshd:x:101:65534::/run/sshd:/usr/sbin/nologin
      postfix:x:102:103::/var/spool/postfix:/usr/sbin/nologin
      ntp:x:103:104::/nonexistent:/usr/sbin/nologin
      demo:x:1000:1000:the sample's own:/srv/www:/bin/sh
      """;

  private static final String GROUP =
      """
      root:x:0:
      daemon:x:1:
      bin:x:2:
      sys:x:3:
      adm:x:4:demo,daemon
      tty:x:5:
      disk:x:6:
      lp:x:7:
      mail:x:8:
      news:x:9:
      uucp:x:10:
      man:x:12:
      proxy:x:13:
      www-data:x:33:
      backup:x:34:
      list:x:38:
      irc:x:39:
      gnats:x:41:
      shadow:x:42:
      games:x:60:
      users:x:100:
      messagebus:x:101:
      postfix:x:103:
      ntp:x:104:
      systemd-network:x:998:
      demo:x:1000:www-data
      nogroup:x:65534:
      """;

  private SampleAccounts() {}

  /** A file of accounts. */
  record AccountText(Owned owned, String text) {}

  static Map<String, AccountText> files() {
    Owned open = new Owned(0644, 0, 0);
    Owned secret = new Owned(0640, 0, SHADOW_GROUP);
    Map<String, AccountText> files = new LinkedHashMap<>();
    files.put("etc/group", new AccountText(open, GROUP));
    files.put("etc/group-", new AccountText(open, GROUP));
    files.put("etc/gshadow", new AccountText(secret, lines(GROUP, ":*::", true)));
    files.put("etc/passwd", new AccountText(open, PASSWD));
    files.put("etc/passwd-", new AccountText(open, PASSWD));
    files.put("etc/shadow", new AccountText(secret, lines(PASSWD, ":*:20454:0:99999:7:::", false)));
    files.put("etc/subgid", new AccountText(open, "demo:100000:65536\nntp:165536:65536\n"));
    files.put("etc/subuid", new AccountText(open, "demo:100000:65536\nntp:165536:65536\n"));
    return files;
  }

  // The names, with other fields behind them; a group's members stay its last field.
  private static String lines(String accounts, String fields, boolean withMembers) {
    List<String> lines = new ArrayList<>();
    accounts
        .lines()
        .forEach(
            line ->
                lines.add(
                    line.substring(0, line.indexOf(':'))
                        + fields
                        + (withMembers ? line.substring(line.lastIndexOf(':') + 1) : "")));
    return String.join("\n", lines) + "\n";
  }
}
