#!/bin/sh
# What `make test` runs, behind its target: go test with a sign of life every nine seconds and a
# line at the end that says what came of it. The arguments are those of go test.
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
began=$(date +%s)
all=$#
for arg; do case $arg in -*) all=$((all - 1)) ;; esac; done
seconds() { echo $(($(date +%s) - began)); }

go test "$@" >"$log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; exit 130' INT TERM
shown=0 told=0
# show prints what is new in the log, but for packages that have no test.
show() {
	lines=$(wc -l <"$log")
	[ "$lines" -gt "$shown" ] || return 1
	sed -n "$((shown + 1)),${lines}p" "$log" | grep -v '\[no test files\]$' || true
	shown=$lines
}
while kill -0 "$pid" 2>/dev/null; do
	sleep 1
	if show; then
		told=$(seconds)
	elif [ $(($(seconds) - told)) -ge 8 ]; then
		told=$(seconds)
		echo "  $(seconds) s: $(grep -c '^\(ok\|FAIL\|?\|---\)' "$log" || true) of $all packages are done"
	fi
done
code=0
wait "$pid" || code=$?
show || true
ok=$(grep -c '^ok ' "$log" || true)
failed=$(grep -c '^FAIL.*github.com' "$log" || true)
if [ "$code" -eq 0 ]; then
	echo "passed: the tests of $ok packages, in $(seconds) s"
else
	echo "FAILED: the tests of $failed packages, $ok passed, in $(seconds) s"
	exit "$code"
fi
