#!/bin/sh
# SPDX-License-Identifier: ISC
# drain.sh - nat46ctl drain: no new connections to a server, what it has goes on, and how much of it is left
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 ] six --- one 2001:db8::1, two 2001:db8::2
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/asking.sh"
require ip curl python3 sha256sum setpriv

tool=$(dirname "$0")/../tools/datagrams.py
make_box
make_client client 10.0.0.3
make_server one 2001:db8::1
make_server two 2001:db8::2
for server in one two; do
	eval "server_ns=\$ns_$server"
	mkdir "$dir/$server"
	echo "$server" >"$dir/$server/name"
	head -c 40000000 /dev/zero | tr '\0' "${server%??}" >"$dir/$server/file"
	launch "http-$server" ip netns exec "$server_ns" python3 -m http.server 80 --bind :: --directory "$dir/$server"
	launch "udp-$server" ip netns exec "$server_ns" python3 -B "$tool" serve "$server=::,7"
	wait_for 10 listening "$server_ns" "[::]" 80 || fail "no server"
	wait_for 10 grep -q '^ready$' "$dir/udp-$server.log" || fail "no server of UDP"
done
configure <<END
services = (
  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; refuse = "answer";
    rules = ( { host = "www.example"; to = [ "2001:db8::1", "2001:db8::2" ]; },
              { host = "two.example"; to = "2001:db8::2"; } ); },
  { name = "plain"; ipv4 = "10.0.0.42"; tcp = 81; to = [ "[2001:db8::1]:80", "[2001:db8::2]:80" ]; },
  { name = "echo"; ipv4 = "10.0.0.42"; udp = 7; to = [ "2001:db8::1", "2001:db8::2" ]; }
);
END
sed -i 's/level = "trace"/level = "info"/' "$dir/nat46d.conf"

# get URL [OPTION]...: the name of the server that answers, or what curl says of the refusal
get() {
	in_ns "$ns_client" curl -s -S -m 8 -H "Host: www.example" "$@" 2>&1 || :
}

# is_left COUNT: so many connections are left
is_left() {
	[ "$(ctl -j status | python3 -c 'import json, sys; print(sum(d["left"] for d in json.load(sys.stdin)["drained"]))')" = "$1" ]
}

start_nat46d "$ns_box"
first=$(get http://10.0.0.42/name)
if [ "$first" = one ]; then
	address=2001:db8::1 second=two other=2001:db8::2
else
	address=2001:db8::2 second=one other=2001:db8::1
fi

echo "# live downloads, by rule and without; then their server is drained"
for port in 80 81; do
	launch "download-$port" ip netns exec "$ns_client" curl -s -m 60 --limit-rate 8M -H "Host: www.example" \
		-o "$dir/got-$port" "http://10.0.0.42:$port/file"
	eval "download_$port=$launched"
done
wait_for 5 [ -s "$dir/got-81" ] || fail "no download"
wait_for 5 [ -s "$dir/got-80" ] || fail "no download"
[ "$(ctl -j flows | grep -c '"established"')" = 2 ] || fail "there are not two downloads"
says "^$address is drained, [23] connections left$" drain "$address"
grep -q "server $address drained by nat46ctl (uid 0)" "$dir/nat46d.log" || fail "the log does not say it"
says "^$address is drained, [23] connections left$" drain "$address"
ctl -j drain "$address" | grep -qxE "\\{\"address\":\"$address\",\"port\":0,\"left\":[23]\\}" || fail "no JSON"
[ "$(grep -c "drained by nat46ctl" "$dir/nat46d.log")" = 1 ] || fail "the log says it twice"

echo "# new ones go to the other server, and it is shown"
[ "$(get http://10.0.0.42/name)" = "$second" ] || fail "a new connection still goes to $first"
[ "$(get http://10.0.0.42:81/name)" = "$second" ] || fail "a new connection without rule still goes to $first"
says "^drained    $address, [23] connections left$" status
says "^  \[$address\]:80 +drained" status
says "^    \[$address\]:80 +drained" explain 10.0.0.42:80 --host www.example --client 10.0.0.3
ctl explain 10.0.0.42:80 --host www.example --client 10.0.0.3 | grep -E '^    \[' | head -n 1 |
	grep -q "\[$other\]:80" || fail "the server that would be tried does not come first"
ctl metrics | grep -q "^nat46_server_drained{service=\"web\",.*server=\"\[$address\]:80\"} 1$" || fail "no metric"

echo "# it survives a reload"
sed -i 's/"two.example"/"new.example"/' "$dir/nat46d.conf"
ctl reload >/dev/null
says "^drained    $address, " status
[ "$(get http://10.0.0.42/name)" = "$second" ] || fail "a reload has ended it"

echo "# all servers are drained: refused, as the service refuses"
says "^\[$other\]:80 is drained, " drain "[$other]:80"
[ "$(get http://10.0.0.42/name -o /dev/null -w '%{http_code}')" = 503 ] || fail "not refused: $(get http://10.0.0.42/name)"
get http://10.0.0.42:81/name | grep -q "Couldn't connect" || fail "not refused: $(get http://10.0.0.42:81/name)"
ctl stats | grep -qE '^  refused_drained +[2-9]' || fail "it is not counted"
says 'all are drained: refused' explain 10.0.0.42:80 --host www.example --client 10.0.0.3
in_ns "$ns_client" timeout 10 python3 -B "$tool" ask 10.0.0.42 7 2>&1 | grep -q "^$second" ||
	fail "at another port it is drained as well"

echo "# the old ones end whole, and nothing is left"
for port in 80 81; do
	eval "wait_for 30 has_ended \$download_$port" || fail "a download does not end"
	cmp -s "$dir/got-$port" "$dir/$first/file" || fail "a download is not whole"
done
wait_for 5 is_left 0 || fail "there are connections left: $(ctl status)"

echo "# undrain"
says "^\[$other\]:80 gets new connections$" undrain "[$other]:80"
fails 1 'is drained at every port' undrain "[$address]:80"
says "is drained, " drain "[$other]:80"
says "is drained, " drain "$other"
[ "$(ctl status | grep -c '^drained')" = 2 ] || fail "a server is drained twice"
fails 1 'is drained at every port' undrain "[$other]:80"
says "^$other gets new connections$" undrain "$other"
says "^$address gets new connections$" undrain "$address"
says "^$address gets new connections$" undrain "$address"
[ "$(grep -c "undrained by nat46ctl" "$dir/nat46d.log")" = 3 ] || fail "the log does not say it"
[ "$(get http://10.0.0.42/name)" = "$first" ] || fail "the client does not come back to its server"
ctl status | grep -q '^drained' && fail "something is still drained"

echo "# what is no server, and who may not"
fails 1 'no service leads to this server' drain 2001:db8::9
fails 1 'no service leads to this server' drain "[$address]:22"
fails 1 'no service leads to this server' undrain 2001:db8::9
fails 2 'is no IPv6 address' drain 10.0.0.42
fails 2 'is no IPv6 address' drain "[$address]:0"
fails 2 'is no IPv6 address' drain "[$address]:70000"
fails 2 'is no IPv6 address' drain "[$address]:80x"
fails 2 'is no IPv6 address' drain "[$address"
fails 2 'SERVER is missing' drain
setpriv --reuid 12345 --regid 12345 --clear-groups "$NAT46CTL" -s "$dir/control" drain "$address" 2>"$dir/says.log" &&
	fail "anybody may drain"
ctl status | grep -q '^drained' && fail "anybody has drained it"
echo "PASS"
