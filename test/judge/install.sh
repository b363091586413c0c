#!/bin/sh
# Installs the other simulator into HELM_IRSA_CACHE, once a version, and prints the folder;
# whoever needs it passes it on as HELM_IRSA_JUDGE.
set -eu
cache=${HELM_IRSA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/helm-irsa}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
cd "$(dirname "$0")"

for program in node npm; do
	command -v "$program" >/dev/null || {
		echo "check-trust: error: $program is not on PATH: the other simulator of IAM's policies is a package for Node.js 20 or later; install Node.js with npm, then run make check-trust again" >&2
		exit 1
	}
done

# Whatever decides what is installed is in the folder's name.
folder=$cache/judge-$(cat package.json package-lock.json | git hash-object --stdin | cut -c1-12)
if [ ! -d "$folder" ]; then
	mkdir -p "$cache"
	tmp=$(mktemp -d "$cache/judge-installing.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	cp package.json package-lock.json "$tmp/"
	# No scripts of others are run; the lock file's checksums say what is taken.
	(cd "$tmp" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || {
		echo 'check-trust: error: npm could not install what test/judge/package-lock.json names; see above' >&2
		exit 1
	}
	# Another installation may have been faster; its files are the same.
	[ -d "$folder" ] || mv "$tmp" "$folder"
fi
echo "$folder"
