package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import java.util.List;
import java.util.Objects;

/**
 * A package as a database of an image records it. Immutable.
 *
 * <p>Equality is identity: a database gives the same instance each time, and two databases never
 * share one.
 */
public final class InstalledPackage {
  private final PackageFormat format;
  private final String id;
  private final String name;
  private final String version;
  private final String architecture;
  private final String sourceName;
  private final String sourceVersion;
  private final String maintainer;
  private final String license;
  private final String homepage;
  private final List<Dependency> dependencies;
  private final List<Capability> provides;
  private final List<ImagePath> files;
  private final List<ImagePath> conffiles;
  private final boolean essential;
  private final boolean guarded;
  private final boolean automatic;
  private final boolean installed;
  private final String multiArch;

  private InstalledPackage(Builder builder) {
    this.format = builder.format;
    this.id = builder.id;
    this.name = builder.name;
    this.version = builder.version;
    this.architecture = builder.architecture;
    this.sourceName = builder.sourceName.isEmpty() ? builder.name : builder.sourceName;
    this.sourceVersion = builder.sourceVersion.isEmpty() ? builder.version : builder.sourceVersion;
    this.maintainer = builder.maintainer;
    this.license = builder.license;
    this.homepage = builder.homepage;
    this.dependencies = List.copyOf(builder.dependencies);
    this.provides = List.copyOf(builder.provides);
    this.files = List.copyOf(builder.files);
    this.conffiles = List.copyOf(builder.conffiles);
    this.essential = builder.essential;
    this.guarded = builder.guarded;
    this.automatic = builder.automatic;
    this.installed = builder.installed;
    this.multiArch = builder.multiArch;
  }

  /** Returns the format of its database. */
  public PackageFormat format() {
    return format;
  }

  /**
   * Returns its name within its database, where it is unique: the name alone, or with an
   * architecture or a version where several packages have the name.
   */
  public String id() {
    return id;
  }

  /** Returns the name. */
  public String name() {
    return name;
  }

  /** Returns the version, with the epoch and the revision or release. */
  public String version() {
    return version;
  }

  /** Returns the architecture in the format's words; empty where there is none. */
  public String architecture() {
    return architecture;
  }

  /** Returns the name of the source package; the package's own where none is recorded. */
  public String sourceName() {
    return sourceName;
  }

  /** Returns the version of the source package; the package's own where none is recorded. */
  public String sourceVersion() {
    return sourceVersion;
  }

  /** Returns the maintainer or vendor; empty where none is recorded. */
  public String maintainer() {
    return maintainer;
  }

  /** Returns the licence as the database has it; empty where it has none. */
  public String license() {
    return license;
  }

  /** Returns the project's address; empty where none is recorded. */
  public String homepage() {
    return homepage;
  }

  /** Returns what it needs, in the database's order. */
  public List<Dependency> dependencies() {
    return dependencies;
  }

  /** Returns what it stands for beside its own name, in the database's order. */
  public List<Capability> provides() {
    return provides;
  }

  /**
   * Returns the paths that it lists, directories among them, as the database writes them: symbolic
   * links on the way are not followed, diversions not applied. See {@link PackageDatabase#paths}.
   */
  public List<ImagePath> files() {
    return files;
  }

  /** Returns the paths of its configuration files, as the database writes them. */
  public List<ImagePath> conffiles() {
    return conffiles;
  }

  /** Says whether others may use it without saying so (dpkg's {@code Essential}). */
  public boolean isEssential() {
    return essential;
  }

  /** Says whether it should not be removed by chance (dpkg's {@code Protected}). */
  public boolean isProtected() {
    return guarded;
  }

  /** Says whether it was installed only because another package needs it, as far as is recorded. */
  public boolean isAutomatic() {
    return automatic;
  }

  /** Says whether its files are there; otherwise the database has only what it left behind. */
  public boolean isInstalled() {
    return installed;
  }

  String multiArch() {
    return multiArch;
  }

  /** Returns id and version. */
  @Override
  public String toString() {
    return id + " " + version;
  }

  /** Collects what there is to say of a package. */
  static final class Builder {
    private final PackageFormat format;
    private final String name;
    private String id;
    String version = "";
    String architecture = "";
    String sourceName = "";
    String sourceVersion = "";
    String maintainer = "";
    String license = "";
    String homepage = "";
    List<Dependency> dependencies = List.of();
    List<Capability> provides = List.of();
    List<ImagePath> files = List.of();
    List<ImagePath> conffiles = List.of();
    boolean essential;
    boolean guarded;
    boolean automatic;
    boolean installed = true;
    String multiArch = "";

    Builder(PackageFormat format, String name) {
      this.format = Objects.requireNonNull(format);
      this.name = Objects.requireNonNull(name);
      this.id = name;
    }

    void id(String newId) {
      this.id = newId;
    }

    InstalledPackage build() {
      return new InstalledPackage(this);
    }
  }
}
