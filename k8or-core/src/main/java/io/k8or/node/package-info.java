/** What JavaScript modules for Node.js load, and where Node.js finds it in an image. */
package io.k8or.node;
