/** What programs and libraries carry for debuggers and linkers, taken out of them. */
package io.k8or.strip;
