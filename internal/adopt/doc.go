// Package adopt is the one place that writes to a cluster. It knows whose a service
// account is by the marks on it, what Helm would say of it, and how to give it to
// a Helm release: Helm's ownership label and annotations, and nothing else of it is
// changed.
package adopt
