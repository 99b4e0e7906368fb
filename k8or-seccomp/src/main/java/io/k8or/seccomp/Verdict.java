package io.k8or.seccomp;

import java.util.Objects;

/**
 * What the kernel does with a system call: an action of seccomp(2), and the number that goes with
 * it.
 *
 * @param action the action
 * @param data the error number of {@link Action#ERRNO} or the message of {@link Action#TRACE}; else
 *     0
 */
public record Verdict(Action action, int data) {
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;

  /** The call is made. */
  public static final Verdict ALLOW = new Verdict(Action.ALLOW, 0);

  /** The process is killed with SIGSYS. */
  public static final Verdict KILL_PROCESS = new Verdict(Action.KILL_PROCESS, 0);

  /** The call is made, and the kernel logs it. */
  public static final Verdict LOG = new Verdict(Action.LOG, 0);

  /** The call fails with EPERM. */
  public static final Verdict NOT_PERMITTED = new Verdict(Action.ERRNO, EPERM);

  /** The call fails with ENOSYS, as if the kernel did not have it. */
  public static final Verdict NO_SUCH_CALL = new Verdict(Action.ERRNO, ENOSYS);

  /**
   * Makes a verdict.
   *
   * @throws IllegalArgumentException if the number does not fit into 16 bits, or belongs to an
   *     action that has none
   */
  public Verdict {
    Objects.requireNonNull(action);
    if (data < 0 || data > 0xffff || (data != 0 && !action.hasData)) {
      throw new IllegalArgumentException("not a number of " + action + ": " + data);
    }
  }

  /** The actions, the strictest first. */
  public enum Action {
    /** The process is killed with SIGSYS. */
    KILL_PROCESS(0x80000000, false),
    /** The thread is killed with SIGSYS. */
    KILL_THREAD(0, false),
    /** The process gets SIGSYS. */
    TRAP(0x30000, false),
    /** The call fails with an error number. */
    ERRNO(0x50000, true),
    /** Another process decides. */
    NOTIFY(0x7fc00000, false),
    /** A tracer is told. */
    TRACE(0x7ff00000, true),
    /** The call is made and logged. */
    LOG(0x7ffc0000, false),
    /** The call is made. */
    ALLOW(0x7fff0000, false);

    private final int returned;
    private final boolean hasData;

    Action(int returned, boolean hasData) {
      this.returned = returned;
      this.hasData = hasData;
    }

    /** Returns its name in profiles, such as {@code SCMP_ACT_ALLOW}. */
    public String seccompName() {
      return "SCMP_ACT_" + name();
    }
  }

  /** Returns the verdict that a call fails with an error number. */
  public static Verdict errno(int number) {
    return new Verdict(Action.ERRNO, number);
  }

  /** Says whether the call is made. */
  public boolean isAllowed() {
    return action == Action.ALLOW || action == Action.LOG;
  }

  /** Returns what a filter returns for it: {@code SECCOMP_RET_*} and the number. */
  public int filterValue() {
    return action.returned | data;
  }

  /** Returns the name of the action, with the number where there is one. */
  @Override
  public String toString() {
    return action.hasData ? action.seccompName() + "(" + data + ")" : action.seccompName();
  }
}
