/**
 * The file tree of an image: paths as raw bytes, nodes, links, and symbolic links that stay inside.
 */
package io.k8or.filesystem;
