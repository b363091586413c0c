// Package kube reads a cluster: service accounts, the pods that run as them, the
// workloads above those, and what of the cluster decides over their identity. It changes
// nothing; the one thing that it creates is a token.
//
// It takes its settings as Helm and kubectl do. What may not be read is no error but
// Unread, which names the permission that is missing; a cluster that cannot be asked at
// all is a *ConnectError. What is in secrets is never read: of those of Helm, the labels are.
package kube
