#!/bin/sh
# SPDX-License-Identifier: ISC
# check.sh - install what is missing, build, and pass every test (Debian 12, as root)
#
# Usage: sh tests/check.sh
#
# Works on a copy of the sources in a temporary directory, so the tree stays as it is; everything but the
# installed packages is gone afterwards. Every test gets a line, logs of failed tests come at the end, the last
# line counts. A test that could not run counts as failed. The exit status is 0 only if no test failed.
set -u

packages="build-essential autoconf automake pkg-config git xz-utils
	libev-dev libconfig-dev libcap-ng-dev libmnl-dev libsystemd-dev libcmocka-dev
	clang clang-tidy clang-format cppcheck universal-ctags mandoc
	iproute2 iputils-ping procps socat curl nginx-light libnginx-mod-stream libnginx-mod-http-js haproxy openssl
	tcpdump tshark nftables ethtool traceroute tayga iperf3 bind9-dnsutils
	python3 python3-scapy prometheus bash-completion
	debhelper lintian rpm mmdebstrap systemd-container"

sanitized_seeds=200

# What automake calls a test that did not pass, for sed and grep: there are no expected failures here.
verdicts='\(FAIL\|ERROR\|SKIP\|XFAIL\|XPASS\)'

source=$(cd "$(dirname "$0")/.." && pwd)
. "$source/tests/prepare.sh"
passed=0
failed=0
work=

fatal() {
	echo "check.sh: $*" >&2
	exit 1
}

clean_up() {
	[ -z "$work" ] || { chmod -R u+w "$work"; rm -rf "$work"; }
}

# keep_log NAME FILE: to be shown at the end
keep_log() {
	{
		echo
		echo "==== $1"
		tail -n 200 "$2"
	} >>"$work/failures" 2>&1
}

# result PASS|FAIL NAME LOG: print and count one test
result() {
	echo "$1 $2"
	if [ "$1" = PASS ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		keep_log "$2" "$3"
	fi
}

# one NAME COMMAND...: a command that is one test
one() {
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		result PASS "$name" "$work/log"
	else
		result FAIL "$name" "$work/log"
	fi
}

# harness NAME DIRECTORY ARGUMENT...: make with a target that runs many tests; automake prints the result of each
harness() {
	name=$1
	directory=$2
	shift 2
	{ make -C "$directory" -k "$@" 2>&1; echo $? >"$work/status"; } | tee "$work/log" |
		sed -u -n -e "s,^PASS: ,PASS $name: ,p" -e "s,^$verdicts: \(.*\),FAIL $name: \2 (\1),p"

	passes=$(grep -c '^PASS: ' "$work/log")
	failures=$(grep -c "^$verdicts: " "$work/log")
	passed=$((passed + passes))
	failed=$((failed + failures))
	for test in $(sed -n "s,^$verdicts: \([^ ]*\).*,\2,p" "$work/log" | sort -u); do
		keep_log "$name: $test" "$directory/${test%.*}.log"
	done
	# A test that fails has been counted; whatever else made make fail has not.
	if [ "$failures" = 0 ] && { [ "$passes" = 0 ] || [ "$(cat "$work/status")" != 0 ]; }; then
		result FAIL "$name" "$work/log"
	fi
}

# configure_and_make DIRECTORY OPTION...: configure the copied sources there and build all
configure_and_make() {
	build=$1
	shift
	mkdir "$build" && (cd "$build" && "$work/source/configure" "$@" && make -j "$jobs")
}

[ $# -eq 0 ] || fatal "usage: sh tests/check.sh"
[ "$(id -u)" = 0 ] || fatal "root is needed: for packages, network namespaces and devices"
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
work=$(mktemp -d "${TMPDIR:-/tmp}/nat46d-check.XXXXXX") || exit 1
# The service user must be able to reach what is built here.
chmod 755 "$work"
: >"$work/failures"
jobs=$(getconf _NPROCESSORS_ONLN)
started=$(date +%s)

# shellcheck disable=SC2086
install_packages "$work/apt.log" $packages || fatal "the packages could not be installed"
copy_sources "$source" "$work/source"

cd "$work" || exit 1
one "autoreconf" autoreconf -i "$work/source"
one "build" configure_and_make "$work/build" --enable-werror
harness "check" "$work/build" check
harness "static" "$work/build" check-static
harness "e2e" "$work/build" check-e2e
harness "package" "$work/build" check-package
harness "booted" "$work/build" check-booted
one "build with clang" configure_and_make "$work/clang" CC=clang --enable-werror --without-systemd
one "build with sanitizers" configure_and_make "$work/sanitized" --enable-werror --enable-sanitizers
harness "sanitized" "$work/sanitized" -j "$jobs" check SEEDS=$sanitized_seeds
one "distcheck" make -C "$work/build" distcheck

if [ $failed -ne 0 ]; then
	cat "$work/failures"
	echo
fi
echo "took $(($(date +%s) - started)) seconds"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
