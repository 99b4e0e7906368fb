/** Tests of deflate and gzip. */
package io.k8or.layers.deflate;
