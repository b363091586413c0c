#!/bin/sh
# Runs every fuzz target by itself, since go test takes one at a time, for a time
# (10m) or a number of executions (500x). A folder named second is left out.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10m} without=${2:-none}
found=no
for file in $(grep -rl --include='*_test.go' '^func Fuzz' . | grep -v "^./$without/" | sort); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		found=yes
		echo "== $(dirname "$file") $target ($time)"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$(dirname "$file")"
	done
done
if [ "$found" = no ]; then
	echo "fuzz: error: no fuzz target was found" >&2
	exit 1
fi
