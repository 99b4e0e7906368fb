package io.k8or.seccomp;

import java.util.Optional;

/** A processor architecture with system calls of its own. */
public enum Architecture {
  /** 64-bit x86. */
  X86_64("amd64", "x86_64", "SCMP_ARCH_X86_64"),
  /** 64-bit Arm. */
  AARCH64("arm64", "aarch64", "SCMP_ARCH_AARCH64");

  private final String goName;
  private final String kernelName;
  private final String seccompName;

  Architecture(String goName, String kernelName, String seccompName) {
    this.goName = goName;
    this.kernelName = kernelName;
    this.seccompName = seccompName;
  }

  /** Returns the architecture that an image's platform names, such as {@code amd64}. */
  public static Optional<Architecture> ofPlatform(String name) {
    for (Architecture architecture : values()) {
      if (architecture.goName.equals(name)) {
        return Optional.of(architecture);
      }
    }
    return Optional.empty();
  }

  /** Returns its name in an image's platform, such as {@code amd64}. */
  public String platformName() {
    return goName;
  }

  /** Returns its name in the kernel, such as {@code x86_64}. */
  public String kernelName() {
    return kernelName;
  }

  /** Returns its name in profiles, such as {@code SCMP_ARCH_X86_64}. */
  public String seccompName() {
    return seccompName;
  }
}
