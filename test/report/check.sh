#!/bin/sh
# check.sh: makes pages of reports, and has check.mjs open them in Chromium. It is skipped, with a
# line, where there is no Chromium (Debian: apt-get install chromium) or no Node.js.
set -eu
cd "$(dirname "$0")/../.."
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$browser" ] || ! command -v npm >/dev/null; then
	echo 'check-report: skipped: it needs chromium (apt-get install chromium) and Node.js with npm'
	exit 0
fi
packages=$(sh scripts/npm-packages.sh test/report check-report)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
shots=${REPORT_SHOTS:-$folder}
mkdir -p "$shots"
cases=testdata/golden/report/two-clusters
made() { # made PAGE FLAGS…: a page; what is broken in it is no failure
	page=$1
	shift
	bin/helm-irsa report -o html "$@" >"$folder/$page.html" || [ $? -eq 2 ] || [ $? -eq 3 ]
}
made two-clusters --manifests "prod=$cases/cluster-prod.yaml" --manifests "staging=$cases/cluster-staging.yaml" --snapshot "$cases/aws-a.json" --snapshot "$cases/aws-b.json"
made unknown-kinds --manifests "prod=testdata/golden/report/unknown-kinds/cluster-prod.yaml" --snapshot testdata/golden/report/unknown-kinds/aws-a.json
HELM_IRSA_REPORT_PAGES="$folder" go test -count=1 -run 'TestReportHostile|TestReportLarge' ./internal/cli
HELM_IRSA_PACKAGES=$packages node test/report/check.mjs "$browser" "$shots" "$folder"/*.html
