#!/bin/sh
# SPDX-License-Identifier: ISC
#
# bulk.sh - one TCP flow through a spliced service of nat46d, a null forwarder, and tayga, in turns
#
#	client namespace       router namespace                        server namespace
#	  link ------------ client (10.46.0.0/16,        server ------------ link
#	  10.46.0.2         |       2001:db8:1:a::/64)  |                    2001:db8:2:b::1
#	  2001:db8:1:a::2   +---> TUN of a translator --+  (2001:db8:2:b::/64)
#
# All three translators are up the whole time, each on a TUN device of its own in the one router
# namespace; what the client dials decides which of them works, the others sleep. So links, routes
# and everything else are the same for the three:
#
#	null	2001:db8:b:2::1   IPv6 to IPv6, the twin of the server (see null_forwarder.c)
#	tayga	192.0.2.20        1:1 map to the server
#	nat46d	192.0.2.10:5201   a service with rules, that is a splice
#	other	192.0.2.11:5201   the same through another nat46d, of before a change, say
#
# Why iperf3 can go through a splice: its client is the first to speak, on the control connection
# and on the data connection alike (a cookie of 36 characters from a-z and 2-7, and a NUL), also
# when the data flows from the server (-R). One rule for cookies that begin with "x" and a `to` for
# all others decide on the first byte, without a timer, and both name the one server.
#
# Pinning: the translator has one CPU, iperf3's client and server share the other, for all three
# alike. A write to a TUN device runs all that the kernel does with the packet, so by itself it
# would run the receiver's TCP too, on the translator's CPU: that time is not the router's, and as
# it lets the sender's TCP run on both CPUs, super-packets overtake each other and are sent again
# without need. Receive packet steering gives the end of each link that belongs to an endpoint to
# the CPU of the endpoints; -k leaves it as the kernel does it. Forwarding stays in the
# translator's write either way: hence the null forwarder.
#
# Exit: 0 measured, 1 failed or a number that cannot be trusted, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: bulk.sh [-n RUNS] [-s SECONDS] [-d "TRANSLATOR..."] [-c CPU] [-e CPUS]
	  -n RUNS        rounds of all translators and both directions (default 10)
	  -s SECONDS     duration of one transfer (default 3)
	  -d "LIST"      translators in their order (default "null tayga nat46d")
	  -c CPU         CPU of the translator (default 1)
	  -e CPUS        CPUs of iperf3's client and server (default 0)
	  -k             keep the kernel's choice of CPU for the endpoints' TCP input
	NAT46D=/path/to/nat46d takes that binary; otherwise the tree around this script is built.
	The translator "other" is the binary of OTHER=/path/to/nat46d.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
runs=10 seconds=3 translators='null tayga nat46d' translator_cpu=1 endpoint_cpus=0 keep='' steering=yes
read_options "n:=runs s:=seconds d:=translators c:=translator_cpu e:=endpoint_cpus k=keep" "$@"
positive "$runs" "$seconds"
[ -z "$keep" ] || steering=no
for translator in $translators; do
	case $translator in
	null | tayga | nat46d) ;;
	other) [ -x "${OTHER:-}" ] || wrong_usage ;;
	*) wrong_usage ;;
	esac
done

. "$here/build.sh"
require ip iperf3 taskset timeout ss awk
ticks=$(getconf CLK_TCK)
cores=$(getconf _NPROCESSORS_ONLN)
distrusted=0

. "$here/translators.sh"
[ "$steering" = no ] || steer

# ---- nat46d ---------------------------------------------------------------------------------

start_nat46d() {
	start_splice nat46d "$NAT46D" 2001:db8:46::
}

start_other() {
	start_splice other "$OTHER" 2001:db8:47::
}

# start_splice NAME BINARY PREFIX
start_splice() {
	cat >"$dir/$1.conf" <<-END
	prefix = "$3/96";
	interface = { name = "$1"; mtu = 1500; txqueuelen = 1000; };
	user = "nobody";
	group = "nogroup";
	log = { level = "info"; sessions = true; };
	services = (
	  { name = "bulk"; ipv4 = "$(dialled "$1")"; tcp = 5201;
	    rules = ( { bytes = "x"; to = "2001:db8:2:b::1"; } );
	    to = "2001:db8:2:b::1";
	  }
	);
	END
	start "$1" "$2" -c "$dir/$1.conf"
	wait_for 10 sh -c "
		ip -n $router route get $(dialled "$1") | grep -q 'dev $1' &&
		ip -n $router route get ${3}a2e:2 | grep -q 'dev $1'" || fail "$1 makes no routes"
	# There is no server yet. A handshake from end to end would be refused; a splice answers it
	# and can reset the connection only when the first data have shown where it leads
	ip netns exec "$client" timeout 10 iperf3 -c "$(dialled "$1")" -t 1 2>&1 |
		grep -q 'reset by peer' || fail "the service of $1 is not spliced"
}

# dialled TRANSLATOR: the address at which the client finds the server
dialled() {
	case $1 in
	null) echo 2001:db8:b:2::1 ;;
	tayga) echo 192.0.2.20 ;;
	nat46d) echo 192.0.2.10 ;;
	other) echo 192.0.2.11 ;;
	esac
}

# ---- one transfer ---------------------------------------------------------------------------

# measure ROUND TRANSLATOR DIRECTION: one row of results, printed and kept in $dir/rows. Cubic is
# bounded by the processors alone, where a congestion control with a rate model has a say of its own
measure() {
	case $3 in
	to-server) reverse='' egress=server ;;
	to-client) reverse=-R egress=client ;;
	esac
	launch iperf3-server ip netns exec "$server" taskset -c "$endpoint_cpus" iperf3 -s -1
	wait_for 10 sh -c "ip netns exec $server ss -Hltn sport = :5201 | grep -q ." || fail 'no iperf3 server'
	before=$(counters "$2" "$egress") || fail "$2 is gone"
	# shellcheck disable=SC2086
	timeout $((seconds + 20)) ip netns exec "$client" taskset -c "$endpoint_cpus" \
		iperf3 -c "$(dialled "$2")" -t "$seconds" $reverse -C cubic -J \
		>"$dir/iperf3-client.log" 2>&1 ||
		fail "no transfer through $2, $3"
	after=$(counters "$2" "$egress") || fail "$2 is gone"
	wait "$launched" || fail "the iperf3 server failed with $2, $3"
	printf '%s\n%s\n' "$before" "$after" |
		awk -v round="$1" -v translator="$2" -v direction="$3" \
			-v hz="$ticks" -v cpus="$cores" \
			-f "$dir/row.awk" "$dir/iperf3-client.log" - >"$dir/row" ||
		fail "$2, $3: iperf3 tells no result"
	cat "$dir/row"
	cat "$dir/row" >>"$dir/rows"
}

# First file: iperf3's report. Second: the counters before and after. Marks behind a row:
# ! steal above 1%: not in the summary; B fewer bytes crossed the device than arrived
cat >"$dir/row.awk" <<'AWK'
FNR == NR {
	if ($1 == "\"end\":" && $2 == "{") ended = 1
	if ($2 == "{") section = $1
	value = $2 + 0
	if (!ended) next
	if (section == "\"sum_received\":" && $1 == "\"bytes\":") bytes = value
	if (section == "\"sum_received\":" && $1 == "\"bits_per_second\":") rate = value
	if (section == "\"sum_sent\":" && $1 == "\"retransmits\":") retransmits = value
	if (section == "\"sum_sent\":" && $1 == "\"seconds\":") seconds = value
	if ($1 == "\"host_total\":" || $1 == "\"remote_total\":") endpoints += value
	next
}
FNR == 1 { for (i = 1; i <= NF; i++) before[i] = $i; next }
{ for (i = 1; i <= NF; i++) now[i] = $i - before[i] }
END {
	if (bytes <= 0 || now[1] <= 0 || now[5] <= 0) exit 1
	translator_ticks = now[7] + now[8]
	# user nice system idle iowait irq softirq steal
	busy = now[9] + now[10] + now[11] + now[14] + now[15]
	all = busy + now[12] + now[13] + now[16]
	steal = 100 * now[16] / all
	other = 100 * (busy - translator_ticks - endpoints / 100 * seconds * hz) / (all / cpus)
	if (other < 0) other = 0
	mark = (steal > 1 ? "!" : "") (now[2] < bytes || now[3] < bytes ? "B" : "")
	printf "%5d %-9s %-7s %8.2f %9.3f %7d %7d %6d %6d %6.1f %6.0f  %s\n", round, direction,
		translator, rate / 1e9, translator_ticks / hz / (bytes / 1e9), now[2] / now[1],
		now[6] / now[5], retransmits, now[4], steal, other, mark
}
AWK

# ---- header, rounds, summary ----------------------------------------------------------------

# first_line COMMAND...: of what it prints, or a dash
first_line() {
	line=$("$@" 2>/dev/null | head -1) || :
	echo "${line:--}"
}

header() {
	tell_machine
	echo "clock       $ticks ticks a second"
	echo "steal       $(awk '/^cpu / { for (i = 2; i <= 9; i++) all += $i
		printf "%.2f%% since boot", 100 * $9 / all }' /proc/stat) (of each run: below)"
	echo "pinning     translator on CPU $translator_cpu, iperf3 client and server on CPU" \
		"$endpoint_cpus, endpoints' TCP input there as well: $steering"
	echo "transfers   $runs rounds of $seconds s each, one flow, TCP cubic, MTU 1500"
	echo "endpoints   $(first_line iperf3 --version)"
	for translator in $translators; do
		case $translator in
		null) version=$(sed -n '1s/^null_forwarder: //p' "$dir/null.log") ;;
		tayga) version=$(first_line dpkg-query -Wf '${Version}' tayga) ;;
		nat46d) continue ;;
		other) version=$OTHER ;;
		esac
		printf '%-11s %s\n' "$translator" "$version"
	done
	echo
}

# A run is left out for steal only; the cells of a round are compared with each other
cat >"$dir/summary.awk" <<'AWK'
function single(direction, translator, value,   i, n, list) {
	for (i = 1; i <= rounds; i++)
		if ((i, direction, translator) in value) list[++n] = value[i, direction, translator]
	return spread(list, n + 0)
}
function ratio(direction, a, b, value,   i, n, list) {
	for (i = 1; i <= rounds; i++)
		if ((i, direction, a) in value && value[i, direction, b] > 0)
			list[++n] = value[i, direction, a] / value[i, direction, b]
	return spread(list, n + 0)
}
$12 ~ /!/ { stolen++; next }
$12 ~ /B/ { distrusted = 1 }
$3 != "tayga" && ($6 < 6000 || $7 < 6000) { cut[$3] = 1 }
{
	rate[$1, $2, $3] = $4
	cpu[$1, $2, $3] = $5
	seen[$3] = 1
	if ($1 > rounds) rounds = $1
}
END {
	n = split("to-server to-client", directions, " ")
	m = split("null tayga other nat46d", translators, " ")
	print "\nmedian (min..max) of all rounds"
	printf "%-10s %-14s %-28s %s\n", "direction", "translator", "Gbit/s", "CPU seconds per GB"
	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++)
			if (translators[j] in seen)
				printf "%-10s %-14s %-28s %s\n", directions[i], translators[j],
					single(directions[i], translators[j], rate),
					single(directions[i], translators[j], cpu)
	a = "nat46d" in seen ? "nat46d" : "null"
	print "\nratio within a round: median (min..max) of all rounds"
	printf "%-10s %-14s %-28s %s\n", "direction", "ratio", "of Gbit/s", "of CPU seconds per GB"
	for (i = 1; i <= n; i++)
		for (j = 1; j <= m; j++) {
			b = translators[j]
			if (b != a && b in seen && a in seen)
				printf "%-10s %-14s %-28s %s\n", directions[i], a "/" b,
					ratio(directions[i], a, b, rate),
					ratio(directions[i], a, b, cpu)
		}
	print ""
	if (stolen) printf "%d runs with more than 1%% steal (!) are left out\n", stolen
	for (j in cut) printf "WARNING: super-packets were cut on the way through %s\n", j
	if (distrusted) print "ERROR: fewer bytes crossed a device than arrived (B)"
	exit distrusted
}
AWK

for translator in $translators; do
	start_"$translator"
done
header
printf '%5s %-9s %-7s %8s %9s %7s %7s %6s %6s %6s %6s\n' \
	round direction through Gbit/s 'CPU s/GB' 'B/read' 'B/sent' retr drops steal% other%
round=1
while [ "$round" -le "$runs" ]; do
	for direction in to-server to-client; do
		for translator in $translators; do
			measure "$round" "$translator" "$direction"
		done
	done
	round=$((round + 1))
done
awk -f "$here/spread.awk" -f "$dir/summary.awk" "$dir/rows" || distrusted=1

# What the null forwarder itself has seen
case " $translators " in
*' null '*)
	# shellcheck disable=SC2154
	kill "$pid_null"
	wait "$pid_null" || fail 'the null forwarder failed'
	sed -n '2s/^/\n/p' "$dir/null.log"
	;;
esac
exit $distrusted
