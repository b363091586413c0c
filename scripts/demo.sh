#!/bin/sh
# The demo: installs the plugin into folders of its own, and takes the Epinio-like
# chart from a bare AWS account to manifests with roles that exist, and back to nothing.
# AWS is a local one (helm irsa local-aws): no account is needed, and no credentials of
# yours are used. It leaves only caches behind.
#
#   DEMO_KUBECONFIG=FILE   runs `helm irsa upgrade --install` in that cluster instead
#   HELM_BIN=helm          the Helm to use (default: helm on PATH, else one is built)
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
cache=${HELM_IRSA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/helm-irsa}
chart=testdata/charts/epinio-1.13
file=docs/examples/epinio/irsa.yaml

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m') plain=$(printf '\033[0m')
else
	bold='' red='' green='' plain=''
fi
heading() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }

# The version that go.mod pins as a tool; make test-helm uses the same folder.
helm=${HELM_BIN:-$(command -v helm || true)}
if [ -z "$helm" ]; then
	version=$(go list -m -f '{{.Version}}' helm.sh/helm/v3)
	helm=$cache/helm-$version/helm
	if [ ! -x "$helm" ]; then
		echo "no helm on PATH: building Helm $version into $cache (once)" >&2
		GOBIN=$(dirname "$helm") go install "helm.sh/helm/v3/cmd/helm@$version"
	fi
fi

# Go's settings stay the user's; everything of Helm's is ours.
for name in GOCACHE GOMODCACHE GOPROXY GOFLAGS GOSUMDB GOTOOLCHAIN; do
	export "$name=$(go env $name)"
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
unset HELM_NAMESPACE HELM_KUBECONTEXT HELM_BIN HELM_PLUGIN_DIR HELM_PLUGIN_NAME HELM_IRSA_FILE || true
export HOME="$tmp/home" HELM_CONFIG_HOME="$tmp/config" HELM_CACHE_HOME="$tmp/cache" HELM_DATA_HOME="$tmp/data"
export HELM_PLUGINS="$tmp/data/plugins" KUBECONFIG="${DEMO_KUBECONFIG:-$tmp/none}"
mkdir -p "$HOME"

heading "The plugin, in Helm $("$helm" version --short)"
"$helm" plugin install "$root"
"$helm" plugin list

# Every command below finds the same local AWS, which keeps its state in a file.
with_aws() { "$root/bin/helm-irsa" local-aws --state "$tmp/aws.json" --cluster prod_cluster -- "$@"; }
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

heading "The accounts and their roles"
# A document begins at a line of dashes; only the accounts that have a role are shown.
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
