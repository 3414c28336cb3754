#!/bin/sh
# SPDX-License-Identifier: ISC
# demo.sh - what nat46d does, live, for somebody who has five minutes (Debian 12, as root)
#
# Usage: sh tests/demo.sh [--keep]
#
#	h3 10.0.0.3 --+                                     +-- h1 2001:db8::1
#	h4 10.0.0.4 --+-- IPv4 [ router: 10.0.0.42 ] IPv6 --+-- h2 2001:db8::2
#	h7 10.0.0.7 --+                                     +-- h5 2001:db8::5
#
# Installs what is missing and builds a copy of the sources. The hosts are network namespaces. With --keep all is left
# running until ctrl-C. Everything but the installed packages is gone afterwards. The exit status is 0 only if
# everything was as it should be.
set -eu

packages="build-essential autoconf automake pkg-config git
	libev-dev libconfig-dev libcap-ng-dev libmnl-dev libsystemd-dev
	iproute2 iputils-ping procps socat curl nginx-light openssl nftables dnsmasq-base bind9-dnsutils"

here=$(cd "$(dirname "$0")" && pwd)
case $#:${1:-} in
0: | 1:--keep) keep=${1:-} ;;
*) echo "usage: demo.sh [--keep]" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo "demo.sh: root is needed: for packages, network namespaces and devices" >&2; exit 1; }
. "$here/e2e/lib.sh"
. "$here/e2e/network.sh"
. "$here/e2e/nginx.sh"
. "$here/prepare.sh"

step() {
	printf '\n== %s\n' "$*"
}

# show COMMAND...: run it, and print what it prints, for a terminal of 80 columns
show() {
	"$@" 2>&1 | fold -s -w 77 | sed 's/^/   /'
}

# tell TEXT...
tell() {
	show echo "$*"
}

# right TEXT COMMAND...: say that it is so, or fail
right() {
	claim=$1
	shift
	"$@" >/dev/null 2>&1 || fail "it is not so: $claim"
	tell "ok: $claim"
}

# build: in $dir/build, from a copy in $dir/source
build() {
	(
		set -e
		copy_sources "${here%/*}" "$dir/source"
		cd "$dir/source"
		autoreconf -i
		mkdir "$dir/build"
		cd "$dir/build"
		"$dir/source/configure"
		make -j "$(getconf _NPROCESSORS_ONLN)" nat46d nat46ctl
	) >"$dir/build.log" 2>&1
}

# make_answer HOST: the program that socat runs on a server for each connection
make_answer() {
	cat >"$dir/$1.answer" <<-END
	#!/bin/sh
	read -r line
	client=\$(getent ahostsv6 "\$(echo "\$SOCAT_PEERADDR" | tr -d '[]')" | awk 'NR == 1 { print \$1 }')
	echo "$1: \"\$line\" from \$client port \$SOCAT_PEERPORT" >>"$dir/$1.served"
	echo "OK from $1"
	END
	chmod 755 "$dir/$1.answer"
	: >"$dir/$1.served"
}

# start_answering NAMESPACE HOST ADDRESS
start_answering() {
	make_answer "$2"
	launch "$2" ip netns exec "$1" socat "TCP6-LISTEN:80,bind=[$3],reuseaddr,fork" "EXEC:$dir/$2.answer"
	wait_for 10 listening "$1" "[$3]" 80 || fail "$2 does not listen"
}

# say NAMESPACE PORT LETTER: send it, close at once, print the answer
say() {
	printf '%s\n' "$3" | in_ns "$1" timeout 20 socat -t 10 - "TCP4:10.0.0.42:80,sourceport=$2,reuseaddr"
}

# get NAMESPACE NAME PATH [OPTION...]: over HTTPS, from the shared address; curl verifies the certificate
get() {
	get_ns=$1
	get_name=$2
	get_path=$3
	shift 3
	in_ns "$get_ns" curl -sS -m 20 --cacert "$dir/all.pem" --resolve "$get_name:443:10.0.0.42" "$@" \
		"https://$get_name$get_path"
}

# page HOST NAME [SERVER]: a client asks for a page; $served is who has served it, which must be SERVER
page() {
	eval "page_ns=\$ns_$1"
	served=$(get "$page_ns" "$2" /) || fail "no page for $2"
	tell "$1: curl https://$2/ => served by $served"
	[ "$served" = "${3:-$served}" ] || fail "it should have been $3"
}

# last_logged SERVER CLIENT: what nginx has logged, as it does if nobody says otherwise
last_logged() {
	wait_for 5 grep -q "^$2 " "$dir/$1.combined.log" || fail "nginx on $1 has not logged $2"
	tell "$1: $(grep "^$2 " "$dir/$1.combined.log" | tail -n 1)"
}

# configure_demo SERVERS [SETTINGS]: shop.example is on these servers
configure_demo() {
	cat >"$dir/next.conf" <<-END
	prefix = "2001:db8:46::/96";
	user = "nobody"; group = "nogroup";
	control = "$dir/control";
	clients = (
	  { ipv4 = "10.0.0.3"; ipv6 = "2001:db8::3"; },
	  { ipv4 = "10.0.0.4"; ipv6 = "2001:db8::4"; }
	);
	maps = ( { ipv4 = "10.0.0.43"; ipv6 = "2001:db8::1"; } );
	services = (
	  { name = "web"; ipv4 = "10.0.0.42"; tcp = 443; rules = (
	      { host = "www.example.org"; to = "2001:db8::1"; },
	      { host = "shop.example"; to = $1; }
	    ); },
	  { name = "example"; ipv4 = "10.0.0.42"; tcp = 80; rules = (
	      { bytes = "A"; to = "2001:db8::1"; },
	      { bytes = "B"; to = "2001:db8::2"; }
	    ); }
	);
	${2:-}
	END
	mv "$dir/next.conf" "$dir/nat46d.conf"
}

# ctl ARGUMENT...: as one would type it, and what it prints; false if it fails
ctl() {
	ctl_status=0
	"${NAT46D%/*}/nat46ctl" -s "$dir/control" "$@" >"$dir/ctl.out" 2>&1 || ctl_status=$?
	tell "# nat46ctl $*"
	# all addresses here are of the documentation, which once is enough to say
	show sed "/is reserved for documentation/d; s,$dir/,," "$dir/ctl.out"
	return $ctl_status
}

# stop_nginx SERVER
stop_nginx() {
	nginx_pid=$(cat "$dir/$1/pid")
	kill -TERM "$nginx_pid"
	wait_for 5 has_ended "$nginx_pid" || fail "nginx does not end"
	tell "nginx on $1 is stopped."
}

# trace PORT: what nat46d did with the connections from this port
trace() {
	sed 's/^[^ ]*Z //; s/^info: //' "$dir/nat46d.log" | grep ":$1[: ]"
}

# short_trace PORT: the same, for 80 columns
short_trace() {
	trace "$1" | sed 's/ => / > /; s/: flags=/ /; s/seq=//; s,\( ack=0\)\? len=0$,,; s, ack=,/,'
}

trace_has() {
	trace "$1" | grep -qF -- "$2"
}

no_device() {
	! ip -n "$ns_box" link show dev nat46
}

# in_order PORT FIRST SECOND: is the first in the trace before the second
in_order() {
	trace "$1" | awk -v first="$2" -v second="$3" \
		'index($0, first) { seen = 1 } index($0, second) { exit !seen } END { if (!seen) exit 1 }'
}

# isn_of PATTERN: the sequence number of the first SYN in the trace that matches
isn_of() {
	sed -n "s/.*$1: flags=S seq=\([0-9]*\).*/\1/p" "$dir/nat46d.log" | sed -n 1p
}

# keep_running: until ctrl-C, and say what one can do meanwhile
keep_running() {
	step "All of it goes on until ctrl-C (or kill $$). In another terminal, as root:"
	cat <<-END

	cd $dir
	on() { host=\$1; shift; ip netns exec nat46d-$$-\$host "\$@"; }
	ctl() { build/nat46ctl -s control "\$@"; }

	on h7 curl -sS --cacert all.pem --resolve shop.example:443:10.0.0.42 \\
	    https://shop.example/
	tail -n 3 h?.combined.log     # nginx; hosts are h1, h2, h3, h4, h5, h7, box
	tail -f nat46d.log            # every packet, both sides of it
	ctl status
	ctl flows
	ctl stats --explain
	editor nat46d.conf; ctl reload
	END
	trap 'echo; exit 0' INT TERM
	wait "$nat46d_pid" || :
	fail "nat46d has ended"
}

cat <<END
nat46d: one IPv4 address for a whole fleet of IPv6-only servers, without a proxy

   IPv4 clients                                        IPv6-only servers
   h3 10.0.0.3 --+                                     +-- h1 2001:db8::1
   h4 10.0.0.4 --+-- IPv4 [ router: 10.0.0.42 ] IPv6 --+-- h2 2001:db8::2
   h7 10.0.0.7 --+                                     +-- h5 2001:db8::5
END

step "Preparing: packages, a build, seven hosts (network namespaces), servers"
# shellcheck disable=SC2086
install_packages "$dir/apt.log" $packages || fail "the packages could not be installed"
build || fail "the build failed"
NAT46D=$dir/build/nat46d
require ip ping socat curl nginx openssl nft dnsmasq dig
make_box
make_client h3 10.0.0.3
make_client h4 10.0.0.4
make_client h7 10.0.0.7
make_server h1 2001:db8::1
make_server h2 2001:db8::2
make_server h5 2001:db8::5
neighbour_proxy 2001:db8::3 2001:db8::4
start_answering "$ns_h1" h1 2001:db8::1
start_answering "$ns_h2" h2 2001:db8::2
start_nginx "$ns_h1" h1 2001:db8::1 8080 www.example.org
start_nginx "$ns_h2" h2 2001:db8::2 8080 shop.example
start_nginx "$ns_h5" h5 2001:db8::5 8080 shop.example
launch dnsmasq ip netns exec "$ns_h1" dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file="$dir/dnsmasq.pid" \
	--user=root --no-resolv --no-hosts --listen-address=2001:db8::1 --bind-interfaces \
	--host-record=www.example.org,10.0.0.42 --log-facility=-
head -c 8000000 /dev/urandom >"$dir/file"
configure_demo '"2001:db8::2"'
tell "The whole configuration:"
show sed '/^$/d' "$dir/nat46d.conf"
right "it is correct (nat46d -t)" "$NAT46D" -c "$dir/nat46d.conf" -t
start_nat46d "$ns_box"
right "nat46d runs, without any capability" grep -q '^CapEff:.*[^0-9a-f]0000000000000000$' "/proc/$nat46d_pid/status"

step "HTTPS by name: one IPv4 address, two servers, and each sees its clients"
page h3 www.example.org h1
page h3 shop.example h2
page h7 www.example.org h1
tell "The access logs of nginx:"
last_logged h1 2001:db8::3
last_logged h2 2001:db8::3
last_logged h1 2001:db8:46::a00:7
tell "TLS goes from end to end: curl has verified the servers' own certificates. And the servers see who comes," \
	"without PROXY protocol or X-Forwarded-For: h7 is 2001:db8:46::a00:7, which is the prefix and 10.0.0.7" \
	"(0a00:0007); h3 has an IPv6 address of its own by 'clients'."

step "A reload: shop.example moves to h5, and a download from h2 does not notice"
get "$ns_h4" shop.example /file --limit-rate 2M -o "$dir/got" &
download=$!
pids="$pids $download"
wait_for 5 test -s "$dir/got" || fail "no download"
configure_demo '"2001:db8::5"'
ctl reload || fail "the reload fails"
page h4 shop.example h5
right "the download is still going on" kill -0 "$download"
wait "$download" || fail "the download fails"
right "it ends with every byte as it was" cmp "$dir/file" "$dir/got"

step "Fail-over: shop.example is on h2 and h5, and one of them dies"
configure_demo '[ "2001:db8::2", "2001:db8::5" ]'
ctl reload || fail "the reload fails"
page h3 shop.example
first=$served
stop_nginx "$first"
page h3 shop.example
right "the other one has served it, and the client has noticed nothing" [ "$served" != "$first" ]
ctl explain 10.0.0.42:443 --host shop.example --client 10.0.0.3 || fail "no explanation"
right "explain says in which order servers are tried, and why" grep -q ' failing, last refused' "$dir/ctl.out"

step "A mistake in the file changes nothing, and is named with its line"
sed -i 's/{ host = "shop/{ hots = "shop/' "$dir/nat46d.conf"
ctl reload && fail "the reload succeeds"
right "the line is named" grep -q 'nat46d.conf:[0-9]*: error: unknown setting' "$dir/ctl.out"
page h3 shop.example
tell "Mended, and every packet is logged from now on:"
configure_demo '[ "2001:db8::2", "2001:db8::5" ]' 'log = { level = "trace"; sessions = true; };'
ctl reload || fail "the reload fails"

step "One screen about everything"
ctl status || fail "no status"

step "Any first bytes decide, not only names: A goes to h1, B to h2"
tell "h3 sends A and closes at once, and the first SYN to h1 gets lost: the FIN is there before the server answers."
firewall "$ns_h1" lossy input "tcp dport 80 tcp flags & (syn | ack) == syn quota 100 bytes drop"
say "$ns_h3" 33526 A >"$dir/h3.answer" || fail "the client on h3 fails"
say "$ns_h4" 33527 B >"$dir/h4.answer" || fail "the client on h4 fails"
tell "The clients got '$(cat "$dir/h3.answer")' and '$(cat "$dir/h4.answer")'. The servers have logged:"
show cat "$dir/h1.served" "$dir/h2.served"
wait_for 5 trace_has 33526 "session bound" || fail "no trace"
tell "What nat46d did for h3, with flags and sequence/acknowledgement numbers (NAT46: client to server," \
	"NAT64: server to client):"
show short_trace 33526
right "A reached h1, which answered" grep -qx "OK from h1" "$dir/h3.answer"
right "B reached h2, which answered" grep -qx "OK from h2" "$dir/h4.answer"
right "h1 has served one client, 2001:db8::3 with its own port" \
	[ "$(cat "$dir/h1.served")" = 'h1: "A" from 2001:db8::3 port 33526' ]
right "h2 has served one client, 2001:db8::4 with its own port" \
	[ "$(cat "$dir/h2.served")" = 'h2: "B" from 2001:db8::4 port 33527' ]
right "the FIN was buffered before the server was connected" \
	in_order 33526 "BUFFER: 10.0.0.3:33526 => 10.0.0.42:80: flags=F" "--- SERVER CONNECTED"
right "h1 was called with the client's own initial sequence number" \
	[ "$(isn_of "INCOMING: 10.0.0.3:33526 => 10.0.0.42:80")" = "$(isn_of "2001:db8::3:33526 => 2001:db8::1:80")" ]

step "One to one: h1 has the IPv4 address 10.0.0.43 for itself, for every protocol"
in_ns "$ns_h3" ping -n -c 3 -i 0.2 -W 5 10.0.0.43 >"$dir/ping.answer" || fail "no answer to ping"
show grep 'bytes from' "$dir/ping.answer"
in_ns "$ns_h3" dig +short +tries=3 +time=2 @10.0.0.43 www.example.org A >"$dir/dig.answer" || fail "no answer to dig"
tell "dig @10.0.0.43 www.example.org: $(cat "$dir/dig.answer")"
right "all pings were answered" grep -q ' 0% packet loss' "$dir/ping.answer"
right "the name server on h1 has answered" grep -qx 10.0.0.42 "$dir/dig.answer"
in_ns "$ns_h1" ping -n -c 1 -W 5 2001:db8::3 >"$dir/pong.answer" || fail "h1 cannot ping h3"
right "h1 reaches h3 as 2001:db8::3, too" grep -q ' 0% packet loss' "$dir/pong.answer"

[ -z "$keep" ] || keep_running

step "Stop nat46d and clean up"
stop_nat46d
right "its device is gone" no_device
printf '\nThe demo has shown everything it should.\n'
