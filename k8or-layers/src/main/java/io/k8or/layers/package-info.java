/** An image's layers as one file tree, and their rewriting. */
package io.k8or.layers;
