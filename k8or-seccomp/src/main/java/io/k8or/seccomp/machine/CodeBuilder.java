package io.k8or.seccomp.machine;

import io.k8or.elf.AddressRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongPredicate;

/**
 * What is known of an object's code before it is decoded. Not for use after {@link #build}.
 *
 * @param <C> what it is decoded to
 */
public final class CodeBuilder<C extends MachineCode> {
  private final LongPredicate immediates;
  private final Function<CodeBuilder<C>, C> decoding;
  private final List<CodeBytes> parts = new ArrayList<>();
  private final Set<Long> known = new TreeSet<>();
  private final Set<Long> taken = new TreeSet<>();
  private final List<AddressRange> frames = new ArrayList<>();

  /**
   * Begins.
   *
   * @param immediates whether a number in an instruction may be an address of the object, which
   *     only programs at fixed addresses have
   * @param decoding reads all of it
   */
  public CodeBuilder(LongPredicate immediates, Function<CodeBuilder<C>, C> decoding) {
    this.immediates = immediates;
    this.decoding = decoding;
  }

  /** Adds executable bytes; a linkage table's stubs are functions each. */
  public CodeBuilder<C> bytes(long start, byte[] bytes, boolean linkage) {
    parts.add(new CodeBytes(start, bytes, linkage));
    return this;
  }

  /** Adds where a function is known to begin, and can be called by others. */
  public CodeBuilder<C> function(long start) {
    known.add(start);
    return this;
  }

  /** Adds an address that is taken somewhere in the data. */
  public CodeBuilder<C> taken(long address) {
    taken.add(address);
    return this;
  }

  /** Adds what unwinding tells: a function, or a part of one. */
  public CodeBuilder<C> frame(AddressRange frame) {
    frames.add(frame);
    return this;
  }

  /** Decodes all. Cost: some passes over the bytes. */
  public C build() {
    return decoding.apply(this);
  }

  /** Says whether a number in an instruction may be an address of the object. */
  public LongPredicate immediates() {
    return immediates;
  }

  /** Returns the executable bytes, in the order in which they were added. */
  public List<CodeBytes> parts() {
    return List.copyOf(parts);
  }

  /** Returns where functions are known to begin, ascending. */
  public Set<Long> known() {
    return new TreeSet<>(known);
  }

  /** Returns the addresses that data take, ascending. */
  public Set<Long> taken() {
    return new TreeSet<>(taken);
  }

  /** Returns what unwinding tells. */
  public Frames frames() {
    return new Frames(frames);
  }
}
