/**
 * The command line jar against other people's tools: unpackers, engines, checkers of account files.
 *
 * <p>These tests run after {@code package}, as a user would run the jar, and carry the tag {@code
 * oracle}.
 */
package io.k8or.cli.oracle;
