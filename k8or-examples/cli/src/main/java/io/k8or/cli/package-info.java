/** The command line. */
package io.k8or.cli;
