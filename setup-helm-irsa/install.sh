#!/usr/bin/env bash
# Installs the Helm plugin irsa for the Helm on PATH, and says which version that is.
#
# Helm 4 verifies the signed package. Helm 3 verifies nothing: it gets the archive for this
# system, which has to match SHA256SUMS, whose signature gpgv checks.
set -euo pipefail

fail() {
	echo "setup-helm-irsa: error: $1" >&2
	exit 1
}

folder=$(cd "$(dirname "$0")" && pwd)
version=${VERSION:-$(sed -n 's/^version: *//p' "$folder/../plugin.yaml")}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "version $version is not of the form 1.2.3"
url=${MIRROR:-https://github.com/helm-irsa/helm-irsa/releases/download/v$version}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fetch() { curl --fail --silent --show-error --location --max-time 300 --output "$tmp/$1" "$url/$1" || fail "fetching $url/$1 failed"; }

keyring=${KEYRING-}
if [[ -z $keyring ]]; then
	fetch helm-irsa.asc
	keyring=$tmp/helm-irsa.gpg
	gpg --batch --quiet --dearmor --output "$keyring" "$tmp/helm-irsa.asc"
fi
[[ -f $keyring ]] || fail "keyring $keyring is no file"

helm=$(helm version --short) || fail "no Helm on PATH: use azure/setup-helm before this"
if [[ $helm == v4* ]]; then
	fetch "irsa-$version.tgz"
	fetch "irsa-$version.tgz.prov"
	HELM_IRSA_DOWNLOAD_URL=$url helm plugin install "$tmp/irsa-$version.tgz" --keyring "$keyring"
else
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) fail "no archive for $(uname -m)" ;;
	esac
	archive=helm-irsa-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$arch.tar.gz
	fetch SHA256SUMS
	fetch SHA256SUMS.asc
	fetch "$archive"
	gpgv --quiet --keyring "$(cd "$(dirname "$keyring")" && pwd)/$(basename "$keyring")" "$tmp/SHA256SUMS.asc" "$tmp/SHA256SUMS" ||
		fail "SHA256SUMS is not signed by a key of $keyring"
	want=$(awk -v name="$archive" '$2 == name { print $1 }' "$tmp/SHA256SUMS")
	got=$( (sha256sum "$tmp/$archive" 2>/dev/null || shasum -a 256 "$tmp/$archive") | cut -d' ' -f1)
	[[ -n $want && $got == "$want" ]] || fail "$archive does not match SHA256SUMS"
	# Helm makes a link to the folder, so it stays.
	home=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:-$HOME}}/helm-irsa-$version
	rm -rf "$home" && mkdir -p "$home"
	tar -xzf "$tmp/$archive" -C "$home" helm-irsa
	helm plugin install "$home/helm-irsa"
fi
installed=$(helm irsa version)
[[ $installed == "helm-irsa v$version "* ]] || fail "version $version was asked for, and this is installed: $installed"
if [[ -n ${GITHUB_OUTPUT-} ]]; then echo "version=$version" >>"$GITHUB_OUTPUT"; fi
