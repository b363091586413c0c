#!/bin/sh
# On a pull request: what a merge would change in AWS, as a comment in drift.md. Drift is what the
# pull request is for, and passes; a file that is broken, or cannot be judged, does not.
set -eu
irsa=${IRSA:-helm irsa}
code=0
$irsa drift "$@" -o markdown >drift.md || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 2 ] || { cat drift.md; exit "$code"; }
# Drift hides no broken file: 2 goes before 3.
$irsa drift "$@" -o json | jq -e '.summary.blocked + .summary.broken + .summary.unknown == 0' >/dev/null || { cat drift.md; exit 3; }
