#!/bin/sh
# SPDX-License-Identifier: ISC
# closing.sh - every way to end a connection: half closed by either side, reset by either side; with rules and without
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 (rules), 10.0.0.43 (none) ] six --- servers 2001:db8::1, ::2, ::3
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3

make_box
make_client client 10.0.0.3
make_server servers 2001:db8::1 2001:db8::2 2001:db8::3
start_witness "$ns_servers" stay=2001:db8::1,80 leave=2001:db8::2,80,leave abort=2001:db8::3,80,abort

configure <<END
services = (
  { name = "rules"; ipv4 = "10.0.0.42"; tcp = [ 81, 82, 83 ];
    rules = (
      { bytes = "S"; to = "[2001:db8::1]:80"; },
      { bytes = "L"; to = "[2001:db8::2]:80"; },
      { bytes = "A"; to = "[2001:db8::3]:80"; }
    ); },
  { name = "stay";  ipv4 = "10.0.0.43"; tcp = 81; to = "[2001:db8::1]:80"; },
  { name = "leave"; ipv4 = "10.0.0.43"; tcp = 82; to = "[2001:db8::2]:80"; },
  { name = "abort"; ipv4 = "10.0.0.43"; tcp = 83; to = "[2001:db8::3]:80"; }
);
END
start_nat46d "$ns_box"

port=40000
# server_saw NAME LENGTH END: how the connection from $port has ended at the server
server_saw() {
	wait_for 5 grep -qx "$1 2001:db8:46::a00:3 $port $2 $3" "$dir/witness-servers.log" ||
		fail "$1 has not seen '$2 $3' from port $port"
}

for address in 10.0.0.42 10.0.0.43; do
	echo "# $address: the client closes its half first, the server goes on"
	port=$((port + 1))
	expect "stay 2001:db8:46::a00:3 $port|end 5 *|closed" "$ns_client" --port $port --send S1234 $address 81
	server_saw stay 5 end

	echo "# $address: the server closes its half first, the client goes on"
	port=$((port + 1))
	expect "leave 2001:db8:46::a00:3 $port|closed" "$ns_client" --port $port --send L --pause 0.3 --send 23 --send 456 \
		$address 82
	server_saw leave 6 end

	echo "# $address: the client resets"
	port=$((port + 1))
	expect "stay 2001:db8:46::a00:3 $port|aborted" "$ns_client" --port $port --send S12 --open --abort $address 81
	server_saw stay 3 ConnectionResetError

	echo "# $address: the server resets"
	port=$((port + 1))
	expect "*reset" "$ns_client" --port $port --send A12 --open $address 83
	server_saw abort 0 aborted
done

# all_closing: does no connection wait, connect, or transfer any more
all_closing() {
	[ "$(counted waiting)$(counted connecting)$(counted established)" = 000 ]
}

echo "# nothing is left open: every connection is closing or has been forgotten"
wait_for 5 all_closing || fail "connections are left open"
stop_nat46d
echo "PASS"
