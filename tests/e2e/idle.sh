#!/bin/sh
# SPDX-License-Identifier: ISC
# idle.sh - an idle connection is not forgotten as long as one of its ends knows it
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 (rules), 10.0.0.43 (none) ] six --- server 2001:db8::1
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip nft python3 socat

make_box
make_client client 10.0.0.3
make_server server 2001:db8::1
start_witness "$ns_server" one=2001:db8::1,80

# a second, and then they are idle
configure <<END
timeouts = { tcp = 1; tcp_transitory = 1; };
services = (
  { ipv4 = "10.0.0.42"; tcp = 80; rules = ( { bytes = "A"; to = "2001:db8::1"; } ); },
  { ipv4 = "10.0.0.43"; tcp = 80; to = "2001:db8::1"; }
);
END
start_nat46d "$ns_box"

# talk NAME ADDRESS FD: a connection that sends "A", and then what is written to the file descriptor
talk() {
	rm -f "$dir/$1.in"
	mkfifo "$dir/$1.in"
	launch "$1" ip netns exec "$ns_client" socat "TCP:$2:80" "PIPE:$dir/$1.in,rdonly!!OPEN:$dir/$1.out,creat,trunc"
	eval "exec $3>\"\$dir/$1.in\""
	echo A >&"$3"
	wait_for 5 grep -q '^one ' "$dir/$1.out" || fail "$1: no answer"
}

# probed ADDRESS: has nat46d asked the client of this service twice
probed() {
	[ "$(grep -c "OUTGOING: $1:80 => 10.0.0.3:.* flags=A " "$dir/nat46d.log")" -ge 2 ]
}

echo "# both ends are there: whoever is asked answers, and the connections work for as long as they are needed"
talk rules 10.0.0.42 3
talk plain 10.0.0.43 4
for address in 10.0.0.42 10.0.0.43; do
	wait_for 60 probed $address || fail "the client of $address is not asked"
done
echo B >&3
echo B >&4
exec 3>&- 4>&-
for name in rules plain; do
	wait_for 5 grep -q '^end 4 ' "$dir/$name.out" || fail "$name: the end did not arrive"
done

echo "# neither end is there any more: forgotten"
talk lost 10.0.0.42 5
for ns in "$ns_client" "$ns_server"; do
	firewall "$ns" dead output "meta l4proto tcp drop"
done
wait_for 60 logged 'end="timeout"' || fail "a dead connection is kept"
stop_nat46d
echo "PASS"
