# SPDX-License-Identifier: ISC
# nginx.sh - nginx servers with a certificate each, for tests and the demo; to be sourced after network.sh

# make_certificate NAME HOST...: $dir/NAME.pem and $dir/NAME.key, valid for the host names
make_certificate() {
	certificate=$1
	shift
	alternatives=$(printf ',DNS:%s' "$@")
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=${alternatives#,}" \
		-keyout "$dir/$certificate.key" -out "$dir/$certificate.pem" >/dev/null 2>&1 || fail "openssl fails"
	cat "$dir/$certificate.pem" >>"$dir/all.pem"
}

# start_nginx NAMESPACE NAME ADDRESS PORT HOST...: answers "NAME", by HTTP on the port and by HTTPS on 443, and to a
# request for /file with $dir/file. Its access log, with address and port of the client, is $dir/NAME.access.log; the
# one that nginx writes if nobody says otherwise is $dir/NAME.combined.log
start_nginx() {
	nginx_ns=$1
	nginx=$2
	nginx_address=$3
	nginx_port=$4
	shift 4
	make_certificate "$nginx" "$@"
	mkdir "$dir/$nginx"
	cat >"$dir/$nginx/nginx.conf" <<-END
	user root;
	daemon off;
	master_process off;
	pid $dir/$nginx/pid;
	error_log $dir/$nginx.error.log;
	events { }
	http {
		client_body_temp_path $dir/$nginx/body;
		proxy_temp_path $dir/$nginx/proxy;
		fastcgi_temp_path $dir/$nginx/fastcgi;
		uwsgi_temp_path $dir/$nginx/uwsgi;
		scgi_temp_path $dir/$nginx/scgi;
		log_format peer '\$remote_addr \$remote_port \$host \$request_uri \$connection_requests';
		access_log $dir/$nginx.access.log peer;
		access_log $dir/$nginx.combined.log;
		default_type text/plain;
		server {
			listen [$nginx_address]:$nginx_port;
			listen [$nginx_address]:443 ssl http2;
			ssl_certificate $dir/$nginx.pem;
			ssl_certificate_key $dir/$nginx.key;
			ssl_protocols TLSv1.2 TLSv1.3;
			location / { return 200 '$nginx\n'; }
			location = /file { alias $dir/file; }
		}
	}
	END
	launch "$nginx" ip netns exec "$nginx_ns" nginx -p "$dir/$nginx" -e "$dir/$nginx.error.log" -c nginx.conf
	wait_for 10 listening "$nginx_ns" "[$nginx_address]" 443 || fail "$nginx does not start"
}
