#!/bin/sh
# SPDX-License-Identifier: ISC
# slow_hello.sh - first bytes that are long, cut, lost or slow come to the right server whole, or to none
#
#	client --- wire --- [ router: nat46 (TUN), nat46d ] --- servers one, two, other (see wire.sh)
#
# A short part of tests/bench/first_bytes.sh, without chance: the relay only delays, so that a client's first flight is
# over before anybody could have answered it, and segments are lost by rules of the router's firewall.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
. "$(dirname "$0")/wire.sh"
require ip python3 taskset nft
opening=$(dirname "$0")/../tools/opening.py

# first_flight SEGMENTS: of the client
first_flight() {
	ip -n "$ns_client" route replace default via 198.51.100.1 initcwnd "$1"
}

# opens WORD OPTION... KIND HOST: what comes of a connection, which is its first word
opens() {
	word=$1
	shift
	opened=$(in_ns "$ns_client" timeout 30 python3 -B "$opening" client --patience 20 "$@" 2>&1) || :
	case $opened in
	"$word "*) ;;
	*) fail "not '$word' for '$*': $opened" ;;
	esac
}

# reaches SERVER OPTION... KIND: this server answers, and has got every byte
reaches() {
	name=$1
	shift
	opens "right $name" "$@" 192.0.2.11 1000 "$kind" "$name.example"
}

# is_cut LENGTH: so many bytes, and then silence, end with a reset
is_cut() {
	opens reset --length "$1" 192.0.2.11 1000 "$kind" one.example
}

# reaches_acknowledged SERVER [OPTION...]: the same, and the daemon had to acknowledge
reaches_acknowledged() {
	before=$(counted first_bytes_acknowledged)
	reaches "$@"
	[ "$(counted first_bytes_acknowledged)" = $((before + 1)) ] || fail "nothing was acknowledged for '$kind'"
}

# lose BYTES: of the client's segments that are neither empty nor full, until so many bytes are gone
lose() {
	firewall "$ns_router" lossy forward "iifname v4 ip length 100-1400 quota $1 bytes counter drop"
}

# lost NUMBER: so many segments were; none is any more
lost() {
	in_ns "$ns_router" nft list table inet lossy >"$dir/lossy"
	grep -q "counter packets $1 " "$dir/lossy" || fail "not $1 segments were lost: $(cat "$dir/lossy")"
	in_ns "$ns_router" nft delete table inet lossy
}

make_ends
wire "$ns_client" eth0 "$client/24" "$ns_router" v4 198.51.100.1/24
link "$ns_router" v6 2001:db8:2::ff/64 "$ns_server" eth0 "$server/64"
ip -n "$ns_server" route add default via 2001:db8:2::ff
first_flight 10
start_relay -d 10

configure_path "" ", { ipv4 = \"192.0.2.11\"; tcp = 1000; wait = 1; rules = (
	{ host = \"one.example\"; to = \"[$server]:8001\"; }, { host = \"two.example\"; to = \"[$server]:8002\"; } );
	to = \"[$server]:8003\"; }" </dev/null
start_nat46d "$ns_router"
launch servers ip netns exec "$ns_server" python3 -B "$opening" server "$server" one=8001 two=8002 other=8003
wait_for 10 grep -q '^ready$' "$dir/servers.log" || fail "the servers do not start"

echo "# a hello of two segments; the second is lost once, and twice"
kind='hello of 1.9 kB'
reaches one
[ "$(counted first_bytes_acknowledged)" = 0 ] || fail "it was acknowledged without need"
lose 700
reaches two # by a tail loss probe, or by our acknowledgement, whichever is first
lost 1
lose 1300
reaches_acknowledged one
lost 2

echo "# byte by byte; small writes that wait for acknowledgements"
kind='hello byte by byte'
reaches_acknowledged two
reaches_acknowledged one --nagle
kind='head byte by byte'
reaches_acknowledged two

echo "# longer than the first flight of a client"
kind='head of 20 kB'
reaches_acknowledged one
first_flight 1
reaches_acknowledged two
kind='hello of 1.9 kB'
reaches_acknowledged one
kind='hello of 14 kB'
reaches_acknowledged two

echo "# line by line; cut, and then silent: refused, and no server hears of it"
before=$(counted first_bytes_acknowledged)
served=$(grep -c '^[a-z]* [0-9]' "$dir/servers.log")
together=
kind='head line by line'
for case in "reaches one" "reaches two --nagle" "is_cut 199" "is_cut 3" "is_cut 100" "is_cut 1500" "is_cut 1899"; do
	[ "$case" != "is_cut 3" ] || kind='hello of 1.9 kB'
	$case &
	together="$together $!"
done
for pid in $together; do
	wait "$pid" || fail "see above"
done
[ "$(counted first_bytes_acknowledged)" = $((before + 7)) ] || fail "not all were acknowledged"
[ "$(grep -c '^[a-z]* [0-9]' "$dir/servers.log")" = $((served + 2)) ] || fail "a server was called"
[ "$(grep -c '^other' "$dir/servers.log")" = 0 ] || fail "somebody came to the default server"

stop_relay
all_content tcp_no_flow
stop_nat46d
echo "PASS"
