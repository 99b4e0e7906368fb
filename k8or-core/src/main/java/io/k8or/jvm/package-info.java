/** Java runtimes and applications of an image: what of them a service can use, and the rest out. */
package io.k8or.jvm;
