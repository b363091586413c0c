// Package judge holds pkg/trust against another simulator of IAM's policies,
// @cloud-copilot/iam-simulate from npm: random trust policies and requests must come out
// alike, part by part. The local AWS decides trust with pkg/trust itself, so no test against
// it finds an error there. Where the two are known to differ, the table in
// differences_test.go says why ours is right, with an example that fails once they no
// longer do. `make check-trust` installs the simulator into HELM_IRSA_CACHE and runs it in
// node; it is linked into nothing.
package judge
