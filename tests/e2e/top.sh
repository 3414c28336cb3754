#!/bin/sh
# SPDX-License-Identifier: ISC
# top.sh - nat46ctl top: its rates are those of the traffic, and the terminal is as it was afterwards
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 web, plain, broken ] six --- server 2001:db8::1, ::2
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3 curl

NAT46CTL=${NAT46CTL:-${NAT46D%/*}/nat46ctl}
tools=$(dirname "$0")/../tools
make_box
make_client client 10.0.0.3
make_server server 2001:db8::1 2001:db8::2
configure <<END
services = (
  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; rules = ( { host = "one.example"; to = "2001:db8::1"; } ); },
  { name = "plain"; ipv4 = "10.0.0.42"; tcp = 81; to = "[2001:db8::2]:80"; },
  { name = "broken"; ipv4 = "10.0.0.42"; tcp = 82; rules = ( { bytes = "G"; to = "[2001:db8::2]:9"; } ); }
);
END

# steady NUMBER BYTES: a server that sends so many bytes each 20th of a second to whoever has said something
cat >"$dir/steady.py" <<'END'
import socket, sys, time
listener = socket.create_server((sys.argv[1], 80), family=socket.AF_INET6)
print("ready", flush=True)
peer = listener.accept()[0]
peer.recv(1000)
while True:
    peer.sendall(bytes(int(sys.argv[2])))
    time.sleep(0.05)
END
steady() {
	launch steady$1 ip netns exec "$ns_server" python3 -B "$dir/steady.py" 2001:db8::$1 "$2"
	wait_for 10 grep -q '^ready' "$dir/steady$1.log" || fail "no server"
}

steady 1 50000
steady 2 5000
start_nat46d "$ns_box"

# get NAME OPTION... URL: a client in the background; sets $launched
get() {
	name=$1
	shift
	launch "$name" ip netns exec "$ns_client" curl -sS -m 60 --resolve one.example:80:10.0.0.42 -o /dev/null --http0.9 "$@"
}

# top ARGUMENT...
top() {
	"$NAT46CTL" -s "$dir/control" "$@"
}

# json EXPRESSION: of a, the last picture as JSON, it is true
json() {
	python3 -c 'import json, sys; a = json.loads(sys.stdin.readlines()[-1]); sys.exit(not eval(sys.argv[1]))' "$1" \
		<"$dir/json.log" || fail "not $1: $(tail -n 1 "$dir/json.log")"
}

get fast http://one.example/
get slow http://10.0.0.42:81/
(
	while in_ns "$ns_client" curl -sS -m 2 http://10.0.0.42:82/ 2>/dev/null; [ $? != 127 ]; do sleep 0.1; done
) &
pids="$pids $!"
sleep 0.5

echo "# as JSON: one picture a line; rates of all, of services, servers, and flows, the busiest first"
top -j top -n 2 -d 2 >"$dir/json.log" || fail "no JSON"
[ "$(wc -l <"$dir/json.log")" = 2 ] || fail "there are not two lines"
json '1.9 < a["seconds"] < 3'
json '3e6 < a["bits_to_clients_per_second"] < 20e6 and a["received_per_second"] > 10'
json '[s["service"] for s in a["services"]] == [ "web", "plain", "broken" ]'
json '2 * a["services"][1]["bits_to_client_per_second"] < a["services"][0]["bits_to_client_per_second"]'
json 'a["services"][2]["refused_per_second"] > 1 and a["services"][2]["failures_per_second"] > 1'
json '{ (s["service"], s["state"]) for s in a["servers"] } == { ("web", "ok"), ("plain", "ok"), ("broken", "failing") }'
json '[f["service"] for f in a["busiest_flows"]][:2] == [ "web", "plain" ]'
json 'abs(sum(f["bits_to_client_per_second"] for f in a["busiest_flows"]) / a["bits_to_clients_per_second"] - 1) < 0.1'
json 'a["flows"]["established"] >= 2 and a["busiest_flows"][0]["client"] == "10.0.0.3"'

echo "# as text: pictures one after the other, without anything for a terminal; drops with their reason"
ip -n "$ns_box" route add 10.9.9.9/32 dev nat46
ip -n "$ns_client" route add 10.9.9.9/32 via 10.0.0.1
in_ns "$ns_client" ping -c 8 -i 0.2 10.9.9.9 >/dev/null &
pids="$pids $!"
top top -n 1 -d 1 >"$dir/top.log" || fail "no text"
grep -q '^drops/s .*not_ours [0-9]' "$dir/top.log" || fail "no drops"
grep -qE '^ +[0-9.]+ +[0-9.]+M +1 .* web$' "$dir/top.log" || fail "no service"
grep -qE ' failing .* \[2001:db8::2\]:9 broken$' "$dir/top.log" || fail "no server"
grep -qE 'M +[0-9]+s established tcp 10.0.0.3:[0-9]+ web \[2001:db8::1\]:80$' "$dir/top.log" || fail "no flow"
! grep -q "$(printf '\033')" "$dir/top.log" || fail "sequences for a terminal in a file"

echo "# on a terminal: q, ctrl-C, ctrl-Z, a signal, another size"
for end in q ctrl-c ctrl-z TERM; do
	python3 -B "$tools/terminal.py" $end "$NAT46CTL" -s "$dir/control" top -d 0.3 >"$dir/terminal.log" 2>&1 ||
		fail "it is no good guest"
	[ $end = TERM ] && status="signal 15" || status="status 0"
	[ "$(tail -n 1 "$dir/terminal.log")" = "$status" ] || fail "$end: not $status"
	grep -q "^bit/s " "$dir/terminal.log" || fail "no picture"
done

echo "# no more of them than there may be, and others get their answers; wrong usage"
held=
for number in 1 2 3 4; do
	launch held$number "$NAT46CTL" -s "$dir/control" -j top -d 0.1
	held="$held $launched"
	wait_for 5 [ -s "$dir/held$number.log" ] || fail "no picture"
done
top top -n 1 2>"$dir/says.log" && fail "a fifth one runs"
grep -q 'as many captures and tops run' "$dir/says.log" || fail "no reason"
top reload >/dev/null && top status >/dev/null || fail "no answer"
kill $held
for arguments in "-d 0" "-d x" "-n -1" "-n" "--service web" "web"; do
	status=0
	# shellcheck disable=SC2086
	top top $arguments 2>/dev/null || status=$?
	[ $status = 2 ] || fail "top $arguments ends with $status"
done
top status -n 1 2>/dev/null && fail "status takes an option of top"

echo "# the daemon ends: so does top, and says it where it can be read"
launch guest python3 -B "$tools/terminal.py" itself "$NAT46CTL" -s "$dir/control" top -d 0.3
wait_for 10 grep -q '^ready$' "$dir/guest.log" || fail "no pictures"
stop_nat46d
wait "$launched" || fail "it is no good guest"
grep -q '^nat46ctl: ' "$dir/guest.log" || fail "no reason"
[ "$(tail -n 1 "$dir/guest.log")" = "status 1" ] || fail "it does not fail"
echo "PASS"
