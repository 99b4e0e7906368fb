/** Accounts: the files that hold them, who needs them, and which are added for a service. */
package io.k8or.users;
