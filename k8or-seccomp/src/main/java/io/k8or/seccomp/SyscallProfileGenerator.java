package io.k8or.seccomp;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Makes a seccomp profile for each service of an image, from its programs alone: the calls that
 * they can make, those of the container's runtime, and a default that kills. It edits nothing; each
 * profile is an artifact {@code seccomp-NAME.json} in the flat form of the OCI specification.
 *
 * <p>The services are those named with {@link #withService}, or else the one that the image's
 * entrypoint and command start, called {@code main}. Immutable.
 */
public final class SyscallProfileGenerator implements Transform {
  private static final String NAME = "syscalls";

  /** Calls that steer the kernel, other processes or the host; no program is given them unseen. */
  private static final List<String> NEVER_BY_DEFAULT =
      List.of(
          ("_sysctl acct add_key afs_syscall bpf clock_adjtime clock_settime create_module"
                  + " delete_module epoll_ctl_old epoll_wait_old fanotify_init finit_module fsconfig"
                  + " fsmount fsopen fspick get_kernel_syms get_mempolicy getpmsg init_module"
                  + " io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load"
                  + " kexec_load keyctl listmount lookup_dcookie lsm_set_self_attr mbind migrate_pages"
                  + " modify_ldt mount mount_setattr move_mount move_pages name_to_handle_at"
                  + " nfsservctl open_by_handle_at open_tree open_tree_attr perf_event_open"
                  + " pidfd_getfd pivot_root process_vm_readv process_vm_writev ptrace putpmsg"
                  + " query_module quotactl quotactl_fd reboot request_key security set_mempolicy"
                  + " set_mempolicy_home_node setdomainname sethostname setns settimeofday statmount"
                  + " swapoff swapon sysfs syslog tuxcall umount2 unshare uselib userfaultfd ustat"
                  + " vhangup vserver")
              .split(" ", -1));

  private final Map<String, List<String>> services;
  private final ContainerRuntime runtime;
  private final boolean noNewPrivileges;
  private final OnUnresolved onUnresolved;
  private final UnknownPrograms unknownPrograms;

  private SyscallProfileGenerator(
      Map<String, List<String>> services,
      ContainerRuntime runtime,
      boolean noNewPrivileges,
      OnUnresolved onUnresolved,
      UnknownPrograms unknownPrograms) {
    this.services = Collections.unmodifiableMap(new LinkedHashMap<>(services));
    this.runtime = runtime;
    this.noNewPrivileges = noNewPrivileges;
    this.onUnresolved = onUnresolved;
    this.unknownPrograms = unknownPrograms;
  }

  /** What is done where the analysis could not tell all calls of a service. */
  public enum OnUnresolved {
    /** The profile allows the calls of {@link #fallback} too: the service goes on to work. */
    WIDEN,
    /** There is no profile for the service, only findings. */
    REFUSE
  }

  /**
   * Returns a generator of profiles that kill, for runc 1.2 without no_new_privs, widened where
   * something is unresolved.
   */
  public static SyscallProfileGenerator killing() {
    return new SyscallProfileGenerator(
        Map.of(), ContainerRuntime.RUNC_1_2, false, OnUnresolved.WIDEN, UnknownPrograms.REACHED);
  }

  /**
   * Returns this generator with a service more.
   *
   * @param name of lower-case letters, digits, dots and dashes: it becomes part of a file name
   * @param command its program and arguments
   * @throws IllegalArgumentException if the name has another form, or the command is empty
   */
  public SyscallProfileGenerator withService(String name, List<String> command) {
    if (!name.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
      throw new IllegalArgumentException("not a name of a service: " + name);
    }
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a service without a command: " + name);
    }
    Map<String, List<String>> more = new LinkedHashMap<>(services);
    more.put(name, List.copyOf(command));
    return new SyscallProfileGenerator(
        more, runtime, noNewPrivileges, onUnresolved, unknownPrograms);
  }

  /** Returns this generator for another runtime. */
  public SyscallProfileGenerator forRuntime(ContainerRuntime newRuntime, boolean newPrivilegesOff) {
    return new SyscallProfileGenerator(
        services, newRuntime, newPrivilegesOff, onUnresolved, unknownPrograms);
  }

  /** Returns this generator with another answer to what could not be told. */
  public SyscallProfileGenerator onUnresolved(OnUnresolved choice) {
    return new SyscallProfileGenerator(
        services, runtime, noNewPrivileges, Objects.requireNonNull(choice), unknownPrograms);
  }

  /** Returns this generator with another answer to programs whose names are not constant. */
  public SyscallProfileGenerator unknownPrograms(UnknownPrograms choice) {
    return new SyscallProfileGenerator(
        services, runtime, noNewPrivileges, onUnresolved, Objects.requireNonNull(choice));
  }

  /**
   * Returns the calls that a widened profile allows on top: all but those that steer the kernel,
   * other processes or the host, which a program gets only where it was seen to make them.
   */
  public static SortedSet<String> fallback(Architecture architecture) {
    SortedSet<String> names = new TreeSet<>(SyscallTable.of(architecture).names());
    names.removeAll(NEVER_BY_DEFAULT);
    return Collections.unmodifiableSortedSet(names);
  }

  /**
   * Returns the profile for what was found of a service; empty where something is unresolved and
   * that is refused.
   */
  public Optional<SyscallProfile> profile(ServiceSyscalls service) {
    SyscallProfile profile =
        SyscallProfile.killing(service.architecture(), service.syscalls())
            .allowing(runtime.syscalls(noNewPrivileges));
    if (!service.isOpen()) {
      return Optional.of(profile);
    }
    return onUnresolved == OnUnresolved.REFUSE
        ? Optional.empty()
        : Optional.of(profile.allowing(fallback(service.architecture())));
  }

  /**
   * Returns what is found of the services of an image, in order.
   *
   * @throws io.k8or.content.MalformedContentException if a program or library is not well-formed
   * @throws IOException if a file cannot be read
   */
  public List<ServiceSyscalls> analyze(ImageSnapshot image) throws IOException {
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(image).unknownPrograms(unknownPrograms);
    List<ServiceSyscalls> found = new ArrayList<>();
    for (Map.Entry<String, List<String>> service : servicesOf(image).entrySet()) {
      found.add(analyzer.analyze(service.getKey(), service.getValue(), image.config().env()));
    }
    return found;
  }

  private Map<String, List<String>> servicesOf(ImageSnapshot image) {
    if (!services.isEmpty()) {
      return services;
    }
    List<String> command = new ArrayList<>(image.config().entrypoint());
    command.addAll(image.config().cmd());
    return command.isEmpty() ? Map.of() : Map.of("main", command);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    List<Finding> findings = new ArrayList<>();
    List<Artifact> artifacts = new ArrayList<>();
    String platform = image.platform().architecture();
    if (Architecture.ofPlatform(platform).isEmpty()) {
      findings.add(
          Finding.of(
              new Reason(NAME, "architecture", "programs of " + platform + " are not read")));
      return EditPlan.of(List.of(), artifacts, findings);
    }
    if (servicesOf(image).isEmpty()) {
      findings.add(
          Finding.of(new Reason(NAME, "no-service", "the image has no entrypoint and no command")));
    }
    for (ServiceSyscalls service : analyze(image)) {
      for (ServiceSyscalls.Unresolved u : service.unresolved()) {
        Reason reason =
            new Reason(
                NAME,
                u.open() ? "unresolved" : "assumed",
                service.name()
                    + ": "
                    + (u.function().isEmpty() ? "" : "function " + u.function() + ": ")
                    + u.reason());
        findings.add(
            u.object().startsWith("/") && !u.object().contains("..")
                ? Finding.at(ImagePath.of(u.object()), reason)
                : Finding.of(reason));
      }
      Optional<SyscallProfile> profile = profile(service);
      if (profile.isEmpty()) {
        findings.add(
            Finding.of(
                new Reason(
                    NAME, "refused", service.name() + ": no profile, for calls may be missing")));
        continue;
      }
      if (service.isOpen()) {
        findings.add(
            Finding.of(
                new Reason(
                    NAME,
                    "widened",
                    service.name()
                        + ": "
                        + service.syscalls().size()
                        + " calls found, "
                        + profile.get().allowed().size()
                        + " allowed, for calls may be missing")));
      }
      artifacts.add(
          new Artifact(
              "seccomp-" + service.name() + ".json",
              "application/json",
              profile.get().toOciJson()));
    }
    return EditPlan.of(List.of(), artifacts, findings);
  }

  @Override
  public String toString() {
    return NAME
        + " "
        + (services.isEmpty() ? "of the entrypoint" : "of " + services.keySet())
        + " for "
        + runtime
        + (noNewPrivileges ? " with no_new_privs" : "")
        + ", unresolved: "
        + onUnresolved
        + ", unknown programs: "
        + unknownPrograms;
  }
}
