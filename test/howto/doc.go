// Package howto runs the how-tos in docs/ from a bare AWS account to a working release and
// back to nothing: with the built programs and Helm 3 (make test-aws) or Helm 4 (make
// test-helm), against the local AWS and a cluster that is only as much as Helm needs, and
// the half that is AWS against moto too, looked at with the AWS CLI.
package howto
