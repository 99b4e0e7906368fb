package io.k8or.packages;

/** The kind of a package database. */
public enum PackageFormat {
  /** Debian's and Ubuntu's. */
  DPKG("deb"),
  /** Alpine's and Wolfi's. */
  APK("apk"),
  /** Red Hat's and SUSE's. */
  RPM("rpm");

  private final String purlType;

  PackageFormat(String purlType) {
    this.purlType = purlType;
  }

  /** Returns the type in a package URL (purl specification), such as {@code deb}. */
  public String purlType() {
    return purlType;
  }
}
