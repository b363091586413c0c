#!/bin/sh
# npm-packages.sh FOLDER TARGET: installs what FOLDER/package-lock.json names into
# HELM_IRSA_CACHE, once a version, and prints the folder. TARGET is the make target that needs
# it, for messages.
set -eu
target=$2
cache=${HELM_IRSA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/helm-irsa}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
cd "$1"
name=$(basename "$PWD")

for program in node npm; do
	command -v "$program" >/dev/null || {
		echo "$target: error: $program is not on PATH: what $1/package.json names are packages for Node.js 20 or later; install Node.js with npm, then run make $target again" >&2
		exit 1
	}
done

# Whatever decides what is installed is in the folder's name.
folder=$cache/$name-$(cat package.json package-lock.json | git hash-object --stdin | cut -c1-12)
if [ ! -d "$folder" ]; then
	mkdir -p "$cache"
	tmp=$(mktemp -d "$cache/$name-installing.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	cp package.json package-lock.json "$tmp/"
	# No scripts of others are run; the lock file's checksums say what is taken.
	(cd "$tmp" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || {
		echo "$target: error: npm could not install what $1/package-lock.json names; see above" >&2
		exit 1
	}
	# Another installation may have been faster; its files are the same.
	[ -d "$folder" ] || mv "$tmp" "$folder"
fi
echo "$folder"
