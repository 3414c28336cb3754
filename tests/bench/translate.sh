#!/bin/sh
# SPDX-License-Identifier: ISC
#
# translate.sh - datagrams and a TCP flow through a map and a UDP service, a null forwarder, and tayga, in turns
#
# The network and the translators that nat46d is compared with are those of translators.sh. nat46d is there once, with
#
#	map	192.0.2.21        1:1 map to the server
#	service	192.0.2.10:5000   a UDP service that leads to the server
#
# The client sends datagrams of 36 and 1372 bytes, which are 64 and 1400 bytes in IPv4, of 1, 1000 or 1,000,000 flows as
# fast as it can. What leaves the router towards the server is counted, and dropped in the server before IP; so is the
# processor time of the translator, which has a CPU of its own. Then one TCP flow with iperf3 (see bulk.sh).
#
# All of a round follow each other at once, and ratios are taken within a round.
#
# Exit: 0 measured, 1 failed, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: translate.sh [-n RUNS] [-s SECONDS] [-d "TRANSLATOR..."] [-f "FLOWS..."] [-c CPU] [-e CPUS]
	  -n RUNS        rounds of everything (default 7)
	  -s SECONDS     duration of one measurement (default 1)
	  -d "LIST"      translators in their order (default "null tayga map service")
	  -f "FLOWS"     numbers of flows (default "1 1000 1000000")
	  -c CPU         CPU of the translator (default 1)
	  -e CPUS        CPUs of everything else (default 0)
	NAT46D=/path/to/nat46d takes that binary; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
runs=7 seconds=1 translators='null tayga map service' flows_list='1 1000 1000000' translator_cpu=1 endpoint_cpus=0
read_options "n:=runs s:=seconds d:=translators f:=flows_list c:=translator_cpu e:=endpoint_cpus" "$@"
# shellcheck disable=SC2086
positive "$runs" "$seconds" $flows_list
for translator in $translators; do
	case $translator in
	null | tayga | map | service) ;;
	*) wrong_usage ;;
	esac
done

. "$here/build.sh"
require ip iperf3 taskset timeout ss awk nft
. "$here/translators.sh"
cc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$dir/udp_source" "$here/udp_source.c" ||
	fail 'udp_source.c cannot be compiled'
payloads='36 1372'

# ---- nat46d, and where the datagrams end ----------------------------------------------------

start_nat46d() {
	services=
	case " $translators " in
	*' service '*) services='{ ipv4 = "192.0.2.10"; udp = 5000; to = "2001:db8:2:b::1"; }' ;;
	esac
	cat >"$dir/nat46d.conf" <<-END
	prefix = "2001:db8:46::/96";
	interface = { name = "nat46"; mtu = 1500; txqueuelen = 1000; };
	user = "nobody";
	group = "nogroup";
	maps = ( { ipv4 = "192.0.2.21"; ipv6 = "2001:db8:2:b::1"; } );
	services = ( $services );
	END
	start nat46 "$NAT46D" -c "$dir/nat46d.conf"
	pid_map=$launched
	pid_service=$launched
	wait_for 10 grep -q ' started$' "$dir/nat46.log" || fail 'nat46d does not start'
}

# dialled TRANSLATOR: the address at which the client finds the server
dialled() {
	case $1 in
	null) echo 2001:db8:b:2::1 ;;
	tayga) echo 192.0.2.20 ;;
	map) echo 192.0.2.21 ;;
	service) echo 192.0.2.10 ;;
	esac
}

# The answers of the server would take the time of the translator.
drop_datagrams() {
	in_ns "$server" nft -f - <<-END
	table netdev bench {
		chain ingress {
			type filter hook ingress device link priority 0;
			ip6 nexthdr udp udp dport 5000 drop
		}
	}
	END
}

# ---- one measurement ------------------------------------------------------------------------

# source_of TRANSLATOR: the first address of the flows
source_of() {
	case $1 in
	null) echo 2001:db8:1:a::2 ;;
	*) echo 10.46.0.2 ;;
	esac
}

# look TRANSLATOR: packets that left for the server, packets that found the device full, nanoseconds of the translator
look() {
	eval "pid=\$pid_$1"
	device=$1
	case $1 in map | service) device=nat46 ;; esac
	in_ns "$router" sh -c '
		cd /sys/class/net
		cat server/statistics/tx_packets $1/statistics/tx_dropped
		cut -d " " -f 1 /proc/$2/schedstat' sh "$device" "$pid" | paste -s -d ' '
}

# send TRANSLATOR FLOWS PAYLOAD SECONDS
send() {
	in_ns "$client" taskset -c "$endpoint_cpus" "$dir/udp_source" "$(source_of "$1")" "$(dialled "$1")" 5000 \
		"$2" "$3" "$4" >"$dir/source.log" 2>&1 || fail "udp_source fails with $1"
}

# datagrams ROUND TRANSLATOR FLOWS PAYLOAD: one row; packets a second, nanoseconds a packet, share of lost ones
datagrams() {
	before=$(look "$2")
	send "$2" "$3" "$4" "$seconds"
	after=$(look "$2")
	echo "$before $after $(sed -n 's/^sent //p' "$dir/source.log")" |
		awk -v round="$1" -v translator="$2" -v name="$(($4 + 28)) bytes, $3 flows" -v seconds="$seconds" '{
			packets = $4 - $1
			if (packets <= 0 || NF != 7) exit 1
			printf "%d;%s;%s;%.0f;%.3f;%.3f\n", round, name, translator, packets / seconds,
				($6 - $3) / packets, 1 - packets / $7
		}' >"$dir/row" || fail "nothing comes through $2"
	cat "$dir/row" >>"$dir/rows"
}

# bulk ROUND TRANSLATOR: one row; bits a second, nanoseconds for 1000 bytes
bulk() {
	launch iperf3-server ip netns exec "$server" taskset -c "$endpoint_cpus" iperf3 -s -1
	wait_for 10 sh -c "ip netns exec $server ss -Hltn sport = :5201 | grep -q ." || fail 'no iperf3 server'
	before=$(look "$2")
	timeout $((seconds + 20)) ip netns exec "$client" taskset -c "$endpoint_cpus" \
		iperf3 -c "$(dialled "$2")" -t "$seconds" -C cubic -J >"$dir/iperf3-client.log" 2>&1 || fail "no transfer through $2"
	after=$(look "$2")
	wait "$launched" || fail "the iperf3 server failed with $2"
	bytes=$(sed -n '/"sum_received":/,/}/s/.*"bytes":[[:space:]]*\([0-9]*\).*/\1/p' "$dir/iperf3-client.log")
	echo "$before $after $bytes" | awk -v round="$1" -v translator="$2" -v seconds="$seconds" '{
		if (NF != 7) exit 1
		printf "%d;%s;%s;%.0f;%.3f;-\n", round, "one TCP flow", translator, $7 * 8 / seconds, ($6 - $3) / $7 * 1000
	}' >>"$dir/rows" || fail "iperf3 tells no result of $2"
}

# ---- rounds and summary ---------------------------------------------------------------------

cat >"$dir/summary.awk" <<'AWK'
function ratio(name, a, b, value,   i, n, list) {
	for (i = 1; i <= rounds; i++)
		if ((i, name, a) in value && value[i, name, b] > 0)
			list[++n] = value[i, name, a] / value[i, name, b]
	return spread(list, n + 0)
}
function lost(name, a,   i, n, list) {
	for (i = 1; i <= rounds; i++)
		if ((i, name, a) in loss && loss[i, name, a] != "-") list[++n] = loss[i, name, a]
	return n ? sprintf("%.0f %%", 100 * (spread(list, n) + 0)) : "-"
}
BEGIN { FS = ";" }
{
	if (!($2 in known)) { known[$2] = 1; names[++count] = $2 }
	if (!($3 in seen)) { seen[$3] = 1; translators[++m] = $3 }
	rate[$1, $2, $3] = $4
	cost[$1, $2, $3] = $5
	loss[$1, $2, $3] = $6
	if ($1 > rounds) rounds = $1
}
END {
	printf "%-26s %-10s %-24s %-24s %s\n", "", "", "speed, to null", "processor time, of null", "lost"
	for (i = 1; i <= count; i++)
		for (j = 1; j <= m; j++)
			if (("1", names[i], translators[j]) in rate)
				printf "%-26s %-10s %-24s %-24s %s\n", names[i], translators[j],
					ratio(names[i], translators[j], "null", rate),
					ratio(names[i], "null", translators[j], cost),
					lost(names[i], translators[j])
}
AWK

for translator in $translators; do
	case $translator in
	null | tayga) start_"$translator" ;;
	*) [ -n "${pid_map:-}" ] || start_nat46d ;;
	esac
done
drop_datagrams
tell_machine
echo "pinning     translator on CPU $translator_cpu, everything else on CPU $endpoint_cpus"
echo "rounds      $runs of $seconds s each, median (min..max) of the ratios within a round"
echo

# A flow of a service is opened once; that is not what is measured here.
case " $translators " in *' service '*)
	for flows in $flows_list; do
		send service "$flows" 36 $((1 + flows / 100000))
	done
	;;
esac
round=1
while [ "$round" -le "$runs" ]; do
	for flows in $flows_list; do
		for payload in $payloads; do
			for translator in $translators; do
				datagrams "$round" "$translator" "$flows" "$payload"
			done
		done
	done
	round=$((round + 1))
done
steer
round=1
while [ "$round" -le "$runs" ]; do
	for translator in $translators; do
		[ "$translator" = service ] || bulk "$round" "$translator"
	done
	round=$((round + 1))
done
awk -f "$here/spread.awk" -f "$dir/summary.awk" "$dir/rows"
