#!/bin/sh
# SPDX-License-Identifier: ISC
# weather.sh - some hundred connections through a network that loses, doubles and reorders, by hosts that differ
#
#	client --- wire --- [ router: nat46 (TUN), nat46d ] --- server (see wire.sh)
#
# A short part of tests/bench/kernels.sh. Every byte of both directions is compared, and what the kernels count.
# Goodput is printed, not judged.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
. "$(dirname "$0")/wire.sh"
require ip python3 taskset

make_wired_path
for mtu in 1500 9000; do
	weather $mtu --part 4 --network "20 ms, 2 % lost" --combination come \
		--combination "unknown server without any" --combination 8940
	[ $weather_status = 0 ] || fail "not everything arrived, or a kernel complains"
	daemon_is_content tcp_no_flow
	stop_nat46d
done
echo "PASS"
