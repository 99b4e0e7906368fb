/** What an edit of an image did: trees compared, sums that add up, a report to read. */
package io.k8or.report;
