# What the demos share, to be sourced: a Helm, folders of their own for everything of
# Helm's, and the plugin in them. It sets root, cache, helm, tmp.
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
export HELM_PLUGINS="$tmp/data/plugins"
mkdir -p "$HOME"

install_plugin() {
	heading "The plugin, in Helm $("$helm" version --short)"
	"$helm" plugin install "$root"
	"$helm" plugin list
}
