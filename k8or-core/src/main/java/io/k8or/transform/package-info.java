/** Transforms, the edits that they plan, and the snapshot that they look at. */
package io.k8or.transform;
