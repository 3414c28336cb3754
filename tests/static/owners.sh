#!/bin/sh
# SPDX-License-Identifier: ISC
# owners.sh - only those files change a field of struct flow or struct pending that its comment names
#
# In the comment of each struct a line that begins with the path of a source opens a group of fields; whatever sources
# that line and the description of a field name (paths below src/core) may write the field. A variable of these names
# is taken for a pointer to the struct; that is the convention of the core.
. "$(dirname "$0")/lib.sh"
need awk

# owners HEADER STRUCT: lines FIELD FILE
owners() {
	awk -v wanted="$2" '
		$0 ~ "^ \\* struct " wanted " - " { inside = 1; next }
		inside && /^ \*\// { exit }
		!inside { next }
		function sources(text,  list) {
			while (match(text, /[a-z]+\/[a-z0-9_]+\.c/)) {
				list = list " " substr(text, RSTART, RLENGTH)
				text = substr(text, RSTART + RLENGTH)
			}
			return list
		}
		/^ \*$/ { group = ""; count = 0 }
		/^ \* [a-z]+\/[a-z0-9_]+\.c/ { group = sources($0); next }
		/^ \* @/ {
			count = 0
			text = $0
			sub(/:.*/, "", text)
			while (match(text, /@[a-z0-9_]+/)) {
				fields[++count] = substr(text, RSTART + 1, RLENGTH - 1)
				text = substr(text, RSTART + RLENGTH)
			}
		}
		{
			list = group sources($0)
			n = split(list, files, " ")
			for (i = 1; i <= count; i++)
				for (j = 1; j <= n; j++)
					print fields[i], files[j]
		}' "$1" | sort -u
}

# check HEADER STRUCT VARIABLES
check() {
	owners "$1" "$2" >"$temporary/owners"
	if [ "$(wc -l <"$temporary/owners")" -lt 20 ]; then
		echo "$1: the comment of struct $2 names no owners"
		return 1
	fi
	grep -rnE --include='*.c' "(^|[^a-z_.>])($3)->[a-z0-9_.]+ *([-+|&^]?=[^=]|\+\+|--)|(\+\+|--)($3)->" src/core |
		awk -v variables="$3" -v owner="$temporary/owners" -v name="$2" '
		BEGIN {
			while ((getline line <owner) > 0) {
				allowed[line] = 1
				split(line, parts, " ")
				known[parts[1]] = 1
			}
		}
		{
			split($0, place, ":")
			file = place[1]
			sub(/^src\/core\//, "", file)
			text = $0
			sub(/^[^:]*:[^:]*:/, "", text)
			match(text, "(" variables ")->[a-z0-9_]+")
			field = substr(text, RSTART, RLENGTH)
			sub(/.*>/, "", field)
			if ((field in known) && !((field " " file) in allowed)) {
				print place[1] ":" place[2] ": changes " field " of struct " name \
					", which belongs to others"
				found = 1
			}
		}
		END { exit found }'
}

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
status=0
check include/nat46/flow.h flow 'flow|f|asked|former|owner|other' || status=1
check src/core/base/pending.h pending 'p|pending' || status=1
exit $status
