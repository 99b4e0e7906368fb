/** The session of the README beside, run. */
package io.k8or.jshell;
