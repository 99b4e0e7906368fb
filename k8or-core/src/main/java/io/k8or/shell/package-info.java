/**
 * Shell scripts, read and not run: which commands they can run, and which files they name.
 *
 * <p>The grammar is that of POSIX (XCU, chapter 2, "Shell Command Language") with the common parts
 * of bash.
 */
package io.k8or.shell;
