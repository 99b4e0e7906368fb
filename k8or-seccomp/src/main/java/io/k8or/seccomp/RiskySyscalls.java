package io.k8or.seccomp;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * System calls that few services need and that break-outs used, each with what it was good for.
 * That one is gone from a profile means that its code in the kernel cannot be reached.
 */
public final class RiskySyscalls {
  private static final SortedMap<String, String> REASONS = reasons();

  private RiskySyscalls() {}

  private static SortedMap<String, String> reasons() {
    SortedMap<String, String> reasons = new TreeMap<>();
    for (String name : new String[] {"add_key", "keyctl", "request_key"}) {
      reasons.put(name, "keyrings: CVE-2016-0728");
    }
    reasons.put("bpf", "programs in the kernel: CVE-2020-8835, CVE-2021-3490");
    for (String name : new String[] {"io_uring_enter", "io_uring_register", "io_uring_setup"}) {
      reasons.put(name, "io_uring: CVE-2021-41073, CVE-2022-29582");
    }
    for (String name : new String[] {"fsconfig", "fsmount", "fsopen", "move_mount", "open_tree"}) {
      reasons.put(name, "file systems: CVE-2022-0185");
    }
    for (String name : new String[] {"mount", "pivot_root", "setns", "umount2", "unshare"}) {
      reasons.put(name, "name spaces, which open more of the kernel");
    }
    for (String name : new String[] {"delete_module", "finit_module", "init_module"}) {
      reasons.put(name, "modules of the kernel");
    }
    for (String name : new String[] {"kexec_file_load", "kexec_load"}) {
      reasons.put(name, "another kernel");
    }
    for (String name : new String[] {"pidfd_getfd", "process_vm_readv", "process_vm_writev"}) {
      reasons.put(name, "what other processes hold");
    }
    reasons.put("kcmp", "addresses of the kernel, compared");
    reasons.put("modify_ldt", "segments: CVE-2015-5157");
    reasons.put("move_pages", "CVE-2010-0415");
    reasons.put("open_by_handle_at", "files outside the container, without a path to them");
    reasons.put("perf_event_open", "CVE-2013-2094");
    reasons.put("personality", "addresses without randomness");
    reasons.put("ptrace", "other processes: CVE-2019-13272");
    reasons.put("splice", "CVE-2022-0847");
    reasons.put("userfaultfd", "races that can be won at leisure");
    reasons.put("vmsplice", "CVE-2008-0600");
    reasons.put("waitid", "CVE-2017-5123");
    return Collections.unmodifiableSortedMap(reasons);
  }

  /** Returns the calls, each with what it was good for. */
  public static SortedMap<String, String> reasons(Architecture architecture) {
    SortedMap<String, String> known = new TreeMap<>(REASONS);
    known.keySet().retainAll(SyscallTable.of(architecture).names());
    return Collections.unmodifiableSortedMap(known);
  }

  /** Returns those that a profile does not allow. */
  public static SortedSet<String> gone(SyscallProfile profile) {
    SortedSet<String> gone = new TreeSet<>(reasons(profile.architecture()).keySet());
    gone.removeAll(profile.allowed());
    return Collections.unmodifiableSortedSet(gone);
  }

  /** Returns those that a profile allows. */
  public static SortedSet<String> left(SyscallProfile profile) {
    SortedSet<String> left = new TreeSet<>(reasons(profile.architecture()).keySet());
    left.retainAll(profile.allowed());
    return Collections.unmodifiableSortedSet(left);
  }
}
