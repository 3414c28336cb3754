#!/bin/sh
# SPDX-License-Identifier: ISC
# vectors.sh - the vectors that are checked in are those that their descriptions make
. "$(dirname "$0")/lib.sh"
need /usr/bin/python3

if ! /usr/bin/python3 -c 'import scapy.all' 2>/dev/null; then
	echo "scapy is not installed" >&2
	exit 99
fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

status=0
/usr/bin/python3 -B tests/vectors/make_worked_example.py >"$temporary/worked_example.vector"
cmp tests/vectors/worked_example.vector "$temporary/worked_example.vector" || status=1
mkdir "$temporary/translation"
/usr/bin/python3 -B tests/vectors/make_translation.py "$temporary/translation"
diff -rq -x README tests/vectors/translation "$temporary/translation" || status=1
exit $status
