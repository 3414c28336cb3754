#!/bin/sh
# SPDX-License-Identifier: ISC
# hello_pieces.sh - a ClientHello in any pieces and any order is decided right, one that contradicts itself is refused
#
#	raw 10.0.0.3 --- four [ box: 10.0.0.42, 10.0.0.43 ] six --- servers 2001:db8::1, ::2, ::3
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip nft python3

make_box
make_client raw 10.0.0.3
make_server servers 2001:db8::1 2001:db8::2 2001:db8::3
start_witness "$ns_servers" one=2001:db8::1,443 two=2001:db8::2,443 other=2001:db8::3,443
# The kernel does not know the connections of segments.py, and would reset them.
firewall "$ns_raw" raw output "tcp flags & rst == rst drop"

configure <<END
services = (
  { name = "strict"; ipv4 = "10.0.0.42"; tcp = 443;
    rules = ( { host = "one.example"; to = "2001:db8::1"; }, { host = "two.example"; to = "2001:db8::2"; } ); },
  { name = "default"; ipv4 = "10.0.0.43"; tcp = 443;
    rules = ( { host = "one.example"; to = "2001:db8::1"; } );
    to = "2001:db8::3"; }
);
END
start_nat46d "$ns_box"

port=20000
# hello ADDRESS NAME OPTION...
hello() {
	hello_address=$1
	hello_name=$2
	shift 2
	port=$((port + 1))
	in_ns "$ns_raw" timeout 30 python3 "$(dirname "$0")/segments.py" "$@" 10.0.0.3 $port "$hello_address" 443 \
		"$hello_name" >"$dir/hello" 2>&1 || fail "segments.py $*: $(cat "$dir/hello")"
}

# reaches SERVER ADDRESS NAME OPTION...: this server, and every byte as it was first sent
reaches() {
	server=$1
	shift
	hello "$@"
	grep -q "^$server 2001:db8:46::a00:3 $port$" "$dir/hello" || fail "not $server for '$*': $(cat "$dir/hello")"
	[ "$(sed -n 's/^end //p' "$dir/hello")" = "$(sed -n 's/^sent //p' "$dir/hello")" ] ||
		fail "other bytes arrived than were sent for '$*': $(cat "$dir/hello")"
	[ "$(tail -n 1 "$dir/hello")" = closed ] || fail "not closed for '$*': $(cat "$dir/hello")"
}

# is_reset ADDRESS NAME OPTION...: no server gets a byte
is_reset() {
	hello "$@"
	[ "$(tail -n 1 "$dir/hello")" = reset ] || fail "not reset for '$*': $(cat "$dir/hello")"
	grep ":$port" "$dir/nat46d.log" | grep -q '2001:db8::' && fail "a server was called for '$*'"
	return 0
}

echo "# whole, in halves, in single bytes"
reaches one 10.0.0.42 one.example
reaches two 10.0.0.42 two.example --cut 70
reaches two 10.0.0.42 two.example --cut 1
is_reset 10.0.0.42 six.example --cut 1
reaches other 10.0.0.43 six.example --cut 1

echo "# in the wrong order: last first, single bytes last first, shuffled, every other one"
reaches one 10.0.0.42 one.example --cut 40 --order reverse
reaches two 10.0.0.42 two.example --cut 1 --order reverse
reaches one 10.0.0.42 one.example --cut 9 --order shuffle
reaches two 10.0.0.42 two.example --cut 3 --order even
is_reset 10.0.0.42 six.example --cut 20 --order reverse

echo "# over several TLS records, down to one byte each, the pieces cut elsewhere"
reaches one 10.0.0.42 one.example --record 50
reaches two 10.0.0.42 two.example --record 7 --cut 11
reaches one 10.0.0.42 one.example --record 1 --cut 1
reaches two 10.0.0.42 two.example --record 1 --cut 100 --order reverse

echo "# 2, 8 and 16 KB, the name at the very end, also in several records and backwards"
reaches one 10.0.0.42 one.example --size 2000
reaches two 10.0.0.42 two.example --size 8000 --order reverse
reaches one 10.0.0.42 one.example --size 16384
reaches two 10.0.0.42 two.example --size 16384 --order reverse
reaches one 10.0.0.42 one.example --size 16384 --record 5000 --cut 600 --order even

echo "# a second copy that contradicts: the first one counts, and is what the server gets"
reaches one 10.0.0.42 one.example --also two.example
reaches two 10.0.0.42 two.example --also one.example --cut 30
reaches one 10.0.0.42 one.example --also two.example --cut 30 --order reverse
reaches one 10.0.0.42 one.example --also two.example --size 1900 --split 1903
reaches two 10.0.0.42 two.example --also one.example --size 1900 --split 1904 --cut 500 --order reverse

echo "# the same while the server does not answer: it misses the first SYN"
firewall "$ns_servers" lossy input "tcp flags & (syn | ack) == syn quota 100 bytes drop"
reaches one 10.0.0.42 one.example --also two.example

echo "# a length that lies is refused, even where there is a default server"
for field in hello session ciphers compression extensions extension list name; do
	is_reset 10.0.0.43 one.example --lie $field
done
is_reset 10.0.0.43 one.example --lie name --by 60000
is_reset 10.0.0.43 one.example --lie extension --by 60000 --cut 1
is_reset 10.0.0.43 one.example --lie hello --by 70000
is_reset 10.0.0.43 one.example --lie record --record 50 --by -7

stop_nat46d
echo "PASS"
