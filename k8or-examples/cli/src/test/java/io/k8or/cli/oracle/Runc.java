package io.k8or.cli.oracle;

import io.k8or.testing.Tools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Containers under runc, without an engine. Their network is a loopback of their own. */
final class Runc {
  private static final String ASK =
      """
      umoci unpack --image "$1" bundle >&2
      jq --argjson args "$2" --arg probe "$3" '
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
         "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID"] as $caps
        | .process.terminal = false
        | .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
        | if $args == null then . else .process.args = $args end
        | if $probe == "" then . else .mounts += [{destination: "/probe", type: "bind",
            source: $probe, options: ["rbind", "ro"]}] end
        ' bundle/config.json > config.json
      mv config.json bundle/config.json
      shift 3
      state=$(mktemp -d /tmp/k8or-XXXXXX)
      id=$(basename "$state")
      trap 'runc --root "$state" delete -f "$id" > /dev/null 2>&1 || true; rm -rf "$state"' EXIT
      runc --root "$state" run --detach --bundle bundle "$id" > runc.log 2>&1 < /dev/null ||
        { cat runc.log >&2; exit 1; }
      for i in $(seq 120); do
        if runc --root "$state" exec "$id" "$@" > answer 2> why < /dev/null; then
          cat answer
          exit 0
        fi
        sleep 0.5
      done
      cat runc.log why >&2
      exit 1
      """;

  // As the kubelet would: a user that is not root has none of the added capabilities at hand.
  private static final String CONFINED =
      """
      umoci unpack --image "$1" bundle >&2
      for i in $(jq '.spec.template.spec.volumes | keys | .[]' "$2"); do
        mkdir -p "volumes/$i"
        chmod 777 "volumes/$i"
      done
      jq --slurpfile deployment "$2" --slurpfile seccomp "$3" --arg volumes "$PWD/volumes" '
        $deployment[0].spec.template.spec as $pod
        | $pod.containers[0] as $container
        | $container.securityContext as $context
        | .process.terminal = false
        | .process.user = {uid: $context.runAsUser, gid: $context.runAsGroup}
        | .process.noNewPrivileges = ($context.allowPrivilegeEscalation | not)
        | .process.capabilities = {bounding: [($context.capabilities.add // [])[] | "CAP_" + .],
            effective: [], permitted: [], inheritable: [], ambient: []}
        | .root.readonly = $context.readOnlyRootFilesystem
        | .mounts += [$container.volumeMounts | to_entries[] | {destination: .value.mountPath,
            type: "bind", source: ($volumes + "/\\(.key)"), options: ["rbind", "rw"]}]
        | .linux.sysctl = ([($pod.securityContext.sysctls // [])[] | {(.name): .value}] | add)
        | .linux.seccomp = $seccomp[0]
        ' bundle/config.json > config.json
      mv config.json bundle/config.json
      probe=$4
      shift 4
      state=$(mktemp -d /tmp/k8or-XXXXXX)
      id=$(basename "$state")
      trap 'runc --root "$state" delete -f "$id" > /dev/null 2>&1 || true; rm -rf "$state"' EXIT
      runc --root "$state" run --detach --bundle bundle "$id" > runc.log 2>&1 < /dev/null ||
        { cat runc.log >&2; exit 1; }
      pid=$(runc --root "$state" state "$id" | jq .pid)
      for i in $(seq 120); do
        if nsenter -t "$pid" -n "$probe/bin/busybox" "$@" > answer 2> why < /dev/null; then
          cat answer
          cat "/proc/$pid/status" > status
          exit 0
        fi
        sleep 0.5
      done
      cat runc.log why >&2
      exit 1
      """;

  private Runc() {}

  /**
   * Starts an image as a Deployment and a profile have it, each volume an empty directory, and asks
   * from outside in its network until the question's exit status is 0.
   *
   * @param question arguments of busybox
   * @return what the question printed; the process's status is in the file {@code status}
   */
  static String askConfined(
      Path work, String image, Path deployment, Path profile, Path probe, String... question) {
    List<Object> words = new ArrayList<>(List.of(image, deployment, profile, probe));
    words.addAll(List.of(question));
    return Shell.runPrivately(work, CONFINED, words.toArray());
  }

  /**
   * Unpacks an image with umoci, starts it, and asks inside until the question's exit status is 0.
   *
   * @param arguments a JSON array of what to start, or {@code null} for what the image says
   * @param question a bash script
   * @return what the question printed
   */
  static String ask(Path work, String image, String arguments, String question) {
    return Shell.runPrivately(work, ASK, image, arguments, "", "bash", "-c", question);
  }

  /**
   * As {@link #ask}, of an image without a shell: a {@link #probe} is mounted at {@code /probe}.
   *
   * @param question arguments of busybox
   */
  static String ask(Path work, String image, String arguments, Path probe, String... question) {
    List<Object> words = new ArrayList<>(List.of(image, arguments, probe, "/probe/bin/busybox"));
    words.addAll(List.of(question));
    return Shell.runPrivately(work, ASK, words.toArray());
  }

  /** Unpacks a busybox that needs no library, and returns the folder above its {@code bin}. */
  static Path probe(Scratch scratch) {
    Tools.require("tar");
    Path probe = scratch.directory("probe");
    Shell.run(probe, "tar -xzf \"$1\"", Tools.shared().resolve("data/busybox-musl-amd64.tar.gz"));
    return probe;
  }
}
