/** What Python sources import, and where an interpreter finds it in an image. */
package io.k8or.python;
