#!/bin/sh
# On main: makes AWS what each irsa.yaml says that differs, one after another. It ends with the first
# that fails, and may be run again.
set -eu
irsa=${IRSA:-helm irsa}
$irsa drift "$@" -o json >drift.json || [ $? -eq 2 ]
jq -r '.files[] | select(.state == "drift") | [.release, .namespace, ([.under[]?, .file] | join(":"))] | @tsv' drift.json |
	while IFS="$(printf '\t')" read -r release namespace files; do
		[ -n "$release" ] || { echo "$files: no release is known: name it with --layout" >&2; exit 1; }
		HELM_IRSA_FILE=$files $irsa apply "$release" -n "$namespace" --yes
	done
$irsa drift "$@"
