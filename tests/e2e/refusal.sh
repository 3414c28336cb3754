#!/bin/sh
# SPDX-License-Identifier: ISC
# refusal.sh - what a client notices that is not served: at once or not at all, as configured
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 to .45 ] six --- servers 2001:db8::1, ::2 (port closed), ::3 (nobody)
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3

make_box
make_client client 10.0.0.3
make_server servers 2001:db8::1 2001:db8::2
start_witness "$ns_servers" one=2001:db8::1,80

configure <<END
router = { ipv4 = "10.0.0.41"; };
timeouts = { connect = 4.0; };
services = (
  { name = "reset"; ipv4 = "10.0.0.42"; tcp = 80; wait = 60;	# longer than a client of the tests is patient
    rules = (
      { bytes = "ONE";    to = "2001:db8::1"; },
      { bytes = "CLOSED"; to = "2001:db8::2"; },
      { bytes = "NOBODY"; to = "2001:db8::3"; },
      { bytes = "NOWAY";  to = "2001:db8:dead::1"; }
    ); },
  { name = "silent"; ipv4 = "10.0.0.43"; tcp = 80; wait = 1; refuse = "drop";
    rules = ( { bytes = "ONE"; to = "2001:db8::1"; } ); },
  { name = "hasty"; ipv4 = "10.0.0.45"; tcp = 80; wait = 1;
    rules = ( { bytes = "ONE"; to = "2001:db8::1"; } ); },
  { name = "plain"; ipv4 = "10.0.0.44"; tcp = 80; to = "2001:db8::2"; }
);
END
start_nat46d "$ns_box"

# no_flow_waits: does nothing wait for data or a server any more
no_flow_waits() {
	[ "$(counted waiting)$(counted connecting)" = 00 ]
}

# not_before MILLISECONDS COMMAND...
not_before() {
	least=$1
	shift
	began=$(date +%s%N)
	"$@"
	took=$((($(date +%s%N) - began) / 1000000))
	[ $took -ge "$least" ] || fail "took $took ms, less than $least: $*"
}

echo "# no rule matches: reset, or silence"
expect "reset" "$ns_client" --send 'TWO' 10.0.0.42 80
expect "silent" "$ns_client" --send 'TWO' --patience 1.5 10.0.0.43 80

echo "# no data within the time of \"wait\": reset, or silence"
not_before 1000 expect "reset" "$ns_client" --open 10.0.0.45 80
not_before 1000 expect "reset" "$ns_client" --send 'ON' --open 10.0.0.45 80
expect "silent" "$ns_client" --open --patience 2.5 10.0.0.43 80

echo "# the client closes before the bytes suffice: reset at once"
expect "reset" "$ns_client" --send 'ON' 10.0.0.42 80
expect "reset" "$ns_client" 10.0.0.42 80

echo "# a port without a service, on a service address and on an address of the router"
expect "refused" "$ns_client" 10.0.0.42 81
expect "refused" "$ns_client" 10.0.0.41 80

echo "# the server's port is closed; there is no such server"
expect "reset" "$ns_client" --send 'CLOSED' 10.0.0.42 80
expect "reset" "$ns_client" --send 'NOBODY' 10.0.0.42 80
expect "refused" "$ns_client" 10.0.0.44 80

echo "# the box itself has no route to the server: told at once, long before the time to connect is over"
began=$(date +%s%N)
expect "reset" "$ns_client" --send 'NOWAY' 10.0.0.42 80
took=$((($(date +%s%N) - began) / 1000000))
[ $took -lt 2000 ] || fail "took $took ms to say that there is no route"
[ "$(counted refused_silence)" = 0 ] || fail "no route was counted as silence"

echo "# each is in the session log"
refused() {
	grep -q "info: session refused client=10.0.0.3:[0-9]* service=$1:80 name=\"$2\" host=\"$3\" why=\"$4\"\$" \
		"$dir/nat46d.log" || fail "not logged: $*"
}
refused 10.0.0.42 reset "" "no rule matches"
refused 10.0.0.45 hasty "" "the client said too little in time"
refused 10.0.0.42 reset "" "no server accepts"

echo "# none of this disturbs the others"
expect "one 2001:db8:46::a00:3 *|end 3 *|closed" "$ns_client" --send 'ONE' 10.0.0.42 80
expect "one 2001:db8:46::a00:3 *|end 3 *|closed" "$ns_client" --send 'ONE' 10.0.0.43 80
wait_for 10 no_flow_waits || fail "refused connections are kept"

stop_nat46d
echo "PASS"
