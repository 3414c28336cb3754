#!/bin/sh
# SPDX-License-Identifier: ISC
# first_bytes.sh - servers chosen by what a protocol begins with, and protocols in which the server begins
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 to 10.0.0.44 ] six --- servers 2001:db8::1 to ::5
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3

make_box
make_client client 10.0.0.3
make_server servers 2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4 2001:db8::5
start_witness "$ns_servers" short=2001:db8::1,80 long=2001:db8::2,80 ssh=2001:db8::3,22,first web=2001:db8::4,80 \
	mail=2001:db8::5,25,first

configure <<END
services = (
  { name = "everything"; ipv4 = "10.0.0.42"; tcp = 80;
    rules = (
      { bytes = "GET /";      to = "2001:db8::1"; },
      { bytes = "GET /long/"; to = "2001:db8::2"; },
      { protocol = "ssh";     to = "[2001:db8::3]:22"; },
      { protocol = "http";    to = "2001:db8::4"; }
    ); },
  { name = "patient"; ipv4 = "10.0.0.43"; tcp = 80; wait = 1;
    rules = ( { protocol = "http"; to = "2001:db8::4"; } );
    to = "[2001:db8::5]:25"; },
  { name = "endless"; ipv4 = "10.0.0.44"; tcp = 80; wait = 60;	# longer than a client of the tests is patient
    rules = ( { protocol = "http"; to = "2001:db8::4"; } );
    to = "[2001:db8::5]:25"; }
);
END
start_nat46d "$ns_box"

echo "# the longest match wins, also when the bytes come one by one"
expect "short *" "$ns_client" --send 'GET /lon HTTP/1.1\r\n\r\n' 10.0.0.42 80
expect "long *" "$ns_client" --send 'GET /long/ HTTP/1.1\r\n\r\n' 10.0.0.42 80
expect "long *" "$ns_client" --pause 0.05 --send G --send 'ET /' --send 'lon' --send 'g/' 10.0.0.42 80
expect "short *" "$ns_client" --pause 0.05 --send G --send 'ET /' --send 'lon' 10.0.0.42 80

echo "# protocols: ssh by the client's banner, http by a method, anything else is refused"
expect "SSH-2.0-ssh|ssh 2001:db8:46::a00:3 *|end 17 *|closed" "$ns_client" --send 'SSH-2.0-Client_1\n' 10.0.0.42 80
expect "web *" "$ns_client" --send 'POST / HTTP/1.1\r\n\r\n' 10.0.0.42 80
expect "reset" "$ns_client" --send '\x00\x01\x02' 10.0.0.42 80
expect "reset" "$ns_client" --send 'SSX-2.0-Client_1\n' 10.0.0.42 80

echo "# no byte is waited for that cannot change the result"
expect "web *" "$ns_client" --send 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' 10.0.0.44 80
expect "SSH-2.0-mail|mail *" "$ns_client" --send 'EHLO client\r\n' 10.0.0.44 80

echo "# the server begins: after the time of \"wait\" the default server is connected and speaks"
before=$(date +%s%N)
expect "SSH-2.0-mail|mail *|end 6 *|closed" "$ns_client" --listen-first --send 'QUIT\r\n' 10.0.0.43 80
milliseconds=$((($(date +%s%N) - before) / 1000000))
[ $milliseconds -ge 1000 ] || fail "connected after $milliseconds ms, not 1000"

echo "# a client that says nothing and closes gets the default server's words"
expect "SSH-2.0-mail|end 0 *|closed" "$ns_client" 10.0.0.43 80

stop_nat46d
echo "PASS"
