# SPDX-License-Identifier: ISC
# build.sh - e2e/lib.sh and the programs that a bench needs
#
# To be sourced with $here, the directory of the bench. NAT46D=/path/to/nat46d takes that binary; otherwise a copy of
# the tree is built, with the flags of a plain configure. The relay is always built: it is not installed anywhere.

wanted_nat46d=${NAT46D:-}
. "$here/../e2e/lib.sh"
if [ -z "$wanted_nat46d" ]; then
	mkdir "$dir/source" "$dir/build"
	(cd "$here/../.." && tar -cf - --exclude=./.git .) | tar -xf - -C "$dir/source"
	(cd "$dir/source" && autoreconf -fi && cd "$dir/build" && ../source/configure && make -j2 nat46d nat46ctl) \
		>"$dir/build.log" 2>&1 || fail "nat46d cannot be built"
	NAT46D=$dir/build/nat46d
fi
RELAY=$dir/relay
cc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$RELAY" "$here/../tools/relay.c" || fail "relay.c cannot be compiled"
