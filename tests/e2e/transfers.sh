# SPDX-License-Identifier: ISC
# transfers.sh - reloads of many names while many transfers go on: what the test and the bench of it share
#
# To be sourced after network.sh. nN.example leads to server 1 or to server 2, all names to the same one, as the
# version of $dir/hosts says that is in force.

NAT46CTL=${NAT46CTL:-${NAT46D%/*}/nat46ctl}
transfers_tool=$(dirname "$0")/../tools/transfers.py

# use_names SERVER: the version of the file that leads there; the other one is gone at once
use_names() {
	ln -s "hosts.$1" "$dir/hosts.next"
	mv -T "$dir/hosts.next" "$dir/hosts"
}

# make_names COUNT [SERVICES]: the network, and the configuration with so many names, and further services with an
# address each
make_names() {
	make_box
	make_client client 10.0.0.3
	make_server server 2001:db8::1 2001:db8::2 2001:db8::50
	for number in 1 2; do
		launch "server-$number" ip netns exec "$ns_server" python3 -B "$transfers_tool" serve "$number" \
			"2001:db8::$number" 80
		wait_for 10 grep -q '^ready$' "$dir/server-$number.log" || fail "no server"
		seq 0 $(($1 - 1)) | sed "s/.*/2001:db8::$number n&.example/" >"$dir/hosts.$number"
	done
	use_names 1
	configure <<-END
	maps = ( { ipv4 = "10.0.0.50"; ipv6 = "2001:db8::50"; } );
	services = (
	$(seq "${2:-0}" | awk '{ printf "{ ipv4 = \"10.1.%d.%d\"; tcp = 80; to = \"2001:db8::1\"; },\n", $1 / 256, $1 % 256 }')
	  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; hosts = "$dir/hosts"; }
	);
	END
	sed -i 's/^log = .*/log = { level = "info"; };/' "$dir/nat46d.conf"
}

# start_transfers COUNT: so many, and wait until data go through each of them
start_transfers() {
	launch transfers ip netns exec "$ns_client" python3 -B "$transfers_tool" run 10.0.0.42 80 "$1" n%d.example
	transfers=$launched
	wait_for 60 grep -q '^live$' "$dir/transfers.log" || fail "the transfers do not begin"
}

# end_transfers COUNT: none of them has ended before, or got what was not sent
end_transfers() {
	kill -TERM "$transfers"
	wait "$transfers" || fail "the transfers fail"
	grep -qx "$1 whole" "$dir/transfers.log" || fail "not all transfers are whole"
	grep -q " $1 by 1\$" "$dir/transfers.log" || fail "transfers began with another server"
	echo "transfers   $1 whole, $(tail -n 1 "$dir/transfers.log")"
}

# swaps: how often the configuration was replaced
swaps() {
	"$NAT46CTL" -s "$dir/control" -j status | sed -n 's/^"reload":{"count":\([0-9]*\),.*/\1/p'
}

# reload_often COUNT: ask for so many reloads, ten each second, of one version and the other in turn, and wait for all
reload_often() {
	swaps_before=$(swaps)
	reload_start=$(date +%s%N)
	requests=
	for request in $(seq "$1"); do
		use_names $((2 - request % 2))
		"$NAT46CTL" -s "$dir/control" reload >>"$dir/nat46ctl.log" 2>&1 &
		requests="$requests $!"
		sleep 0.1
	done
	for request in $requests; do
		wait "$request" || fail "nat46ctl reload fails"
	done
	echo "reloads     $1 requests in $((($(date +%s%N) - reload_start) / 1000000)) ms, the configuration was replaced" \
		"$(($(swaps) - swaps_before)) times"
	leads_to $((2 - $1 % 2))
}

# leads_to SERVER: is this where a new connection goes
leads_to() {
	led_to=$(in_ns "$ns_client" python3 "$(dirname "$0")/../e2e/client.py" \
		--send "GET / HTTP/1.1\\r\\nHost: n7.example\\r\\n\\r\\n" 10.0.0.42 80 | tr '\n' '|')
	[ "$led_to" = "$1|closed|" ] || fail "a new connection leads to '$led_to', not to $1"
}
