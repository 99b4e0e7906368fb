package io.k8or.layers;

import io.k8or.image.Digest;

/** What an encoder wrote: a blob, and what it is without compression. */
record EncodedLayer(
    Digest digest, long size, Digest diffId, long tarSize, long reusedBytes, long encodedBytes) {}
