#!/bin/sh
# SPDX-License-Identifier: ISC
# reload_names.sh - a file of many names is replaced again and again, and the transfers that are there do not notice
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42, nN.example to the one server or the other ] six --- servers ::1, ::2
#
# tests/bench/reload.sh does the same with more of all, and looks at the clock.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/transfers.sh"
require ip python3

count=200
make_names 20000
start_nat46d "$ns_box"
leads_to 1
start_transfers $count
reload_often 31
[ "$(($(swaps) - swaps_before))" -gt 5 ] || fail "the reloads came to nothing"
end_transfers $count
grep -q 'reload: rules: 20000 changed: web: host "n' "$dir/nat46d.log" || fail "no names have changed"
grep -q 'reload failed' "$dir/nat46d.log" && fail "a reload failed"
stop_nat46d
echo "PASS"
