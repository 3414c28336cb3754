#!/bin/sh
# SPDX-License-Identifier: ISC
# many.sh - 1000 connections at a time that end in every order, memory, and what happens when a limit is reached
#
#	client -- [ router: nat46 (TUN), nat46d ] -- server (see path.sh)
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip nstat python3 taskset

make_path
start_many

# open NAME PORT NUMBER MAXIMUM
open() {
	seed=$(date +%s)
	echo "# $1: port $2, seed $seed"
	open_many "$1" "$2" "$3" "$seed" "$4"
}

connected() {
	are_open "$1" 30
}

completes() {
	end_many "$1" 50
}

# counts_at_least NAME NUMBER
counts_at_least() {
	[ "$(counted "$1")" -ge "$2" ]
}

counts() {
	[ "$(counted "$1")" = "$2" ]
}

# The table is small because its index is touched all over by the first thousand flows.
echo "# 1000 at a time, twice: the second time takes no more memory than its flow records"
configure_path <<-END
limits = { flows = 8192; };
END
start_nat46d "$ns_router"
memory=$(resident)
for round in first second; do
	for port in 80 81; do
		open many$port $port 1000 20000
		connected many$port
		wait_for 5 counts established 1000 || fail "not 1000 are established"
		completes many$port
	done
	before=$memory
	memory=$(resident)
	echo "$round round: $before kB, then $memory kB"
done
[ $((memory - before)) -le 1024 ] || fail "memory grows from $before kB to $memory kB"
[ "$memory" -le 16384 ] || fail "the daemon uses $memory kB"
! grep . "$dir/server.log" | grep -v '^ready$' || fail "the server complains"
# What is left of a connection that was reset may come late. A thousand SYNs at once may fill the queue of the
# device, and the last ACK of a handshake that is lost there brings another SYN/ACK.
kernel_may='TcpExtTCPChallengeACK TcpExtTCPSYNChallenge'
all_content tcp_no_flow
stop_nat46d

echo "# the flow table is full"
configure_path <<-END
limits = { flows = 50; };
timeouts = { tcp_transitory = 1; };
END
start_nat46d "$ns_router"
open held 80 50 200000
connected held
open more80 80 5 1000
open more81 81 5 1000
wait_for 10 counts_at_least drop.flows_full 15 || fail "a full table is not counted"
counts established 50 || fail "connections were lost when the table was full"
! grep -q connected "$dir/more80.log" "$dir/more81.log" || fail "more connections than limits.flows"
completes held

echo "# the others get their turn"
connected more80
connected more81
completes more80
completes more81
all_content flows_full tcp_no_flow
stop_nat46d

# overfill COUNTER LIMITS: with these limits, eight clients that never finish their first bytes leave no room, until
# they go
overfill() {
	rules="rules = ( { bytes = \"GET\"; to = \"[$server]:80\"; } );"
	configure_path "" ", { ipv4 = \"192.0.2.10\"; tcp = [ 82, 83 ]; wait = 60.0; $rules }" <<-END
	limits = { $2 };
	END
	start_nat46d "$ns_router"
	open held 83 5 200000
	connected held
	crowd=
	for port in 20001 20002 20003 20004 20005 20006 20007 20008; do # not what the kernel chooses for others
		launch crowd-$port ip netns exec "$ns_client" python3 -B "$(dirname "$0")/client.py" --port $port \
			--send GE --open --reset --patience 60 192.0.2.10 82
		crowd="$crowd $launched"
	done
	wait_for 10 counts_at_least "drop.$1" 4 || fail "$1 is not counted"
	open more 83 2 1000
	more=$(($(counted "drop.$1") + 2))
	wait_for 20 counts_at_least "drop.$1" $more || fail "$1 is not counted"
	! grep -q connected "$dir/more.log" || fail "connected beyond the limit"
	counts established 5 || fail "connections were lost at the limit"
	completes held
	# shellcheck disable=SC2086
	kill $crowd
	connected more
	completes more
	all_content "$1" tcp_no_flow
	stop_nat46d
}

echo "# limits.waiting: the others wait, established connections do not notice"
overfill waiting_full "waiting = 4;"

echo "# limits.buffers: the same, already for one address"
overfill source_buffers "buffer = 4096; buffers = 8192;"

echo "PASS"
