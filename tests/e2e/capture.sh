#!/bin/sh
# SPDX-License-Identifier: ISC
# capture.sh - nat46ctl capture: tshark reads both sides of what was asked for, in order, and no reader is waited for
#
#	clients 10.0.0.3, .4 --- four [ box: 10.0.0.42 web, plain; 10.0.0.50 a map ] six --- servers 2001:db8::1, ::2
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3 curl tshark tcpdump ping

NAT46CTL=$(realpath "${NAT46CTL:-${NAT46D%/*}/nat46ctl}")
tools=$(dirname "$0")/../tools
export HOME="$dir" # no preferences of somebody
make_box
make_client client 10.0.0.3 10.0.0.4
make_server server 2001:db8::1 2001:db8::2
make_server mapped 2001:db8::50
configure <<END
maps = ( { ipv4 = "10.0.0.50"; ipv6 = "2001:db8::50"; } );
services = (
  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; rules = (
      { host = "one.example"; to = "2001:db8::1"; }, { host = "two.example"; to = "2001:db8::2"; }
    ); },
  { name = "plain"; ipv4 = "10.0.0.42"; tcp = 81; to = "[2001:db8::2]:80"; }
);
END
head -c 3000000 /dev/urandom >"$dir/large"
launch one ip netns exec "$ns_server" python3 -B "$tools/web.py" 2001:db8::1 80 "$dir/large"
launch two ip netns exec "$ns_server" python3 -B "$tools/web.py" 2001:db8::2 80 "$dir/nat46d.conf"
for server in one two; do
	wait_for 10 grep -q '^ready' "$dir/$server.log" || fail "no web server"
done
start_nat46d "$ns_box"

# capture NAME ARGUMENT...: start one, into $dir/NAME.pcapng; sets $launched
capture() {
	name=$1
	shift
	launch "$name" "$NAT46CTL" -s "$dir/control" capture "$@" "$dir/$name.pcapng"
	wait_for 5 [ -s "$dir/$name.pcapng" ] || fail "no file"
}

# ends NAME PID [SIGNAL]: it ends, by a signal if there is one, and says how many packets there are: $packets, $lost
ends() {
	[ -z "${3:-}" ] || kill -"$3" "$2"
	wait_for 5 has_ended "$2" || fail "capture $1 does not end"
	wait "$2" || fail "capture $1 fails"
	read -r packets lost <<-NUMBERS
		$(sed -n 's/^nat46ctl: \([0-9]*\) packets captured, \([0-9]*\) lost.*/\1 \2/p' "$dir/$1.log")
	NUMBERS
	[ -n "$lost" ] || fail "capture $1 does not say how many packets"
}

# shark NAME ARGUMENT...: lines of what tshark says of a file
shark() {
	shark_name=$1
	shift
	tshark -r "$dir/$shark_name.pcapng" -o tcp.check_checksum:TRUE "$@" 2>"$dir/tshark.log" || fail "tshark fails"
	! grep -qi 'cut short\|corrupt' "$dir/tshark.log" || fail "tshark does not like $shark_name.pcapng"
}

# has NAME COUNT FILTER: so many packets match
has() {
	is=$(shark "$1" -Y "$3" | wc -l)
	[ "$is" = "$2" ] || fail "$1.pcapng has $is packets with '$3', not $2"
}

# get PORT NAME ADDRESS: what curl gets
get() {
	in_ns "$ns_client" curl -sS -m 20 --interface "$3" --resolve "$2:$1:10.0.0.42" -o "$dir/got" "http://$2:$1/"
}

capture dead
dead=$launched
kill -STOP "$dead"

echo "# captures at once: all of it, one client, one server; two clients, a splice each, and a drop"
capture all
all=$launched
capture four --client 10.0.0.4
four=$launched
capture second --server 2001:db8::2
second=$launched
get 80 one.example 10.0.0.3
cmp -s "$dir/got" "$dir/large" || fail "another file came"
get 80 two.example 10.0.0.4
ip -n "$ns_client" route add 10.9.9.9/32 via 10.0.0.1
ip -n "$ns_box" route add 10.9.9.9/32 dev nat46
in_ns "$ns_client" ping -c 1 -W 0.2 -I 10.0.0.4 10.9.9.9 >/dev/null || :
ends second "$second" INT
ends four "$four" INT
ends all "$all" TERM
[ "$lost" = 0 ] || fail "$lost packets are missing"
[ "$(stat -c %a "$dir/all.pcapng")" = 600 ] || fail "others may read what was captured"
[ "$(shark all | wc -l)" = "$packets" ] || fail "it is another number of packets"
[ "$(tcpdump -nr "$dir/all.pcapng" 2>/dev/null | wc -l)" = "$packets" ] || fail "tcpdump reads another number"

echo "# both handshakes, in order, each payload on both sides, right checksums, the reason of a drop"
shark all -Y 'tcp.flags.syn == 1 and (ip.addr == 10.0.0.3 or ipv6.addr == 2001:db8:46::a00:3)' \
	-T fields -e ip.version >"$dir/order"
cut -c 1 "$dir/order" | paste -sd '' | grep -qx '446*6' || fail "handshakes: $(cat "$dir/order")"
has all 1 'tcp.stream == 0 and tcp.flags == 0x012'
has all 0 'tcp.checksum.status == 0 or ip.checksum.status == 0'
for stream in 0 1; do
	shark all -q -z "follow,tcp,raw,$stream" | tr -d '\t\r' | grep -E '^[0-9a-f]+$' | tr -d '\n' |
		sha256sum >"$dir/payload$stream"
done
cmp -s "$dir/payload0" "$dir/payload1" || fail "both sides have another payload"
[ "$(wc -c <"$dir/all.pcapng")" -gt 6000000 ] || fail "the payload is not there twice"
shark all -Y 'icmp and frame.comment contains "dropped: not_ours"' | grep -q 10.9.9.9 || fail "no reason of a drop"
shark all -Y 'tcp and ip' -T fields -e frame.packet_flags_direction | head -n 2 | paste -sd ' ' |
	grep -qx '.*1 .*2' || fail "no directions"

echo "# filters: one client; and one server from when it was chosen"
has four 0 'ip.addr == 10.0.0.3 or ipv6.addr == 2001:db8:46::a00:3'
has four 2 'ip and tcp.flags.syn == 1'
has four 1 'ipv6 and tcp.flags == 0x012'
has four 1 'icmp'
has second 0 'ip and tcp.flags.syn == 1'
has second 1 'ipv6 and tcp.flags == 0x012'
has second 0 'ipv6.addr == 2001:db8::1'
[ "$(shark second -Y 'ip and http.request.method == GET' | wc -l)" = 1 ] || fail "the first bytes are not there"

echo "# a service, its packets to the server as well, across a reload; limits: packets, bytes of each, size, time"
capture plain --service plain --snaplen 60
plain=$launched
get 80 one.example 10.0.0.3
"$NAT46CTL" -s "$dir/control" reload >/dev/null || fail "no reload"
get 81 two.example 10.0.0.3
ends plain "$plain" INT
has plain 0 'tcp.port == 80 and ip'
has plain 0 'ipv6.addr == 2001:db8::1'
has plain 4 'tcp.flags.syn == 1'
[ "$(shark plain -T fields -e frame.cap_len | sort -n | tail -n 1)" = 60 ] || fail "packets are longer than asked"
capture count --count 7
count=$launched
capture size --megabytes 1
size=$launched
capture time --seconds 1
time=$launched
get 80 one.example 10.0.0.3
ends count "$count"
[ "$packets" = 7 ] && has count 7 frame
ends size "$size"
[ "$(wc -c <"$dir/size.pcapng")" -gt 900000 ] || fail "the file is short"
[ "$(wc -c <"$dir/size.pcapng")" -le 1000000 ] || fail "the file is longer than asked"
ends time "$time"

echo "# live, into a program"
"$NAT46CTL" -s "$dir/control" capture --count 20 - 2>/dev/null | tshark -l -r - >"$dir/live.log" 2>/dev/null &
live=$!
pids="$pids $live"
sleep 0.3
get 80 two.example 10.0.0.3
wait_for 5 has_ended $live || fail "the live capture does not end"
[ "$(wc -l <"$dir/live.log")" = 20 ] || fail "live there are not 20 packets"

echo "# a reader that is slow misses packets, which are counted; one that is dead is given up; nobody waits for either"
capture slow
slow=$launched
kill -STOP "$slow"
for try in 1 2 3; do
	get 80 one.example 10.0.0.3
	cmp -s "$dir/got" "$dir/large" || fail "another file came"
done
wait_for 15 logged 'dropped a client that does not go on' || fail "the dead reader stays"
kill -CONT "$slow"
sleep 0.5
get 80 two.example 10.0.0.3
ends slow "$slow" INT
[ "$lost" -gt 0 ] || fail "nothing was lost"
[ "$(shark slow | wc -l)" = "$packets" ] || fail "it is another number of packets"
[ "$(shark slow -T fields -e frame.drop_count | awk '{ sum += $1 } END { print sum }')" = "$lost" ] ||
	fail "the file does not tell of $lost lost packets"

echo "# wrong usage, and more of them than there may be"
for arguments in "" "--count 0 x" "--count x y" "--client 2001:db8::1 x" "--server 1.2.3.4 x" "--snaplen 99999 x" "x y"; do
	status=0
	# shellcheck disable=SC2086
	(cd "$dir" && "$NAT46CTL" -s "$dir/control" capture $arguments) 2>/dev/null || status=$?
	[ $status = 2 ] || fail "capture $arguments ends with $status"
done
"$NAT46CTL" -s "$dir/control" capture --service nothing "$dir/none" 2>"$dir/says.log" && fail "a service that is not there"
[ ! -e "$dir/none" ] || fail "a refused capture makes a file"
"$NAT46CTL" -s "$dir/control" capture /nonexistent/file 2>"$dir/says.log" && fail "no such folder, and it ends with 0"
for i in 1 2 3 4; do
	capture "more$i" --client 10.0.0.9
done
"$NAT46CTL" -s "$dir/control" capture "$dir/none" 2>"$dir/says.log" && fail "a fifth capture runs"
grep -q 'as many captures and tops run' "$dir/says.log" || fail "no reason"
"$NAT46CTL" -s "$dir/control" status >/dev/null || fail "no status"
stop_nat46d
echo "PASS"
