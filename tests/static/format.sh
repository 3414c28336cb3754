#!/bin/sh
# SPDX-License-Identifier: ISC
# format.sh - every C file is laid out as .clang-format says, within 120 columns, and starts with its licence
#
# Two things are left to the author, because clang-format would spoil tables: where a line is broken (a
# difference that changes the number of lines and nothing but blanks is accepted), and where a comment behind
# code or the backslash of a macro starts (compared with one blank in front).
. "$(dirname "$0")/lib.sh"
need clang-format expand

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

one_blank() {
	sed -E 's,([^[:blank:]])[[:blank:]]+(/\*.*\*/)?[[:blank:]]*(\\?)$,\1 \2\3,'
}

# other_layout FILE: reads a diff, prints what is more than another place for a line break
other_layout() {
	awk -v file="$1" '
		function finish() {
			gsub(/[ \t\\]/, "", is)
			gsub(/[ \t\\]/, "", should)
			if (place != "" && (is != should || is_lines == should_lines)) {
				printf "%s:%d: should be\n%s", file, place, text
				found = 1
			}
			is = should = text = ""
			is_lines = should_lines = 0
		}
		/^[0-9]/ { finish(); place = $0; next }
		/^</ { is = is substr($0, 2); is_lines++ }
		/^>/ { should = should substr($0, 2); should_lines++; text = text substr($0, 3) "\n" }
		END { finish(); exit !found }'
}

status=0
for file in $(find src include tests -name '*.[ch]' | sort); do
	if [ "$(head -1 "$file")" != '/* SPDX-License-Identifier: ISC */' ]; then
		echo "$file:1: no SPDX line"
		status=1
	fi
	if expand -t 8 "$file" | sed 's,[[:blank:]]*\\$,,' | grep -nE '^.{121}' | sed "s,^,$file:," | grep .; then
		echo "$file: longer than 120 columns"
		status=1
	fi
	if grep -nHE '[[:blank:]]+$' "$file"; then
		status=1
	fi
	one_blank <"$file" >"$temporary/is"
	clang-format "$file" | one_blank >"$temporary/should"
	if diff "$temporary/is" "$temporary/should" | other_layout "$file"; then
		status=1
	fi
done
exit $status
