/** Images on disk: OCI layouts, docker archives, root file systems; read and written. */
package io.k8or.layers.storage;
