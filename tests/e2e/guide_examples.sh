#!/bin/sh
# SPDX-License-Identifier: ISC
# guide_examples.sh - what nat46d-guide(7) prints for logs of servers and for other programs, with these programs
#
# nginx, HAProxy, awk and python3 are needed; what is for others is tried if they are installed.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/nginx.sh"
. "$(dirname "$0")/guide.sh"
require ip curl nginx haproxy openssl awk python3 tayga
[ -e /usr/lib/nginx/modules/ngx_http_js_module.so ] || skip "needs libnginx-mod-http-js"

make_guide
extract

# has COMMAND: is it installed; says so if not
has() {
	command -v "$1" >/dev/null && return
	echo "  (not tried: $1 is not installed)"
	return 1
}

# nginx_conf NAME MODULE: a whole configuration $dir/NAME/nginx.conf with what comes from standard input
nginx_conf() {
	mkdir "$dir/$1"
	{
		echo "load_module /usr/lib/nginx/modules/ngx_$2_module.so; daemon off; master_process off; user root;"
		echo "pid $dir/$1/pid; error_log $dir/$1.error.log; events { }"
		sed "s,/etc/nginx/nat46.js,$dir/guide/nat46.js,; s,/etc/ssl/shop,$dir/shop,; s,/var/log/nginx,$dir/$1,"
	} >"$dir/$1/nginx.conf"
}

make_certificate shop shop.example
{
	echo "http {"
	for path in client_body proxy fastcgi uwsgi scgi; do
		echo "${path}_temp_path $dir/logs/$path;"
	done
	cat "$dir/guide/nat46.nginx"
	# shellcheck disable=SC2016
	echo 'server { listen [::]:80; location / { return 200 "$client_ipv4\n"; } }'
	cat "$dir/guide/misdirected.nginx"
	echo "}"
} | nginx_conf logs http_js
launch nginx ip netns exec "$ns_one" nginx -p "$dir/logs" -e "$dir/logs.error.log" -c nginx.conf
{
	printf 'global\n\tlog stdout format raw local0\ndefaults\n\tmode http\n\tlog global\n'
	printf '\ttimeout connect 5s\n\ttimeout client 5s\n\ttimeout server 5s\n'
	cat "$dir/guide/haproxy.log"
	printf '\thttp-request return status 200 content-type text/plain lf-string "%%[req.hdr(X-Forwarded-For)]\\n"\n'
} >"$dir/haproxy.cfg"
launch haproxy ip netns exec "$ns_two" haproxy -db -f "$dir/haproxy.cfg"
configure_test <<END
prefix = "2001:db8:46::/96";
services = (
  { name = "nginx"; ipv4 = "192.0.2.10"; tcp = [ 80, 443 ]; to = "2001:db8:1::1"; },
  { name = "haproxy"; ipv4 = "192.0.2.11"; tcp = 80; to = "2001:db8:1::2"; }
);
END
start_nat46d "$ns_box"
wait_for 10 listening "$ns_one" "[::]" 443 || fail "nginx does not start"
wait_for 10 listening "$ns_two" "[::]" 80 || fail "HAProxy does not start"

echo "# nginx: the IPv4 address of a client, in a variable and in the log"
[ "$(in_ns "$ns_client" curl -sS -m 10 http://192.0.2.10/page)" = 198.51.100.7 ] || fail "another variable"
wait_for 5 grep -q '^2001:db8:46::c633:6407 198\.51\.100\.7 .* "GET /page HTTP/1.1" 200$' "$dir/logs/access.log" ||
	fail "another line: $(cat "$dir/logs/access.log")"
[ "$(in_ns "$ns_two" curl -sS -m 10 'http://[2001:db8:1::1]/')" = 2001:db8:1::2 ] || fail "and of an IPv6 client"

# status NAME: that nginx answers to a request for a name, over a connection that was made for shop.example
status() {
	in_ns "$ns_client" curl -s -m 10 -o "$dir/body" -w '%{http_code}' --cacert "$dir/shop.pem" -H "Host: $1" \
		--resolve shop.example:443:192.0.2.10 https://shop.example/none
}

echo "# nginx: names that it does not have are misdirected"
[ "$(status shop.example)" = 404 ] || fail "the name that it has gives $(status shop.example)"
[ "$(status www.example.org)" = 421 ] || fail "a name that it does not have gives $(status www.example.org)"

echo "# HAProxy: the same in a header and in the log"
[ "$(in_ns "$ns_client" curl -sS -m 10 http://192.0.2.11/page)" = 198.51.100.7 ] || fail "another header"
wait_for 5 grep -q '^2001:db8:46::c633:6407 198\.51\.100\.7 GET /page HTTP/1.1 200$' "$dir/haproxy.log" ||
	fail "another line"
stop_nat46d

echo "# python: RFC 6052 2.4; awk: lines of logs"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$dir/guide python3 - <<'END' || fail "client_ipv4.py"
from ipaddress import IPv4Address, IPv6Network
from client_ipv4 import client_ipv4
for prefix, address in (("2001:db8::/32", "2001:db8:c000:221::"), ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
                        ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
                        ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
                        ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
                        ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33")):
    assert client_ipv4(address, IPv6Network(prefix)) == IPv4Address("192.0.2.33"), prefix
assert client_ipv4("2001:db8:46::c633:6407") == IPv4Address("198.51.100.7")
assert client_ipv4("2001:db8:1::1") is None
END
line="Accepted publickey for root from 2001:db8:46::c633:6407 port 33526 ssh2"
[ "$(echo "$line, 2001:db8:46::a00:3." | awk -f "$dir/guide/nat46.awk")" = \
	"${line%% port*}(198.51.100.7) port 33526 ssh2, 2001:db8:46::a00:3(10.0.0.3)." ] || fail "nat46.awk"
grep -qF "${line%% port*}(198.51.100.7) port" "$guide" || fail "another line in the guide"

echo "# programs that one comes from understand their examples"
namespace other
ip -n "$ns_other" address add 192.0.2.10/32 dev lo
in_ns "$ns_other" haproxy -c -f /dev/stdin <"$dir/guide/passthrough.haproxy" >"$dir/out.log" 2>&1 || fail "HAProxy"
nginx_conf preread stream <"$dir/guide/preread.nginx"
in_ns "$ns_other" nginx -t -p "$dir/preread" -c nginx.conf >"$dir/out.log" 2>&1 || fail "nginx"
{ cat "$dir/guide/tayga.example"; echo "data-dir $dir"; } >"$dir/tayga.conf"
launch tayga ip netns exec "$ns_other" tayga -d -c "$dir/tayga.conf"
wait_for 10 ip -n "$ns_other" link show dev nat64 || fail "TAYGA"
sleep 0.2
kill -0 "$launched" || fail "TAYGA ends"

echo "# and so do others that are installed"
! has bird || bird -p -c "$dir/guide/bird.conf.example" >"$dir/out.log" 2>&1 || fail "BIRD"
if has sniproxy; then
	{ printf 'user nobody\npidfile %s/sniproxy.pid\n' "$dir"; cat "$dir/guide/sniproxy.example"; } >"$dir/sniproxy.conf"
	launch sniproxy ip netns exec "$ns_other" sniproxy -f -c "$dir/sniproxy.conf"
	wait_for 10 listening "$ns_other" 192.0.2.10 443 || fail "sniproxy"
fi
for file in interfaces interfaces.server; do
	! has ifup || ifup -n -a -i "$dir/guide/$file" >"$dir/out.log" 2>&1 || fail "ifup, $file"
done
if has fail2ban-regex; then
	fail2ban-regex "Nov 27 06:25:07 h1 sshd[1]: Failed password for root from 2001:db8:46::c633:6407 port 33526 ssh2" \
		sshd -o ip >"$dir/out.log" 2>&1 || fail "fail2ban"
	grep -qx 2001:db8:46::c633:6407 "$dir/out.log" || fail "fail2ban does not find the address"
fi
echo "PASS"
