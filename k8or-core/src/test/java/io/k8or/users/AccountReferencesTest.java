package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileTree;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccountReferencesTest {
  private static List<String> names(ImageSnapshot image) throws Exception {
    return AccountReferences.in(image, new ArrayList<>()).stream()
        .map(reference -> (reference.isGroup() ? "%" : "") + reference.name())
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/etc/nginx/nginx.conf          | user www-data;                      | www-data",
        "/etc/nginx/conf.d/a.conf       | user  nginx staff;                  | nginx %staff",
        "/etc/apache2/envvars           | export APACHE_RUN_USER=${U:=www}    | www",
        "/etc/apache2/apache2.conf      | Group web                           | %web",
        "/usr/local/apache2/conf/h.conf | User daemon                         | daemon",
        "/etc/php/8.2/fpm/pool.d/w.conf | listen.owner = www                  | www",
        "/etc/mysql/my.cnf              | user = mysql                        | mysql",
        "/etc/supervisor/conf.d/a.conf  | user=app                            | app",
        "/etc/supervisord.conf          | chown=app:web                       | app %web",
        "/etc/crontab                   | 17 * * * * ops cd / && run          | ops",
        "/etc/cron.d/php                | @daily www x                        | www",
        "/var/spool/cron/crontabs/backup| * * * * * x                         | backup",
        "/etc/sudoers                   | %admin ALL=(postgres) ALL           | %admin postgres",
        "/etc/sudoers.d/ops             | ops ALL=(ALL) NOPASSWD: ALL         | ops",
        "/etc/pam.d/su                  | auth required pam_wheel.so use_uid group=wheel | %wheel",
        "/etc/ssh/sshd_config           | AllowUsers git@host ops             | git ops",
        "/etc/ssh/sshd_config           | AllowGroups ssh-users               | %ssh-users",
        "/var/lib/dpkg/statoverride     | root crontab 2755 /usr/bin/crontab  | root %crontab",
        "/etc/default/redis             | DAEMON_USER=\"redis\"               | redis",
        "/etc/haproxy/haproxy.cfg       | user haproxy                        | haproxy",
        "/etc/dnsmasq.conf              | user=dns                            | dns",
        "/etc/postfix/main.cf           | setgid_group = postdrop             | %postdrop",
      })
  void in_configuration_findsItsNames(String path, String line, String expected) throws Exception {
    FileTree.Editor files = TestImages.text(FileTree.builder(), path, "# user no;\n" + line + "\n");
    assertThat(names(TestImages.image(files))).containsAll(List.of(expected.split(" ")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "exec gosu redis \"$0\" \"$@\"               | redis",
        "  exec su-exec app:web /app                 | app %web",
        "chown -R mysql:mysql /var/lib/mysql         | mysql %mysql",
        "chown --no-dereference redis: x             | redis",
        "chown -R \"${APP_USER:-app}\" /data         | app",
        "chgrp -R web /srv                           | %web",
        "find . ! -user redis -exec chown redis '{}' +| redis",
        "install -d -o pg -g pgroup -m 700 /x        | pg %pgroup",
        "exec setpriv --reuid=app --regid web cmd    | app %web",
        "su - postgres -c 'psql'                     | postgres",
        "su -s /bin/sh www -c 'php x'                | www",
        "exec runuser -u app -- /app                 | app",
        "start-stop-daemon --start --chuid d:e -x y  | d %e",
        "exec chpst -u web:www ./run                 | web",
        "exec s6-setuidgid abc /app                  | abc",
        "RUN_USER='svc'                              | svc",
        "sudo -u ops true                            | ops",
        "chroot --userspec=a:b / cmd                 | a %b",
        "chown \\\\n  app /x                          | app",
      })
  void in_entrypointScript_findsItsNames(String line, String expected) throws Exception {
    FileTree.Editor files =
        TestImages.text(
            FileTree.builder(),
            "/opt/run",
            "#!/bin/sh\nset -e\n" + line.replace("\\n", "\n") + "\n");
    ImageSnapshot image = TestImages.image(files, "/config/Entrypoint", "[\"/opt/run\"]");
    assertThat(names(image)).containsAll(List.of(expected.split(" ")));
  }

  @Test
  void in_scriptsThatScriptsName_areSearched() throws Exception {
    FileTree.Editor files = FileTree.builder();
    TestImages.text(files, "/usr/local/bin/start", "#!/bin/bash\n. /opt/lib/common.sh\nhelper\n");
    TestImages.text(files, "/opt/lib/common.sh", "source deep.sh\n");
    TestImages.text(files, "/opt/lib/deep.sh", "chown deep /x\n");
    TestImages.text(files, "/usr/bin/helper", "#!/usr/bin/env bash\nexec gosu helped x\n");
    TestImages.text(files, "/usr/bin/other", "#!/bin/sh\nexec gosu nobodys x\n");
    ImageSnapshot image = TestImages.image(files, "/config/Cmd", "[\"start\"]");
    assertThat(names(image)).contains("deep", "helped").doesNotContain("nobodys");
  }

  @Test
  void in_commandOfTheImage_isSearched() throws Exception {
    ImageSnapshot image =
        TestImages.image(
            FileTree.builder(), "/config/Cmd", "[\"sh\",\"-c\",\"exec su-exec app /x\"]");
    assertThat(names(image)).contains("app");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void in_systemdUnits_countOnlyWithSystemd(boolean installed) throws Exception {
    FileTree.Editor files = FileTree.builder();
    TestImages.text(files, "/usr/lib/systemd/system/a.service", "User=app\nGroup=web\n");
    TestImages.text(files, "/usr/lib/systemd/system/b.service", "SupplementaryGroups=tape disk\n");
    TestImages.text(files, "/usr/lib/sysusers.d/a.conf", "u games 5:60 - /usr/games\n");
    TestImages.text(files, "/usr/lib/tmpfiles.d/a.conf", "d /run/x 0755 mail lp -\n");
    if (installed) {
      TestImages.text(files, "/usr/lib/systemd/systemd", "");
    }
    List<String> names = names(TestImages.image(files));
    String[] expected = {"app", "%web", "%tape", "%disk", "games", "mail", "%lp"};
    if (installed) {
      assertThat(names).contains(expected);
    } else {
      assertThat(names).isEmpty();
    }
  }

  @Test
  void in_imageWithApt_needsItsUser() throws Exception {
    FileTree.Editor files = TestImages.text(FileTree.builder(), "/usr/bin/apt-get", "");
    assertThat(names(TestImages.image(files))).contains("_apt");
  }

  @Test
  void in_largeFile_isAFinding() throws Exception {
    FileTree.Editor files =
        TestImages.text(
            FileTree.builder(), "/etc/crontab", " ".repeat(AccountReferences.MAX_FILE_BYTES + 1));
    List<Finding> findings = new ArrayList<>();
    assertThat(AccountReferences.in(TestImages.image(files), findings)).isEmpty();
    assertThat(findings.get(0).toString())
        .isEqualTo(
            "/etc/crontab: users/not-searched: 1048577 bytes, more than are searched for names of"
                + " accounts");
  }

  @Test
  void in_hostileLine_takesLittleTime() throws Exception {
    String line = "su find -user su - sudo chown -a -b install id ".repeat(50);
    FileTree.Editor files =
        TestImages.text(FileTree.builder(), "/a.sh", ("#!/bin/sh\n" + line + "\n").repeat(20));
    long start = System.nanoTime();
    names(TestImages.image(files));
    assertThat((System.nanoTime() - start) / 1_000_000_000.0).isLessThan(20);
  }
}
