#!/bin/sh
# SPDX-License-Identifier: ISC
# manuals.sh - mandoc has nothing to say about the manuals, and what the guide names exists
. "$(dirname "$0")/lib.sh"
need mandoc

status=0
for page in man/*.in; do
	# Linted as it will be installed: with paths instead of @names@.
	if sed 's,@[a-zA-Z]*@,/etc,g' "$page" | mandoc -T lint -W warning 2>&1 | sed "s,^mandoc: <stdin>,$page," | grep .; then
		status=1
	fi
done

# exists NAME: a counter or a setting, which may have its group in front
exists() {
	grep -qF "\"${1##*.}\"" include/nat46/verdict.h include/nat46/counters.h src/config/schema.c
}

# Those with several words: only these can be told from other names.
for name in $(sed -n 's/^\.\(It \)*Cm //p' man/nat46d-guide.7.in | tr -s ' ,' '\n' | grep '_' | sort -u); do
	exists "$name" || { echo "man/nat46d-guide.7.in: there is neither a counter nor a setting $name"; status=1; }
done
for name in $(grep -o '`[a-z_.]*_[a-z_]*`' SECURITY.md | tr -d '`' | sort -u); do
	exists "$name" || { echo "SECURITY.md: there is neither a counter nor a setting $name"; status=1; }
done

# texts: why a client is refused, and how a connection ends, in the session log; one that is refused was never bound
texts() {
	sed -n -e '/REFUSED_MALFORMED/d' -e 's/.*EVENT_REFUSED_[A-Z_]*, "\([^"]*\)".*/\1/p' \
		-e 's/.*\.text = "\([^"]*\)".*/\1/p' -e 's/.*report_refused(.*, "\([^"]*\)", .*/\1/p' \
		-e 's/.*flow_\(end\|close\|over\)(.*, "\([^"]*\)").*/\2/p' src/core/tcp/*.c src/core/ip/*.c src/core/base/*.c |
		sed '/^refused$/d' | sort -u | tr ' ' '_'
}

for text in $(texts); do
	text=$(echo "$text" | tr '_' ' ')
	grep -qF ".Dq $text" man/nat46d.8.in || { echo "man/nat46d.8.in: it does not say \"$text\""; status=1; }
done
exit $status
