/** Layers as bytes: tar, deflate, storage formats, the merged file tree, and the rewriter. */
@org.jspecify.annotations.NullMarked
module io.k8or.layers {
  requires com.fasterxml.jackson.databind;
  requires com.github.luben.zstd_jni;
  requires transitive io.k8or.core;
  requires static transitive org.jspecify;
  requires org.tukaani.xz;

  exports io.k8or.layers;
  exports io.k8or.layers.compression;
  exports io.k8or.layers.deflate;
  exports io.k8or.layers.limits;
  exports io.k8or.layers.storage;
  exports io.k8or.layers.tar;
}
