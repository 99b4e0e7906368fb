/** The image that the demonstration works on, built in code. */
@NullMarked
package io.k8or.cli.sample;

import org.jspecify.annotations.NullMarked;
