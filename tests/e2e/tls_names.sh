#!/bin/sh
# SPDX-License-Identifier: ISC
# tls_names.sh - TLS servers behind one address, chosen by name: real clients, real servers
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42, 10.0.0.43 ] six --- web, three nginx: 2001:db8::1, ::2, ::3
#	                                                                    openssl s_server: 2001:db8::7
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/nginx.sh"
require ip ss curl nginx openssl python3

make_box
make_client client 10.0.0.3
make_server web 2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::7
start_nginx "$ns_web" one 2001:db8::1 80 www.example.org
start_nginx "$ns_web" two 2001:db8::2 80 shop.example
start_nginx "$ns_web" three 2001:db8::3 80 '*.shop.example' other.example
make_certificate acme www.example.org
launch acme ip netns exec "$ns_web" openssl s_server -accept '[2001:db8::7]:443' -quiet \
	-cert "$dir/acme.pem" -key "$dir/acme.key" -alpn acme-tls/1
wait_for 10 listening "$ns_web" "[2001:db8::7]" 443 || fail "openssl s_server does not start"

configure <<END
services = (
  { name = "strict"; ipv4 = "10.0.0.42"; tcp = 443;
    rules = (
      { host = "www.example.org"; to = "2001:db8::1"; },
      { host = "*.shop.example";  to = "2001:db8::3"; }
    );
    hosts = "nat46d.hosts"; },
  { name = "default"; ipv4 = "10.0.0.43"; tcp = [ 443, 8443 ];
    rules = (
      { host = "www.example.org"; to = "[2001:db8::1]:443"; },
      { alpn = "acme-tls/1";      to = "[2001:db8::7]:443"; }
    );
    to = "[2001:db8::3]:443"; }
);
END
seq -f '2001:db8::4 www%.0f.example' 100000 >"$dir/nat46d.hosts"
echo '2001:db8::2 shop.example # behind 100,000 others' >>"$dir/nat46d.hosts"
start_nat46d "$ns_box"

# page NAME ADDRESS [PORT [OPTION...]]: the page that a browser gets; it verifies the certificate
page() {
	page_name=$1
	page_address=$2
	page_port=${3:-443}
	[ $# -lt 3 ] || shift
	shift 2
	in_ns "$ns_client" curl -sS -m 10 --cacert "$dir/all.pem" --resolve "$page_name:$page_port:$page_address" \
		"$@" "https://$page_name:$page_port/" 2>&1
}

# expect_page SERVER NAME ADDRESS [PORT [OPTION...]]
expect_page() {
	expected=$1
	shift
	answer=$(page "$@") || :
	[ "$answer" = "$expected" ] || fail "https://$1 at $2 gives '$answer', not '$expected'"
}

echo "# two names, one of a file of 100,000, and a wildcard on one address reach three servers"
expect_page one www.example.org 10.0.0.42 443 --local-port 40001
expect_page two shop.example 10.0.0.42 443 --local-port 40002
expect_page three a.shop.example 10.0.0.42 443 --local-port 40003

echo "# their access logs show the embedded address and the port of the client"
for line in "one.access.log:2001:db8:46::a00:3 40001 www.example.org / 1" \
	"two.access.log:2001:db8:46::a00:3 40002 shop.example / 1" \
	"three.access.log:2001:db8:46::a00:3 40003 a.shop.example / 1"; do
	wait_for 5 grep -qxF "${line#*:}" "$dir/${line%%:*}" || fail "not in the access log: $line"
done

echo "# case does not matter, and the wildcard stands for several labels, too"
expect_page one WWW.Example.ORG 10.0.0.42
expect_page three a.b.shop.example 10.0.0.42 443 -k

echo "# old and new versions of TLS, HTTP/1.1 and HTTP/2"
expect_page two shop.example 10.0.0.42 443 --tls-max 1.2
expect_page two shop.example 10.0.0.42 443 --tlsv1.3
expect_page two shop.example 10.0.0.42 443 --http1.1

echo "# a name that no rule knows is reset"
for name in unknown.example example.org xshop.example; do
	answer=$(page $name 10.0.0.42 443 -k) || :
	case $answer in *"reset by peer"*) ;; *) fail "https://$name gives '$answer'" ;; esac
	grep -q "session refused .* host=\"$name\" why=\"no rule matches\"\$" "$dir/nat46d.log" ||
		fail "the session log does not say that $name was asked for"
done

echo "# with a default server it goes there, on each port of the service"
expect_page three other.example 10.0.0.43
expect_page three other.example 10.0.0.43 8443
expect_page one www.example.org 10.0.0.43 8443

# handshake OPTION... ADDRESS: subject of the certificate that openssl gets
handshake() {
	in_ns "$ns_client" timeout 10 openssl s_client -brief "$@" </dev/null 2>&1 | sed -n 's/^Peer certificate: //p'
}

echo "# openssl: by name, without any name, by ALPN, and ALPN before the name"
answer=$(handshake -servername shop.example -connect 10.0.0.42:443)
[ "$answer" = "CN = shop.example" ] || fail "s_client with a name gets '$answer'"
answer=$(handshake -noservername -connect 10.0.0.43:443)
[ "$answer" = "CN = *.shop.example" ] || fail "s_client without a name gets '$answer'"
answer=$(handshake -servername unknown.example -alpn acme-tls/1 -connect 10.0.0.43:443)
[ "$answer" = "CN = www.example.org" ] || fail "s_client with ALPN gets '$answer'"
logged 'server=[2001:db8::7]:443' || fail "ALPN did not choose the server"
before=$(grep -c 'session bound.*server=\[2001:db8::7\]' "$dir/nat46d.log")
answer=$(handshake -servername www.example.org -alpn acme-tls/1 -connect 10.0.0.43:443)
[ "$answer" = "CN = www.example.org" ] || fail "s_client with name and ALPN gets '$answer'"
[ "$(grep -c 'session bound.*server=\[2001:db8::7\]' "$dir/nat46d.log")" = $((before + 1)) ] ||
	fail "a challenge for a name that has a rule does not reach the machine that answers challenges"
expect_page one www.example.org 10.0.0.43

echo "# what is no host name is not refused: it goes to the default server"
for name in 'www.example.org:443' '[2001:db8::1]' 'www.example.org ' "$(printf 'b\303\274cher.example')" .example.org; do
	answer=$(handshake -servername "$name" -connect 10.0.0.43:443)
	[ "$answer" = "CN = *.shop.example" ] || fail "s_client with '$name' gets '$answer'"
done

stop_nat46d
echo "PASS"
