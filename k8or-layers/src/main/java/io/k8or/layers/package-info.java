/**
 * Images in layers: the tree that the layers make, and the rewriter that gives an image with less
 * in it.
 *
 * <p>{@link io.k8or.layers.Layers#snapshot} reads an image for a transform; {@link
 * io.k8or.layers.LayerRewriter} writes what the transform's plan asks for.
 */
package io.k8or.layers;
