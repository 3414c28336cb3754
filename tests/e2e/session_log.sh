#!/bin/sh
# SPDX-License-Identifier: ISC
# session_log.sh - sessions as text, as JSON, and as events of the journal with their fields
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 ] six --- servers 2001:db8::1
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3 socat

make_box
make_client client 10.0.0.3
make_server servers 2001:db8::1
start_witness "$ns_servers" one=2001:db8::1,80
launch echo ip netns exec "$ns_servers" socat UDP6-LISTEN:53,bind=[2001:db8::1],fork PIPE
wait_for 5 in_ns "$ns_servers" sh -c 'ss -Hlun "sport = :53" | grep -q .' || fail "no server of UDP"

# settings LOG: the configuration, with these settings of the log
settings() {
	cat >"$dir/nat46d.conf" <<-END
	prefix = "2001:db8:46::/96";
	user = "nobody"; group = "nogroup"; control = "";
	log = { sessions = true; $1 };
	timeouts = { udp = 1; };
	services = (
	  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; rules = ( { bytes = "ONE"; to = "2001:db8::1"; } ); },
	  { name = "dns"; ipv4 = "10.0.0.42"; udp = 53; to = "2001:db8::1"; }
	);
	END
}

# sessions: one that is served, one that is refused, and one of UDP
sessions() {
	expect "one 2001:db8:46::a00:3 *|end 3 *|closed" "$ns_client" --send 'ONE' 10.0.0.42 80
	expect "reset" "$ns_client" --send 'TWO' 10.0.0.42 80
	in_ns "$ns_client" sh -c '(echo 1; sleep 0.2; echo 2) | socat -t 0.3 - UDP4:10.0.0.42:53,sourceport=4000' >/dev/null
}

# events FILE EXPRESSION: how many of the JSON objects in its lines are so, which is an expression of Python
events() {
	python3 - "$@" <<-'END'
	import json, sys
	objects = [json.loads(line) for line in open(sys.argv[1], encoding="ascii") if line.startswith("{")]
	print(sum(1 for e in objects if eval(sys.argv[2], {}, {"e": e})))
	END
}

# has_event FILE EXPRESSION
has_event() {
	[ "$(events "$@")" = 1 ]
}

settings ''
start_nat46d "$ns_box"

echo "# text"
sessions
wait_for 10 grep -qE 'session ended client=10.0.0.3:4000 .*proto=udp .* end="timeout"$' "$dir/nat46d.log" ||
	fail "no end of UDP"

echo "# JSON, from a reload on, and so are all other lines"
settings 'format = "json";'
kill -HUP "$nat46d_pid"
wait_for 5 grep -q '^{.*"message":"reloaded ' "$dir/nat46d.log" || fail "no JSON"
json_at=$(grep -n '^{' "$dir/nat46d.log" | head -n 1 | cut -d : -f 1)
sessions
wait_for 10 has_event "$dir/nat46d.log" 'e.get("session") == "ended" and e["protocol"] == "udp"' || fail "no end of UDP"
tail -n "+$json_at" "$dir/nat46d.log" | grep -qv '^{' && fail "a line that is no JSON"
for event in \
	'e.get("session") == "bound" and e["service"] == "web" and e["rule"] == "bytes \"ONE\""' \
	'e.get("session") == "bound" and e["service"] == "dns" and (e["client"], e["client_port"]) == ("10.0.0.3", 4000)' \
	'e.get("session") == "ended" and e["rule"] == "bytes \"ONE\"" and e["bytes_to_server"] == 3' \
	'e.get("session") == "refused" and e["why"] == "no rule matches" and "server" not in e'; do
	has_event "$dir/nat46d.log" "$event" || fail "not logged once: $event"
done
stop_nat46d

echo "# under systemd: events with fields, and all else on standard error"
settings 'level = "info";'
start_nat46d "$ns_box" python3 "$(dirname "$0")/journal.py" "$dir/events"
sessions
wait_for 10 has_event "$dir/events" 'e["NAT46_SESSION"] == "ended" and e["NAT46_PROTOCOL"] == "udp"' ||
	fail "no end of UDP: $(cat "$dir/events")"
[ "$(events "$dir/events" 'e["PRIORITY"] == "6" and e["SYSLOG_IDENTIFIER"] == "nat46d"')" = 5 ] ||
	fail "not 5 events: $(cat "$dir/events")"
for event in \
	'e["MESSAGE"].startswith("session refused client=10.0.0.3:") and e["NAT46_WHY"] == "no rule matches"' \
	'e["NAT46_SESSION"] == "ended" and e["NAT46_SERVICE"] == "web" and int(e["NAT46_DURATION_MS"]) < 10000'; do
	has_event "$dir/events" "$event" || fail "not an event, once: $event: $(cat "$dir/events")"
done
logged 'session' && fail "a session on standard error"
grep -q '^<6>nat46d .* started$' "$dir/nat46d.log" || fail "not taken for the journal"

echo "# an event that the journal does not take becomes a line"
kill -STOP "$(pgrep -P "$nat46d_pid")"
python3 - "$nat46d_pid" <<-'END'
	# fill its queue
	import os, socket, sys
	os.chdir(f"/proc/{sys.argv[1]}/root/run/systemd/journal")
	journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
	try:
	    while True:
	        journal.sendto(b"NAT46_SESSION=filler\nNAT46_PROTOCOL=none\n", "socket")
	except BlockingIOError:
	    pass
END
expect "reset" "$ns_client" --send 'TWO' 10.0.0.42 80
kill -CONT "$(pgrep -P "$nat46d_pid")"
wait_for 5 grep -qE '^<6>session refused client=10.0.0.3:[0-9]+ ' "$dir/nat46d.log" || fail "an event was lost"
stop_nat46d
echo "PASS"
