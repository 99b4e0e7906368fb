/** The image that the demonstration works on, built in code. */
package io.k8or.cli.sample;
