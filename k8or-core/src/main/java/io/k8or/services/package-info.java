/** The services of an image: what they are, what files each can reach, and the rest removed. */
package io.k8or.services;
