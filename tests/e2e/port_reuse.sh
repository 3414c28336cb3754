#!/bin/sh
# SPDX-License-Identifier: ISC
# port_reuse.sh - a client uses the same port again: right after closing, or while the old connection still lives
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 (rules), 10.0.0.43 (none) ] six --- servers 2001:db8::1, ::2
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip nft python3

make_box
make_client client 10.0.0.3
# A FIN that is sent twice brings two ACKs, and the RST for the second one ends the server's TIME-WAIT.
sysctl_in "$ns_client" ipv4/tcp_early_retrans 0
make_server servers 2001:db8::1 2001:db8::2
start_witness "$ns_servers" one=2001:db8::1,80 two=2001:db8::2,80 leave=2001:db8::1,81,leave

configure <<END
services = (
  { name = "rules"; ipv4 = "10.0.0.42"; tcp = 80;
    rules = (
      { bytes = "1"; to = "2001:db8::1"; },
      { bytes = "2"; to = "2001:db8::2"; },
      { bytes = "L"; to = "[2001:db8::1]:81"; }
    ); },
  { name = "plain"; ipv4 = "10.0.0.43"; tcp = 80; to = "2001:db8::1"; },
  { name = "leave"; ipv4 = "10.0.0.43"; tcp = 81; to = "2001:db8::1"; }
);
END
start_nat46d "$ns_box"

# at_once COMMAND...: neither the client nor nat46d has to repeat its SYN
at_once() {
	client_syns=$(syns '10\.0\.0\.4[0-9]')
	server_syns=$(syns '2001:db8::[12]')
	"$@"
	[ $(($(syns '10\.0\.0\.4[0-9]') - client_syns)) = 1 ] || fail "the client repeats its SYN: $*"
	[ $(($(syns '2001:db8::[12]') - server_syns)) -le 1 ] || fail "the SYN to the server is repeated: $*"
}

# syns ADDRESS: SYNs to addresses like this that the trace shows, each packet once
syns() {
	grep -Ec "(INCOMING|OUTGOING|NAT46 IN |NAT46 OUT): [^ ]+ => $1:[0-9]+: flags=S " "$dir/nat46d.log" || :
}

# vanish OPTION...: a connection that the client's side forgets without a word, neither FIN nor RST
vanish() {
	firewall "$ns_client" vanish output "tcp flags & (fin | rst) != 0 drop"
	expect "one *|aborted" "$ns_client" --port "$port" --open --abort "$@"
	in_ns "$ns_client" nft delete table inet vanish
}

port=40000
for round in 1 2 3; do
	echo "# reset by the client, then at once the same port again, to another server ($round)"
	at_once expect "one 2001:db8:46::a00:3 $port|aborted" "$ns_client" --port $port --send 1 --open --abort 10.0.0.42 80
	at_once expect "two 2001:db8:46::a00:3 $port|aborted" "$ns_client" --port $port --send 2 --open --abort 10.0.0.42 80
	at_once expect "one 2001:db8:46::a00:3 $port|aborted" "$ns_client" --port $port --send 1 --open --abort 10.0.0.43 80
done

echo "# refused, then at once the same port again"
port=40001
at_once expect "reset" "$ns_client" --port $port --send X 10.0.0.42 80
at_once expect "reset" "$ns_client" --port $port --send X 10.0.0.42 80
at_once expect "one 2001:db8:46::a00:3 $port|aborted" "$ns_client" --port $port --send 1 --open --abort 10.0.0.42 80

for place in "10.0.0.42 80" "10.0.0.43 81"; do
	echo "# the server keeps the port in TIME-WAIT, for it closed first; at once the same port again ($place)"
	port=$((port + 1))
	for round in 1 2 3 4 5; do
		# shellcheck disable=SC2086
		at_once expect "leave 2001:db8:46::a00:3 $port|closed" "$ns_client" --port $port --pause 0.2 \
			--send L --send 23 $place
	done
done
time_waits=$(in_ns "$ns_servers" ss -Htn state time-wait | wc -l)
[ "$time_waits" -ge 2 ] || fail "the server has $time_waits connections in TIME-WAIT"

for place in "10.0.0.42 80" "10.0.0.43 80"; do
	echo "# the client has forgotten a connection that still lives, and uses its port again ($place)"
	port=$((port + 1))
	# shellcheck disable=SC2086
	vanish --send 1 $place
	# shellcheck disable=SC2086
	expect "one 2001:db8:46::a00:3 $port|end 3 *|closed" "$ns_client" --port $port --send 123 $place
done

for place in "10.0.0.42 80" "10.0.0.43 80"; do
	echo "# nat46d has forgotten it as well, only the server remembers ($place)"
	port=$((port + 1))
	# shellcheck disable=SC2086
	vanish --send 1 $place
	stop_nat46d
	start_nat46d "$ns_box"
	# shellcheck disable=SC2086
	expect "one 2001:db8:46::a00:3 $port|end 3 *|closed" "$ns_client" --port $port --send 123 $place
done

stop_nat46d
echo "PASS"
