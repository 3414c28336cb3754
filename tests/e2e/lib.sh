# SPDX-License-Identifier: ISC
# lib.sh - helpers for end-to-end tests: namespaces, the daemon, waiting, cleaning up
#
# To be sourced by a script that has set -eu. Needs root. The daemon is $NAT46D or ./nat46d. Every object
# outside the private directory $dir carries the process number of the test and is removed at the end.

NAT46D=${NAT46D:-./nat46d}
LC_ALL=C
# The undumpable daemon cannot be traced, which the leak checker of sanitizer builds would need.
ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export LC_ALL ASAN_OPTIONS

namespaces=
pids=
nat46d_pid=
dir=$(mktemp -d "${TMPDIR:-/tmp}/nat46d-test.XXXXXX")
chmod 755 "$dir"

fail() {
	echo "FAIL: $*" >&2
	for log in "$dir"/*.log; do
		[ -f "$log" ] || continue
		echo "--- ${log##*/}" >&2
		tail -n 40 "$log" >&2
	done
	exit 1
}

skip() {
	echo "SKIP: $*" >&2
	exit 77
}

cleanup() {
	status=$?
	trap - EXIT HUP INT PIPE TERM
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	for namespace in $namespaces; do
		ip netns delete "$namespace" 2>/dev/null || :
	done
	rm -rf --one-file-system "$dir" # whatever is still mounted there is not ours
	exit $status
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM

# require COMMAND...: skip the test if one is missing
require() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	[ -c /dev/net/tun ] || skip "needs /dev/net/tun"
	[ -x "$NAT46D" ] || { echo "ERROR: no daemon at $NAT46D" >&2; exit 99; }
	for command; do
		command -v "$command" >/dev/null || skip "needs $command"
	done
}

# namespace NAME: make a network namespace with lo up; its real name is in $ns_NAME
namespace() {
	eval "ns_$1=nat46d-$$-$1"
	namespaces="$namespaces nat46d-$$-$1"
	ip netns add "nat46d-$$-$1"
	ip -n "nat46d-$$-$1" link set lo up
}

# in_ns NAMESPACE COMMAND...
in_ns() {
	ip netns exec "$@"
}

# wait_for SECONDS COMMAND...: repeat until it succeeds; false if it does not in this time
wait_for() {
	deadline=$(($(date +%s) + $1 + 1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $deadline ] || return 1
		sleep 0.05
	done
}

# launch LOG COMMAND...: run in the background; sets $launched
launch() {
	launch_log=$1
	shift
	: >"$dir/$launch_log.log" # now, not when the child runs: what is waited for must not be an old line
	"$@" >>"$dir/$launch_log.log" 2>&1 &
	launched=$!
	pids="$pids $launched"
}

# launch_nat46d NAMESPACE [WRAPPER...]: start the daemon with $dir/nat46d.conf, which the test has written, and
# do not wait until it is ready. Sets $nat46d_pid; its log is $dir/nat46d.log. Never in a pipeline: it sets
# variables that the cleaning up needs.
launch_nat46d() {
	launch_ns=$1
	shift
	launch nat46d ip netns exec "$launch_ns" "$@" "$NAT46D" -c "$dir/nat46d.conf" ${NAT46D_OPTIONS:-}
	nat46d_pid=$launched
}

# start_nat46d NAMESPACE [WRAPPER...]: the same, and wait until it is ready
start_nat46d() {
	launch_nat46d "$@"
	wait_for 10 grep -q ' started$' "$dir/nat46d.log" || fail "nat46d does not start"
}

# has_ended PID
has_ended() {
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
}

# nat46d_ends SECONDS: wait for its end; sets $nat46d_status
nat46d_ends() {
	wait_for "$1" has_ended "$nat46d_pid" || fail "nat46d does not end"
	nat46d_status=0
	wait "$nat46d_pid" || nat46d_status=$?
}

# stop_nat46d: as systemd does
stop_nat46d() {
	kill -TERM "$nat46d_pid"
	nat46d_ends 5
	[ "$nat46d_status" = 0 ] || fail "nat46d ended with status $nat46d_status"
}

# resident: kilobytes of memory that the daemon uses
resident() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$nat46d_pid/status"
}

# logged TEXT: is it in the daemon's log
logged() {
	grep -qF -- "$1" "$dir/nat46d.log"
}
