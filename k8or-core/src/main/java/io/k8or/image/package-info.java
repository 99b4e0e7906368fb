/**
 * The image model of the OCI image specification: digests, descriptors, manifests, configurations.
 */
package io.k8or.image;
