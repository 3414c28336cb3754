#!/bin/sh
# SPDX-License-Identifier: ISC
# server_dies.sh - a server is killed while clients are being connected to it, or while they transfer
#
#	clients 10.0.0.3 to .18 --- four [ box: 10.0.0.42, .43 ] six --- servers 2001:db8::1, ::2
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3

make_box
clients=$(seq -f 10.0.0.%g 3 18)
# shellcheck disable=SC2086
make_client client $clients
make_server servers 2001:db8::1 2001:db8::2
start_witness "$ns_servers" two=2001:db8::2,80

configure <<END
services = (
  { name = "two"; ipv4 = "10.0.0.42"; tcp = 80;
    rules = ( { bytes = "A"; to = [ "2001:db8::1", "2001:db8::2" ]; } ); },
  { name = "one"; ipv4 = "10.0.0.43"; tcp = 80;
    rules = ( { bytes = "A"; to = "[2001:db8::1]:81"; } ); }
);
END
start_nat46d "$ns_box"

# start_sink PORT MODE: a server that is to be killed, on 2001:db8::1; sets $sink
start_sink() {
	launch "sink-$1" ip netns exec "$ns_servers" python3 -B "$(dirname "$0")/../tools/sink.py" 2001:db8::1 "$1" "$2"
	sink=$launched
	wait_for 10 grep -q '^ready$' "$dir/sink-$1.log" || fail "no server to kill"
}

# ask_all OPTION... ADDRESS PORT: every client at the same time; sets $asking
ask_all() {
	asking=
	for client in $clients; do
		ask "$ns_client" --source "$client" "$@" >"$dir/$client.log" 2>&1 &
		asking="$asking $!"
	done
}

# end: wait for all clients
end() {
	for pid in $asking; do
		wait_for 15 has_ended "$pid" || fail "a client notices nothing"
		wait "$pid" || fail "a client fails"
	done
}

# all_say TEXT: how many clients printed this line
all_say() {
	for client in $clients; do
		grep -q "^$1" "$dir/$client.log" || fail "$client does not see '$1' but $(cat "$dir/$client.log")"
	done
}

echo "# killed in mid-connect: every client reaches the other server"
start_sink 80 full
ask_all --send A --patience 20 10.0.0.42 80
wait_for 10 grep -q 'NAT46 OUT: .* => 2001:db8::1:80: flags=S ' "$dir/nat46d.log" || fail "nobody prefers the server"
kill -KILL "$sink"
end
all_say 'two 2001:db8:46::'
all_say closed
grep 'NAT46 OUT: .* => 2001:db8::1:80' "$dir/nat46d.log" | grep -qv 'flags=[SR] ' &&
	fail "more than a SYN went to the server that was killed"
echo "$(grep -c 'NAT46 OUT: .* => 2001:db8::1:80: flags=S ' "$dir/nat46d.log") SYNs to the server that was killed," \
	"refused: $(counted servers_refused), silent: $(counted servers_silent), next: $(counted servers_next)"

counts() {
	[ "$(counted "$1")" = "$2" ]
}

echo "# killed in mid-transfer: every client is reset at once"
head -c 20000000 /dev/zero >"$dir/file"
start_sink 81 take
ask_all --send A --file "$dir/file" --open --patience 25 10.0.0.43 80
wait_for 10 counts established 16 || fail "not all are connected"
killed=$(date +%s%N)
kill -KILL "$sink"
end
echo "the last of 16 clients has ended after $((($(date +%s%N) - killed) / 1000000)) ms"
all_say reset
stop_nat46d
echo "PASS"
