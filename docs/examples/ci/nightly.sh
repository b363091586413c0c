#!/bin/sh
# Every night: has anything drifted, is each release's chain whole, is anything left over? All of it
# is looked at, and the worst code is the script's.
set -u
irsa=${IRSA:-helm irsa}
worst=0
note() { [ "$1" -eq 0 ] || { [ "$worst" -ne 0 ] && [ "$worst" -le "$1" ]; } || worst=$1; }

$irsa drift "$@" -o junit >drift.xml
note $?
$irsa drift "$@" -o json >drift.json
jq -r '.files[] | select(.release != "") | [.release, .namespace, ([.under[]?, .file] | join(":"))] | @tsv' drift.json >releases.tsv
while IFS="$(printf '\t')" read -r release namespace files; do
	HELM_IRSA_FILE=$files $irsa verify "$release" -n "$namespace" -o junit >"verify-$namespace-$release.xml"
	note $?
done <releases.tsv
$irsa gc --dry-run >leftovers.txt
note $?
cat leftovers.txt
exit "$worst"
