/** The compressions of layers: told by magic, checked against the media type. */
package io.k8or.layers.compression;
