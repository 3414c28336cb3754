#!/bin/sh
# SPDX-License-Identifier: ISC
# blocks.sh - services on a block of addresses: nginx, curl and dig on each, exceptions, reload, hairpin
#
#	client 10.0.0.3 --- four [ box: 10.0.0.64/28 ] six --- servers 2001:db8::40 to ::4f, one at each place
#	                                                   six --- spare 2001:db8::9, at no place
#
# In IPv4, the server 2001:db8::44 is 10.0.0.90 (a map).
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/asking.sh"
. "$(dirname "$0")/nginx.sh"
require ip nginx openssl curl dig ping python3

tool=$(dirname "$0")/../tools/datagrams.py
make_box
make_client client 10.0.0.3
# shellcheck disable=SC2046
make_server servers $(seq -f %g 0 15 | while read -r i; do printf '2001:db8::4%x ' "$i"; done)
make_server spare 2001:db8::9

# serve NAME NAMESPACE [ADDRESS]: nginx that says which of its addresses was called, and by whom
serve() {
	make_certificate "$1" a.example
	mkdir "$dir/$1"
	cat >"$dir/$1/nginx.conf" <<-END
	user root; daemon off; master_process off; pid $dir/$1/pid; error_log $dir/$1.error.log;
	events { }
	http {
		access_log off;
		server {
			listen [::]:80; listen [::]:8080; listen [::]:443 ssl;
			ssl_certificate $dir/$1.pem; ssl_certificate_key $dir/$1.key;
			location / { return 200 '\$server_addr \$remote_addr\n'; }
		}
	}
	END
	launch "$1" ip netns exec "$2" nginx -p "$dir/$1" -e "$dir/$1.error.log" -c nginx.conf
	wait_for 10 listening "$2" "[::]" 443 || fail "nginx does not start"
}

serve servers "$ns_servers"
serve spare "$ns_spare"
launch dns ip netns exec "$ns_servers" python3 -B "$tool" serve four=2001:db8::44,53,dns \
	last=2001:db8::4f,53,dns echo=2001:db8::4e,7
wait_for 10 grep -q '^ready$' "$dir/dns.log" || fail "the name servers do not start"

# settings BLOCK TO [MORE]: the services on a block; MORE of them
settings() {
	configure <<-END
	maps = ( { ipv4 = "10.0.0.90"; ipv6 = "2001:db8::44"; } );
	services = (
	  { name = "web"; ipv4 = "$1"; tcp = ( 80, "8080-8081" ); udp = [ 53, 7 ]; to = "$2"; },
	  { name = "tls"; ipv4 = "$1"; tcp = 443;
	    rules = ( { host = "a.example"; to = "$2"; }, { host = "b.example"; to = "2001:db8::9"; } ); },
	  { name = "one"; ipv4 = "$1"; tcp = 81; to = "[2001:db8::9]:80"; }
	  ${3:-}
	);
	END
}

exception=', { name = "own"; ipv4 = "10.0.0.70"; tcp = 80; to = "2001:db8::9"; }'
settings 10.0.0.64/28 2001:db8::40/124
start_nat46d "$ns_box"

# gets SERVER URL OPTION...: curl gets the answer of this server, which sees the client's address
gets() {
	gets_is=$(in_ns "$ns_client" curl -gks -m 8 "$2" || :)
	[ "$gets_is" = "$1 2001:db8:46::a00:3" ] || fail "$2 answers '$gets_is', not as $1"
}

# secure ADDRESS HOST SERVER
secure() {
	secure_is=$(in_ns "$ns_client" curl -ks -m 8 --resolve "$2:443:$1" "https://$2/" || :)
	[ "$secure_is" = "$3 2001:db8:46::a00:3" ] || fail "https://$2/ at $1 answers '$secure_is', not as $3"
}

# reload: and wait for the result, which is in $dir/said
reload() {
	result_count=$(grep -cE 'reloaded|reload failed' "$dir/nat46d.log" || :)
	kill -HUP "$nat46d_pid"
	wait_for 10 more_results || fail "the reload does not end"
	grep -E 'reloaded|reload failed|error:|added|removed|changed' "$dir/nat46d.log" | tail -n 8 >"$dir/said"
}

more_results() {
	[ "$(grep -cE 'reloaded|reload failed' "$dir/nat46d.log")" -gt "$result_count" ]
}

echo "# each address leads to the server at its place, on each port"
[ "$(ip -n "$ns_box" route show dev nat46 | grep -c '^10\.0\.0\.[6-7]')" = 1 ] || fail "the block has not one route"
for i in $(seq 0 15); do
	at=2001:db8::4$(printf %x "$i")
	gets "$at" "http://10.0.0.$((64 + i))/"
	secure 10.0.0.$((64 + i)) a.example "$at"
done
gets 2001:db8::4f http://10.0.0.79:8080/
secure 10.0.0.65 b.example 2001:db8::9
gets 2001:db8::9 http://10.0.0.64:81/
gets 2001:db8::9 http://10.0.0.79:81/

echo "# datagrams"
[ "$(in_ns "$ns_client" dig +short +tries=2 +time=3 @10.0.0.68 TXT a.example | tr -d '"' | cut -d ' ' -f 1)" = four ] ||
	fail "no answer of 10.0.0.68"
[ "$(in_ns "$ns_client" dig +short +tries=2 +time=3 @10.0.0.79 TXT a.example | tr -d '"' | cut -d ' ' -f 1)" = last ] ||
	fail "no answer of 10.0.0.79"
in_ns "$ns_client" timeout 10 python3 -B "$tool" ask --size 4000 --fragments 10.0.0.78 7 >"$dir/ask.log" 2>&1
grep -q '^echo 2001:db8:46::a00:3 [0-9]* 4000$' "$dir/ask.log" || fail "a datagram in fragments is lost"
in_ns "$ns_client" timeout 10 python3 -B "$tool" ask 10.0.0.69 54 2>&1 | grep -q '^refused' ||
	fail "a port without a service is not refused"

echo "# pings"
for i in 64 70 79; do
	in_ns "$ns_client" ping -q -n -c 2 -i 0.1 -W 2 -s 3000 10.0.0.$i >"$dir/ping.log" || fail "10.0.0.$i does not answer"
done

echo "# an ICMP error about one address: the path to its server takes no more than 1280 bytes"
ip -n "$ns_box" route add 2001:db8::4a/128 dev six mtu 1280
head -c 100000 /dev/zero >"$dir/upload"
is=$(in_ns "$ns_client" curl -s -m 8 --data-binary "@$dir/upload" http://10.0.0.74/ || :)
[ "$is" = "2001:db8::4a 2001:db8:46::a00:3" ] || fail "an upload to 10.0.0.74 ends with '$is'"
ip -n "$ns_client" route get 10.0.0.74 | grep -q 'mtu 1260' || fail "the client does not know the path MTU"

echo "# what is shown: status, explain, flows, sessions"
says '^service    web, 10\.0\.0\.64/28:80 tcp, 0 rules$' status
says '^  \[2001:db8::40/124\]:443 +a block: 16 ok, 0 failing; ' status
says '^nat46_service_connections_total.service="tls",address="10\.0\.0\.64/28:443",protocol="tcp". 17$' metrics
says '^nat46_server_connections_total.*service="tls".*server="\[2001:db8::40/124\]:443". 16$' metrics
says '^10\.0\.0\.75:80 tcp: service web on 10\.0\.0\.64/28, 0 rules$' explain 10.0.0.75:80
says '^ +\[2001:db8::4b\]:80 ' explain 10.0.0.75:80 --client 10.0.0.3
says '^ +\[2001:db8::4c\]:443 ' explain 10.0.0.76:443 --host a.example
says '^10\.0\.0\.75: an address of services, but none has port 22: refused$' explain 10.0.0.75:22
says '^tcp 10\.0\.0\.3:[0-9]+ +tls 10\.0\.0\.64 +\[2001:db8::40\]:443 ' flows --service tls --server 2001:db8::40
logged "service=10.0.0.79:443 " || fail "no session names the address"

"$NAT46CTL" -s "$dir/control" -j top >"$dir/top.log" 2>&1 &
pids="$pids $!"
wait_for 5 grep -q '"address":"10.0.0.64","prefix_length":28,"port":443,"last_port":443' "$dir/top.log" ||
	fail "nat46ctl -j top does not show the block"

echo "# one server of a block refuses, the others do not"
in_ns "$ns_servers" ip -6 address delete 2001:db8::47/64 dev eth0
ip -n "$ns_spare" address add 2001:db8::47/64 dev eth0 nodad
firewall "$ns_spare" closed input "ip6 daddr 2001:db8::47 meta l4proto tcp reject with tcp reset"
ip -n "$ns_box" neighbour flush dev six
in_ns "$ns_client" curl -ks -m 4 --resolve a.example:443:10.0.0.71 https://a.example/ &&
	fail "a server that is gone answers"
secure 10.0.0.72 a.example 2001:db8::48
says '^  \[2001:db8::40/124\]:443 +a block: 15 ok, 1 failing; ' status
says '^    \[2001:db8::47\]:443 +failing, last refused' status
logged 'server [2001:db8::47]:443 (service tls) refuses' || fail "the server that refuses is not named"

echo "# one server of a block is drained, the others are not"
says '^2001:db8::48 is drained, [0-9]+ connections? left$' drain 2001:db8::48
in_ns "$ns_client" curl -ks -m 4 --resolve a.example:443:10.0.0.72 https://a.example/ &&
	fail "a server that is drained gets a connection"
in_ns "$ns_client" curl -s -m 4 http://10.0.0.72/ && fail "it gets one without rules"
secure 10.0.0.73 a.example 2001:db8::49
says '^2001:db8::48 ' undrain 2001:db8::48
secure 10.0.0.72 a.example 2001:db8::48

echo "# an address of the block on the box"
ip -n "$ns_box" address add 10.0.0.77/32 dev lo
wait_for 5 logged '10.0.0.77/32 of service "' || fail "nobody says that it is also an address of lo"
logged 'is also an address of lo' || fail "nobody says of which interface"
ip -n "$ns_box" address delete 10.0.0.77/32 dev lo

echo "# hairpin: a host with a map calls another address of the block"
is=$(in_ns "$ns_servers" curl -gs -m 8 --interface 2001:db8::44 "http://[2001:db8:46::a00:45]/" || :)
[ "$is" = "2001:db8::45 2001:db8:46::a00:5a" ] || fail "through the hairpin comes '$is'"

echo "# reload: an exception, other servers, and a block that needs another route"
settings 10.0.0.64/28 2001:db8::40/124 "$exception"
reload
grep -q 'services: 1 added: own (10.0.0.70:80)' "$dir/said" || fail "the exception is not named: $(cat "$dir/said")"
gets 2001:db8::9 http://10.0.0.70/
gets 2001:db8::46 http://10.0.0.70:8080/
says '^10\.0\.0\.70:80 tcp: service own, 0 rules$' explain 10.0.0.70:80
says '^10\.0\.0\.70:8080 tcp: service web on 10\.0\.0\.64/28, 0 rules$' explain 10.0.0.70:8080
gets 2001:db8::48 http://10.0.0.72/
settings 10.0.0.64/28 2001:db8::9
reload
grep -q 'services: 4 changed: web (10.0.0.64/28:80), ' "$dir/said" ||
	fail "the other servers are not named: $(cat "$dir/said")"
gets 2001:db8::9 http://10.0.0.72/
settings 10.0.0.64/27 2001:db8::40/123
reload
grep -q 'error: restart required for the route to 10.0.0.64/27 into nat46' "$dir/nat46d.log" ||
	fail "the route that is missing is not named: $(cat "$dir/said")"
gets 2001:db8::9 http://10.0.0.72/
ip -n "$ns_box" route add 10.0.0.64/27 dev nat46
reload
gets 2001:db8::48 http://10.0.0.72/
ip -n "$ns_servers" address add 2001:db8::5f/64 dev eth0 nodad
gets 2001:db8::5f http://10.0.0.95/

stop_nat46d
echo "PASS"
