/**
 * The tar format: entries with their places in the stream, header blocks made anew or patched.
 *
 * <p>Sources: POSIX.1-2017 {@code pax}, sections "ustar Interchange Format" and "pax Interchange
 * Format"; the GNU tar manual, appendix "Tar Internals"; {@code tar(5)} of libarchive. Where they
 * leave something open, entries are read as container engines read them, that is as Go's {@code
 * archive/tar} does.
 */
package io.k8or.layers.tar;
