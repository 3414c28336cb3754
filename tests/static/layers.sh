#!/bin/sh
# SPDX-License-Identifier: ISC
# layers.sh - rooms use only what is further down, no files use each other in a ring, headers are small
#
# Usage: layers.sh [-v]
#
# What uses what is read twice, from the #include lines of the sources and from the symbols of the objects. The order
# of the rooms is the table in the file layers beside this one. A header of include/nat46 belongs to the room of the
# source of its name; without one it is nothing but inline functions on bytes, and belongs to the last room.
# -v prints rooms, arrows and how many there are.
. "$(dirname "$0")/lib.sh"
need nm tsort awk
need_built libnat46core.a src/main.o

header_lines=250
verbose=no
[ "${1:-}" != -v ] || verbose=yes
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
status=0

# ---- files: one line each, FILE MODULE; source and header of a name are one module

find src include/nat46 -name '*.[ch]' | sort >"$temporary/files"
awk '
	{ files[NR] = $0 }
	/^src\/.*\.c$/ { name = $0; sub(/.*\//, "", name); sub(/\.c$/, "", name); source[name] = $0 }
	END {
		for (i = 1; i <= NR; i++) {
			file = module = files[i]
			sub(/\.[ch]$/, "", module)
			name = module
			sub(/.*\//, "", name)
			if (file ~ /^include\// && (name in source) && source[name] ~ /^src\/(core|inspect)\//) {
				module = source[name]
				sub(/\.c$/, "", module)
			}
			print file, module
		}
	}' "$temporary/files" >"$temporary/modules"

# ---- arrows: FROM-MODULE TO-MODULE TO-FILE

# By #include; the name is looked up like the compiler does.
while read -r file module; do
	sed -n 's/^#include "\(.*\)".*/\1/p' "$file" | while read -r name; do
		for path in "include/$name" "src/$name"; do
			[ ! -e "$path" ] || echo "$module $path"
		done
	done
done <"$temporary/modules" |
	awk 'NR == FNR { module[$1] = $2; next } $1 != module[$2] { print $1, module[$2], $2 }' \
		"$temporary/modules" - | sort -u >"$temporary/arrows"

# By symbol: who defines what others leave undefined.
(cd "$builddir" && find src -name '*.o' | sort) | while read -r object; do
	module=$(echo "$object" | sed 's,/[a-z0-9]*_a-\([^/]*\)$,/\1,; s,/nat46d-\([^/]*\)$,/\1,; s,\.o$,,')
	# An object whose source is gone is left over from an older build.
	[ ! -e "$module.c" ] || nm -g "$builddir/$object" | sed "s,^,$module ,"
done >"$temporary/symbols"
awk '
	FNR == NR {
		if ($1 == "hook")
			is_hook[$2] = 1
		next
	}
	NF == 4 && !($4 in is_hook) { definer[$4] = $1 }
	$(NF - 1) == "U" { user[++n] = $1; used[n] = $NF }
	END {
		for (i = 1; i <= n; i++) {
			if ((used[i] in definer) && definer[used[i]] != user[i])
				print user[i], definer[used[i]], definer[used[i]] ".c"
		}
	}' tests/static/layers "$temporary/symbols" | sort -u >>"$temporary/arrows"

if [ "$(grep -c '\.c$' "$temporary/arrows")" -lt 50 ]; then
	echo "too few arrows between objects: was everything built?" >&2
	exit 99
fi

# ---- no arrow up

awk -v verbose=$verbose '
	FNR == NR {
		if (/^#/ || NF == 0 || $1 == "hook")
			next
		rooms[++count] = $1
		rank[$1] = count
		for (i = 2; i <= NF; i++) {
			if ($i !~ /\[/) {
				place[++places] = $i
				room_of[places] = $1
			} else {
				split($i, parts, /[][]/)
				only[$1 " " parts[1]] = parts[2]
			}
		}
		next
	}
	function room(path,  i, best, length_of_best) {
		for (i = 1; i <= places; i++) {
			if (index(path, place[i]) == 1 && length(place[i]) > length_of_best) {
				best = room_of[i]
				length_of_best = length(place[i])
			}
		}
		if (best == "" && path ~ /^include\/nat46\//)
			best = rooms[count]
		return best
	}
	{
		from = room($1 ($1 ~ /^include/ ? ".h" : ".c"))
		to = room($2 ($2 ~ /^include/ ? ".h" : ".c"))
		if (from == "" || to == "") {
			print (from == "" ? $1 : $2) " is in no room"
			up++
			next
		}
		if (from == to)
			next
		pair = from " " to
		if (rank[to] < rank[from]) {
			print $1 " (" from ") uses " $3 " (" to "), which is further up"
			up++
		} else if ((pair in only) && $2 != narrow($3, only[pair])) {
			print $1 " (" from ") uses " $3 " (" to "): only " only[pair] " is for it"
			up++
		}
		arrows[pair]++
	}
	function narrow(file, header,  module) {
		module = file
		sub(/[^\/]*$/, header, module)
		sub(/\.h$/, "", module)
		return module
	}
	END {
		if (verbose == "yes") {
			for (i = 1; i <= count; i++) {
				line = rooms[i] " ->"
				for (j = i + 1; j <= count; j++) {
					pair = rooms[i] " " rooms[j]
					if (pair in arrows) {
						line = line " " rooms[j] " " arrows[pair]
						total += arrows[pair]
					}
				}
				print line
			}
			print total + 0 " arrows between " count " rooms, " up + 0 " up"
		}
		exit up > 0
	}' tests/static/layers "$temporary/arrows" || status=1

# ---- no ring: what can be sorted has none

awk '{ print $1, $2 }' "$temporary/arrows" | sort -u >"$temporary/pairs"
if ! tsort "$temporary/pairs" >/dev/null 2>"$temporary/rings"; then
	echo "files use each other in a ring:"
	sed 's/^tsort: //; s/^-: //' "$temporary/rings"
	status=1
fi
[ $verbose = no ] || echo "$(wc -l <"$temporary/pairs") arrows between $(sort -u -k 2 "$temporary/modules" | wc -l) files," \
	"$(grep -c loop "$temporary/rings") rings"

# ---- small headers

for header in $(grep '\.h$' "$temporary/files"); do
	lines=$(wc -l <"$header")
	if [ "$lines" -gt $header_lines ]; then
		echo "$header: $lines lines ($header_lines are allowed)"
		status=1
	fi
done
exit $status
