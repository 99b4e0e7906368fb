/** How a service is confined in Kubernetes: security context, volumes, resources, probes. */
package io.k8or.sandbox;
