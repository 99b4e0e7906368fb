/** The files of apk: the installed database, versions, dependencies, the archive of scripts. */
package io.k8or.packages.apk;
