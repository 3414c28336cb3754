#!/bin/sh
# SPDX-License-Identifier: ISC
# format.sh - every C file is laid out as .clang-format says, within 120 columns, and starts with its licence
#
# Where a comment behind code, or the backslash of a macro, starts is left to the author: tables of comments are
# aligned with tabs, which clang-format cannot keep. So both sides are compared with one blank in these places.
. "$(dirname "$0")/lib.sh"
need clang-format expand

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

one_blank() {
	sed -E 's,([^[:blank:]])[[:blank:]]+(/\*.*\*/)?[[:blank:]]*(\\?)$,\1 \2\3,'
}

status=0
for file in $(find src include tests -name '*.[ch]' | sort); do
	if [ "$(head -1 "$file")" != '/* SPDX-License-Identifier: ISC */' ]; then
		echo "$file:1: no SPDX line"
		status=1
	fi
	if expand -t 8 "$file" | sed 's,[[:blank:]]*\\$,,' | grep -nE '^.{121}' | sed "s,^,$file:,;s,$, (longer than 120 columns)," | grep .; then
		status=1
	fi
	if grep -nHE '[[:blank:]]+$' "$file"; then
		status=1
	fi
	one_blank <"$file" >"$temporary/is"
	clang-format "$file" | one_blank >"$temporary/should"
	if ! diff -u --label "$file" --label "$file, formatted" "$temporary/is" "$temporary/should"; then
		status=1
	fi
done
exit $status
