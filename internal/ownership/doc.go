// Package ownership is whose a service account in the cluster is, and how it becomes a Helm
// release's. It is the one place that writes to a cluster: Helm's ownership label and
// annotations, and nothing else of a service account is changed.
//
// A Look reads the service accounts of irsa.yaml while other things are done, and says which
// of them Helm would stop at; an Adoption gives those to Helm.
package ownership
