#!/bin/sh
# SPDX-License-Identifier: ISC
# peers.sh - what nginx and HAProxy do with the inputs of tests/vectors/*.table is what the tables say
#
# All in one namespace, on its loopback. tests/unit/test_names.c compares the same rows with what nat46d does.
# With UPDATE=yes the tables get the columns of nginx, HAProxy and OpenSSL as they were seen.
set -eu
. "$(dirname "$0")/lib.sh"
require ip ss nginx haproxy openssl python3
tables=$(cd "$(dirname "$0")/../vectors" && pwd)
module=/usr/lib/nginx/modules/ngx_stream_module.so
[ -e $module ] || skip "needs libnginx-mod-stream"

namespace peers

# Who has begun and says no more is given up on after this many seconds.
delay=3

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=peers \
	-keyout "$dir/key" -out "$dir/certificate" >/dev/null 2>&1 || fail "openssl fails"

# http_server NAME...: of nginx, the first one on the port is the default
http_server() {
	printf 'server {\n\tlisten 127.0.0.1:8001;\n\tserver_name %s;\n\treturn 200 "<%s>\\n";\n}\n' "$1" "$2"
}

mkdir "$dir/nginx"
cat >"$dir/nginx/nginx.conf" <<END
load_module $module;
user root;
daemon off;
master_process off;
pid $dir/nginx/pid;
error_log $dir/nginx.error.log;
events { worker_connections 2048; }
http {
	client_body_temp_path $dir/nginx/body;
	proxy_temp_path $dir/nginx/proxy;
	fastcgi_temp_path $dir/nginx/fastcgi;
	uwsgi_temp_path $dir/nginx/uwsgi;
	scgi_temp_path $dir/nginx/scgi;
	access_log off;
	default_type text/plain;
	client_header_timeout $delay;
	$(http_server _ to)
	$(http_server a.example a.example)
	$(http_server '*.w.example' '*.w.example')
	server {
		listen 127.0.0.1:8003 ssl;
		ssl_certificate $dir/certificate;
		ssl_certificate_key $dir/key;
	}
}
stream {
	map \$ssl_preread_server_name \$chosen {
		hostnames;
		a.example	127.0.0.1:9001;
		*.w.example	127.0.0.1:9002;
		default		127.0.0.1:9003;
	}
	server {
		listen 127.0.0.1:8443;
		ssl_preread on;
		preread_timeout $delay;
		proxy_pass \$chosen;
	}
}
END

cat >"$dir/haproxy.conf" <<END
defaults
	timeout connect 10s
	timeout client 60s
	timeout server 60s
	timeout http-request ${delay}s

frontend http
	mode http
	bind 127.0.0.1:8002
	http-request return content-type text/plain string "<a.example>" if { req.hdr(host),host_only -i a.example }
	http-request return content-type text/plain string "<*.w.example>" if { req.hdr(host),host_only -m end -i .w.example }
	http-request return content-type text/plain string "<to>"

frontend tls
	mode tcp
	bind 127.0.0.1:8444
	tcp-request inspect-delay ${delay}s
	tcp-request content accept if { req.ssl_hello_type 1 }
	use_backend a if { req.ssl_sni -i a.example }
	use_backend w if { req.ssl_sni -m end -i .w.example }
	default_backend to

backend a
	mode tcp
	server s 127.0.0.1:9001

backend w
	mode tcp
	server s 127.0.0.1:9002

backend to
	mode tcp
	server s 127.0.0.1:9003
END

launch nginx ip netns exec "$ns_peers" nginx -p "$dir/nginx" -e "$dir/nginx.error.log" -c nginx.conf
launch haproxy ip netns exec "$ns_peers" haproxy -db -f "$dir/haproxy.conf"

# all_listen PORT...
all_listen() {
	for port; do
		[ -n "$(in_ns "$ns_peers" ss -Hltn "src 127.0.0.1:$port")" ] || return 1
	done
}
wait_for 10 all_listen 8001 8002 8003 8443 8444 || fail "nginx or haproxy does not start"

# compare TABLE COLUMN=PORT...
compare() {
	in_ns "$ns_peers" python3 "$(dirname "$0")/../tools/peers.py" ${UPDATE:+-u} "$@" ||
		fail "a peer does not do what the table says"
}
compare "$tables/http_heads.table" nginx=8001 haproxy=8002
compare "$tables/client_hellos.table" nginx=8443 haproxy=8444 openssl=8003 \
	'<a.example>=9001' '<*.w.example>=9002' '<to>=9003'
echo "PASS"
