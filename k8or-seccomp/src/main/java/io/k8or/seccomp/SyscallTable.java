package io.k8or.seccomp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The system calls of one architecture, by number and by name, up to those of Linux 6.17
 * (src/main/scripts/syscall-tables.py). Immutable.
 */
public final class SyscallTable {
  private static final Map<Architecture, SyscallTable> TABLES = readAll();

  private final Architecture architecture;
  private final NavigableMap<Integer, String> byNumber;
  private final Map<String, Integer> byName;

  private SyscallTable(Architecture architecture, NavigableMap<Integer, String> byNumber) {
    this.architecture = architecture;
    this.byNumber = Collections.unmodifiableNavigableMap(byNumber);
    this.byName = new HashMap<>();
    byNumber.forEach((number, name) -> byName.put(name, number));
  }

  /** Returns the table of an architecture. */
  public static SyscallTable of(Architecture architecture) {
    return Objects.requireNonNull(TABLES.get(architecture));
  }

  private static Map<Architecture, SyscallTable> readAll() {
    Map<Architecture, SyscallTable> tables = new HashMap<>();
    for (Architecture architecture : Architecture.values()) {
      tables.put(architecture, read(architecture));
    }
    return tables;
  }

  private static SyscallTable read(Architecture architecture) {
    NavigableMap<Integer, String> numbers = new TreeMap<>();
    String resource = "syscalls-" + architecture.kernelName() + ".tsv";
    try (InputStream in =
            Objects.requireNonNull(SyscallTable.class.getResourceAsStream(resource), resource);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int tab = line.indexOf('\t');
        if (tab > 0 && !line.startsWith("#")) {
          numbers.put(Integer.parseInt(line.substring(0, tab)), line.substring(tab + 1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new SyscallTable(architecture, numbers);
  }

  /** Returns the architecture. */
  public Architecture architecture() {
    return architecture;
  }

  /** Returns the name of the call with the number. */
  public Optional<String> name(int number) {
    return Optional.ofNullable(byNumber.get(number));
  }

  /** Returns the number of the call with the name. */
  public OptionalInt number(String name) {
    Integer number = byName.get(name);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** Returns all calls by number, ascending. */
  public NavigableMap<Integer, String> calls() {
    return byNumber;
  }

  /** Returns all names, sorted. */
  public SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(byName.keySet()));
  }

  @Override
  public String toString() {
    return byNumber.size() + " system calls of " + architecture.kernelName();
  }
}
