#!/bin/sh
# Generated files: made anew into a temporary folder and compared, or, with -w,
# written. A line a file: where it lies, and what prints it.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

generate() { # TARGET COMMAND...
	target=$1
	shift
	"$@" >"$tmp/out"
	if [ "$write" = yes ]; then
		mkdir -p "$(dirname "$target")"
		cp "$tmp/out" "$target"
	elif ! cmp -s "$tmp/out" "$target"; then
		echo "generated file is out of date: $target (make generate rewrites it)" >&2
		diff -u "$target" "$tmp/out" 2>/dev/null | head -20 >&2 || true
		stale=yes
	fi
}

write=no stale=no
[ "${1-}" != -w ] || write=yes

# docs/cli: a page a command.
go build -o "$tmp/docs" ./scripts/docs
"$tmp/docs" -list >"$tmp/pages"
while read -r page; do
	generate "docs/cli/$page.md" "$tmp/docs" "$page"
done <"$tmp/pages"

# docs/irsa-yaml.md: the fields of irsa.yaml, from the types.
generate docs/irsa-yaml.md "$tmp/docs" irsa-yaml

[ "$stale" = no ]
