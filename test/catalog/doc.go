// Package catalog holds the catalogue against what others know of IAM: two npm packages with
// the actions, resource types and condition keys of every service, and with the policies that
// AWS keeps; and against the charts that the entries speak of.
//
// make check-catalog installs the packages and runs it. IRSA_CHARTS names a folder of charts;
// those that are not there are skipped.
package catalog
