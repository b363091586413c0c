#!/bin/sh
# The demo: installs the plugin into folders of its own, and takes the Epinio-like
# chart from a bare AWS account to manifests with roles that exist, and back to nothing.
# AWS is a local one (helm irsa local-aws): no AWS account is needed, and no credentials of
# yours are used. It leaves only caches behind.
#
#   DEMO_KUBECONFIG=FILE   runs `helm irsa upgrade --install` in that cluster instead
#   HELM_BIN=helm          the Helm to use (default: helm on PATH, else one is built)
set -eu
. "$(dirname "$0")/demo-common.sh"
export KUBECONFIG="${DEMO_KUBECONFIG:-$tmp/none}"
install_plugin

# Every command below finds the same local AWS, which keeps its state in a file. Its cluster
# has to be the one that Helm changes: where there is one, its issuer is asked for.
cluster=prod_cluster
if [ -n "${DEMO_KUBECONFIG-}" ] && issuer=$(kubectl get --raw /.well-known/openid-configuration | sed -n 's/.*"issuer": *"\([^"]*\)".*/\1/p') && [ -n "$issuer" ]; then
	cluster=$cluster,issuer=$issuer
fi
with_aws() { "$root/bin/helm-irsa" local-aws --state "$tmp/aws.json" --cluster "$cluster" -- "$@"; }
# irsa VERB ARG... shows the command, and runs it on the release.
irsa() {
	verb=$1 && shift
	heading "helm irsa $verb epinio $* --namespace epinio --irsa-file $file"
	with_aws "$helm" irsa "$verb" epinio "$@" --namespace epinio --irsa-file "$file"
}

heading "$file"
cat "$file"
irsa plan
irsa apply --yes | sed -n '1p;$p'
irsa apply --yes
irsa status

if [ -n "${DEMO_KUBECONFIG-}" ]; then
	irsa upgrade "$chart" --install --create-namespace
	heading "What the release holds now"
	"$helm" get manifest epinio --namespace epinio >"$tmp/after.yaml"
else
	heading "helm irsa template epinio $chart --namespace epinio --irsa-file $file"
	with_aws "$helm" irsa template epinio "$chart" --namespace epinio --irsa-file "$file" >"$tmp/after.yaml"
	echo "$(wc -l <"$tmp/after.yaml") lines of manifests"
fi

heading "The service accounts and their roles"
# A document begins at a line of dashes; only the service accounts that have a role are shown.
awk 'function flush() { if (doc ~ /\nkind: ServiceAccount\n/ && doc ~ /role-arn/) printf "---%s", doc; doc = "" }
	/^---/ { flush(); doc = "\n"; next } { doc = doc $0 "\n" } END { flush() }' "$tmp/after.yaml"

heading "What the staging jobs run as"
grep -no '"serviceAccountName":"[^"]*"' "$tmp/after.yaml"

if [ -z "${DEMO_KUBECONFIG-}" ]; then
	heading "Before and after"
	case $("$helm" version --short) in
	v4*) echo "(Helm 4 writes every document anew after any post-renderer: what differs without a word of ours is its own)" ;;
	esac
	"$helm" template epinio "$chart" --namespace epinio >"$tmp/before.yaml"
	(cd "$tmp" && diff -u before.yaml after.yaml || true) |
		sed -e 's/^\(--- before.yaml\|+++ after.yaml\).*/\1/' -e "s/^-.*/$red&$plain/" -e "s/^+.*/$green&$plain/"
fi

if [ -n "${DEMO_KUBECONFIG-}" ]; then
	irsa uninstall --irsa-yes
fi
irsa destroy --yes --oidc-provider
irsa destroy --yes --oidc-provider
