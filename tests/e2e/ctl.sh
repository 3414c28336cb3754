#!/bin/sh
# SPDX-License-Identifier: ISC
# ctl.sh - nat46ctl: what it says is true, and who may ask
#
#	clients 10.0.0.3, .4 --- four [ box: 10.0.0.42 web, plain; 10.0.0.50 a map ] six --- servers 2001:db8::1, ::2
#
# promtool, of Debian's package prometheus, checks the metrics if it is installed; python3 does what can be done
# without.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/asking.sh"
require ip python3 setpriv

tool=$(dirname "$0")/../tools/control.py
make_box
make_client client 10.0.0.3 10.0.0.4
make_server server 2001:db8::1 2001:db8::2
start_witness "$ns_server" one=2001:db8::1,80 two=2001:db8::2,80 two=2001:db8::2,8001 two=2001:db8::2,8002
configure <<END
maps = ( { ipv4 = "10.0.0.50"; ipv6 = "2001:db8::50"; } );
services = (
  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; rules = (
      { host = "www.example.org"; to = "2001:db8::1"; },
      { host = "*.shop.example"; to = [ "2001:db8::2", "2001:db8::3" ]; },
      { bytes = "("; to = "2001:db8::1"; }
    ); },
  { name = "plain"; ipv4 = "10.0.0.42"; tcp = 81; to = "[2001:db8::2]:80"; },
  { name = "range"; ipv4 = "10.0.0.42"; tcp = [ "8000-8099" ]; to = "2001:db8::2"; },
  { name = "dns"; ipv4 = "10.0.0.42"; udp = 53; to = "2001:db8::1"; },
  { name = "many"; ipv4 = "10.0.0.43"; tcp = 443; rules = (
      { host = [ $(seq -s ', ' -f '"host%g.example"' 20000) ]; to = "2001:db8::1"; }
    ); }
);
END

start_nat46d "$ns_box"

echo "# the socket: its mode, its group, and that a second daemon does not take it"
[ "$(stat -c %A:%G "$dir/control")" = srw-rw----:nogroup ] || fail "the socket is $(stat -c %A:%G "$dir/control")"
namespace other
in_ns "$ns_other" "$NAT46D" -c "$dir/nat46d.conf" >"$dir/other.log" 2>&1 && fail "a second daemon starts"
grep -q "error: control socket $dir/control: another daemon listens there" "$dir/other.log" || fail "no reason"

echo "# traffic"
expect "one *" "$ns_client" --source 10.0.0.3 --send "(" 10.0.0.42 80
expect "two *" "$ns_client" --source 10.0.0.3 --send "(" 10.0.0.42 81
launch open ip netns exec "$ns_client" timeout 60 python3 "$(dirname "$0")/client.py" \
	--source 10.0.0.4 --port 40004 --send "(" --open --patience 50 10.0.0.42 80
wait_for 5 grep -q '^one ' "$dir/open.log" || fail "the open connection is not served"

echo "# status, stats"
says '^nat46d [^ ]+, pid [0-9]+, up 0 d 00:00:' status
says '^service    web, 10.0.0.42:80 tcp, 3 rules$' status
says '\[2001:db8::1\]:80 +ok.*; 1 active, 2 connected, 0 failed$' status
says '^           1 active, 2 connections, .* 0 refused; bytes: 2 to servers, ' status
json 'a["interface"]["name"] == "nat46" and len(a["services"]) == 5 and a["flows"]["established"] == 1' status
says '^service    range, 10.0.0.42:8000-8099 tcp, 0 rules$' status
json 'all(s["all_servers"] for s in a["services"])' status
json '[s["servers"][0]["address"] for s in a["services"] if s["name"] == "dns"] == ["2001:db8::1"]' status
json '[s["connections"] for s in a["services"] if s["name"] != "web"] == [1, 0, 0, 0]' status
json 'a["totals"]["connections"] == 3 and a["totals"]["active"] == 1 and a["totals"]["failed"]["silent"] == 0' status
json 'sum(s["bytes_to_client"] for s in a["services"]) == a["totals"]["bytes_to_client"] > 9' status
json '[t["connected"] for t in a["services"][0]["servers"]] == [2, 0, 0]' status
json 'a["drained"] == []' status
json 'a["packets"]["received"] > 20' stats
json '2 * a["packets"]["received"] == sum(a["packets"].values()) - a["packets"]["emitted"]' stats
json 'sum(a["drops"].values()) == a["packets"]["dropped"]' stats
json 'a["events"]["clients_connected"] == 2 and a["events"]["plain_opened"] == 1' stats
json 'a["drops"]["not_ours"]["help"].endswith(".")' stats --explain
says '^      Nothing is configured for the destination address' stats --explain

echo "# a range of ports: how many servers do how"
expect "two *" "$ns_client" --source 10.0.0.3 --send "(" 10.0.0.42 8001
expect "two *" "$ns_client" --source 10.0.0.3 --send "(" 10.0.0.42 8002
expect "refused" "$ns_client" --source 10.0.0.3 --send "(" 10.0.0.42 8043
says '^  \[2001:db8::2\]:8000-8099 +a range: 2 ok, 1 failing; ' status
says '^    \[2001:db8::2\]:8043 +failing, last refused$' status
json '[(s["port"], s["last_port"], s["ok"], s["failing"], [f["port"] for f in s["servers"]])
	for s in [s for s in a["services"] if s["name"] == "range"][0]["servers"]] == [(8000, 8099, 2, 1, [8043])]' status

echo "# metrics"
ctl metrics >"$dir/metrics.log" || fail "no metrics"
python3 -B "$tool" metrics <"$dir/metrics.log" || fail "the metrics are not well formed"
if command -v promtool >/dev/null; then
	promtool check metrics <"$dir/metrics.log" || fail "promtool does not like the metrics"
fi
etc=$(dirname "$0")/../../etc
python3 -B "$(dirname "$0")/../tools/queries.py" names "$etc/prometheus/nat46d.rules.yml" "$etc/grafana/nat46d.json" \
	<"$dir/metrics.log" || fail "metrics that are asked for are not there"

web='service="web",address="10.0.0.42:80",protocol="tcp"'
for sample in "service_connections_total{$web} 2" "service_active{$web} 1" \
	"service_bytes_total{$web,direction=\"to_server\"} 2" "service_connect_seconds_bucket{$web,le=\"+Inf\"} 2" \
	"service_connect_seconds_count{$web} 2" "server_connections_total{$web,server=\"[2001:db8::1]:80\"} 2" \
	"server_failures_total{$web,server=\"[2001:db8::2]:80\",kind=\"refused\"} 0" \
	"server_failing{$web,server=\"[2001:db8::3]:80\"} 0" "connections_total 5"; do
	grep -qxF "nat46_$sample" "$dir/metrics.log" || fail "no $sample"
done
grep -q 'address="10.0.0.42:8000-8099",.*server="\[2001:db8::2\]:8000-8099"} 1' "$dir/metrics.log" ||
	fail "no range"

echo "# the configuration that is in effect is one, and the same"
ctl config >"$dir/printed.conf" || fail "no configuration"
"$NAT46D" -p -c "$dir/nat46d.conf" >"$dir/effective"
"$NAT46D" -p -c "$dir/printed.conf" | cmp -s - "$dir/effective" || fail "it is another configuration"
json 'a["services"][0]["rules"][1]["to"] == ["2001:db8::2", "2001:db8::3"] and a["copy_tos"] is True' config
json 'len(a["services"][4]["rules"][0]["host"]) == 20000' config

echo "# flows"
says '^tcp 10.0.0.4:40004 +web +\[2001:db8::1\]:80 +established ' flows
says '^tcp 10.0.0.4:40004 ' flows --service web --client 10.0.0.4 --server 2001:db8::1
json 'len(a) == 1 and a[0]["client_port"] == 40004 and a[0]["client_ipv6"] == "2001:db8:46::a00:4"' flows \
	--client 10.0.0.4
json 'a[0]["bytes_to_server"] == 1 and a[0]["bytes_to_client"] > 3 and a[0]["by_rule"]' flows --client 10.0.0.4
json 'a[0]["rule"] == "bytes \"(\""' flows --client 10.0.0.4
json 'len(a) == 0' flows --client 10.0.0.5
json 'len(a) == 0' flows --service dns
json 'len(a) == 0' flows --client 10.0.0.4 --server 2001:db8::2
fails 1 'there is no service "nothing"' flows --service nothing
fails 2 'is not an IPv4 address' flows --client 2001:db8::1
fails 2 'is not an IPv6 address' flows --server 10.0.0.4

echo "# explain: by name, by bytes, by nothing, services without rules, maps, nothing of these"
says 'TLS: goes by host "?www.example.org' explain 10.0.0.42:80 --host www.example.org
says '^    \[2001:db8::1\]:80 +ok' explain 10.0.0.42:80 --host www.example.org
says '2001:db8::1.:443' explain 10.0.0.43:443 --host HOST19999.example
says 'HTTP: no rule matches .* refused: reset$' explain 10.0.0.42:80 --host other.example
says 'servers see 2001:db8:46::a00:3,' explain 10.0.0.42:80 --host a.shop.example --client 10.0.0.3
json 'a["services"][0]["outcomes"][0]["ranked"] and len(a["services"][0]["outcomes"][0]["servers"]) == 2' \
	explain 10.0.0.42:80 --host a.shop.example --client 10.0.0.3
printf '(' >"$dir/bytes"
says 'these bytes: goes by bytes' explain 10.0.0.42:80 --bytes "$dir/bytes"
printf 'GET / HTTP/1.1\r\n' | says 'these bytes: undecided' explain 10.0.0.42:80 --bytes -
head -c 65536 /dev/zero >"$dir/bytes"
says 'these bytes: no rule matches' explain 10.0.0.42:80 --bytes "$dir/bytes"
echo >>"$dir/bytes"
fails 2 'longer than a service can wait for' explain 10.0.0.42:80 --bytes "$dir/bytes"
says 'silent for 5.0 seconds: may still speak' explain 10.0.0.42:80
says 'every connection, end to end: goes by to' explain 10.0.0.42:81
says '^    \[2001:db8::2\]:8042 +unknown' explain 10.0.0.42:8042
says 'udp: service dns' explain 10.0.0.42:53
says '10.0.0.50: map to 2001:db8::50' explain 10.0.0.50:22
says '10.0.0.42: an address of services, but none has port 82: refused' explain 10.0.0.42:82
says '10.9.9.9: neither service nor map' explain 10.9.9.9:1

echo "# wrong usage, no daemon"
fails 2 'Try' nothing
fails 2 '^nat46ctl: explain: not an option of this command$' reload --explain
fails 2 '^nat46ctl: json: not an option of this command$' -j metrics
fails 2 '^nat46ctl: bytes: not an option of this command$' flows --bytes x
fails 2 '^nat46ctl: seconds: not a number, or out of range$' capture --seconds x "$dir/x"
fails 2 'Try' status --service web
fails 2 'Try' explain
fails 2 'is not ADDRESS:PORT' explain 10.0.0.42
"$NAT46CTL" -s "$dir/nowhere" status 2>"$dir/says.log" && fail "there is no daemon, and it answers"
grep -q 'no daemon listens there' "$dir/says.log" || fail "no reason"

echo "# who may ask: the group; not others, and also not if the file lets them"
nogroup=$(id -g nobody)
setpriv --reuid 12345 --regid 12345 --groups "$nogroup" "$NAT46CTL" -s "$dir/control" status >/dev/null ||
	fail "a member of the group may not ask"
setpriv --reuid 12345 --regid 12345 --clear-groups "$NAT46CTL" -s "$dir/control" status 2>"$dir/says.log" &&
	fail "anybody may ask"
grep -q 'Permission denied: only root and the group of the daemon may ask' "$dir/says.log" || fail "no reason"
chmod 666 "$dir/control"
setpriv --reuid 12345 --regid 12345 --clear-groups "$NAT46CTL" -s "$dir/control" status 2>"$dir/says.log" &&
	fail "anybody may ask if the file lets them"
grep -q 'only root and the group of the daemon may ask' "$dir/says.log" || fail "no reason"
chmod 660 "$dir/control"

echo "# reload: what has changed, or what is wrong; nothing else changes then"
sed -i 's/host = "www.example.org"/host = "new.example.org"/' "$dir/nat46d.conf"
says 'new.example.org' reload
says 'TLS: goes by host .*new.example.org' explain 10.0.0.42:80 --host new.example.org
echo 'nonsense = 1;' >>"$dir/nat46d.conf"
fails 1 "^$dir/nat46d.conf:[0-9]*: error: unknown setting 'nonsense'" reload
says 'TLS: goes by host .*new.example.org' explain 10.0.0.42:80 --host new.example.org
says "^reload     failed, .*: error: unknown setting 'nonsense'" status
says '^nat46_reload_failed 1$' metrics
sed -i '$d' "$dir/nat46d.conf"
json 'a[-1] == "nothing has changed"' reload
json 'a["reload"] == { "count": 2, "failure": "" }' status
says '^nat46_reloads_total 2$' metrics
says '^nat46_reload_failed 0$' metrics
kill -0 "$launched" || fail "a reload has ended an open connection"

echo "# a socket that is left over is replaced, and one that is no socket stays"
kill -KILL "$nat46d_pid"
nat46d_ends 5
[ -S "$dir/control" ] || fail "the socket of a killed daemon is gone"
start_nat46d "$ns_box"
logged "replacing that of a daemon that is gone" || fail "the stale socket was not replaced"
says '^nat46d ' status
stop_nat46d
rm -f "$dir/control"
echo precious >"$dir/control"
in_ns "$ns_box" "$NAT46D" -c "$dir/nat46d.conf" >"$dir/other.log" 2>&1 && fail "a file is taken for a socket"
[ "$(cat "$dir/control")" = precious ] || fail "a file was removed"
rm "$dir/control"
echo "PASS"
