package io.k8or.jvm;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.content.PatchedContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The file {@code lib/modules} of a Java runtime: classes and resources of all modules, found by a
 * perfect hash of their names (the JDK's {@code jimage.hpp}). For one thread.
 *
 * <p>In memory are the tables, about two megabytes of a whole JDK; the resources stay in the file.
 */
final class Jimage {
  private static final String WHAT = "jimage";
  private static final int MAGIC = 0xcafedada;
  private static final int VERSION = 1 << 16;
  private static final int HEADER = 28;
  private static final int MAX_TABLES = 256 << 20;
  private static final int MAX_RESOURCE = 256 << 20;
  private static final int WINDOW = 1 << 19;
  private static final int MULTIPLIER = 0x01000193;
  private static final int MAX_SEED = 1 << 20;

  // The kinds of a location's attributes.
  private static final int MODULE = 1;
  private static final int PARENT = 2;
  private static final int BASE = 3;
  private static final int EXTENSION = 4;
  private static final int OFFSET = 5;
  private static final int COMPRESSED = 6;
  private static final int UNCOMPRESSED = 7;

  private static final String MODULES = "modules";
  private static final String PACKAGES = "packages";

  /** Lists the modules for the class path, made when the JDK was built. */
  private static final String MAP = "/java.base/jdk/internal/module/SystemModulesMap.class";

  private static final String LISTS = "/java.base/jdk/internal/module/SystemModules$";

  private final Content content;
  private final String where;
  private final ByteOrder order;
  private final ByteBuffer strings;
  private final long base;
  private final List<Resource> resources;
  private final Map<String, Resource> byName = new HashMap<>();
  private byte[] window = new byte[0];
  private long windowAt;

  /**
   * A resource.
   *
   * @param name such as {@code /java.base/java/lang/String.class}
   * @param location where its attributes are in their table
   * @param parts the offsets in the strings of its name's parts: module, parent, base, extension
   * @param offset of its bytes, from the end of the tables on
   * @param stored the number of its bytes in the file
   * @param isCompressed whether they are compressed
   */
  record Resource(
      String name, int location, List<Long> parts, long offset, long stored, boolean isCompressed) {

    /** Returns the module; empty for one of the two directories at the root. */
    String module() {
      int slash = name.indexOf('/', 1);
      return slash < 0 ? "" : name.substring(1, slash);
    }

    /** Returns what comes after the module. */
    String path() {
      return name.substring(name.indexOf('/', 1) + 1);
    }

    /** Says whether its bytes are the locations of what is in it. */
    boolean isDirectory() {
      return module().isEmpty() || module().equals(MODULES);
    }
  }

  private Jimage(
      Content content,
      String where,
      ByteOrder order,
      ByteBuffer strings,
      long base,
      List<Resource> resources) {
    this.content = content;
    this.where = where;
    this.order = order;
    this.strings = strings;
    this.base = base;
    this.resources = resources;
    resources.forEach(resource -> byName.put(resource.name(), resource));
  }

  /** Says whether the content begins as such a file does. */
  static boolean isJimage(Content content) throws IOException {
    if (content.size() < HEADER) {
      return false;
    }
    ByteBuffer start = ByteBuffer.wrap(content.slice(0, 4).readAll(4));
    return start.getInt(0) == MAGIC || start.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == MAGIC;
  }

  /**
   * Opens the file: reads its tables.
   *
   * @throws MalformedContentException if it is none, is of another version, or has a table or a
   *     resource that does not lie inside it
   */
  static Jimage open(Content content, String where) throws IOException {
    if (!isJimage(content)) {
      throw wrong(where, "it does not begin with cafedada");
    }
    ByteBuffer header = ByteBuffer.wrap(content.slice(0, HEADER).readAll(HEADER));
    header.order(header.getInt(0) == MAGIC ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    if (header.getInt(4) != VERSION || header.getInt(8) != 0) {
      throw wrong(
          where,
          "expected version 1.0 without flags, found "
              + (header.getInt(4) >>> 16)
              + "."
              + (header.getInt(4) & 0xffff)
              + ", flags "
              + header.getInt(8));
    }
    long length = header.getInt(16) & 0xffffffffL;
    long locationsSize = header.getInt(20) & 0xffffffffL;
    long stringsSize = header.getInt(24) & 0xffffffffL;
    long index = 8 * length + locationsSize + stringsSize;
    if (index > MAX_TABLES || index > content.size() - HEADER) {
      throw wrong(where, "expected tables of " + index + " bytes, the file has " + content.size());
    }
    ByteBuffer tables = ByteBuffer.wrap(content.slice(HEADER, index).readAll(MAX_TABLES));
    tables.order(header.order());
    int locations = (int) (8 * length);
    ByteBuffer strings =
        tables.slice((int) (locations + locationsSize), (int) stringsSize).asReadOnlyBuffer();
    long base = HEADER + index;
    List<Resource> resources = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      long at = tables.getInt((int) (4 * length + 4L * i)) & 0xffffffffL;
      if (at >= locationsSize) {
        throw wrong(where, "location " + i + " lies outside the table");
      }
      long[] attributes = attributes(tables, locations + (int) at, where);
      boolean compressed = attributes[COMPRESSED] != 0;
      Resource resource =
          new Resource(
              name(strings, attributes, where),
              (int) at,
              List.of(
                  attributes[MODULE], attributes[PARENT], attributes[BASE], attributes[EXTENSION]),
              attributes[OFFSET],
              attributes[compressed ? COMPRESSED : UNCOMPRESSED],
              compressed);
      if (resource.offset() < 0
          || resource.stored() < 0
          || resource.offset() > content.size() - base - resource.stored()) {
        throw wrong(where, "the resource " + resource.name() + " lies outside the file");
      }
      if (resource.module().isEmpty()
          && !resource.name().equals("/" + MODULES)
          && !resource.name().equals("/" + PACKAGES)) {
        throw wrong(where, "a resource of no module: " + resource.name());
      }
      resources.add(resource);
    }
    resources.sort(Comparator.comparingLong(Resource::offset).thenComparing(Resource::name));
    return new Jimage(
        content, where, header.order(), strings, base, Collections.unmodifiableList(resources));
  }

  private static MalformedContentException wrong(String where, String why) {
    return new MalformedContentException(WHAT, where, why);
  }

  private static long[] attributes(ByteBuffer tables, int from, String where)
      throws MalformedContentException {
    long[] attributes = new long[8];
    int at = from;
    while (at < tables.limit()) {
      int kind = tables.get(at) >> 3 & 31;
      int size = (tables.get(at) & 7) + 1;
      at++;
      if (kind == 0) {
        return attributes;
      }
      if (kind > UNCOMPRESSED || at + size > tables.limit()) {
        throw wrong(where, "an attribute of kind " + kind);
      }
      long value = 0;
      for (int i = 0; i < size; i++) {
        value = value << 8 | (tables.get(at++) & 0xff);
      }
      attributes[kind] = value;
    }
    throw wrong(where, "a location does not end");
  }

  private static String name(ByteBuffer strings, long[] attributes, String where)
      throws MalformedContentException {
    String module = string(strings, attributes[MODULE], where);
    String parent = string(strings, attributes[PARENT], where);
    String extension = string(strings, attributes[EXTENSION], where);
    return (module.isEmpty() ? "" : "/" + module + "/")
        + (parent.isEmpty() ? "" : parent + "/")
        + string(strings, attributes[BASE], where)
        + (extension.isEmpty() ? "" : "." + extension);
  }

  private static String string(ByteBuffer strings, long at, String where)
      throws MalformedContentException {
    if (at < 0 || at >= strings.limit()) {
      throw wrong(where, "a string at " + at + " of " + strings.limit());
    }
    int to = (int) at;
    while (to < strings.limit() && strings.get(to) != 0) {
      to++;
    }
    byte[] bytes = new byte[to - (int) at];
    strings.get((int) at, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Returns the resources of the modules, in the order of their places. */
  List<Resource> resources() {
    return resources.stream()
        .filter(each -> !each.isDirectory() && !each.module().equals(PACKAGES))
        .toList();
  }

  /** Returns the names of the modules, in order. */
  Set<String> modules() {
    Set<String> modules = new TreeSet<>();
    for (Resource resource : resources) {
      if (resource.path().equals("module-info.class")) {
        modules.add(resource.module());
      }
    }
    return modules;
  }

  /**
   * Returns the bytes of a resource.
   *
   * @param name such as {@code /java.base/module-info.class}
   * @throws MalformedContentException if it is compressed
   */
  Optional<byte[]> read(String name) throws IOException {
    Resource resource = byName.get(name);
    if (resource == null) {
      return Optional.empty();
    }
    if (resource.isCompressed()) {
      throw wrong(where, "the resource " + name + " is compressed");
    }
    return Optional.of(bytes(resource));
  }

  /**
   * Returns the file with these modules alone. The lists of modules that the JDK's build made go:
   * the runtime then reads each module's own description when it starts.
   *
   * @throws MalformedContentException if the runtime has no such lists as are known, or resources
   *     are compressed
   */
  Content keeping(Set<String> modules) throws IOException {
    byte[] map =
        read(MAP)
            .orElseThrow(() -> wrong(where, "there is no " + MAP + ", as runtimes since 11 have"));
    byte[] emptyMap = SystemModulesMap.emptied(map, where);
    Table table = new Table();
    Map<Integer, Integer> kept = new HashMap<>(); // locations
    List<Kept> all = new ArrayList<>();
    for (Resource resource : resources) {
      if (resource.isCompressed()) {
        throw wrong(where, "the resource " + resource.name() + " is compressed");
      }
      Optional<byte[]> bytes = Optional.empty();
      if (resource.module().equals(PACKAGES) && resource.stored() > 0) {
        bytes = Optional.of(packages(resource, modules, table));
      } else if (resource.name().equals(MAP)) {
        bytes = Optional.of(emptyMap);
      }
      if (isKept(resource, modules, bytes)) {
        all.add(new Kept(resource, bytes));
        kept.put(resource.location(), -1);
      }
    }
    for (int i = 0; i < all.size(); i++) {
      Resource resource = all.get(i).resource();
      if (resource.isDirectory()) {
        // The right size; the numbers are not known yet.
        int children = children(resource, kept).size();
        all.set(i, new Kept(resource, Optional.of(new byte[4 * children])));
      }
    }
    return write(all, kept, table);
  }

  private boolean isKept(Resource resource, Set<String> modules, Optional<byte[]> bytes)
      throws MalformedContentException {
    String module = resource.module();
    if (module.isEmpty()) {
      return true;
    }
    if (module.equals(PACKAGES)) {
      // Of the directory of a package the links to its modules are parts.
      String last = resource.path().substring(resource.path().lastIndexOf('/') + 1);
      return bytes.isPresent() ? bytes.get().length > 0 : modules.contains(last);
    }
    if (module.equals(MODULES)) {
      int slash = resource.path().indexOf('/');
      return modules.contains(slash < 0 ? resource.path() : resource.path().substring(0, slash));
    }
    return modules.contains(module) && !resource.name().startsWith(LISTS);
  }

  private List<Integer> children(Resource directory, Map<Integer, Integer> kept)
      throws IOException {
    ByteBuffer locations = ByteBuffer.wrap(bytes(directory)).order(order);
    List<Integer> children = new ArrayList<>();
    while (locations.remaining() >= 4) {
      int at = locations.getInt();
      if (kept.containsKey(at)) {
        children.add(at);
      }
    }
    return children;
  }

  private byte[] bytes(Resource resource) throws IOException {
    long from = resource.offset();
    if (resource.stored() > WINDOW) {
      return content.slice(base + from, resource.stored()).readAll(MAX_RESOURCE);
    }
    // What is read here stands side by side: descriptions at the begin, directories at the end.
    if (from < windowAt || from + resource.stored() > windowAt + window.length) {
      windowAt = from;
      long size = Math.min(WINDOW, content.size() - base - from);
      window = content.slice(base + from, size).readAll(WINDOW);
    }
    int at = (int) (from - windowAt);
    return Arrays.copyOfRange(window, at, at + (int) resource.stored());
  }

  /** A resource of the new file, with its bytes where they are others. */
  private record Kept(Resource resource, Optional<byte[]> bytes) {
    long size() {
      return bytes.map(each -> (long) each.length).orElse(resource.stored());
    }
  }

  // Pairs of numbers: whether the package has no classes there, and where the module's name is.
  private byte[] packages(Resource resource, Set<String> modules, Table table) throws IOException {
    ByteBuffer from = ByteBuffer.wrap(bytes(resource)).order(order);
    ByteBuffer to = ByteBuffer.allocate(from.limit()).order(order);
    while (from.remaining() >= 8) {
      int empty = from.getInt();
      String module = string(strings, from.getInt() & 0xffffffffL, where);
      if (modules.contains(module)) {
        to.putInt(empty).putInt(table.add(module));
      }
    }
    return Arrays.copyOf(to.array(), to.position());
  }

  private Content write(List<Kept> kept, Map<Integer, Integer> moved, Table table)
      throws IOException {
    int count = kept.size();
    ByteBuffer locations = ByteBuffer.allocate(count * 64 + 8);
    int[] places = new int[count];
    locations.put((byte) 0);
    long offset = 0;
    for (int i = 0; i < count; i++) {
      Kept each = kept.get(i);
      long[] attributes = new long[8];
      for (int kind = MODULE; kind <= EXTENSION; kind++) {
        long old = each.resource().parts().get(kind - MODULE);
        attributes[kind] = table.add(string(strings, old, where));
      }
      attributes[OFFSET] = offset;
      attributes[UNCOMPRESSED] = each.size();
      offset += each.size();
      places[i] = locations.position();
      moved.put(each.resource().location(), places[i]);
      putAttributes(locations, attributes);
    }
    for (Kept each : kept) {
      if (each.resource().isDirectory()) {
        ByteBuffer children = ByteBuffer.wrap(each.bytes().orElseThrow()).order(order);
        for (int child : children(each.resource(), moved)) {
          children.putInt(moved.getOrDefault(child, 0));
        }
      }
    }
    List<byte[]> names = new ArrayList<>();
    kept.forEach(each -> names.add(each.resource().name().getBytes(StandardCharsets.UTF_8)));
    int[] redirect = new int[count];
    int[] slots = perfectHash(names, redirect, where);
    int[] offsets = new int[count];
    for (int i = 0; i < count; i++) {
      offsets[slots[i]] = places[i];
    }
    byte[] text = table.bytes();
    ByteBuffer index =
        ByteBuffer.allocate(HEADER + 8 * count + locations.position() + text.length).order(order);
    index.putInt(MAGIC).putInt(VERSION).putInt(0).putInt(count).putInt(count);
    index.putInt(locations.position()).putInt(text.length);
    for (int each : redirect) {
      index.putInt(each);
    }
    for (int each : offsets) {
      index.putInt(each);
    }
    index.put(locations.array(), 0, locations.position()).put(text);
    return joined(index.array(), kept);
  }

  private Content joined(byte[] index, List<Kept> kept) {
    List<PatchedContent.Part> parts = new ArrayList<>();
    byte[] before = index;
    long from = 0;
    long to = 0;
    for (Kept each : kept) {
      long at = base + each.resource().offset();
      if (each.bytes().isEmpty() && to == at && to > from) {
        to += each.size();
        continue;
      }
      if (to > from) {
        parts.add(new PatchedContent.Part(ByteString.copyOf(before), from, to - from));
        before = new byte[0];
      }
      if (each.bytes().isPresent()) {
        byte[] more = each.bytes().get();
        before = Arrays.copyOf(before, before.length + more.length);
        System.arraycopy(more, 0, before, before.length - more.length, more.length);
        from = at;
        to = at;
      } else {
        from = at;
        to = at + each.size();
      }
    }
    parts.add(new PatchedContent.Part(ByteString.copyOf(before), from, to - from));
    return new PatchedContent(content, parts);
  }

  private static void putAttributes(ByteBuffer to, long[] attributes) {
    for (int kind = 1; kind < attributes.length; kind++) {
      long value = attributes[kind];
      if (value != 0) {
        int size = (64 - Long.numberOfLeadingZeros(value) + 7) / 8;
        to.put((byte) (kind << 3 | (size - 1)));
        for (int i = size - 1; i >= 0; i--) {
          to.put((byte) (value >>> (8 * i)));
        }
      }
    }
    to.put((byte) 0);
  }

  static int hash(byte[] name, int seed) {
    int hash = seed;
    for (byte each : name) {
      hash = hash * MULTIPLIER ^ (each & 0xff);
    }
    return hash & 0x7fffffff;
  }

  /**
   * Finds the slot of each name. A name's hash leads to a word of {@code redirect}: a number below
   * zero is -1 less the slot, one above it the seed of a second hash, which leads to the slot.
   */
  private static int[] perfectHash(List<byte[]> names, int[] redirect, String where)
      throws MalformedContentException {
    int length = names.size();
    List<List<Integer>> buckets = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      buckets.add(new ArrayList<>(1));
    }
    for (int i = 0; i < length; i++) {
      buckets.get(hash(names.get(i), MULTIPLIER) % length).add(i);
    }
    List<Integer> bySize = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      bySize.add(i);
    }
    bySize.sort(Comparator.comparingInt((Integer i) -> -buckets.get(i).size()));
    boolean[] taken = new boolean[length];
    int[] slots = new int[length];
    int free = 0;
    for (int bucket : bySize) {
      List<Integer> members = buckets.get(bucket);
      if (members.size() == 1) {
        while (taken[free]) {
          free++;
        }
        taken[free] = true;
        slots[members.get(0)] = free;
        redirect[bucket] = -1 - free;
      } else if (members.size() > 1) {
        redirect[bucket] = seed(members, names, taken, slots, where);
      }
    }
    return slots;
  }

  // There may be none, as for two equal names.
  private static int seed(
      List<Integer> members, List<byte[]> names, boolean[] taken, int[] slots, String where)
      throws MalformedContentException {
    for (int seed = 1; seed < MAX_SEED; seed++) {
      int placed = 0;
      for (int member : members) {
        int slot = hash(names.get(member), seed) % taken.length;
        if (taken[slot]) {
          break;
        }
        taken[slot] = true;
        slots[member] = slot;
        placed++;
      }
      if (placed == members.size()) {
        return seed;
      }
      for (int i = 0; i < placed; i++) {
        taken[slots[members.get(i)]] = false;
      }
    }
    throw wrong(where, "no table is found for the names of " + names.size() + " resources");
  }

  /** Strings, each once; the empty one is at 0. */
  private static final class Table {
    private final Map<String, Integer> known = new HashMap<>();
    private byte[] bytes = new byte[1 << 16];
    private int size;

    Table() {
      add("");
    }

    int add(String text) {
      Integer at = known.get(text);
      if (at != null) {
        return at;
      }
      byte[] more = text.getBytes(StandardCharsets.UTF_8);
      if (size + more.length + 1 > bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * (bytes.length + more.length));
      }
      System.arraycopy(more, 0, bytes, size, more.length);
      known.put(text, size);
      size += more.length + 1;
      return size - more.length - 1;
    }

    byte[] bytes() {
      return Arrays.copyOf(bytes, size);
    }
  }

  @Override
  public String toString() {
    return WHAT + " " + where + ", " + resources.size() + " resources";
  }
}
