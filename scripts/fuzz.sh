#!/bin/sh
# Runs every fuzz target by itself, since go test takes one at a time.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10m}
found=no
for pkg in $(go list ./...); do
	for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
		found=yes
		echo "== $pkg $target ($time)"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$pkg"
	done
done
if [ "$found" = no ]; then
	echo "fuzz: error: no fuzz target was found" >&2
	exit 1
fi
