#!/bin/sh
# SPDX-License-Identifier: ISC
# bulk.sh - a large file through a service in each direction, with and without offload of links and TUN device
#
#	client -- [ router: nat46 (TUN), nat46d ] -- server (see path.sh)
#
# NAT46D_TEST_MEGABYTES is the size of the file, 64 if not set.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip socat ethtool nstat sha256sum taskset

megabytes=${NAT46D_TEST_MEGABYTES:-64}
transfer_time=$((60 + megabytes))
make_path
make_file "$megabytes"
start_files

# timed COMMAND...
timed() {
	begin=$(date +%s%N)
	"$@"
	milliseconds=$((($(date +%s%N) - begin) / 1000000))
	echo "$* $megabytes MB: $milliseconds ms, sha256 ${got%% *}"
}

for device in true false; do
	configure_path "offload = $device;" </dev/null
	start_nat46d "$ns_router"
	for state in on off; do
		echo "# offload of the device: $device, of the links: $state"
		offload_on_links $state
		timed upload 80
		timed download 80
	done
	all_content
	stop_nat46d
done

echo "# a service without rules"
configure_path </dev/null
start_nat46d "$ns_router"
offload_on_links on
timed upload 81
timed download 81
all_content
stop_nat46d

echo "PASS"
