#!/bin/sh
# SPDX-License-Identifier: ISC
# kernels.sh - splices between kernels whose TCP differs, in good and bad networks, compared with plain forwarding
#
#	client --- wire --- [ router: nat46 (TUN), nat46d ] --- server (see e2e/wire.sh)
#
# What a row is: see tests/tools/weather.py, which makes them and the table.
#
# Exit: 0 all rows reach their goal and nothing is damaged, 1 not so or failed, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: kernels.sh [-q] [-c TEXT] [-n TEXT] [-s SEED]
	  -q       quick: an eighth of the connections. Goals are not judged then, chance has too much of a say
	  -c TEXT  only combinations of settings whose name has this text
	  -n TEXT  only networks whose name has this text
	  -s SEED  of the relay (default 1)
	A TEXT that no name has is an error, which tells all names.
	NAT46D=/path/to/nat46d takes that binary; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
options=--goals quick='' combination='' network='' seed=1
read_options "q=quick c:=combination n:=network s:=seed" "$@"
[ -z "$quick" ] || options='--part 8'

. "$here/build.sh"
. "$here/../e2e/network.sh"
. "$here/../e2e/path.sh"
. "$here/../e2e/wire.sh"
require ip python3 taskset

tell_machine
echo "pinning     one CPU for everything"
echo

make_wired_path
result=0
for mtu in 1500 9000; do
	# shellcheck disable=SC2086
	weather $mtu $options --seed "$seed" --combination "$combination" --network "$network"
	case $weather_status in
	0) ;;
	2) exit 2 ;;
	*) result=1 ;;
	esac
	daemon_is_content tcp_no_flow
	stop_nat46d
done
exit $result
