/**
 * How a dynamic loader finds the objects of a program inside an image: search paths of the object,
 * the loader's cache and configuration, the default directories.
 */
package io.k8or.loader;
