// Package controlplane starts a real Kubernetes control plane on loopback, for
// end-to-end tests and for trying things out: etcd, kube-apiserver,
// kube-controller-manager, kube-scheduler, and kwok for nodes and pods that become Ready
// without running anything.
//
// Everything of a cluster lies in one folder and ends with the process that started it.
// A cluster has a certificate authority of its own, and its kubeconfigs name its own
// address, so nothing that is given one can reach another cluster: neither $KUBECONFIG
// nor ~/.kube is ever read.
//
// The programs are built by ../binaries/build.sh.
package controlplane
