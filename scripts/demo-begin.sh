#!/bin/sh
# What has to be built before the demo: `make demo` runs it. MAKE and TEST_HELM are make's.
set -eu
cd "$(dirname "$0")/.."
. scripts/step.sh
: "${MAKE:?run make demo}" "${TEST_HELM:?}"

echo "make demo needs:" >&2
needs Go go version
needs git git --version

# usable FILE: a Helm that takes the plugin, 3.18 or later.
usable() {
	case $("$1" version --short 2>/dev/null) in
	v4.* | v3.1[89].* | v3.[2-9][0-9].*) return 0 ;;
	esac
	return 1
}
step 'Building helm-irsa' 'about 2 minutes the first time' "$MAKE" --no-print-directory build
if [ -z "${HELM_BIN-}" ]; then
	HELM_BIN=$(command -v helm || true)
	if [ -z "$HELM_BIN" ] || ! usable "$HELM_BIN"; then
		HELM_BIN=$TEST_HELM
		step 'Building a Helm, since none of 3.18 or later is on PATH' 'about 1 minute the first time' "$MAKE" --no-print-directory "$TEST_HELM"
	fi
fi
export HELM_BIN
exec sh scripts/demo.sh
