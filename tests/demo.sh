#!/bin/sh
# SPDX-License-Identifier: ISC
# demo.sh - the main job, live: two IPv4 clients, one IPv4 address, two IPv6 servers (Debian 12, as root)
#
# Usage: sh tests/demo.sh
#
#	h3 10.0.0.3 (2001:db8::3) --+                                     +-- h1 2001:db8::1
#	                            +-- IPv4 [ router: 10.0.0.42 ] IPv6 --+
#	h4 10.0.0.4 (2001:db8::4) --+                                     +-- h2 2001:db8::2
#
# Installs what is missing and builds a copy of the sources. The hosts are network namespaces. Everything but the
# installed packages is gone afterwards. The exit status is 0 only if everything was as it should be.
set -eu

packages="build-essential autoconf automake pkg-config git
	libev-dev libconfig-dev libcap-ng-dev libmnl-dev libsystemd-dev
	iproute2 iputils-ping procps socat curl nginx-light openssl nftables dnsmasq-base bind9-dnsutils"

here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "demo.sh: root is needed: for packages, network namespaces and devices" >&2; exit 1; }
. "$here/e2e/lib.sh"
. "$here/e2e/network.sh"
. "$here/e2e/nginx.sh"
. "$here/prepare.sh"

step() {
	printf '\n== %s\n' "$*"
}

# show COMMAND...: run it and indent what it prints
show() {
	"$@" 2>&1 | sed 's/^/   /'
}

# right TEXT COMMAND...: say that it is so, or fail
right() {
	claim=$1
	shift
	"$@" >/dev/null 2>&1 || fail "it is not so: $claim"
	echo "   ok: $claim"
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
		make -j "$(getconf _NPROCESSORS_ONLN)" nat46d
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

# page NAMESPACE NAME: over HTTPS, from the shared address; curl verifies the certificate
page() {
	in_ns "$1" curl -sS -m 20 --cacert "$dir/all.pem" --resolve "$2:443:10.0.0.42" "https://$2/"
}

# trace PORT: what nat46d did with the connections from this port
trace() {
	sed 's/^[^ ]*Z //' "$dir/nat46d.log" | grep ":$1[: ]"
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

step "Install what is missing"
install_packages "$dir/apt.log" $packages || fail "the packages could not be installed"

step "Build nat46d from a copy of the sources"
build || fail "the build failed"
NAT46D=$dir/build/nat46d
require ip ping socat curl nginx openssl nft dnsmasq dig
show "$NAT46D" -V

step "Make the hosts: two IPv4 clients, two IPv6 servers, and the router between them (network namespaces)"
make_box
make_client h3 10.0.0.3
make_client h4 10.0.0.4
make_server h1 2001:db8::1
make_server h2 2001:db8::2
echo "   h3 has only IPv4:     $(ip -n "$ns_h3" -br address show dev eth0 scope global)"
echo "   h1 has only IPv6:     $(ip -n "$ns_h1" -br address show dev eth0 scope global)"

step "The router answers ARP for 10.0.0.42, and neighbour solicitations for the clients' IPv6 addresses"
neighbour_proxy 2001:db8::3 2001:db8::4
echo "   proxy_arp=$(in_ns "$ns_box" cat /proc/sys/net/ipv4/conf/four/proxy_arp), proxy neighbours:"
show ip -n "$ns_box" -6 neighbour show proxy

step "Start the servers: socat on port 80, nginx on port 443 (www.example.org is on h1, shop.example on h2)"
start_answering "$ns_h1" h1 2001:db8::1
start_answering "$ns_h2" h2 2001:db8::2
start_nginx "$ns_h1" www 2001:db8::1 8080 www.example.org
start_nginx "$ns_h2" shop 2001:db8::2 8080 shop.example
echo "   and a name server on h1: dnsmasq"
launch dnsmasq ip netns exec "$ns_h1" dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file="$dir/dnsmasq.pid" \
	--user=root --no-resolv --no-hosts --listen-address=2001:db8::1 --bind-interfaces \
	--host-record=www.example.org,10.0.0.42 --log-facility=-

step "Start nat46d with this configuration"
cat >"$dir/nat46d.conf" <<END
prefix = "2001:db8:46::/96";
user = "nobody"; group = "nogroup";
control = "$dir/control";
clients = (
  { ipv4 = "10.0.0.3"; ipv6 = "2001:db8::3"; },
  { ipv4 = "10.0.0.4"; ipv6 = "2001:db8::4"; }
);
maps = ( { ipv4 = "10.0.0.43"; ipv6 = "2001:db8::1"; } );
services = (
  { name = "example"; ipv4 = "10.0.0.42"; tcp = 80;
    rules = ( { bytes = "A"; to = "2001:db8::1"; }, { bytes = "B"; to = "2001:db8::2"; } ); },
  { name = "web"; ipv4 = "10.0.0.42"; tcp = 443;
    rules = ( { host = "www.example.org"; to = "2001:db8::1"; }, { host = "shop.example"; to = "2001:db8::2"; } ); }
);
log = { level = "trace"; sessions = true; };
END
show cat "$dir/nat46d.conf"
right "the configuration is correct (nat46d -t)" "$NAT46D" -c "$dir/nat46d.conf" -t
start_nat46d "$ns_box"
right "nat46d runs without any capability" grep -q '^CapEff:.*[^0-9a-f]0000000000000000$' "/proc/$nat46d_pid/status"

step "h3 sends A and closes at once. The first SYN to h1 gets lost, so the FIN is there before the server answers"
firewall "$ns_h1" lossy input "tcp dport 80 tcp flags & (syn | ack) == syn quota 100 bytes drop"
say "$ns_h3" 33526 A >"$dir/h3.answer" || fail "the client on h3 fails"
show cat "$dir/h3.answer"

step "h4 sends B and closes at once"
say "$ns_h4" 33527 B >"$dir/h4.answer" || fail "the client on h4 fails"
show cat "$dir/h4.answer"

step "What nat46d did with the connection of h3 (NAT46: client to server, NAT64: server to client)"
wait_for 5 trace_has 33526 "session bound" || fail "no trace"
show trace 33526

step "What the servers have logged"
show cat "$dir/h1.served" "$dir/h2.served"

step "What must be so"
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

step "HTTPS: two names on the same address are two servers (curl --resolve, certificates verified)"
page "$ns_h3" www.example.org >"$dir/www.page" || fail "no page for www.example.org"
page "$ns_h3" shop.example >"$dir/shop.page" || fail "no page for shop.example"
show cat "$dir/www.page" "$dir/shop.page"
right "https://www.example.org/ came from h1" grep -qx www "$dir/www.page"
right "https://shop.example/ came from h2" grep -qx shop "$dir/shop.page"
right "nginx on h1 has logged the client as 2001:db8::3" \
	wait_for 5 grep -q '^2001:db8::3 [0-9]* www.example.org ' "$dir/www.access.log"
right "nginx on h2 has logged the client as 2001:db8::3" \
	wait_for 5 grep -q '^2001:db8::3 [0-9]* shop.example ' "$dir/shop.access.log"

step "One to one: h1 has the IPv4 address 10.0.0.43 for itself, for every protocol"
in_ns "$ns_h3" ping -n -c 3 -i 0.2 -W 5 10.0.0.43 >"$dir/ping.answer" || fail "no answer to ping"
show cat "$dir/ping.answer"
in_ns "$ns_h3" dig +short +tries=3 +time=2 @10.0.0.43 www.example.org A >"$dir/dig.answer" || fail "no answer to dig"
show echo "dig @10.0.0.43 www.example.org: $(cat "$dir/dig.answer")"
right "all pings were answered" grep -q ' 0% packet loss' "$dir/ping.answer"
right "the name server on h1 has answered" grep -qx 10.0.0.42 "$dir/dig.answer"
in_ns "$ns_h1" ping -n -c 1 -W 5 2001:db8::3 >"$dir/pong.answer" || fail "h1 cannot ping h3"
right "h1 reaches h3 as 2001:db8::3, too" grep -q ' 0% packet loss' "$dir/pong.answer"

step "Stop nat46d and clean up"
stop_nat46d
right "its device is gone" no_device
printf '\nThe demo has shown everything it should.\n'
