#!/bin/sh
# SPDX-License-Identifier: ISC
# completion.sh - bash completes commands, options, services, servers and clients, and files where those are wanted
#
#	client 10.0.0.3 --- four [ box: services web, block, 10.0.0.42:53 and :2222 ] six --- server 2001:db8::1
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3 bash

bash_completion=/usr/share/bash-completion/bash_completion
[ -e $bash_completion ] || skip "needs bash-completion"
NAT46CTL=${NAT46CTL:-${NAT46D%/*}/nat46ctl}
make_box
make_client client 10.0.0.3
make_server server 2001:db8::1
start_witness "$ns_server" one=2001:db8::1,80
configure <<END
services = (
  { name = "web"; ipv4 = "10.0.0.42"; tcp = [ 80, 443 ]; rules = ( { bytes = "("; to = "2001:db8::1"; } ); },
  { ipv4 = "10.0.0.42"; udp = 53; to = "2001:db8::2"; },
  { ipv4 = "10.0.0.42"; tcp = 2222; to = "[2001:db8::1]:22"; },
  { name = "block"; ipv4 = "10.0.1.0/28"; tcp = "8000-8010"; to = "2001:db8:5::/124"; }
);
END
start_nat46d "$ns_box"

# What bash does when somebody types a line and then the tabulator: it takes a line apart at colons as well.
cat >"$dir/complete" <<'END'
. "$1"
. "$2"
set -f
COMP_LINE=$3
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
COMP_WORDS=($(sed 's/::*/ & /g' <<<"$COMP_LINE"))
[[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_${2##*/}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}" | sort | paste -s -d ' '
END

# completed PROGRAM WORDS EXPECTED: what bash proposes behind the words
completed() {
	completed_is=$(bash --norc "$dir/complete" $bash_completion "$(dirname "$0")/../../etc/bash-completion/${1##*/}" \
		"$1 $2" 2>&1)
	[ "$completed_is" = "$3" ] || fail "${1##*/} $2: '$completed_is', not '$3'"
}

# proposed WORDS EXPECTED: the same, for a nat46ctl that asks this daemon
proposed() {
	completed "$NAT46CTL" "-s $dir/control $1" "$2"
	completed "$NAT46CTL" "--socket=$dir/control $1" "$2"
}

echo "# commands and options: those of the help"
commands=$("$NAT46CTL" --help | sed -n '/^Commands:/,$s/^  \([a-z][a-z]*\) .*/\1/p' | sort | paste -s -d ' ')
proposed "" "$commands"
proposed "stat" "stats status"
proposed "--he" "--help"
proposed "nothing " ""
proposed "stats --" "--explain"
proposed "flows --" "--client --server --service"
proposed "capture --s" "--seconds --server --service --snaplen"
proposed "explain --host www.example.org --b" "--bytes"
proposed "capture --seconds " ""
proposed "top -" "-d -n"
proposed "top -d " ""
proposed "log i" "info"
completed "$NAT46D" "--p" "--print-config"

echo "# services, servers, and clients"
proposed "flows --service " "10.0.0.42:2222 10.0.0.42:53 block web"
proposed "flows --service w" "web"
proposed "flows --service 10.0.0.42:" "2222 53"
proposed "flows --server " "2001:db8::1 2001:db8::2"
proposed "flows --server 2001:" "db8::1 db8::2"
proposed "flows --client " ""
expect "one *" "$ns_client" --source 10.0.0.3 --send "(" 10.0.0.42 80
proposed "flows --client " "10.0.0.3"
proposed "explain 10" "10.0.0.42:2222 10.0.0.42:443 10.0.0.42:53 10.0.0.42:80 10.0.1.0:8000"
proposed "explain 10.0.0.42:" "2222 443 53 80"
proposed "explain 10.0.0.42:80 --host " ""
proposed "drain " "2001:db8::1 2001:db8::2"
proposed "undrain " ""
"$NAT46CTL" -s "$dir/control" drain "[2001:db8::1]:80" >"$dir/drain.log"
proposed "undrain " "[2001:db8::1]:80"
proposed "undrain [2001:db8::" "1]:80"

echo "# files"
mkdir "$dir/files"
: >"$dir/files/hello"
proposed "explain 10.0.0.42:80 --bytes $dir/files/" "$dir/files/hello"
proposed "capture --client 10.0.0.3 $dir/files/" "$dir/files/hello"
completed "$NAT46CTL" "-s $dir/files/" "$dir/files/hello"
completed "$NAT46D" "-t -c $dir/files/" "$dir/files/hello"

echo "# without a daemon: commands, no names, and no complaint"
completed "$NAT46CTL" "-s $dir/files/hello " "$commands"
completed "$NAT46CTL" "-s $dir/files/hello flows --service " ""
echo "PASS"
