package io.k8or.cli;

import io.k8or.content.Content;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.bpf.BpfProgram;
import java.nio.ByteOrder;
import java.util.Locale;

/** The forms in which {@code k8or profile} prints. */
enum ProfileFormat {
  /** A table for people. */
  TEXT(""),
  /** {@code linux.seccomp} of the OCI runtime specification. */
  OCI(".json"),
  /** For {@code docker run --security-opt seccomp=FILE}. */
  DOCKER(".json"),
  /** A resource of the Security Profiles Operator. */
  SPO(".yaml"),
  /** Names, one a line. */
  NAMES(".txt"),
  /** One object on all services. */
  JSON(""),
  /** A filter as seccomp(2) takes it. */
  BPF(".bpf");

  private final String suffix;

  ProfileFormat(String suffix) {
    this.suffix = suffix;
  }

  static ProfileFormat parse(String text) {
    for (ProfileFormat format : values()) {
      if (format.name().toLowerCase(Locale.ROOT).equals(text)) {
        return format;
      }
    }
    throw new UsageException(
        "--format " + text, "expected text, oci, docker, spo, names, json or bpf");
  }

  /** Says whether each service has a document of its own. */
  boolean isDocument() {
    return !suffix.isEmpty();
  }

  String fileName(String service) {
    return "seccomp-" + service + suffix;
  }

  Content print(SyscallProfile profile, String service) {
    return switch (this) {
      case OCI -> profile.toOciJson();
      case DOCKER -> profile.toDockerJson();
      case SPO -> profile.toSeccompProfile(service);
      case NAMES -> profile.toNames();
      case BPF -> BpfProgram.compile(profile).toContent(ByteOrder.LITTLE_ENDIAN);
      case TEXT, JSON -> throw new IllegalStateException("no document of one service: " + this);
    };
  }
}
