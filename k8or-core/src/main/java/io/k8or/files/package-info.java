/** Transforms of plain paths: globs, and what they remove and keep. */
package io.k8or.files;
