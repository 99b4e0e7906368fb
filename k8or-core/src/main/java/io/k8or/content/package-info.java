/** Bytes: immutable strings of them, suppliers of them, and the error for those that are wrong. */
package io.k8or.content;
