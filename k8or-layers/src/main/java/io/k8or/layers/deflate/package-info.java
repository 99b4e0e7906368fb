/**
 * Deflate and gzip in Java alone (RFC 1951, RFC 1952): a decoder that knows where blocks begin, an
 * encoder whose bytes depend on nothing but its input, random access, and editing a compressed
 * stream without compressing it again.
 */
package io.k8or.layers.deflate;
