#!/bin/sh
# SPDX-License-Identifier: ISC
# reload.sh - SIGHUP: new rules for new connections, nothing for those that are there, and what a reload refuses
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42, map 10.0.0.60 ] six --- one 2001:db8::1, two 2001:db8::2
#
# NAT46D_TEST_RELOADS is the number of reloads under load, ten each second; 100 if not set.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip curl python3 sha256sum

reloads=${NAT46D_TEST_RELOADS:-100}
downloads=20 # through each of three ways
tool=$(dirname "$0")/../tools/datagrams.py

make_box
make_client client 10.0.0.3
make_server one 2001:db8::1
make_server two 2001:db8::2
for server in one two; do
	eval "server_ns=\$ns_$server"
	mkdir "$dir/$server"
	echo "$server" >"$dir/$server/name"
	head -c $((reloads * 20000)) /dev/urandom >"$dir/$server/file"
	launch "http-$server" ip netns exec "$server_ns" python3 -m http.server 80 --bind :: --directory "$dir/$server"
	launch "udp-$server" ip netns exec "$server_ns" python3 -B "$tool" serve "$server=::,7"
	wait_for 10 listening "$server_ns" "[::]" 80 || fail "no server"
	wait_for 10 grep -q '^ready$' "$dir/udp-$server.log" || fail "no server of UDP"
done
sum=$(sha256sum <"$dir/one/file")

# settings RULES [SERVER [MORE]]: services of the usual kinds, all of SERVER but for RULES, and other settings
settings() {
	to=${2:-2001:db8::1}
	configure <<-END
	maps = ( { ipv4 = "10.0.0.60"; ipv6 = "2001:db8::1"; } );
	services = (
	  { name = "web"; ipv4 = "10.0.0.42"; tcp = [ 80, 8080 ]; wait = 4.0; rules = ( $1 ); to = "[$to]:80"; },
	  { name = "plain"; ipv4 = "10.0.0.42"; tcp = 81; to = "[$to]:80"; },
	  { name = "echo"; ipv4 = "10.0.0.42"; udp = 7; to = "$to"; }
	);
	${3:-}
	END
	sed -i 's/level = "trace"/level = "info"/' "$dir/nat46d.conf"
}

to_one='{ host = "one.example"; to = "[2001:db8::1]:80"; }'
to_two='{ host = "two.example"; to = "[2001:db8::2]:80"; }'

# results: reloads that are over
results() {
	grep -cE ' (reloaded .* in [0-9]+ ms|reload failed, everything stays)' "$dir/nat46d.log" || :
}

more_results() {
	[ "$(results)" -gt "$result_count" ]
}

# reload: send the signal and wait for the result; what was logged about it is in $dir/said
reload() {
	result_count=$(results)
	line_count=$(wc -l <"$dir/nat46d.log")
	kill -HUP "$nat46d_pid"
	wait_for 10 more_results || fail "the reload does not end"
	tail -n "+$((line_count + 1))" "$dir/nat46d.log" >"$dir/said"
}

# says TEXT: did the last reload say so
says() {
	grep -qF -- "$1" "$dir/said" || fail "the reload does not say '$1': $(cat "$dir/said")"
}

# get HOST [PORT]: the name of the server that a client gets, or nothing
get() {
	in_ns "$ns_client" curl -s -m 8 -H "Host: $1" "http://10.0.0.42:${2:-80}/name" || :
}

# is_served HOST SERVER [PORT]
is_served() {
	got=$(get "$1" "${3:-80}")
	[ "$got" = "$2" ] || fail "$1 is served by '$got', not by '$2'"
}

settings "$to_one"
start_nat46d "$ns_box"

echo "# nothing has changed"
reload
says "nothing has changed"

echo "# a new rule, and another one that goes"
is_served two.example one
settings "$to_two"
reload
says 'reload: rules: 1 added: web: host "two.example"'
says 'reload: rules: 1 removed: web: host "one.example"'
is_served two.example two
is_served two.example two 8080
is_served one.example one

# speak_late PORT LOG: connect, say a request after two seconds, and print the last word of the answer
speak_late() {
	in_ns "$ns_client" python3 - "$1" >"$dir/$2.log" 2>&1 <<-END &
		import socket, sys, time
		s = socket.create_connection(("10.0.0.42", int(sys.argv[1])))
		print("connected", flush=True)
		time.sleep(2)
		s.sendall(b"GET /name HTTP/1.0\r\nHost: two.example\r\n\r\n")
		try:
		    print(s.makefile().read().split()[-1], flush=True)
		except ConnectionResetError:
		    print("reset", flush=True)
	END
	wait_for 5 grep -q connected "$dir/$2.log" || fail "no connection"
}

echo "# clients that are connected and have said nothing yet: the new rules decide, or the service is gone"
settings "$to_one"
reload
speak_late 80 early
speak_late 8080 gone
settings "$to_two"
sed -i 's/\[ 80, 8080 \]/80/' "$dir/nat46d.conf"
reload
says 'reload: services: 1 removed: web (10.0.0.42:8080)'
[ -z "$(get two.example 8080)" ] || fail "the service is still there"
is_served two.example two
wait_for 5 grep -q '^two$' "$dir/early.log" || fail "decided by old rules: $(cat "$dir/early.log")"
wait_for 5 grep -q '^reset$' "$dir/gone.log" || fail "not refused: $(cat "$dir/gone.log")"

echo "# a bad file changes nothing, and every error is said with its line"
settings "$to_one" 2001:db8::2 'tcp = { windw_scale = 7; };
timeouts = { tcp = 0; };'
line=$(grep -n windw "$dir/nat46d.conf" | cut -d : -f 1)
reload
says "$dir/nat46d.conf:$line: error: unknown setting 'tcp.windw_scale', did you mean 'window_scale'?"
says "$dir/nat46d.conf:$((line + 1)): error: timeouts.tcp: 0 is out of range"
says "reload failed, everything stays as it was"
is_served two.example two
is_served one.example one
echo 'services = (' >"$dir/nat46d.conf"
reload
says "error: syntax error"
is_served two.example two

echo "# settings that need a restart are named and stay; the others are in force"
settings "$to_one" 2001:db8::1 'interface = { mtu = 1400; name = "tun9"; };
limits = { flows = 77; buffers = 1099511627776L; };
tcp = { window_scale = 3; sack = false; };
user = "root";'
sed -i 's/^user = "nobody"; //' "$dir/nat46d.conf"
line=$(grep -n '^interface' "$dir/nat46d.conf" | cut -d : -f 1)
reload
says "$dir/nat46d.conf:$line: warning: restart required for interface.mtu = 1400, 1500 stays in force"
says "warning: restart required for interface.name = \"tun9\", \"nat46\" stays in force"
says "warning: restart required for limits.flows = 77, 1048576 stays in force"
says "warning: restart required for limits.buffers = 1099511627776, 67108864 stays in force"
says "warning: restart required for tcp.window_scale = 3, 7 stays in force"
says "warning: restart required for user = \"root\", \"nobody\" stays in force"
says "reload: settings: 1 changed: tcp.sack = false (was true)"
is_served one.example one

echo "# an address without a route: nothing changes, until the route is there"
settings "$to_two"
sed -i 's/10\.0\.0\.42"; tcp = 81/10.0.0.43"; tcp = 81/' "$dir/nat46d.conf"
line=$(grep -n '10\.0\.0\.43' "$dir/nat46d.conf" | cut -d : -f 1)
reload
says "$dir/nat46d.conf:$line: error: restart required for the route to 10.0.0.43/32 into nat46, or 'ip route add 10.0.0.43/32 dev nat46'"
says "reload failed"
is_served one.example one 81
ip -n "$ns_box" route add 10.0.0.43/32 dev nat46
reload
says "reload: services: 1 added: plain (10.0.0.43:81)"
[ "$(in_ns "$ns_client" curl -s -m 8 http://10.0.0.43:81/name)" = one ] || fail "the new address does not work"

echo "# a block with a narrower route in it"
ip -n "$ns_box" -6 route add 2001:db8:c::/120 dev nat46
echo 'clients = ( { ipv4 = "10.1.0.0/16"; ipv6 = "2001:db8:c::/112"; } );' >>"$dir/nat46d.conf"
reload
says "error: restart required for the route to 2001:db8:c::/112 into nat46"
ip -n "$ns_box" -6 route add 2001:db8:c::/112 dev nat46
reload
says "reload: clients: 1 added: 10.1.0.0/16"
sed -i '$d' "$dir/nat46d.conf"
reload

echo "# a file that the user of the daemon cannot read"
chmod 600 "$dir/nat46d.conf"
reload
says "$dir/nat46d.conf: error: cannot read: Permission denied: user $(id -u nobody) must be able to read it"
chmod 644 "$dir/nat46d.conf"
reload
says "nothing has changed"

echo "# log settings"
sed -i 's/level = "info"; sessions = true/level = "trace"; sessions = false/' "$dir/nat46d.conf"
reload
is_served two.example two
grep -q 'NAT46 IN : ' "$dir/nat46d.log" || fail "no trace"
tail -n +"$line_count" "$dir/nat46d.log" | grep -q 'session bound' && fail "a session line"
settings "$to_two"
reload

echo "# the level of the log by nat46ctl, until a reload"
# ctl WORD...
ctl() {
	"${NAT46CTL:-${NAT46D%/*}/nat46ctl}" -s "$dir/control" "$@"
}
[ "$(ctl log)" = info ] || fail "another level"
line_count=$(wc -l <"$dir/nat46d.log")
[ "$(ctl -j log trace)" = '{"level":"trace"}' ] || fail "the level cannot be set"
logged 'info: log level trace until the next reload, by nat46ctl (uid 0)' || fail "not logged who has asked"
is_served two.example two
tail -n +"$line_count" "$dir/nat46d.log" | grep -q 'NAT46 IN : ' || fail "no trace"
ctl log loud 2>"$dir/said" && fail "a level that is none"
says "nat46ctl: loud is no level, allowed are error, warning, info, debug, trace"
reload
[ "$(ctl log)" = info ] || fail "the level outlasts a reload"

# download NAME NUMBER ADDRESS:PORT: the file, slowly; what came of it is in $dir/result.NAME.NUMBER
download() {
	{
		in_ns "$ns_client" curl -sS -m 60 --limit-rate 200000 -H 'Host: one.example' "http://$3/file" \
			-o "$dir/got.$1.$2" 2>"$dir/result.$1.$2" && sha256sum <"$dir/got.$1.$2" >"$dir/result.$1.$2"
		rm -f "$dir/got.$1.$2"
	} &
	pids="$pids $!"
	downloaders="$downloaders $!"
}

echo "# $reloads reloads, ten each second, while $((3 * downloads)) downloads and an exchange of datagrams go on"
downloaders=
for number in $(seq $downloads); do
	download spliced "$number" 10.0.0.42:80
	download plain "$number" 10.0.0.42:81
	download mapped "$number" 10.0.0.60:80
done
in_ns "$ns_client" python3 -B "$tool" ask --port 40007 --count "$reloads" --pause 0.1 10.0.0.42 7 \
	>"$dir/datagrams.log" 2>&1 &
pids="$pids $!"
downloaders="$downloaders $!"
# All that is there began with server one; every other configuration leads to server two.
settings '{ host = "one.example"; to = "[2001:db8::2]:80"; }' 2001:db8::2
mv "$dir/nat46d.conf" "$dir/to.two"
settings "$to_one"
mv "$dir/nat46d.conf" "$dir/to.one"
sleep 1
result_count=$(results)
failed_count=$(grep -c 'reload failed' "$dir/nat46d.log")
for number in $(seq "$reloads"); do
	server=one
	[ $((number % 2)) = 0 ] || server=two
	cp "$dir/to.$server" "$dir/next"
	mv "$dir/next" "$dir/nat46d.conf"
	kill -HUP "$nat46d_pid"
	sleep 0.1
	[ $((number % 25)) != 0 ] || is_served one.example $server
done
for pid in $downloaders; do
	wait "$pid" || :
done
for result in "$dir"/result.*; do
	[ "$(cat "$result")" = "$sum" ] || fail "${result##*/}: $(cat "$result")"
done
[ "$(grep -c '^one ' "$dir/datagrams.log")" = "$reloads" ] || fail "datagrams: $(sort "$dir/datagrams.log" | uniq -c)"
echo "$(($(results) - result_count)) reloads, all sums are right"
[ "$(grep -c 'reload failed' "$dir/nat46d.log")" = "$failed_count" ] || fail "a reload failed"

echo "# 100,000 rules: how long a packet waits while they are read"
{
	# shellcheck disable=SC2016
	awk 'BEGIN { for (i = 0; i < 100000; i++)
		printf "{ host = \"www%d.example.org\"; to = \"[2001:db8::2]:80\"; },\n", i }'
	echo "$to_one"
} >"$dir/rules"
settings "@RULES@"
sed -i -e "/@RULES@/{s/@RULES@.*/ /;r $dir/rules" -e 'a ); to = "[2001:db8::1]:80"; },' -e '}' "$dir/nat46d.conf"
in_ns "$ns_client" ping -i 0.002 -c 2500 -W 5 -q 10.0.0.60 >"$dir/ping.log" &
pinging=$!
sleep 1
reload
says 'reload: rules: 100000 added'
grep -o 'reloaded .* ms' "$dir/said"
is_served www99999.example.org two
settings "$to_one"
reload
says 'reload: rules: 100000 removed'
wait $pinging || :
sed -n 's/^rtt/ping/p' "$dir/ping.log"
grep -q ' 0% packet loss' "$dir/ping.log" || fail "packets were lost: $(cat "$dir/ping.log")"

stop_nat46d

if command -v socat >/dev/null && "$NAT46D" -V | grep -q systemd=yes; then
	echo "# what systemd is told, and a file that was closed to the daemon before it started"
	launch notify socat -u "UNIX-RECV:$dir/notify.sock,mode=666" "OPEN:$dir/notified,creat,append"
	wait_for 5 test -S "$dir/notify.sock" || fail "no notification socket"
	chmod 600 "$dir/nat46d.conf"
	start_nat46d "$ns_box" env "NOTIFY_SOCKET=$dir/notify.sock"
	wait_for 5 logged "$dir/nat46d.conf cannot be read any more, so that it cannot be reloaded: Permission denied" ||
		fail "no warning at start"
	: >"$dir/notified"
	reload
	# RELOADING=1 MONOTONIC_USEC=... READY=1 STATUS=...
	wait_for 5 grep -q 'STATUS=' "$dir/notified" || fail "no status"
	tr '\n' ' ' <"$dir/notified" | grep -Eq 'RELOADING=1 MONOTONIC_USEC=[0-9]+ ?READY=1 STATUS=Reload failed: ' ||
		fail "systemd is told: $(cat "$dir/notified")"
	grep -q "STATUS=Reload failed: $dir/nat46d.conf: error: cannot read: Permission denied: user " \
		"$dir/notified" || fail "the status is: $(cat "$dir/notified")"
	chmod 644 "$dir/nat46d.conf"
	: >"$dir/notified"
	reload
	wait_for 5 grep -q 'STATUS=Reloaded$' "$dir/notified" || fail "the status is: $(cat "$dir/notified")"
	stop_nat46d
fi
echo "PASS"
