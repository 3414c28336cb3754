#!/bin/sh
# SPDX-License-Identifier: ISC
# guide_network.sh - the firewall of nat46d-guide(7), and its box with only one IPv4 address, as they are printed there
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/nginx.sh"
. "$(dirname "$0")/guide.sh"
require ip nft curl nginx openssl ping socat awk

make_guide
extract
start_nginx "$ns_one" www 2001:db8:1::1 80 www.example.org
start_nginx "$ns_two" shop 2001:db8:1::2 80 shop.example
launch ssh ip netns exec "$ns_one" socat TCP6-LISTEN:22,reuseaddr,fork SYSTEM:'echo SSH-2.0-one; sleep 0.3'
launch sshbox ip netns exec "$ns_box" socat TCP4-LISTEN:22,reuseaddr,fork SYSTEM:'echo SSH-2.0-box; sleep 0.3'
head -c 3000000 /dev/urandom >"$dir/large"
launch large ip netns exec "$ns_one" socat TCP6-LISTEN:81,reuseaddr,fork "OPEN:$dir/large"
launch echo ip netns exec "$ns_one" socat "UDP6-LISTEN:7,bind=[2001:db8:1::1],reuseaddr,fork" EXEC:cat

# page NAMESPACE NAME ADDRESS: over HTTPS, its certificate verified
page() {
	in_ns "$1" curl -sS -m 10 --cacert "$dir/all.pem" --resolve "$2:443:$3" "https://$2/"
}

# greeting ADDRESS PORT: what a server says that speaks first
greeting() {
	in_ns "$ns_client" timeout 10 socat -u "TCP4:$1:$2" - | head -n 1
}

# tracked ADDRESS: do connections of this address stand in the table of connection tracking
tracked() {
	in_ns "$ns_box" grep -q "=$1 " /proc/net/nf_conntrack
}

# nat46d_is CONFIGURATION: the daemon has this file of the guide, with what standard input adds
nat46d_is() {
	cat "$dir/guide/$1" - | configure_test
	start_nat46d "$ns_box"
}

echo "# the firewall: what shall pass does, and is not tracked"
nat46d_is tayga.conf <<END
services = (
  { name = "web"; ipv4 = "192.0.2.10"; tcp = 443; rules = (
      { host = "www.example.org"; to = "2001:db8:1::1"; }, { host = "shop.example"; to = "2001:db8:1::2"; } ); },
  { name = "ssh"; ipv4 = "192.0.2.10"; tcp = 22; to = "2001:db8:1::1"; },
  { name = "large"; ipv4 = "192.0.2.10"; tcp = 81; to = "2001:db8:1::1"; },
  { name = "echo"; ipv4 = "192.0.2.10"; udp = 7; to = "2001:db8:1::1"; }
);
END
ip -n "$ns_one" address add 2001:db8:1::20/64 dev eth0 nodad
in_ns "$ns_box" nft -f "$dir/guide/firewall.nft" || fail "nft does not take the example"
[ "$(page "$ns_client" www.example.org 192.0.2.10)" = www ] || fail "HTTPS does not pass the firewall"
[ "$(page "$ns_client" shop.example 192.0.2.10)" = shop ] || fail "HTTPS does not pass the firewall"
[ "$(page "$ns_box" www.example.org 192.0.2.10)" = www ] || fail "the box is no client any more"
[ "$(greeting 192.0.2.10 22)" = SSH-2.0-one ] || fail "SSH does not pass the firewall"
[ "$(greeting 198.51.100.1 22)" = SSH-2.0-box ] || fail "SSH to the box does not pass the firewall"
in_ns "$ns_client" timeout 20 socat -u TCP4:192.0.2.10:81 - | cmp -s - "$dir/large" || fail "a large page is damaged"
[ "$(echo hello | in_ns "$ns_client" timeout 10 socat -t1 - UDP4:192.0.2.10:7)" = hello ] || fail "UDP does not pass"
in_ns "$ns_client" ping -q -n -c 1 -W 5 192.0.2.20 >/dev/null || fail "a ping through a map does not pass"
in_ns "$ns_one" ping -q -n -c 1 -W 5 -I 2001:db8:1::20 2001:db8:46::c633:6407 >/dev/null || fail "nor from the server"
in_ns "$ns_client" ping -n -c 1 -W 5 -M do -s 1472 192.0.2.20 >"$dir/ping.log" 2>&1 && fail "too large, and passed"
grep -qi 'frag.*mtu *= *1480' "$dir/ping.log" || fail "no error for a packet that is too large"
tracked 198.51.100.1 || fail "the connection to the box itself is not tracked: this test sees nothing"
! tracked 192.0.2.10 || fail "connections of the service are tracked"
! in_ns "$ns_box" grep -q 2001:0db8:0046: /proc/net/nf_conntrack || fail "connections to servers are tracked"

# dropped: packets that the firewall has found forged
dropped() {
	in_ns "$ns_box" nft list chain inet box prerouting | awk '/drop/ { for (i = 1; i <= NF; i++)
		if ($i == "packets") sum += $(i + 1) } END { print sum + 0 }'
}

echo "# the firewall: forged sources, and what is not forwarded"
[ "$(dropped)" = 0 ] || fail "something was taken for forged"
ip -n "$ns_client" address add 192.0.2.20/32 dev lo
in_ns "$ns_client" ping -q -n -c 1 -W 1 -I 192.0.2.20 192.0.2.10 >/dev/null && fail "a forged ping was answered"
ip -n "$ns_client" address delete 192.0.2.20/32 dev lo
[ "$(dropped)" = 1 ] || fail "a packet from the address of a map passes"
ip -n "$ns_two" address add 2001:db8:46::1234:5678/128 dev lo
in_ns "$ns_two" ping -q -n -c 1 -W 1 -I 2001:db8:46::1234:5678 2001:db8:46::c633:6407 >/dev/null && fail "answered"
ip -n "$ns_two" address delete 2001:db8:46::1234:5678/128 dev lo
[ "$(dropped)" = 2 ] || fail "a packet from the prefix passes"
in_ns "$ns_client" timeout 1 socat -u TCP4:198.51.100.1:23 - 2>/dev/null && fail "the box answers on port 23"

echo "# the firewall: a client that is banned"
ban=$(sed -n 's/^\.Dl nft \(insert .*\)/\1/p' "$guide")
page "$ns_client" shop.example 192.0.2.10 >/dev/null || fail "no page before the ban"
# shellcheck disable=SC2086
in_ns "$ns_box" nft $ban || fail "nft does not take '$ban'"
in_ns "$ns_client" curl -sk -m 1 -o "$dir/page" --resolve shop.example:443:192.0.2.10 https://shop.example/ &&
	fail "a page in spite of the ban"

echo "# the firewall: without the lines about connection tracking this test fails"
sed '/notrack/d' "$dir/guide/firewall.nft" >"$dir/tracking.nft"
in_ns "$ns_box" nft -f "$dir/tracking.nft"
page "$ns_client" www.example.org 192.0.2.10 >/dev/null || :
tracked 192.0.2.10 || fail "it does not"
in_ns "$ns_box" nft flush ruleset
stop_nat46d

echo "# a box with one IPv4 address: its web ports lead to the servers, its other ports to itself"
nat46d_is one_address.conf </dev/null
in_ns "$ns_box" nft -f "$dir/guide/one_address.nft" || fail "nft does not take the example"
[ "$(page "$ns_client" www.example.org 198.51.100.1)" = www ] || fail "no page"
[ "$(page "$ns_client" shop.example 198.51.100.1)" = shop ] || fail "no page"
wait_for 5 grep -q '^2001:db8:46::c633:6407 [0-9]* shop.example' "$dir/shop.access.log" || fail "not from the client"
[ "$(greeting 198.51.100.1 22)" = SSH-2.0-box ] || fail "SSH does not reach the box itself"
[ "$(greeting 198.51.100.1 2201)" = SSH-2.0-one ] || fail "SSH does not reach the server"
in_ns "$ns_client" ping -q -n -c 1 -W 5 198.51.100.1 >/dev/null || fail "no ping"
in_ns "$ns_client" curl -s -m 5 http://198.51.100.1:82/ && fail "port 82 is open"
stop_nat46d
echo "PASS"
