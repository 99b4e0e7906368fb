/** What a caller allows input to cost. */
package io.k8or.layers.limits;
