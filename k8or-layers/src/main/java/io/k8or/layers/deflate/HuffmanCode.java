package io.k8or.layers.deflate;

import java.util.Arrays;

/** A Huffman code of limited length for counted symbols (RFC 1951, 3.2.2). */
final class HuffmanCode {
  private final int limit;
  private final long[] keys;
  private final int[] weight;
  private final int[] parent;
  private final int[] perLength = new int[64];

  /** How often each symbol occurs; the user counts, and {@link #build} reads. */
  final int[] counts;

  /** The bits of each symbol's code, 0 where it has none. */
  final byte[] lengths;

  /** Each symbol's code, first bit lowest. */
  final short[] codes;

  HuffmanCode(int symbols, int limit) {
    this.limit = limit;
    this.counts = new int[symbols];
    this.lengths = new byte[symbols];
    this.codes = new short[symbols];
    this.keys = new long[symbols];
    this.weight = new int[2 * symbols];
    this.parent = new int[2 * symbols];
  }

  /** Makes the code. It is complete: symbols that do not occur fill it up to two. */
  void build() {
    Arrays.fill(lengths, (byte) 0);
    int used = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        keys[used++] = (long) counts[i] << 16 | i;
      }
    }
    for (int i = 0; used < 2; i++) {
      if (counts[i] == 0) {
        keys[used++] = 1L << 16 | i;
      }
    }
    Arrays.sort(keys, 0, used);
    count(used);
    shorten();
    // The rarest symbols take the longest codes.
    int at = 0;
    for (int length = limit; length > 0; length--) {
      for (int i = 0; i < perLength[length]; i++) {
        lengths[(int) keys[at++] & 0xffff] = (byte) length;
      }
    }
    assign();
  }

  // Huffman's algorithm with two queues: leaves by weight, and inner nodes, which come by weight.
  private void count(int used) {
    for (int i = 0; i < used; i++) {
      weight[i] = (int) (keys[i] >>> 16);
    }
    int leaf = 0;
    int inner = used;
    int nodes = 2 * used - 1;
    for (int node = used; node < nodes; node++) {
      int sum = 0;
      for (int child = 0; child < 2; child++) {
        boolean takeLeaf = leaf < used && (inner >= node || weight[leaf] <= weight[inner]);
        int taken = takeLeaf ? leaf++ : inner++;
        parent[taken] = node;
        sum += weight[taken];
      }
      weight[node] = sum;
    }
    Arrays.fill(perLength, 0);
    // From here on "weight" holds depths; a parent comes after its children.
    weight[nodes - 1] = 0;
    for (int node = nodes - 2; node >= 0; node--) {
      weight[node] = weight[parent[node]] + 1;
      if (node < used) {
        perLength[weight[node]]++;
      }
    }
  }

  // Codes that are too long get the limit; then the sum of 2^-length must come back to one.
  private void shorten() {
    for (int length = limit + 1; length < perLength.length; length++) {
      perLength[limit] += perLength[length];
      perLength[length] = 0;
    }
    int sum = 0;
    for (int length = 1; length <= limit; length++) {
      sum += perLength[length] << (limit - length);
    }
    while (sum > 1 << limit) {
      int length = limit - 1;
      while (perLength[length] == 0) {
        length--;
      }
      // One code becomes a bit longer and shares its place with one of those at the limit.
      perLength[length]--;
      perLength[length + 1] += 2;
      perLength[limit]--;
      sum--;
    }
  }

  private void assign() {
    int[] next = new int[limit + 2];
    int code = 0;
    for (int length = 1; length <= limit; length++) {
      code = (code + (length == 1 ? 0 : perLength[length - 1])) << 1;
      next[length] = code;
    }
    for (int i = 0; i < lengths.length; i++) {
      int length = lengths[i];
      if (length != 0) {
        codes[i] = (short) (Integer.reverse(next[length]++) >>> (32 - length));
      }
    }
  }
}
