#!/bin/sh
# SPDX-License-Identifier: ISC
# screens.sh - the screens in nat46ctl(8) are what nat46ctl prints: its commands are given, and their lines compared
#
# Numbers and addresses may differ, and lines may be left out or cut by "..." in the page.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/nginx.sh"
. "$(dirname "$0")/guide.sh"
require ip curl nginx openssl awk python3

make_guide
ip -n "$ns_client" address add 10.0.0.3/32 dev lo
ip -n "$ns_box" route add 10.0.0.3/32 via 198.51.100.7
start_nginx "$ns_one" www 2001:db8:1::1 80 www.example.org a.shop.example
configure_test <<END
prefix = "2001:db8:46::/96";
services = (
  { name = "web"; ipv4 = "192.0.2.10"; tcp = [ 80, 443 ]; rules = (
      { host = "www.example.org"; to = "2001:db8:1::1"; },
      { host = [ "shop.example", "*.shop.example" ]; to = [ "2001:db8:1::1", "2001:db8:1::2" ]; } ); }
);
maps = ( { ipv4 = "192.0.2.20"; ipv6 = "2001:db8:1::20"; } );
END
start_nat46d "$ns_box"

# A name that no rule has; the servers of one that has two, of which ::2 refuses, from several clients, as their order
# depends on that; and a connection that stays.
fetch() {
	in_ns "$ns_client" curl -sS -m 5 -o "$dir/page" --cacert "$dir/all.pem" --resolve "*:80:192.0.2.10" \
		--resolve "*:443:192.0.2.10" "$@" || :
}
fetch --interface 10.0.0.3 http://nowhere.example/
for number in 1 2 3 4 5 6 7 8; do
	ip -n "$ns_client" address add 10.0.1.$number/32 dev lo
	ip -n "$ns_box" route add 10.0.1.$number/32 via 198.51.100.7
	fetch --interface 10.0.1.$number http://a.shop.example/
	fetch --interface 10.0.1.$number https://a.shop.example/
done
fetch --interface 10.0.0.3 https://www.example.org/
launch open ip netns exec "$ns_client" python3 -c 'if True:
	import socket, time
	client = socket.create_connection(("192.0.2.10", 80), source_address=("10.0.0.3", 0))
	client.send(b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n")
	print(client.recv(1000), flush=True)
	time.sleep(60)'
wait_for 5 grep -q 200 "$dir/open.log" || fail "the open connection is not served"

normalize() {
	sed -E 's/, answered in [0-9.]+ ms//; s/[0-9]+(\.[0-9]+){3}/IPV4/g; s/[0-9a-f]*(:[0-9a-f]*){2,}/IPV6/g
		s/[0-9]+(\.[0-9]+)*/0/g; s/ +/ /g; s/ $//'
}

# Each screen in a file of its own, without what is escaped.
awk -v directory="$dir" '
	/^\.Ed/ { file = "" }
	file { gsub(/\\\(dq/, "\""); print >file }
	/^\.Bd -literal/ { getline first; if (first ~ /^\$ nat46ctl (status|stats|flows|explain)/) {
		file = directory "/screen." ++count
		print first >file
	} }
' "$(dirname "$0")/../../man/nat46ctl.8.in"

# a line of the page is one that is printed, in which "..." stands for anything
# shellcheck disable=SC2016
match='
	BEGIN { count = split(line, part, / ?\.\.\. ?/) }
	{
		rest = $0
		is_same = index(rest, part[1]) == 1
		for (i = 1; i <= count && is_same; i++) {
			is_same = index(rest, part[i]) > 0
			rest = substr(rest, index(rest, part[i]) + length(part[i]))
		}
		if (is_same)
			found = 1
	}
	END { exit !found }'

count=0
for screen in "$dir"/screen.*; do
	sed -n 's/^\$ nat46ctl //p' "$screen" >"$dir/commands"
	: >"$dir/printed"
	while read -r command; do
		# shellcheck disable=SC2086
		ctl $command >>"$dir/printed" || fail "nat46ctl $command fails"
	done <"$dir/commands"
	sed "s,$dir,/etc," "$dir/printed" | normalize >"$dir/real"
	grep -vE '^(\$ |\[\.\.\.\]$|$)' "$screen" | normalize >"$dir/wanted"
	while IFS= read -r line; do
		awk -v line="$line" "$match" "$dir/real" || {
			cp "$dir/printed" "$dir/printed.log"
			fail "nat46ctl(8) shows '$line' of '$(head -n 1 "$dir/commands")', which is not printed"
		}
	done <"$dir/wanted"
	count=$((count + 1))
done
[ $count -ge 4 ] || fail "only $count screens were found"
echo "PASS"
