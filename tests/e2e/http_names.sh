#!/bin/sh
# SPDX-License-Identifier: ISC
# http_names.sh - HTTP servers behind one address, chosen by Host: real clients, real servers
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42, 10.0.0.43 ] six --- web, three nginx: 2001:db8::1, ::2, ::3
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/nginx.sh"
require ip ss curl nginx openssl python3

make_box
make_client client 10.0.0.3
make_server web 2001:db8::1 2001:db8::2 2001:db8::3
start_nginx "$ns_web" one 2001:db8::1 80 www.example.org
start_nginx "$ns_web" two 2001:db8::2 80 shop.example
start_nginx "$ns_web" three 2001:db8::3 80 '*.shop.example'

configure <<END
services = (
  { name = "strict"; ipv4 = "10.0.0.42"; tcp = [ 80, 8080 ];
    rules = (
      { host = "www.example.org"; to = "[2001:db8::1]:80"; },
      { host = "shop.example";    to = "[2001:db8::2]:80"; },
      { host = "*.shop.example";  to = "[2001:db8::3]:80"; }
    ); },
  { name = "default"; ipv4 = "10.0.0.43"; tcp = 80;
    rules = ( { host = "www.example.org"; to = "2001:db8::1"; } );
    to = "2001:db8::3"; }
);
END
start_nat46d "$ns_box"

# expect_page SERVER OPTION... URL
expect_page() {
	expected=$1
	shift
	answer=$(in_ns "$ns_client" curl -sS -m 10 "$@" 2>&1) || :
	[ "$answer" = "$expected" ] || fail "curl $* gives '$answer', not '$expected'"
}

echo "# two names and a wildcard on one address reach three servers, by any spelling"
expect_page one -H "Host: www.example.org" --local-port 40001 http://10.0.0.42/
expect_page two --resolve shop.example:80:10.0.0.42 http://shop.example/
expect_page three --resolve a.b.shop.example:80:10.0.0.42 http://a.b.shop.example/
expect_page one --resolve www.example.org:8080:10.0.0.42 http://www.example.org:8080/
expect_page two -H "Host: SHOP.example." http://10.0.0.42/
expect_page two -H "Host:    shop.example:80 " http://10.0.0.42/
expect_page two --http1.0 -H "Host: shop.example" http://10.0.0.42/
expect_page two -X POST -d "$(seq 1 2000)" -H "Host: shop.example" http://10.0.0.42/
wait_for 5 grep -qx '2001:db8:46::a00:3 40001 www.example.org / 1' "$dir/one.access.log" ||
	fail "address or port of the client are not in the access log"

echo "# Host far behind other headers, in another segment"
expect_page three -H "Host:" -H "X-First: $(seq -s ' ' 1 1500)" -H "Host: far.shop.example" http://10.0.0.42/
expect "*HTTP/1.1 200 OK|*|three|closed" "$ns_client" --pause 0.1 --send 'GET / HTTP/1.1\r\nHo' \
	--send 'st: far.sh' --send 'op.example\r\nConnection: close\r\n\r\n' --open 10.0.0.42 80

echo "# keep-alive: one connection stays with its server"
expect_page "$(printf 'two\ntwo\ntwo')" -H "Host: shop.example" http://10.0.0.42/a http://10.0.0.42/b http://10.0.0.42/c
wait_for 5 grep -q ' /c 3$' "$dir/two.access.log" || fail "there was more than one connection"

echo "# an unknown name is reset, one that contradicts itself as well"
expect_page "curl: (56) Recv failure: Connection reset by peer" -H "Host: unknown.example" http://10.0.0.42/
expect_page "curl: (56) Recv failure: Connection reset by peer" -H "Host: xshop.example" http://10.0.0.42/
expect reset "$ns_client" --send 'GET / HTTP/1.1\r\nHost: shop.example\r\nHost: www.example.org\r\n\r\n' 10.0.0.42 80
expect reset "$ns_client" --send 'GET / HTTP/1.1\r\n\r\n' 10.0.0.42 80

echo "# with a default server it goes there"
expect_page three -H "Host: unknown.example" http://10.0.0.43/
expect_page one -H "Host: www.example.org" http://10.0.0.43/

echo "# what is no host name is not refused: it goes to the default server"
for host in '*' '[fe80::1%25eth0]' 'b\303\274cher.example' 'a!.example'; do
	expect "*HTTP/1.1 *|three|closed" "$ns_client" --send \
		"GET / HTTP/1.0\\r\\nHost: $host\\r\\n\\r\\n" --open 10.0.0.43 80
done

echo "# a name behind empty lines, in an unusual request line, with a port of letters, and with both line ends"
for request in '\r\n\r\nGET / HTTP/1.0\r\nHost: www.example.org\r\n\r\n' \
	'GET  / HTTP/1.0 \r\nHost: www.example.org:http\r\n\r\n' \
	'GET / HTTP/1.0\r\nHost: www.example.org\r\nX: y\nZ: y\r\n\r\n'; do
	expect "*HTTP/1.1 *|one|closed" "$ns_client" --send "$request" --open 10.0.0.43 80
done

echo "# a head that is cut goes nowhere, not even to the default server"
expect reset "$ns_client" --send 'GET / HTTP/1.1\r\nHost: www.example.org\r\n' 10.0.0.43 80
expect reset "$ns_client" --send 'GET / HTTP/1.1\r\nHost: unknown.exam' 10.0.0.43 80

stop_nat46d
echo "PASS"
