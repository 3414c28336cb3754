#!/bin/sh
# SPDX-License-Identifier: ISC
# attack.sh - floods cost neither memory nor clients, and who does not see a connection cannot disturb it
#
#	client: inject.py, flood        router: nat46d        server: inject.py        (see path.sh)
#
# 192.0.2.10, port 80: files; 82: a server whose SYNs can be held back; 83: many.py; 84: knock.py; 85: files, with time
# to wait for the first bytes; 86: knock.py, without rules.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip nft nstat python3 socat taskset

tools=$(dirname "$0")/../tools
flood=$(dirname "$NAT46D")/tests/tools/flood
[ -x "$flood" ] || { echo "ERROR: no $flood: make check builds it" >&2; exit 99; }

make_path
# Answers to a flood go back to where it came from.
ip -n "$ns_router" route add default via $client
rule() {
	echo ", { ipv4 = \"192.0.2.10\"; tcp = $1; wait = 60.0; rules = ( { bytes = \"GET\"; to = \"[$server]:$2\"; } ); }"
}
plain=", { ipv4 = \"192.0.2.10\"; tcp = 86; to = \"$server\"; }"
configure_path "" "$(rule 85 80) $(rule 82 82) $(rule 83 83) $(rule 84 84) $plain" <<END
limits = { flows = 8192; };
timeouts = { connect = 60.0; };
END
start_nat46d "$ns_router"
start_files
make_file 8
launch slow ip netns exec "$ns_server" socat "TCP6-LISTEN:82,reuseaddr,fork" "EXEC:$dir/serve,nofork"
launch many ip netns exec "$ns_server" python3 -B "$tools/many.py" server "$server" 83
launch knock ip netns exec "$ns_server" python3 -B "$tools/knock.py" server "$server" 84
launch knock86 ip netns exec "$ns_server" python3 -B "$tools/knock.py" server "$server" 86
wait_for 10 serves "$ns_server" 82 || fail "no server"
for name in many knock knock86; do
	wait_for 10 grep -q '^ready$' "$dir/$name.log" || fail "no server"
done

# resets: connections that the hosts have lost
resets() {
	for namespace in "$ns_client" "$ns_server"; do
		for name in TcpEstabResets TcpExtTCPAbortOnData TcpExtTCPAbortOnTimeout; do
			echo "${namespace##*-} $name $(counter_of "$namespace" $name)"
		done
	done
}

# inject DISTANCE SIDE:PORT...: forge from these sides, in all connections with this port, until injected
inject() {
	distance=$1
	shift
	injectors=
	resets_before=$(resets)
	for place; do
		side=${place%:*}
		eval "inject_ns=\$ns_$side"
		launch "inject-$side" ip netns exec "$inject_ns" python3 -B "$tools/inject.py" "$side" "${place#*:}" "$distance"
		injectors="$injectors $side:$launched"
		wait_for 10 grep -q '^ready$' "$dir/inject-$side.log" || fail "inject.py does not start"
	done
}

# injecting: until all sides know a connection and have had some time for it
injecting() {
	for injector in $injectors; do
		wait_for 10 grep -q '^injecting$' "$dir/inject-${injector%:*}.log" || fail "nothing is injected"
	done
	enough=$(($(counted received) + 3000))
	wait_for 20 received_at_least $enough || fail "too little was injected"
}

received_at_least() {
	[ "$(counted received)" -ge "$1" ]
}

# injected: end it, and nothing of it may have had an effect
injected() {
	for injector in $injectors; do
		side=${injector%:*}
		kill -TERM "${injector#*:}"
		wait "${injector#*:}" || fail "inject.py failed"
		sed -n "s/^injected/${side%:*}: injected/p" "$dir/inject-$side.log"
	done
	[ "$(resets)" = "$resets_before" ] || fail "a connection was lost: before $resets_before, now $(resets)"
}

# get PORT NOW LATER: ask for the file; one of the two is "GET\n", and the later one is sent when there is a file
# $dir/go. Both cannot be a part of it: nothing is acknowledged before the server has, and a client that had to repeat
# its first bytes may send no others.
get() {
	rm -f "$dir/go"
	launch get sh -c '{ printf "$3"; until [ -e "$1/go" ] || [ ! -d "$1" ]; do sleep 0.02; done; printf "$4"; } |
		ip netns exec "$5" socat -t 60 - "TCP4:192.0.2.10:$2" | sha256sum >"$1/got"' \
		sh "$dir" "$1" "$2" "$3" "$ns_client"
	getting=$launched
}

# got: what was asked for is what there is
got() {
	: >"$dir/go"
	wait_for 60 has_ended "$getting" || fail "the transfer does not end"
	[ "$(cat "$dir/got")" = "$sum" ] || fail "the transfer is damaged: $(cat "$dir/got")"
}

counts() {
	[ "$(counted "$1")" = "$2" ]
}

echo "# into transfers"
inject far client:80 server:80
upload 80
download 80
injecting
injected

echo "# into connections that are idle"
inject near client:83 server:83
mkdir "$dir/idle"
launch idle ip netns exec "$ns_client" python3 -B "$tools/many.py" client 192.0.2.10 83 5 1 200000 "$dir/idle"
idle=$launched
wait_for 10 grep -q '^connected$' "$dir/idle.log" || fail "not connected"
injecting
injected
: >"$dir/idle/go"
wait_for 60 has_ended "$idle" || fail "the connections do not end"
wait "$idle" || fail "a connection failed"

echo "# into a connection that waits for its first bytes"
inject near client:85
get 85 '' 'GET\n'
wait_for 5 counts waiting 1 || fail "nothing waits"
injecting
counts waiting 1 || fail "the connection does not wait any more"
injected
got

echo "# into a connection whose server does not answer yet"
firewall "$ns_server" slow input "tcp dport 82 drop"
inject near client:82 server:82
get 82 'GET\n' ''
wait_for 5 counts connecting 1 || fail "nothing connects"
injecting
counts connecting 1 || fail "the connection does not wait for its server any more"
injected
in_ns "$ns_server" nft delete table inet slow
got

# knock: real clients, until they are told to stop; they have all the memory that they need when they are there
knock() {
	launch clients ip netns exec "$ns_client" python3 -B "$tools/knock.py" client 192.0.2.10 84 2 64
	clients=$launched
	wait_for 10 grep -q '^ready$' "$dir/clients.log" || fail "the clients do not start"
	enough=$(($(counted clients_connected) + 300))
	wait_for 20 connected_at_least $enough || fail "the clients make no connections"
}

connected_at_least() {
	[ "$(counted clients_connected)" -ge "$1" ]
}

# knocked: every connection was served, and some in the time of the flood
knocked() {
	connected_at_least $((enough + 20)) || fail "no client was served during the flood"
	kill -TERM "$clients"
	wait "$clients" || fail "a connection failed"
	grep '^connections=' "$dir/clients.log"
}

# flows: records in use
flows() {
	counted received >/dev/null
	grep ' events: ' "$dir/nat46d.log" | tail -n 1 | tr ' ' '\n' |
		awk -F = '$1 == "flows_opened" { n += $2 } $1 == "flows_closed" { n -= $2 } END { print n }'
}

# flood KIND PORT COUNT RATE
flood() {
	in_ns "$ns_client" "$flood" "$1" 192.0.2.10 "$2" "$3" "$4"
}

# Before the SYNs: when those have filled the half-open records, a wrong ACK may be a client's, and is not answered.
echo "# 20,000 ACKs with wrong numbers"
knock
bad=$(counted cookies_bad)
resets=$(counted resets_sent)
suppressed=$(counted drop.rate)
silent=$(counted drop.tcp_no_flow)
began=$(date +%s)
flood ack 84 20000 20000
bad=$(($(counted cookies_bad) - bad))
resets=$(($(counted resets_sent) - resets))
suppressed=$(($(counted drop.rate) - suppressed))
silent=$(($(counted drop.tcp_no_flow) - silent))
most=$((1500 * ($(date +%s) - began + 2)))
echo "$bad bad cookies, $resets RSTs (at most $most), $suppressed suppressed, $silent dropped"
[ $bad -ge 10000 ] || fail "bad cookies are not counted"
[ $resets -ge 1 ] && [ $resets -le $most ] || fail "$resets RSTs"
[ $((resets + suppressed + silent)) -ge $bad ] || fail "what became of the others?"
knocked

echo "# 50,000 SYNs from nowhere"
knock
memory=$(resident)
flows=$(flows)
cookies=$(counted syn_cookies)
flood syn 84 50000 20000
[ "$(resident)" -le $((memory + 64)) ] || fail "memory grows from $memory kB to $(resident) kB"
# two clients, of which each may begin a connection while the record of its last one is still there
[ "$(flows)" -le $((flows + 2)) ] || fail "$flows flows before the flood, $(flows) after it"
[ "$(counted syn_cookies)" -ge $((cookies + 25000)) ] || fail "not half of the SYNs were answered"
knocked

# More of them than there are records: they make room for each other, and for those who are there, who have 1.6 seconds
# for their handshake.
echo "# 40,000 SYNs from nowhere to a service without rules, whose server answers"
knock
launch plain ip netns exec "$ns_client" python3 -B "$tools/knock.py" client 192.0.2.10 86 2 64
plain=$launched
wait_for 10 grep -q '^ready$' "$dir/plain.log" || fail "the clients do not start"
answered=$(counter_of "$ns_server" TcpExtSyncookiesSent)
flood syn 86 40000 5000
answered=$(($(counter_of "$ns_server" TcpExtSyncookiesSent) - answered))
echo "$(counted opening_replaced) made room, $(counted established) established, the server sent $answered cookies"
[ "$(counted opening_replaced)" -ge 10000 ] || fail "there was no flood"
[ $answered -ge 10000 ] || fail "the server did not answer"
[ "$(counted established)" -le 10 ] || fail "what is forged counts as established"
for reason in flows_full source_limit flows_source waiting_full; do
	[ "$(counted drop.$reason)" = 0 ] || fail "$(counted drop.$reason) SYNs were dropped: $reason"
done
knocked
kill -TERM "$plain"
wait "$plain" || fail "a connection without rules failed"
grep '^connections=' "$dir/plain.log"
grep -v '^ready$' "$dir/knock.log" "$dir/knock86.log" "$dir/many.log" && fail "a server complains"
stop_nat46d
echo "PASS"
