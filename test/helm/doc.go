// Package helm holds the tests against the real Helm 3 and Helm 4: `make
// test-helm` builds both, and names them in HELM3 and HELM4. Each test has its
// own home and Helm folders, and no cluster.
package helm
