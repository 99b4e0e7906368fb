/**
 * What an image's package database says, what must stay, and how packages leave: one model over
 * dpkg, apk and rpm.
 *
 * <p>{@link io.k8or.packages.PackageDatabases} finds the databases of an image, {@link
 * io.k8or.packages.PackageClosure} says what a choice of packages needs, {@link
 * io.k8or.packages.PackagePruner} removes the others. The formats themselves are in the packages
 * below this one, which know nothing of the model.
 */
package io.k8or.packages;
