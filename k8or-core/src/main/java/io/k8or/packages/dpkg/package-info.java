/** The files of dpkg: control stanzas, versions, relations, diversions, alternatives. */
package io.k8or.packages.dpkg;
