#!/bin/sh
# The plugin's install and update hook. It leaves bin/helm-irsa and
# bin/irsa-post-renderer that run here, or says in one line what is missing:
#
#   1. an archive of `make dist` carries them, and a SHA256SUMS they must match;
#   2. a checkout is built, where Go is there;
#   3. else, with HELM_IRSA_DOWNLOAD_URL=URL, the archive of this version and
#      system is fetched from URL/ and must match URL/SHA256SUMS.
set -eu

# Beside this script, and not $HELM_PLUGIN_DIR: in an archive that Helm 3 fetched the
# plugin lies one folder deeper (scripts/dist).
dir=$(cd "$(dirname "$0")/.." && pwd)
cd "$dir"

fail() {
	echo "helm-irsa: error: installing the plugin: $1" >&2
	[ -z "${2-}" ] || echo "helm-irsa: hint: $2" >&2
	exit 1
}

# checksums FILE: checks the files that FILE names.
checksums() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum -c "$1" >/dev/null 2>&1
	elif command -v shasum >/dev/null 2>&1; then
		shasum -a 256 -c "$1" >/dev/null 2>&1
	else
		fail "neither sha256sum nor shasum is there to check the binaries"
	fi
}

verify() {
	checksums SHA256SUMS || fail "the binaries in $dir/bin do not match SHA256SUMS" "fetch the archive again"
}

build() {
	version=$(git describe --tags --always --dirty 2>/dev/null || sed -n 's/^version: */v/p' plugin.yaml)
	for program in helm-irsa irsa-post-renderer; do
		go build -trimpath -ldflags "-s -w -X main.version=$version" -o "bin/$program" "./cmd/$program" ||
			fail "go build ./cmd/$program failed in $dir"
	done
}

download() {
	command -v curl >/dev/null 2>&1 || fail "curl is not there to fetch $HELM_IRSA_DOWNLOAD_URL"
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) arch=$(uname -m) ;;
	esac
	version=$(sed -n 's/^version: *//p' plugin.yaml)
	archive=helm-irsa-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$arch.tar.gz
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	for file in "$archive" SHA256SUMS; do
		curl -fsSL -o "$tmp/$file" "$HELM_IRSA_DOWNLOAD_URL/$file" || fail "fetching $HELM_IRSA_DOWNLOAD_URL/$file failed"
	done
	grep "  $archive\$" "$tmp/SHA256SUMS" >"$tmp/sum" || fail "$HELM_IRSA_DOWNLOAD_URL/SHA256SUMS does not name $archive"
	(cd "$tmp" && checksums sum) || fail "$archive does not match SHA256SUMS" "fetch it again; do not use this one"
	tar -xzf "$tmp/$archive" -C "$tmp"
	mkdir -p bin
	cp "$tmp/helm-irsa/bin/helm-irsa" "$tmp/helm-irsa/bin/irsa-post-renderer" bin/
}

# Helm 3 unpacks an archive that it fetched into its cache, copies it, and can
# never unpack the same one there again ("file exists": Extract in
# pkg/plugin/installer/http_installer.go). The copy is installed; the rest goes.
if [ -n "${HELM_CACHE_HOME-}" ]; then
	version=$(sed -n 's/^version: *//p' plugin.yaml)
	rm -rf "$HELM_CACHE_HOME"/plugins/*-helm-irsa-"$version"-*.tar.gz
fi

if [ -f SHA256SUMS ]; then
	verify
elif [ -f go.mod ] && command -v go >/dev/null 2>&1; then
	build
elif [ -n "${HELM_IRSA_DOWNLOAD_URL-}" ]; then
	download
elif [ ! -x bin/helm-irsa ] || [ ! -x bin/irsa-post-renderer ]; then
	fail "no binary in $dir/bin, and no Go to build one" "install Go, or install from an archive of make dist, or set HELM_IRSA_DOWNLOAD_URL"
fi

# A binary for another system is found here, not at the first upgrade.
bin/helm-irsa version >/dev/null 2>&1 || fail "$dir/bin/helm-irsa does not run here"
