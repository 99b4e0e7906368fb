/**
 * The image model, the transforms, and what they know of accounts, packages and files.
 *
 * <p>The library does no I/O of its own accord: bytes come from {@link io.k8or.content.Content},
 * results go to the caller's {@link io.k8or.image.BlobSink}.
 */
@org.jspecify.annotations.NullMarked
module io.k8or.core {
  requires com.fasterxml.jackson.databind;
  requires org.objectweb.asm;
  requires static transitive org.jspecify;

  exports io.k8or.content;
  exports io.k8or.elf;
  exports io.k8or.files;
  exports io.k8or.filesystem;
  exports io.k8or.image;
  exports io.k8or.jvm;
  exports io.k8or.loader;
  exports io.k8or.node;
  exports io.k8or.packages;
  exports io.k8or.packages.apk;
  exports io.k8or.packages.dpkg;
  exports io.k8or.packages.rpm;
  exports io.k8or.python;
  exports io.k8or.report;
  exports io.k8or.sandbox;
  exports io.k8or.services;
  exports io.k8or.shell;
  exports io.k8or.strip;
  exports io.k8or.transform;
  exports io.k8or.users;
}
