#!/bin/sh
# The demo on a real control plane: kube-apiserver with etcd, real tokens, a webhook of
# the EKS kind, and a local AWS that knows the cluster's keys. `make demo-cluster` starts
# the control plane and runs this in it: KUBECONFIG, CLUSTER_ISSUER and CLUSTER_JWKS say
# where it is, PODS is the program that lists what the pods become.
set -eu
: "${KUBECONFIG:?run make demo-cluster}" "${CLUSTER_ISSUER:?}" "${CLUSTER_JWKS:?}" "${PODS:?}"
. "$(dirname "$0")/demo-common.sh"
install_plugin

with_aws() {
	"$root/bin/helm-irsa" local-aws --state "$tmp/aws.json" --cluster "prod_cluster,issuer=$CLUSTER_ISSUER,keys=$CLUSTER_JWKS" -- "$@"
}
show() {
	heading "$*"
	shift 2 # helm irsa
	with_aws "$helm" irsa "$@"
}

heading "$file"
cat "$file"
show helm irsa upgrade --install epinio "$chart" --namespace epinio --create-namespace --wait --irsa-yes --irsa-file "$file"

heading "What each pod becomes, with its own token"
with_aws "$PODS" epinio
show helm irsa verify epinio --namespace epinio --live --irsa-file "$file"

heading "Another role for the server"
sed -e 's/name: epinio-server-role/name: epinio-server-role-2/' -e 's/^- name: epinio-server$/&\n  rollout: true/' "$file" >"$tmp/irsa.yaml"
diff "$file" "$tmp/irsa.yaml" || true
show helm irsa upgrade epinio "$chart" --namespace epinio --wait --irsa-yes --irsa-file "$tmp/irsa.yaml"
heading "What each pod becomes now"
with_aws "$PODS" epinio

show helm irsa uninstall epinio --namespace epinio --wait --irsa-yes --irsa-file "$tmp/irsa.yaml"
heading "What is left"
with_aws "$PODS" epinio
show helm irsa destroy epinio --namespace epinio --oidc-provider --yes --irsa-file "$tmp/irsa.yaml"
