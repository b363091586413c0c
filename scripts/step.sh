# What takes long is said before it begins, and while it goes on; to be sourced.
#
#   step "what is done" "how long it takes" COMMAND ARG...
#
# runs the command. On a terminal a line counts the seconds; elsewhere a line is written every
# nine of them, so that nobody waits in front of a silent screen. Its output is shown where it fails.

step() {
	step_what=$1 step_expected=$2
	shift 2
	step_log=$(mktemp) step_began=$(date +%s)
	printf '%s (%s) ...\n' "$step_what" "$step_expected" >&2
	"$@" >"$step_log" 2>&1 &
	step_pid=$!
	trap 'kill $step_pid 2>/dev/null; rm -f "$step_log"; exit 130' INT TERM
	step_told=0
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 1
		step_seconds=$(($(date +%s) - step_began))
		if [ -t 2 ]; then
			printf '\r  %s s ' "$step_seconds" >&2
		elif [ $((step_seconds - step_told)) -ge 8 ]; then
			step_told=$step_seconds
			printf '  %s s: %s\n' "$step_seconds" "$(tail -n 1 "$step_log" | cut -c 1-100)" >&2
		fi
	done
	step_code=0
	wait "$step_pid" || step_code=$?
	trap - INT TERM
	[ ! -t 2 ] || printf '\r' >&2
	if [ "$step_code" -ne 0 ]; then
		cat "$step_log" >&2
		rm -f "$step_log"
		echo "failed after $(($(date +%s) - step_began)) s: $step_what" >&2
		return "$step_code"
	fi
	rm -f "$step_log"
	printf '  done in %s s\n' "$(($(date +%s) - step_began))" >&2
}

# needs NAME VERSION-COMMAND...: says which version is there, or what to install.
needs() {
	needs_name=$1
	shift
	if needs_said=$("$@" 2>/dev/null); then
		printf '  %s: %s\n' "$needs_name" "$(printf '%s\n' "$needs_said" | head -n 1)" >&2
	else
		echo "error: $needs_name is not there, and is needed: install it, and begin again" >&2
		return 1
	fi
}
