package io.k8or.seccomp;

import java.util.Optional;

/** A processor architecture with system calls of its own. */
public enum Architecture {
  /** 64-bit x86. */
  X86_64("amd64", "x86_64", "SCMP_ARCH_X86_64", 0xc000003e),
  /** 64-bit Arm. */
  AARCH64("arm64", "aarch64", "SCMP_ARCH_AARCH64", 0xc00000b7);

  private final String goName;
  private final String kernelName;
  private final String seccompName;
  private final int auditNumber;

  Architecture(String goName, String kernelName, String seccompName, int auditNumber) {
    this.goName = goName;
    this.kernelName = kernelName;
    this.seccompName = seccompName;
    this.auditNumber = auditNumber;
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

  /** Returns its number in filters, {@code AUDIT_ARCH_*} of linux/audit.h. */
  public int auditNumber() {
    return auditNumber;
  }
}
