/** The files of rpm: headers, versions, and the databases that hold the headers. */
package io.k8or.packages.rpm;
