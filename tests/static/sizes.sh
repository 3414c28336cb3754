#!/bin/sh
# SPDX-License-Identifier: ISC
# sizes.sh - no file is longer than 1000 lines, no function longer than 60
. "$(dirname "$0")/lib.sh"
need ctags

files=$(find src include tests -name '*.[ch]' -o -name '*.sh' -o -name '*.py' | sort)

status=0
for file in $files; do
	lines=$(wc -l <"$file")
	if [ "$lines" -gt 1000 ]; then
		echo "$file: $lines lines (1000 are allowed)"
		status=1
	fi
done

# A function counts from the line with its name to its closing brace.
functions=$(printf '%s\n' $files | grep '\.[ch]$' |
	ctags -L - -f - --languages=C --langmap=C:.c.h --c-kinds=f --fields=ne --sort=no)
count=$(printf '%s\n' "$functions" | grep -c 'end:' || :)
if [ "$count" -lt 20 ]; then
	echo "ctags found $count functions: is it universal-ctags?"
	exit 99
fi
printf '%s\n' "$functions" | awk -F '\t' '
	{
		line = end = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) line = substr($i, 6)
			if ($i ~ /^end:/) end = substr($i, 5)
		}
		if (end - line + 1 > 60) {
			printf "%s:%d: %s() has %d lines (60 are allowed)\n", $2, line, $1, end - line + 1
			found = 1
		}
	}
	END { exit found }' || status=1
exit $status
