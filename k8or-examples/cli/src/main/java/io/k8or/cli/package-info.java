/** The command line. */
@NullMarked
package io.k8or.cli;

import org.jspecify.annotations.NullMarked;
