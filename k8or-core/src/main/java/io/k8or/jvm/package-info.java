/**
 * Java in an image: the modules, jars and classes that its services can use, and edits that take
 * out the rest.
 */
package io.k8or.jvm;
