/** What the tests of all modules share. */
package io.k8or.testing;
