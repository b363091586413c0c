#!/bin/sh
# The plugin's install and update hook. It leaves bin/helm-irsa and
# bin/irsa-post-renderer that run here, or says in one line what is missing:
#
#   1. an archive of `make dist` carries them, and a SHA256SUMS they must match;
#   2. a checkout is built, where Go is there;
#   3. else, with HELM_IRSA_DOWNLOAD_URL=URL, the archive of this version and
#      system is fetched from URL/ and must match URL/SHA256SUMS.
#
# What is checked: each file has exactly one line in SHA256SUMS, and the sum in it. What
# is fetched comes by https, redirects included; http is for loopback alone, file:// for a
# folder of this machine. What is not checked: SHA256SUMS is not signed, so whoever may
# write to URL may give other programs. Nothing is run, and nothing is put into bin/,
# before it was checked.
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

# sum FILE prints its SHA-256.
sum() {
	if command -v sha256sum >/dev/null 2>&1; then
		line=$(sha256sum <"$1")
	else
		line=$(shasum -a 256 <"$1")
	fi
	echo "${line%% *}"
}

# named SUMS NAME prints the sum that SUMS has for exactly this name: 64 hexadecimal digits,
# a blank, a blank or an asterisk, the name. None, or two, is nothing.
named() {
	found=
	while IFS= read -r line || [ -n "$line" ]; do
		digits=${line%% *}
		case $line in
		"$digits  $2" | "$digits *$2") ;;
		*) continue ;;
		esac
		case $digits in
		*[!0-9a-f]*) continue ;;
		esac
		[ "${#digits}" -eq 64 ] || continue
		[ -z "$found" ] || return 0
		found=$digits
	done <"$1"
	[ -z "$found" ] || echo "$found"
}

# check SUMS NAME FILE: FILE is what SUMS says of NAME.
check() {
	command -v sha256sum >/dev/null 2>&1 || command -v shasum >/dev/null 2>&1 ||
		fail "neither sha256sum nor shasum is there to check $2"
	want=$(named "$1" "$2")
	[ -n "$want" ] || fail "$1 has no line for $2, or more than one" "fetch the archive again"
	[ -f "$3" ] && [ ! -L "$3" ] || fail "$3 is no file" "fetch the archive again"
	[ "$(sum "$3")" = "$want" ] || fail "$3 does not match SHA256SUMS" "fetch the archive again; do not use this one"
}

verify() {
	for program in helm-irsa irsa-post-renderer; do
		check SHA256SUMS "bin/$program" "$dir/bin/$program"
	done
}

build() {
	version=$(git describe --tags --always --dirty 2>/dev/null || sed -n 's/^version: */v/p' plugin.yaml)
	for program in helm-irsa irsa-post-renderer; do
		go build -trimpath -ldflags "-s -w -X main.version=$version" -o "bin/$program" "./cmd/$program" ||
			fail "go build ./cmd/$program failed in $dir"
	done
}

# protocols URL prints what curl may speak with it.
protocols() {
	case $1 in
	*[@?#[:space:]\\]*) ;;
	https://?*) echo https ;;
	file:///?*) echo file ;;
	http://127.0.0.1[:/]* | http://127.0.0.1 | http://localhost[:/]* | http://localhost | "http://[::1]"[:/]* | "http://[::1]") echo http ;;
	esac
}

# fetch NAME: into the private folder, and nothing of it where it is not whole.
fetch() {
	curl --fail --silent --show-error --location --globoff --proto "=$allowed" --proto-redir "=$allowed" --tlsv1.2 \
		--max-redirs 5 --connect-timeout 30 --max-time 900 --max-filesize 268435456 \
		--output "$tmp/$1" "$HELM_IRSA_DOWNLOAD_URL/$1" || fail "fetching $HELM_IRSA_DOWNLOAD_URL/$1 failed"
}

download() {
	allowed=$(protocols "$HELM_IRSA_DOWNLOAD_URL")
	[ -n "$allowed" ] || fail "HELM_IRSA_DOWNLOAD_URL is not an https URL without user and query: $HELM_IRSA_DOWNLOAD_URL" "HELM_IRSA_DOWNLOAD_URL=https://HOST/FOLDER"
	command -v curl >/dev/null 2>&1 || fail "curl is not there to fetch $HELM_IRSA_DOWNLOAD_URL"
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) arch=$(uname -m) ;;
	esac
	version=$(sed -n 's/^version: *//p' plugin.yaml)
	archive=helm-irsa-$version-$(uname -s | tr '[:upper:]' '[:lower:]')-$arch.tar.gz
	case $archive in
	*[!0-9A-Za-z._+-]*) fail "plugin.yaml or uname gives a name that no archive has: $archive" ;;
	esac
	# In the plugin's folder: nobody else writes there, and bin/ is on the same disk.
	tmp=$(mktemp -d "$dir/.install.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	fetch SHA256SUMS
	fetch "$archive"
	check "$tmp/SHA256SUMS" "$archive" "$tmp/$archive"
	echo "helm-irsa: $archive matches $HELM_IRSA_DOWNLOAD_URL/SHA256SUMS, which is not signed" >&2
	tar -xzf "$tmp/$archive" -C "$tmp" helm-irsa/bin/helm-irsa helm-irsa/bin/irsa-post-renderer || fail "$archive does not hold the programs"
	for program in helm-irsa irsa-post-renderer; do
		[ -f "$tmp/helm-irsa/bin/$program" ] && [ ! -L "$tmp/helm-irsa/bin/$program" ] || fail "$archive does not hold $program"
		chmod 755 "$tmp/helm-irsa/bin/$program"
	done
	"$tmp/helm-irsa/bin/helm-irsa" version >/dev/null 2>&1 || fail "the helm-irsa of $archive does not run here"
	mkdir -p -m 755 bin
	for program in helm-irsa irsa-post-renderer; do
		mv -f "$tmp/helm-irsa/bin/$program" "bin/$program"
	done
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
