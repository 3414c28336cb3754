#!/bin/sh
# SPDX-License-Identifier: ISC
# counters.sh - every drop reason and event has a sentence that explains it, and stands in nat46d(8)
. "$(dirname "$0")/lib.sh"
need gcc

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cat >"$temporary/list.c" <<'END'
#include <stdio.h>
#include "nat46/counters.h"
#define X(identifier, name, help) printf("%s\t%s\n", name, help);
int main(void)
{
	DROP_REASONS(X)
	EVENTS(X)
	return 0;
}
END
gcc -Iinclude -o "$temporary/list" "$temporary/list.c"
"$temporary/list" >"$temporary/names"
test -s "$temporary/names"

manual=man/nat46d.8.in
if ! [ -e $manual ]; then
	echo "$manual is missing"
	exit 1
fi

tab=$(printf '\t')
status=0
while IFS=$tab read -r name help; do
	case $help in
	*[a-z]*.) ;;
	*)
		echo "include/nat46/counters.h: $name is not explained by a sentence"
		status=1
		;;
	esac
	if ! grep -qwF -- "$name" $manual; then
		echo "$manual: $name is missing"
		status=1
	fi
done <"$temporary/names"

for name in $(cut -f 1 "$temporary/names" | sort | uniq -d); do
	echo "include/nat46/counters.h: $name is used twice"
	status=1
done
exit $status
