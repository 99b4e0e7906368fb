package io.k8or.elf;

import java.util.List;

/**
 * A function, or a part of one, with handlers of exceptions or code that cleans up after them.
 *
 * @param range its code
 * @param table the address of its table
 * @param handlers the addresses where an exception that is raised in a call may go on; they may lie
 *     in another part of the function
 */
public record HandledFrame(AddressRange range, long table, List<Long> handlers) {
  /** Copies the list. */
  public HandledFrame {
    handlers = List.copyOf(handlers);
  }
}
