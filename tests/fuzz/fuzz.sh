#!/bin/sh
# SPDX-License-Identifier: ISC
# fuzz.sh SECONDS TARGET... - let each fuzz target (built with --enable-fuzzer) look for new inputs
#
# Started in the build directory. New inputs go to findings/TARGET below it, never into the sources; what
# breaks a target is kept there as crash-*, leak-* or timeout-*, and the script ends with 1.
set -u

corpora=$(cd "$(dirname "$0")" && pwd)/corpus
seconds=$1
shift

status=0
for path in "$@"; do
	target=${path##*/}
	findings=findings/$target
	mkdir -p "$findings/corpus"
	option=
	[ ! -e "$corpora/$target.dict" ] || option=-dict=$corpora/$target.dict
	echo "$target: $seconds seconds"
	if ! "$path" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 -artifact_prefix="$findings/" \
	     ${option:+"$option"} "$findings/corpus" "$corpora/$target" >"$findings/log" 2>&1; then
		tail -n 40 "$findings/log"
		echo "$target: FAILED, see $PWD/$findings"
		status=1
	fi
	grep stat::number_of_executed_units "$findings/log"
done
exit $status
