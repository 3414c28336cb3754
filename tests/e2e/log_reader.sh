#!/bin/sh
# SPDX-License-Identifier: ISC
# log_reader.sh - whoever reads the log stops, or goes: connections go on, and the lines that were lost are counted
#
#	client 198.51.100.2 -- [ router: nat46 (TUN), nat46d ] -- 2001:db8:2::1 server
#	                                          | standard error, a pipe
#	                                       reader
#
# The daemon logs every packet, so that the pipe is full at once. See path.sh for addresses and services. That of
# sockets, terminals and files is in the unit test.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip nstat socat ss taskset

transfer_time=20

# transfers: connections through the daemon, of more lines than a pipe or a socket takes
transfers() {
	for round in 1 2 3 4 5 6; do
		download 80
		upload 80
	done
	download 81
}

# start_nat46d_into FILE: the daemon with standard error there; ready when the reader has got so far
start_nat46d_into() {
	: >"$dir/nat46d.log"
	launch daemon sh -c 'exec ip netns exec "$1" "$2" -c "$3" 2>"$4"' sh "$ns_router" "$NAT46D" "$dir/nat46d.conf" "$1"
	nat46d_pid=$launched
	wait_for 10 logged ' started' || fail "nat46d does not start"
}

# lines_are_lost: told by a line of the log, and counted
lines_are_lost() {
	grep -qE ' warning: [0-9]+ lines lost: the reader of standard error did not keep up$' "$dir/nat46d.log" &&
		[ "$(counted log.lost)" -gt 0 ]
}

# whole_lines: each begins with the time
whole_lines() {
	! grep -vqE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z ' "$dir/nat46d.log"
}

make_path
make_file 1
start_files
echo 'log = { level = "trace"; };' | configure_path
mkfifo "$dir/pipe"

echo "# the reader of a pipe stops, and goes on"
launch reader sh -c 'exec cat "$1" >>"$2"' sh "$dir/pipe" "$dir/nat46d.log"
reader=$launched
start_nat46d_into "$dir/pipe"
download 80
kill -STOP "$reader"
transfers
kill -CONT "$reader"
download 80
wait_for 10 lines_are_lost || fail "no line tells of those that were lost"
whole_lines || fail "a line of the log is cut"

echo "# the reader of a pipe ends"
kill -KILL "$reader"
wait_for 5 has_ended "$reader" || fail "the reader does not end"
transfers
! has_ended "$nat46d_pid" || fail "nat46d ended with its reader"

echo "# somebody else reads"
launch reader sh -c 'exec cat "$1" >>"$2"' sh "$dir/pipe" "$dir/nat46d.log"
reader=$launched
download 80
wait_for 10 grep -qE ' warning: [0-9]+ lines lost: Broken pipe$' "$dir/nat46d.log" ||
	fail "no line tells of those that nobody read"
all_content
stop_nat46d
logged ' stopped' || fail "the last line is missing"
echo "PASS"
