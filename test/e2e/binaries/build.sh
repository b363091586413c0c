#!/bin/sh
# Builds the programs of a control plane once: kube-apiserver, kube-controller-manager,
# kube-scheduler, kwok with the stages of its nodes and pods, and etcd. Prints their
# folder; whoever needs them passes it on as HELM_IRSA_E2E_BIN. Versions are in go.mod.
set -eu
cache=${HELM_IRSA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/helm-irsa}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
cd "$(dirname "$0")"

# Whatever decides what is built is in the folder's name.
kubernetes=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' go.mod)
key=$({ cat go.mod go.sum build.sh etcd/*.go; go env GOVERSION GOOS GOARCH; } | git hash-object --stdin | cut -c1-12)
bin=$cache/e2e-$kubernetes-$key
if [ -d "$bin" ]; then
	echo "$bin"
	exit
fi

say() { echo "e2e: $*" >&2; }
mkdir -p "$cache"
tmp=$(mktemp -d "$cache/e2e-building.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

say "building the control plane into $bin; once, about 10 minutes on 2 cores where nothing is cached"
say 'downloading modules ...'
go list -deps ./etcd tool >/dev/null

# What hack/lib/version.sh of Kubernetes sets, so that /version tells the truth.
stamp='-s -w'
minor=${kubernetes#v1.}
for package in k8s.io/client-go/pkg/version k8s.io/component-base/version; do
	stamp="$stamp -X $package.gitVersion=$kubernetes -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*} -X $package.gitTreeState=clean"
done
for program in ./etcd $(go list tool); do
	start=$(date +%s)
	say "building $(basename "$program") ..."
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$stamp" -o "$tmp/" "$program"
	say "building $(basename "$program") took $(($(date +%s) - start)) s"
done

# kwok does nothing without stages; these are the ones that make nodes and pods Ready,
# Jobs complete and deleted pods go away at once.
stages=$(go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
for stage in node/fast/node-initialize node/heartbeat/node-heartbeat pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
	echo '---'
	cat "$stages/$stage.yaml"
done >"$tmp/kwok-stages.yaml"

# Another build may have been faster; its programs are the same.
[ -d "$bin" ] || mv "$tmp" "$bin"
echo "$bin"
