#!/bin/sh
# SPDX-License-Identifier: ISC
# guide_mtu.sh - large packets are lost without an error, and tcp.mss as nat46d-guide(7) advises mends it
#
#	client -- near -- mid4 -- router: nat46 (TUN), nat46d -- mid6 --(MTU 1400)-- far -- server
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
. "$(dirname "$0")/guide.sh"
require ip socat nft sha256sum taskset

make_long_path
narrow "$ns_mid6" far "$ns_far" mid6 1400
firewall "$ns_mid6" hole output "icmpv6 type packet-too-big drop"
start_files
make_file 1
tr '\n' ' ' <"$guide" | grep -q '\.Cm tcp.mss to the smallest MTU on the way less 60\.' || fail "the guide advises otherwise"

echo "# without it, only what is small arrives"
configure_path </dev/null
start_nat46d "$ns_router"
echo hello >"$dir/small"
[ "$(cat "$dir/put" "$dir/small" | in_ns "$ns_client" timeout 10 socat -t 10 - TCP4:192.0.2.10:80)" = \
	"$(sha256sum <"$dir/small")" ] || fail "a small upload fails"
(transfer_time=3 && upload 80) 2>"$dir/out.log" && fail "a large upload succeeds: this test sees nothing"
stop_nat46d

echo "# with it, everything does"
forget
configure_path <<END
tcp = { mss = $((1400 - 60)); };
END
start_nat46d "$ns_router"
upload 80
upload 81
stop_nat46d
echo "PASS"
