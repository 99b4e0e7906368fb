package io.k8or.packages.rpm;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.Adler32;

/**
 * rpm's ndb, the file {@code Packages.db} of SUSE: little-endian; a head of 32 bytes, slots of 16
 * bytes that say where each header is in blocks of 16 bytes, then the headers, each between a head
 * and a tail (rpm, lib/backend/ndb/rpmpkg.c). Immutable.
 */
public final class NdbHeaders implements RpmHeaders {
  private static final String WHAT = "rpm ndb database";
  private static final int HEAD = 0x506d7052; // "RpmP"
  private static final int SLOT = 0x746f6c53; // "Slot"
  private static final int BLOB = 0x53626c42; // "BlbS"
  private static final int BLOB_END = 0x45626c42; // "BlbE"
  private static final int PAGE = 4096;
  private static final int BLOCK = 16;

  private final ByteString file;
  private final Map<Integer, Place> places;
  private final Map<Integer, ByteString> blobs;

  private record Place(int offset, int length) {}

  private NdbHeaders(ByteString file, Map<Integer, Place> places, Map<Integer, ByteString> blobs) {
    this.file = file;
    this.places = places;
    this.blobs = blobs;
  }

  /**
   * Reads a database.
   *
   * @param where its path, for the error; the offset is added
   * @throws MalformedContentException if a mark is not where it should be, a header is beyond the
   *     file, there twice, or not of its checksum
   */
  public static NdbHeaders parse(ByteString file, String where) throws MalformedContentException {
    if (file.length() < PAGE || int32(file, 0) != HEAD) {
      throw wrong(where, 0, "expected \"RpmP\" and a page of slots");
    }
    if (int32(file, 4) != 0) {
      throw wrong(where, 4, "expected version 0, found " + int32(file, 4));
    }
    long slots = (int32(file, 12) & 0xffffffffL) * PAGE;
    if (slots < PAGE || slots > file.length()) {
      throw wrong(where, 12, "expected pages of slots, found " + int32(file, 12));
    }
    Map<Integer, Place> places = new TreeMap<>();
    Map<Integer, ByteString> blobs = new TreeMap<>();
    long budget = file.length(); // no two headers share a block
    for (int at = 2 * BLOCK; at < slots; at += BLOCK) {
      if (int32(file, at) != SLOT) {
        throw wrong(where, at, "expected \"Slot\"");
      }
      int number = int32(file, at + 4);
      if (number == 0) {
        continue;
      }
      long offset = (int32(file, at + 8) & 0xffffffffL) * BLOCK;
      long length = (int32(file, at + 12) & 0xffffffffL) * BLOCK;
      if (number < 0 || offset < slots || length < 2 * BLOCK || offset + length > file.length()) {
        throw wrong(where, at, "a slot of what is not in the file");
      }
      budget -= length;
      if (budget < 0) {
        throw wrong(where, at, "headers of more bytes than the file has");
      }
      Place place = new Place((int) offset, (int) length);
      if (places.put(number, place) != null) {
        throw wrong(where, at, "header " + number + " has two slots");
      }
      blobs.put(number, blob(file, where, number, place));
    }
    return new NdbHeaders(file, places, Collections.unmodifiableMap(blobs));
  }

  private static ByteString blob(ByteString file, String where, int number, Place place)
      throws MalformedContentException {
    int at = place.offset();
    long size = int32(file, at + 12) & 0xffffffffL;
    int tail = at + place.length() - 12;
    if (int32(file, at) != BLOB
        || int32(file, at + 4) != number
        || (size + BLOCK + 12 + BLOCK - 1) / BLOCK * BLOCK != place.length()
        || int32(file, tail + 8) != BLOB_END
        || int32(file, tail + 4) != (int) size) {
      throw wrong(where, at, "expected header " + number + " between its marks");
    }
    Adler32 sum = new Adler32();
    sum.update(file.substring(at, tail).toByteArray());
    if ((int) sum.getValue() != int32(file, tail)) {
      throw wrong(where, at, "header " + number + " is not of its checksum");
    }
    return file.substring(at + BLOCK, at + BLOCK + (int) size);
  }

  @Override
  public Map<Integer, ByteString> blobs() {
    return blobs;
  }

  @Override
  public ByteString without(Set<Integer> numbers) {
    Map<Integer, Place> kept = new LinkedHashMap<>(places);
    kept.keySet().removeAll(numbers);
    // As many slots as before: the file's head, which counts them, stays but for that.
    int slots = int32(file, 12) * PAGE;
    long size = slots;
    for (Place place : kept.values()) {
      size += place.length();
    }
    byte[] out = new byte[(int) size];
    file.substring(0, 2 * BLOCK).copyTo(out, 0);
    int slot = 2 * BLOCK;
    int offset = slots;
    for (Map.Entry<Integer, Place> entry : kept.entrySet()) {
      Place place = entry.getValue();
      little(out, slot, SLOT);
      little(out, slot + 4, entry.getKey());
      little(out, slot + 8, offset / BLOCK);
      little(out, slot + 12, place.length() / BLOCK);
      file.substring(place.offset(), place.offset() + place.length()).copyTo(out, offset);
      slot += BLOCK;
      offset += place.length();
    }
    for (; slot < slots; slot += BLOCK) {
      little(out, slot, SLOT);
    }
    // Readers take another generation for a sign to read again.
    little(out, 8, int32(file, 8) + 1);
    return ByteString.copyOf(out);
  }

  @Override
  public ByteString with(Map<Integer, ByteString> changed) {
    RpmHeaders.requireFit(blobs, changed);
    byte[] out = file.toByteArray();
    changed.forEach(
        (number, blob) -> {
          Place place = Objects.requireNonNull(places.get(number));
          int tail = place.offset() + place.length() - 12;
          blob.copyTo(out, place.offset() + BLOCK);
          Adler32 sum = new Adler32();
          sum.update(out, place.offset(), tail - place.offset());
          little(out, tail, (int) sum.getValue());
        });
    return ByteString.copyOf(out);
  }

  private static int int32(ByteString bytes, int at) {
    return bytes.at(at)
        | (bytes.at(at + 1) << 8)
        | (bytes.at(at + 2) << 16)
        | (bytes.at(at + 3) << 24);
  }

  private static void little(byte[] out, int at, int value) {
    for (int i = 0; i < 4; i++) {
      out[at + i] = (byte) (value >>> (8 * i));
    }
  }

  private static MalformedContentException wrong(String where, int offset, String why) {
    return new MalformedContentException(WHAT, where + ", byte " + offset, why);
  }

  @Override
  public String toString() {
    return "ndb database of " + blobs.size() + " rpm headers";
  }
}
