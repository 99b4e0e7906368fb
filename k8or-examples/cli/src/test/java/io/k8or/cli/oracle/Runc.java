package io.k8or.cli.oracle;

import java.nio.file.Path;

/** Containers under runc, without an engine. Their network is a loopback of their own. */
final class Runc {
  private static final String ASK =
      """
      umoci unpack --image "$1" bundle >&2
      jq --argjson args "$2" '
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
         "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID"] as $caps
        | .process.terminal = false
        | .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
        | if $args == null then . else .process.args = $args end
        ' bundle/config.json > config.json
      mv config.json bundle/config.json
      state=$(mktemp -d /tmp/k8or-XXXXXX)
      id=$(basename "$state")
      trap 'runc --root "$state" delete -f "$id" > /dev/null 2>&1 || true; rm -rf "$state"' EXIT
      runc --root "$state" run --detach --bundle bundle "$id" > runc.log 2>&1 < /dev/null ||
        { cat runc.log >&2; exit 1; }
      for i in $(seq 120); do
        if runc --root "$state" exec "$id" bash -c "$3" > answer 2> why < /dev/null; then
          cat answer
          exit 0
        fi
        sleep 0.5
      done
      cat runc.log why >&2
      exit 1
      """;

  private Runc() {}

  /**
   * Unpacks an image with umoci, starts it, and asks inside until the question's exit status is 0.
   *
   * @param arguments a JSON array of what to start, or {@code null} for what the image says
   * @param question a bash script
   * @return what the question printed
   */
  static String ask(Path work, String image, String arguments, String question) {
    return Shell.runPrivately(work, ASK, image, arguments, question);
  }
}
