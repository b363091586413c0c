#!/bin/sh
# The plugin's install and update hook. It leaves in bin/ the programs of the plugin, for
# this system, or says in one line what is missing:
#
#   1. an archive of a release carries them, and a SHA256SUMS they must match;
#   2. the signed package has no programs, but ARCHIVES.sha256: the archive for this system is
#      fetched, and must match it, so that the package's signature covers the programs, too;
#   3. a checkout is built, where Go is there;
#   4. else the archive of this version is fetched, and must match the release's SHA256SUMS.
#
# HELM_IRSA_DOWNLOAD_URL is where archives are fetched from, for mirrors; empty: nowhere.
# HELM_IRSA_KEYRING is a file with the release's public key, as gpgv reads it: then 4 fetches
# SHA256SUMS.asc as well, and takes nothing that it is no good signature of.
#
# What is fetched comes by https, redirects included; http is for loopback alone, file:// for
# a folder of this machine. Without a keyring, the SHA256SUMS of 4 is what the server says.
# Nothing is run, and nothing is put into bin/, before it was checked.
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
	[ "$(sum "$3")" = "$want" ] || fail "$3 does not match ${1##*/}" "fetch the archive again; do not use this one"
}

# verify: every program in bin/ is what SHA256SUMS says of it, and none of it is missing.
verify() {
	[ -f bin/helm-irsa ] || fail "$dir/bin/helm-irsa is not there" "fetch the archive again"
	for program in bin/*; do
		check SHA256SUMS "$program" "$dir/$program"
	done
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		*[\ *]bin/*) [ -f "bin/${line##*bin/}" ] || fail "$dir/bin/${line##*bin/} is not there, and SHA256SUMS names it" "fetch the archive again" ;;
		esac
	done <SHA256SUMS
}

build() {
	version=$(git describe --tags --always --dirty 2>/dev/null || sed -n 's/^version: */v/p' plugin.yaml)
	echo "helm-irsa: building the programs with $(go env GOVERSION): about three minutes the first time" >&2
	mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$version" -o bin/ ./cmd/... ||
		fail "go build ./cmd/... failed in $dir" "PATH without Go fetches the release's programs instead"
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
		--output "$tmp/$1" "$url/$1" || fail "fetching $url/$1 failed" "HELM_IRSA_DOWNLOAD_URL=https://HOST/FOLDER names a mirror of the release"
}

# trusted: $tmp/SHA256SUMS is what the keyring's key signed.
trusted() {
	command -v gpgv >/dev/null 2>&1 || fail "HELM_IRSA_KEYRING is set, and gpgv is not there to check the signature"
	case $HELM_IRSA_KEYRING in
	/*) ;;
	*) fail "HELM_IRSA_KEYRING is not the whole path of a file: $HELM_IRSA_KEYRING" ;;
	esac
	fetch SHA256SUMS.asc
	gpgv --quiet --keyring "$HELM_IRSA_KEYRING" "$tmp/SHA256SUMS.asc" "$tmp/SHA256SUMS" >&2 ||
		fail "$url/SHA256SUMS is not signed by a key of $HELM_IRSA_KEYRING" "do not use it"
}

# sums_of ARCHIVE prints the file whose line for the archive counts.
sums_of() {
	if [ -f ARCHIVES.sha256 ]; then
		echo ARCHIVES.sha256
		return
	fi
	fetch SHA256SUMS
	[ -z "${HELM_IRSA_KEYRING-}" ] || trusted
	echo "$tmp/SHA256SUMS"
}

download() {
	allowed=$(protocols "$url")
	[ -n "$allowed" ] || fail "HELM_IRSA_DOWNLOAD_URL is not an https URL without user and query: $url" "HELM_IRSA_DOWNLOAD_URL=https://HOST/FOLDER"
	command -v curl >/dev/null 2>&1 || fail "curl is not there to fetch $url"
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) arch=$(uname -m) ;;
	esac
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
	sums=$(sums_of) || exit 1
	[ "$sums" = ARCHIVES.sha256 ] && by="ARCHIVES.sha256 of the package" || by="$url/SHA256SUMS"
	[ "$sums" = ARCHIVES.sha256 ] || [ -n "${HELM_IRSA_KEYRING-}" ] || by="$by, which is not signed"
	fetch "$archive"
	check "$sums" "$archive" "$tmp/$archive"
	echo "helm-irsa: $archive matches $by" >&2
	tar -xzf "$tmp/$archive" -C "$tmp" helm-irsa/bin || fail "$archive does not hold the programs"
	[ -f "$tmp/helm-irsa/bin/helm-irsa" ] || fail "$archive does not hold helm-irsa"
	for program in "$tmp"/helm-irsa/bin/*; do
		[ -f "$program" ] && [ ! -L "$program" ] || fail "$archive does not hold ${program##*/} as a file"
		chmod 755 "$program"
	done
	"$tmp/helm-irsa/bin/helm-irsa" version >/dev/null 2>&1 || fail "the helm-irsa of $archive does not run here"
	mkdir -p -m 755 bin
	for program in "$tmp"/helm-irsa/bin/*; do
		mv -f "$program" "bin/${program##*/}"
	done
}

version=$(sed -n 's/^version: *//p' plugin.yaml)
url=${HELM_IRSA_DOWNLOAD_URL-https://github.com/helm-irsa/helm-irsa/releases/download/v$version}

# Helm 3 unpacks an archive that it fetched into its cache, copies it, and can
# never unpack the same one there again ("file exists": Extract in
# pkg/plugin/installer/http_installer.go). The copy is installed; the rest goes.
if [ -n "${HELM_CACHE_HOME-}" ]; then
	rm -rf "$HELM_CACHE_HOME"/plugins/*-helm-irsa-"$version"-*.tar.gz
fi

if [ -f SHA256SUMS ]; then
	verify
elif [ -f ARCHIVES.sha256 ] && [ -n "$url" ]; then
	download
elif [ -f go.mod ] && command -v go >/dev/null 2>&1; then
	[ -z "${HELM_IRSA_KEYRING-}" ] || echo "helm-irsa: HELM_IRSA_KEYRING is not used: the programs are built from this folder's source; PATH without Go fetches the release's" >&2
	build
elif [ -n "$url" ]; then
	download
else
	fail "no programs in $dir/bin, and no Go to build them" "install Go, or install from an archive of a release, or set HELM_IRSA_DOWNLOAD_URL"
fi

# A program for another system is found here, not at the first upgrade.
bin/helm-irsa version >/dev/null 2>&1 || fail "$dir/bin/helm-irsa does not run here"
