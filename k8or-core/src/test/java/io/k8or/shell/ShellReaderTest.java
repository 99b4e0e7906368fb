package io.k8or.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShellReaderTest {
  private final FileTree.Editor tree = FileTree.builder();

  ShellReaderTest() {
    for (String program :
        List.of("sh", "cat", "find", "sort", "env", "nginx", "redis-server", "gosu", "id", "sed")) {
      file("/usr/bin/" + program, "\177ELF", 0755);
    }
  }

  private void file(String path, String text, int mode) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(mode), Content.of(ByteString.utf8(text))));
  }

  private ScriptUse read(String script, String... arguments) throws IOException {
    file("/entry.sh", script, 0755);
    return ShellReader.of(tree.build(), List.of("PATH=/usr/bin", "MODE=fast"))
        .read(ImagePath.of("/entry.sh"), List.of(arguments));
  }

  private List<String> commands(String script, String... arguments) throws IOException {
    return read(script, arguments).runs().stream()
        .map(run -> ScriptUse.readable(String.join(" ", run.words())))
        .toList();
  }

  @Test
  void read_entrypointThatExecsItsArguments_findsThemAndWhatItSets() throws Exception {
    String script =
        """
        #!/bin/sh
        set -e
        # first arg is `-f` or `--some-option`
        if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
          set -- redis-server "$@"
        fi
        if [ "$1" = 'redis-server' -a "$(id -u)" = '0' ]; then
          find . \\! -user redis -exec chown redis '{}' +
          exec gosu redis "$0" "$@"
        fi
        exec "$@"
        """;
    assertThat(commands(script, "redis-server", "/etc/redis.conf"))
        .contains(
            "id -u",
            "redis-server /etc/redis.conf",
            "gosu redis /entry.sh redis-server" + " /etc/redis.conf");
    assertThat(read(script, "redis-server").unknown()).isEmpty();
  }

  @Test
  void read_directoryOfScripts_runsAndSourcesWhatIsThere() throws Exception {
    file("/docker-entrypoint.d/10-a.sh", "#!/bin/sh\n", 0755);
    file("/docker-entrypoint.d/20-b.envsh", "nginx -t\n", 0755);
    ScriptUse use =
        read(
            """
            if /usr/bin/find "/docker-entrypoint.d/" -mindepth 1 -type f -print -quit | read v; then
              find "/docker-entrypoint.d/" -follow -type f -print | sort -V | while read -r f; do
                case "$f" in
                  *.envsh) if [ -x "$f" ]; then . "$f"; fi ;;
                  *.sh) "$f" ;;
                  *) echo >&3 "Ignoring $f";;
                esac
              done
            fi
            """);
    assertThat(use.sources())
        .extracting(ImagePath::toString)
        .containsExactly("/docker-entrypoint.d/10-a.sh", "/docker-entrypoint.d/20-b.envsh");
    assertThat(use.programs())
        .extracting(ImagePath::toString)
        .containsExactlyInAnyOrder(
            "/usr/bin/find",
            "/usr/bin/sort",
            "/usr/bin/nginx",
            "/docker-entrypoint.d/10-a.sh",
            "/docker-entrypoint.d/20-b.envsh");
    assertThat(use.unknown()).isEmpty();
  }

  @Test
  void read_variables_haveAllTheirValues() throws Exception {
    assertThat(
            commands(
                """
            BIN=/usr/bin
            server=${SERVER:-$BIN/nginx}
            [ "$MODE" = fast ] && server="$BIN"/redis-server
            exec $server -c "/etc/$MODE.conf"
            """))
        .containsExactly(
            "/usr/bin/nginx -c /etc/fast.conf", "/usr/bin/redis-server -c /etc/fast.conf");
  }

  @Test
  void read_quotesHereDocumentsAndComments_areNoCommands() throws Exception {
    assertThat(
            commands(
                """
            cat <<'EOF' > /tmp/out # comment; nginx
            nginx $(id)
            EOF
            cat <<-EOF
            \tnginx $(id -g)
            \tEOF
            echo 'nginx; id' "id $(sed -n p)" \\
               `find /etc`
            case x in (a|b) env FOO=1 nginx ;; esac; [[ $x =~ ^(id|sed)$ ]] && ((x > 1))
            """))
        .containsExactly(
            "cat", "id -g", "cat", "sed -n p", "find /etc", "env FOO=1 nginx", "nginx");
  }

  @Test
  void read_functionsArraysAndEval_areFollowed() throws Exception {
    ScriptUse use =
        read(
            """
            run() { local what="$1"; shift; "$what" "$@"; }
            args=(-g 'daemon off;')
            args+=(-q)
            function go { run nginx "${args[@]}"; }
            go
            eval "id -n"
            trap 'sed -i x' EXIT
            eval "$(env)"
            mkdir -p /var/lib/x; echo 1 > /run/y
            """);
    assertThat(use.runs())
        .extracting(ScriptUse.Run::toString)
        .contains("line 1: nginx -g daemon off; -q", "line 1: id -n", "line 1: sed -i x");
    assertThat(use.unknown())
        .extracting(ScriptUse.Unknown::toString)
        .containsExactly("line 8: unknown-eval: ?");
    assertThat(use.writes())
        .extracting(ImagePath::toString)
        .containsExactly("/run/y", "/var/lib/x");
  }

  @Test
  void read_malformedScript_saysSo() throws Exception {
    assertThat(read("if true; then nginx\n").unknown())
        .extracting(ScriptUse.Unknown::toString)
        .containsExactly(
            "line 1: malformed-script: shell script: /entry.sh: line 2: expected fi, found the"
                + " end");
  }

  @Test
  void words_ofCommandLine_loseTheirQuotes() throws Exception {
    assertThat(ShellReader.of(tree.build(), List.of()).words("nginx -g 'daemon off;' \"a b\"c"))
        .containsExactly("nginx", "-g", "daemon off;", "a bc");
  }
}
