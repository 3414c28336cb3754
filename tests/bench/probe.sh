# SPDX-License-Identifier: ISC
# probe.sh - what else the daemon does, as packets see it: to be sourced by a bench with $ns_client and a map 10.0.0.50
#
# The probe has real-time priority. Where the daemon has some as well (chrt -f 1), its threads not (-R), the numbers
# are about the daemon and not about what else the machine does.

# probe NAME [COUNT]: prints the delays of so many echo requests (10,000), a thousand a second; they are in $dir/probes
probe() {
	in_ns "$ns_client" chrt -f 2 python3 -B "$here/../tools/probe.py" 10.0.0.50 "${2:-10000}" >"$dir/probe.log" 2>&1 ||
		fail "echo requests fail: $1"
	cat "$dir/probe.log" >>"$dir/probes"
	awk -v name="$1" '{ printf "%-11s min %s ms, mean %s ms, worst %s ms; later than 1 ms: %d, lost: %d\n",
		name, $2, $4, $8, $6, $10 }' "$dir/probe.log"
}

# tell_added MILLISECONDS: how much later the worst packet of the second probe was; false: more than is allowed
tell_added() {
	awk -v allowed="$1" '
		{ worst[NR] = $8 }
		END {
			added = worst[2] - worst[1]
			printf "added       %.2f ms to the worst packet (allowed: %s), which took %.1f times as long\n", added, allowed,
				worst[2] / worst[1]
			exit added > allowed
		}' "$dir/probes"
}
