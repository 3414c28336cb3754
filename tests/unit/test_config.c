/* SPDX-License-Identifier: ISC */
/*
 * test_config.c - every error of a configuration with its line, and what a right one becomes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/schema.h"

#define PREFIX "prefix = \"2001:db8:46::/96\";"
#define TO "to = \"2001:db8:1::1\";"
#define SERVICE(rest) PREFIX "services = ({ ipv4 = \"192.0.2.1\"; tcp = 80; " rest " });"
#define CLIENT(ipv4, ipv6) "{ ipv4 = \"" ipv4 "\"; ipv6 = \"" ipv6 "\"; }"
#define CLIENTS(list) PREFIX "clients = (\n" list ");"
#define MAPS(list) PREFIX "maps = (\n" list ");"
#define AT(tcp, rest) "{ ipv4 = \"192.0.2.1\"; tcp = " tcp "; " rest TO " }"
#define SERVICES(list) PREFIX "services = (\n" list ");"
#define BLOCK(ipv4, tcp, to) "{ ipv4 = \"" ipv4 "\"; tcp = " tcp "; to = \"" to "\"; }"
#define RULE(rest) SERVICE("rules = ({ " rest " });")

static const char everything[] =
	PREFIX "interface = { name = \"tun0\"; mtu = 9000; txqueuelen = 5; offload = false; setup = false; };\n"
	       "router = { ipv4 = \"192.0.2.1\"; ipv6 = \"2001:db8:46::1\"; };\n"
	       "user = \"u\"; group = \"g\";\n"
	       "clients = ( { ipv4 = \"10.0.0.3\"; ipv6 = \"2001:db8::3\"; },\n"
	       "  { ipv4 = \"10.1.0.0/16\"; ipv6 = \"2001:db8:2::/64\"; } ); "
	       "maps = ( { ipv4 = \"192.0.2.20\"; ipv6 = \"2001:db8:1::20\"; } );\n"
	       "services = (\n"
	       "  { name = \"web\"; ipv4 = \"192.0.2.10\"; tcp = [ 80, 443 ];\n"
	       "    rules = (\n"
	       "      { host = \"www.example.org\"; alpn = \"h2\"; to = \"2001:db8:1::1\"; },\n"
	       "      { host = [ \"*.shop.example\", \"Shop.Example.\" ];\n"
	       "        to = [ \"2001:db8:1::2\", \"[2001:db8:1::3]:8443\" ]; },\n"
	       "      { protocol = \"ssh\"; to = \"[2001:db8:1::1]:22\"; },\n"
	       "      { bytes = \"\\x16\\x01\\\"\\\\\\n\"; to = \"2001:db8:1::8\"; }\n"
	       "    );\n"
	       "    to = \"2001:db8:1::9\"; wait = 0.25; silent = \"to\"; refuse = \"drop\"; },\n"
	       "  { ipv4 = \"192.0.2.10\"; tcp = ( 0x16, 25L ); to = \"2001:db8:1::1\"; }\n"
	       ");\n"
	       "tcp = { window_scale = 14; sack = false; timestamps = true; ecn = true; mss = 1400;\n"
	       "        keepalive = false; };\n"
	       "timeouts = { connect = 1; tcp = 1.5; tcp_transitory = 2; silent = 3; udp = 30; };\n"
	       "udp = { zero_checksum = \"pass\"; };\n"
	       "limits = { flows = 1; flows_address = 2; flows_network = 3; waiting = 1;\n"
	       "           buffer = 4096; buffers = 1099511627776L; };\n"
	       "log = { level = \"trace\"; format = \"json\"; sessions = true; };\n";

/** load() - parse @text; @errors gets what was printed but warnings, to be released by free() */
static struct daemon_config *load(const char *text, char **errors)
{
	size_t size;
	FILE *stream = open_memstream(errors, &size);
	struct daemon_config *config = config_load("f", text, stream);

	assert_non_null(stream);
	fclose(stream);
	/* test_warnings.c has them; they are only there without errors */
	if (config)
		(*errors)[0] = '\0';
	return config;
}

static struct daemon_config *load_right(const char *text)
{
	char *errors;
	struct daemon_config *config = load(text, &errors);

	assert_string_equal(errors, "");
	assert_non_null(config);
	free(errors);
	return config;
}

static char *print(const struct daemon_config *config)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	config_print(config, stream);
	fclose(stream);
	return text;
}

/* ---- errors ------------------------------------------------------------------------------ */

/** struct wrong - a configuration with one error, where it is, and a part of what is said about it */
static const struct wrong {
	const char *text;
	const char *where;
	const char *says;
} wrongs[] = {
	/* structure */
	{ "", "f:1:", "'prefix' is missing" },
	{ PREFIX "\nuser = ;", "f:2:", "syntax error" },
	{ PREFIX "\n\nuser = \"a\nb\";", "f:3:", "user or group, allowed are letters" },
	{ PREFIX "\nuser = \"abc;\n\n", "f:2:", "closing quote is missing" },
	{ PREFIX "\n/* abc\n\n", "f:2:", "*/ is missing" },
	{ PREFIX "\nuser = \"\\q\";", "f:2:", "\"\\q\" is unknown in a string" },
	{ PREFIX "\n@include \"x\"\n", "f:2:", "cannot include \"x\"" },
	{ PREFIX "\ngroup = \"a\";\ngroup = \"b\";", "f:3:", "duplicate setting name" },
	{ PREFIX "tcp = {\nsack = true;\n\nsack = false; };", "f:4:", "duplicate setting name" },
	{ PREFIX "\n*x = 1;", "f:2:", "unknown setting '*x'" },
	{ PREFIX "\nbandwidth = ();",
	  "f:2:", "unknown setting 'bandwidth', allowed are prefix, wkpf_strict, clients, maps," },
	{ PREFIX "\nusr = \"a\";", "f:2:", "unknown setting 'usr', did you mean 'user'?" },
	{ "\nprefx = \"2001:db8::/96\";", "f:2:", "did you mean 'prefix'?" },
	{ PREFIX "tcp = {\nwindow_scal\n=\n7; };", "f:2:", "'tcp.window_scal', did you mean 'window_scale'?" },
	{ RULE("\nhst = \"a\";" TO), "f:2:", "'services[0].rules[0].hst', did you mean 'host'?" },
	{ PREFIX "\nuser \"a\";", "f:2:", "syntax error" },
	{ PREFIX "\nuser = root;", "f:2:", "syntax error" },
	{ PREFIX "\nuser = 1 \"s\"", "f:2:", "syntax error" },
	{ PREFIX "\nuser = \"a\"\n\"b\n\n\n", "f:3:", "closing quote is missing" },
	{ PREFIX "\ntcp = {\nsack = true;", "f:4:", "syntax error" },
	{ PREFIX "\nclients = (\n{ }\n{ });", "f:4:", "syntax error" },
	{ PREFIX "\nclients = [ { } ];", "f:2:", "syntax error" },
	{ PREFIX "\nuser =", "f:3:", "syntax error" },
	{ PREFIX "\n}", "f:2:", "syntax error: } closes nothing" },
	{ PREFIX "\nuser = \"a\";;", "f:2:", "syntax error" },
	{ PREFIX "\n1 = 2;", "f:2:", "syntax error" },
	{ PREFIX "\nlog = { level = \"info\" ); };", "f:2:", "syntax error" },
	{ PREFIX "\ninterface = { mtu = 1500a; };", "f:2:", "syntax error" },
	{ PREFIX "\ntimeouts = { tcp = 1.2.3; };", "f:2:", "syntax error" },
	{ PREFIX "\ncontrol = \"run/control\";", "f:2:", "is no path of a socket, it must begin with /" },
	{ PREFIX "\ncontrol = \"/run/\";", "f:2:", "is no path of a socket" },
	{ PREFIX "\nuser = \"a\x01\x7f\";", "f:2:", "\"a\\x01\\x7f\" is no name" },
	{ SERVICES(AT("[ 80, \"a\" ]", "")), "f:2:", "mismatched element type in array" },
	{ PREFIX "\nbytes = \"\n\\X00\";", "f:3:", "no string can contain a NUL byte" },
	{ PREFIX "\n# \"\\x00\n/* \"\\x00\n */ // \"\\q\nusr = \"\";", "f:5:", "did you mean 'user'" },
	{ PREFIX "\n@include \"a", "f:2:", "no closing quote" },
	/* syntax: libconfig says no more than that */
	{ PREFIX "services = (\n" AT("80", "") ",\n);", "f:3:", "syntax error: a comma stands in front of )" },
	{ SERVICE("to = [ \"2001:db8:1::1\",\n];"), "f:2:", "syntax error: a comma stands in front of ]" },
	{ PREFIX "services = (\n" AT("80", "") "\n" AT("81", "") ");",
	  "f:3:", "syntax error: a comma is missing between two elements" },
	{ PREFIX "services = (\n" AT("80", "") ";\n);", "f:2:", "a semicolon between elements, where a comma is" },
	{ "\nprefix = 2001:db8:46::/96;", "f:2:", "syntax error: 2001:db8:46::/96 is neither a number, nor true or" },
	{ PREFIX "\nuser = nobody;", "f:2:", "nobody is neither a number, nor true or false, nor a string in double" },
	{ PREFIX "\nuser = 'nobody';", "f:2:", "syntax error: 'nobody' is neither a number, nor true" },
	{ PREFIX "\nuser = \xe2\x80\x9cnobody\xe2\x80\x9d;", "f:2:", "syntax error: ???nobody??? is neither a number" },
	{ PREFIX "\nlog = { sessions = yes; };", "f:2:", "syntax error: yes is neither a number" },
	{ PREFIX "\ntimeouts = { tcp = 10s; };", "f:2:", "syntax error: 10s is neither a number" },
	{ RULE(TO "\nhost = ( www.example.org );"), "f:2:", "syntax error: www.example.org is neither" },
	{ PREFIX "\nuser \"nobody\";", "f:2:", "syntax error: = is missing behind user" },
	{ PREFIX "\nserver {\n listen 80;\n}", "f:2:", "syntax error: = is missing behind server" },
	{ PREFIX "\nservices = [ { } ];", "f:2:", "groups stand in a list ( ), not in an array [ ]" },
	{ PREFIX "\nservices = (\n{ tcp = 80;\n);", "f:4:", "syntax error: ) where the { of f:3 is open" },
	{ PREFIX "\nservices = (\n];", "f:3:", "syntax error: ] where the ( of f:2 is open" },
	{ PREFIX "\nservices = (\n/* ) */ { } # )\n\n", "f:6:", "syntax error: the ( of f:2 is never closed" },
	{ PREFIX "\nuser = ;", "f:2:", "syntax error in or before this line: user = ;" },
	{ PREFIX "\nuser = \"a;\ngroup = \"b; c", "f:3:", "syntax error, probably in f:2: a string goes on" },
	{ PREFIX "\n{ ipv4 = \"192.0.2.1\"; }", "f:2:", "syntax error: { without a name and = in front of it" },
	{ PREFIX "\nuser = \"a;\ngroup = \"b\";", "f:3:", "quote is missing; before that, in f:2: a string goes on" },
	{ PREFIX "\nuser = \"a\";\nuser = \"b\";", "f:3:", "duplicate setting name: user = \"b\";" },
	{ SERVICES(AT("[ 80, \"a\" ]", "")), "f:2:", "array: values in [ ] are of one type, those in ( ) of any" },
	{ PREFIX "\n@include d/*.conf\n", "f:2:", "include \"d/*.conf\": the name must stand in double quotes" },
	{ PREFIX "\ntimeouts = { tcp = -1.5e3; udp = ( -1, 0x1fL, 1e3, .5, TRUE ; };", "f:2:", "a semicolon between" },
	/* names of settings: what is meant, where it belongs, or what there is */
	{ PREFIX "\nlogs = { };", "f:2:", "unknown setting 'logs', did you mean 'log'?" },
	{ PREFIX "\nlog = { levle = \"info\"; };", "f:2:", "'log.levle', did you mean 'level'?" },
	{ PREFIX "\nlevel = \"info\";", "f:2:", "unknown setting 'level' here, it belongs into 'log'" },
	{ PREFIX "\nserver = ();", "f:2:", "unknown setting 'server', allowed are prefix, " },
	{ PREFIX "\ntls = { };", "f:2:", "unknown setting 'tls', allowed are prefix, " },
	{ SERVICE(TO "\nprotocol = \"tls\";"), "f:2:", "'services[0].protocol' here, it belongs into 'rules'" },
	{ SERVICE(TO "\nipv6 = \"2001:db8:1::1\";"), "f:2:", "'services[0].ipv6', allowed are name, ipv4, tcp" },
	{ SERVICE(TO "\nlimits = { };"), "f:2:", "'services[0].limits' here, it belongs beside 'prefix'" },
	{ RULE("host = \"a\"; " TO "\nwait = 1;"), "f:2:", "'services[0].rules[0].wait' here, it belongs into 'serv" },
	{ SERVICE("name = \"web\"; rules = (\n{ host = \"a b\"; " TO " });"),
	  "f:2:", "services[web].rules[0].host: \"a b\" is no host name" },
	/* types */
	{ PREFIX "\ninterface = { mtu = \"1500\"; };", "f:2:", "an integer is needed, without quotes" },
	{ PREFIX "\nlog = { sessions = \"true\"; };", "f:2:", "true or false is needed, without quotes" },
	{ PREFIX "\ntimeouts = { udp = \"1\"; };", "f:2:", "a number of seconds is needed, without quotes" },
	{ PREFIX "\nuser = 5;", "f:2:", "user: 5 is of the wrong type, a string is needed" },
	{ PREFIX "\nuser = [ \"a\" ];", "f:2:", "an array [ ] is of the wrong type, a string" },
	{ PREFIX "\ntcp = 5;", "f:2:", "tcp: 5 is of the wrong type, a group" },
	{ PREFIX "\ntcp = { sack = \"yes\"; };", "f:2:", "\"yes\" is of the wrong type, true or false" },
	{ PREFIX "\ntcp = { mss = 5.5; };", "f:2:", "5.5 is of the wrong type, an integer" },
	{ PREFIX "\nclients = { };", "f:2:", "a group { } is of the wrong type, a list" },
	{ PREFIX "\nclients = (\n\"a\" );", "f:3:", "clients[0]: \"a\" is of the wrong type, a group" },
	{ PREFIX "\ntimeouts = { tcp = \"a\"; };", "f:2:", "a number of seconds is needed" },
	{ SERVICE("rules = ({ host = (\n\"a.b\",\ntrue\n); " TO " });"),
	  "f:3:", "host[1]: true is of the wrong type" },
	/* ranges; 32 bit integers of these would be right */
	{ SERVICE(TO) "\ninterface = { mtu = 4294968796; };",
	  "f:2:", "4294968796 is out of range: more than 32 bits need an L" },
	{ SERVICES(AT("4294967376", "")), "f:2:", "4294967376 is out of range" },
	{ SERVICES(AT("[ 80,\n0x100000050\n]", "")), "f:3:", "0x100000050 is out of range" },
	{ PREFIX "\nlimits = { buffers = 8589934592; };", "f:2:", "8589934592 is out of range: more than 32 bits" },
	{ PREFIX "\nlimits = { flows\n= 4294967297; };", "f:3:", "4294967297 is out of range" },
	{ PREFIX "\nlimits = { flows = 0x80000000; };", "f:2:", "0x80000000 is out of range" },
	{ PREFIX "\nlimits = { flows = 0x10000000000000001L; };",
	  "f:2:", "0x10000000000000001 is out of range: no integer has more than 64 bits" },
	{ PREFIX "\nlimits = { flows = 0x100000001L; };", "f:2:", "flows: 4294967297 is out of range, allowed" },
	{ PREFIX "\nlimits = { flows = 1; waiting = 4294967297; };", "f:2:", "4294967297 is out of range: more" },
	{ PREFIX "\nlimits = { flows = 99999999999999999999; };",
	  "f:2:", "99999999999999999999 is out of range: no integer" },
	{ PREFIX "\nlimits = { flows = 16777216; };",
	  "f:2:", "flows: 16777216 is out of range, allowed are 1 to 16777215" },
	{ PREFIX "\nlimits = { flows = 0; };", "f:2:", "flows: 0 is" },
	{ PREFIX "\nlimits = { flows_address = 0; };", "f:2:", "flows_address: 0 is" },
	{ PREFIX "\nlimits = { flows_network = 16777216; };", "f:2:", "flows_network: 16777216 is" },
	{ PREFIX "\nlimits = { waiting = 1048577; };", "f:2:", "waiting: 1048577 is" },
	{ PREFIX "\nlimits = { buffer = 4095; };", "f:2:", "buffer: 4095 is" },
	{ PREFIX "\nlimits = { buffer = 65537; };", "f:2:", "buffer: 65537 is" },
	{ PREFIX "\nlimits = { buffers = 1099511627777L; };", "f:2:", "buffers: 1099511627777 is" },
	{ PREFIX "\nlimits = { buffers = 8192; };",
	  "f:2:", "'buffers' (8192) must not be less than 'buffer' (32768)" },
	{ PREFIX "\ninterface = { mtu = 1279; };", "f:2:", "1279 is out of range" },
	{ PREFIX "\ninterface = { mtu = 65536; };", "f:2:", "65536 is out of range" },
	{ PREFIX "\ninterface = { mtu = -4294965796; };", "f:2:", "-4294965796 is out of range" },
	{ PREFIX "\ninterface = { txqueuelen = 0; };", "f:2:", "0 is out of range" },
	{ PREFIX "\ntimeouts = { tcp = 2592001; };", "f:2:", "2592001 is out of range, allowed are 1 to 2592000" },
	{ PREFIX "\ntcp = { window_scale = 15; };", "f:2:", "15 is out of range, allowed are 0 to 14" },
	{ PREFIX "\ntcp = { mss = 535; };",
	  "f:2:", "535 is out of range, allowed are 0 (from the MTU) and 536" },
	{ PREFIX "\ntcp = { mss = 65476; };", "f:2:", "65476 is out of range" },
	{ PREFIX "\ntcp = { timestamps = false;\necn = true; };", "f:3:", "'ecn' needs 'timestamps'" },
	{ PREFIX "\ntimeouts = { connect = 0.999; };", "f:2:", "0.999 is out of range, allowed are 1 to" },
	{ PREFIX "\ntimeouts = { silent = 0; };", "f:2:", "silent: 0 is out of range, allowed are 1 to 2592000" },
	{ PREFIX "\ntimeouts = { tcp = 1e300; };", "f:2:", "1e+300 is out of range" },
	{ SERVICE(TO "\nwait = 0.09;"), "f:2:", "0.09 is out of range, allowed are 0.1 to 3600 seconds" },
	{ SERVICE(TO "\nwait = -4294967291;"), "f:2:", "-4294967291 is out of range" },
	/* prefix */
	{ "prefix = \"2001:db8:46::1/96\";", "f:1:", "host bits set, \"2001:db8:46::/96\" would be right" },
	{ "prefix = \"2001:db8::/33\";", "f:1:", "has length 33, allowed are /32 /40 /48 /56 /64 /96" },
	{ "prefix = \"2001:db8::\";", "f:1:", "has no length, allowed are /32" },
	{ "prefix = \"2001:db8::/\";", "f:1:", "no valid prefix length" },
	{ "prefix = \"2001:db8::/129\";", "f:1:", "no valid prefix length, allowed are /0 to /128" },
	{ "prefix = \"2001:db8:0:0:100::/96\";", "f:1:", "bits 64 to 71 set" },
	{ "prefix = \"::ffff:0:0/96\";", "f:1:", "::ffff:0:0/96" },
	{ "prefix = \"::/32\";", "f:1:", "::/96" },
	{ "prefix = \"::/96\";", "f:1:", "::/96" },
	{ "prefix = \"fe80::/96\";", "f:1:", "link-local" },
	{ "prefix = \"ff02::/96\";", "f:1:", "multicast" },
	{ "prefix = \"10.0.0.0/8\";", "f:1:", "is an IPv4 address, an IPv6 address is needed" },
	{ "prefix = \"x\";", "f:1:", "\"x\" is not an IPv6 address" },
	/* router, accounts, names */
	{ PREFIX "\nrouter = { ipv4 = \"2001:db8::1\"; };",
	  "f:2:", "is an IPv6 address, an IPv4 address is needed" },
	{ PREFIX "\nrouter = { ipv4 = \"224.0.0.1\"; };", "f:2:", "cannot be of hosts" },
	{ PREFIX "\nrouter = { ipv6 = \"fe80::1\"; };", "f:2:", "link-local" },
	{ PREFIX "\nuser = \"\";", "f:2:", "1 to 32 characters" },
	{ PREFIX "\nuser = \"1a\";", "f:2:", "allowed are letters" },
	{ PREFIX "\nuser = \"a b\";", "f:2:", "allowed are letters" },
	{ PREFIX "\nuser = \"a\\x00b\";", "f:2:", "\"\\x00\": no string can contain a NUL byte" },
	{ PREFIX "\ninterface = { name = \"1234567890123456\"; };", "f:2:", "1 to 15 characters" },
	{ PREFIX "\ninterface = { name = \"a/b\"; };", "f:2:", "is no device name" },
	{ PREFIX "\ninterface = { name = \"a:b\"; };", "f:2:", "is no device name" },
	{ PREFIX "\ninterface = { name = \"tun%d\"; };", "f:2:", "is no device name" },
	{ PREFIX "\ninterface = { name = \"a b\"; };", "f:2:", "is no device name" },
	{ PREFIX "\ninterface = { name = \"..\"; };", "f:2:", "is no device name" },
	{ PREFIX "\ninterface = { name = \"\"; };", "f:2:", "1 to 15 characters" },
	{ PREFIX "\nlog = { level = \"loud\"; };",
	  "f:2:", "\"loud\" is unknown, allowed are \"error\", \"warning\", \"info\"" },
	{ PREFIX "\nrouter = { ipv4 = \"192.0.2.1/24\"; };", "f:2:", "is not an IPv4 address, it has a length" },
	{ PREFIX "\nrouter = { ipv6 = \"2001:db8:1::1/64\"; };", "f:2:", "is not an IPv6 address, it has a length" },
	/* clients */
	{ PREFIX "\nclients = ({ ipv4 = \"10.0.0.3\"; });", "f:2:", "clients[0]: 'ipv6' is missing" },
	{ CLIENTS(CLIENT("10.0.0.3/24", "2001:db8::/64")), "f:2:", "\"10.0.0.0/24\" would be right" },
	{ CLIENTS(CLIENT("10.0.0.0/24", "2001:db8::1/64")), "f:2:", "\"2001:db8::/64\" would be right" },
	{ CLIENTS(CLIENT("10.0.0.0/24", "2001:db8::/121")),
	  "f:2:", "has 7 host bits, fewer than the 8 of ipv4 /24; allowed are /0 to /120" },
	{ CLIENTS(CLIENT("10.0.0.3/33", "2001:db8::/64")), "f:2:", "allowed are /0 to /32" },
	{ CLIENTS(CLIENT("0.0.0.0/0", "2001:db8::/64")), "f:2:", "cannot be of hosts" },
	{ CLIENTS(CLIENT("10.0.0.3", "2001:db8::3") ",\n" CLIENT("10.0.0.3/32", "2001:db8::4")),
	  "f:3:", "clients[1]: ipv4 \"10.0.0.3/32\" is already mapped in f:2" },
	{ CLIENTS(CLIENT("10.0.0.4", "2001:db8::3") ",\n" CLIENT("10.0.0.3", "2001:db8::3")),
	  "f:3:", "ipv6 \"2001:db8::3\" is already mapped in f:2" },
	/* maps, which share one table with the clients */
	{ PREFIX "\nmaps = ({ ipv6 = \"2001:db8::3\"; });", "f:2:", "maps[0]: 'ipv4' is missing" },
	{ MAPS(CLIENT("192.0.2.0/24", "2001:db8::/121")), "f:2:", "maps[0]: ipv6 /121 has 7 host bits, fewer than" },
	{ MAPS(CLIENT("192.0.2.20", "2001:db8::3") ",\n" CLIENT("192.0.2.20", "2001:db8::4")),
	  "f:3:", "maps[1]: ipv4 \"192.0.2.20\" is already mapped in f:2" },
	{ MAPS(CLIENT("192.0.2.20", "2001:db8::3")) "clients = (\n" CLIENT("192.0.2.20", "2001:db8::4") ");",
	  "f:2:", "maps[0]: ipv4 \"192.0.2.20\" is already mapped in f:3" },
	{ MAPS(CLIENT("192.0.2.20", "2001:db8::3")) "clients = (\n" CLIENT("10.0.0.1", "2001:db8::3") ");",
	  "f:2:", "maps[0]: ipv6 \"2001:db8::3\" is already mapped in f:3" },
	{ MAPS(CLIENT("192.0.2.0/24", "2001:db8:46::/95")),
	  "f:2:", "maps[0]: ipv6 \"2001:db8:46::/95\" covers 'prefix' and would take its addresses" },
	{ CLIENTS(CLIENT("10.0.0.0/24", "2001:db8:46::/96")),
	  "f:2:", "clients[0]: ipv6 \"2001:db8:46::/96\" covers 'prefix'" },
	{ MAPS(CLIENT("192.0.2.20", "2001:db8::3")) "router = { ipv4 = \"192.0.2.20\"; };",
	  "f:2:", "maps[0]: ipv4 \"192.0.2.20\" belongs to 'router'" },
	{ MAPS(CLIENT("192.0.2.20", "2001:db8::3")) "router = { ipv6 = \"2001:db8::3\"; };",
	  "f:2:", "maps[0]: ipv6 \"2001:db8::3\" belongs to 'router'" },
	{ MAPS(CLIENT("192.0.2.20", "[2001:db8::3]:80")), "f:2:", "address, which stands here without brackets and" },
	/* services */
	{ PREFIX "services = (\n{ tcp = 80; " TO " });", "f:2:", "services[0]: 'ipv4' is missing" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1\"; " TO " });", "f:2:", "services[0]: 'tcp' or 'udp' is missing" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1\"; tcp = []; " TO " });", "f:2:", "at least one value" },
	{ PREFIX "services = (\n{ ipv4 = \"127.0.0.1\"; tcp = 80; " TO " });", "f:2:", "cannot be of hosts" },
	{ PREFIX "services = (\n{ ipv4 = \"0.0.0.1\"; tcp = 80; " TO " });", "f:2:", "cannot be of hosts" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1\"; tcp = 80; });", "f:2:", "none of 'rules', 'hosts' and 'to'" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1\"; tcp = 80; rules = (); });",
	  "f:2:", "none of 'rules', 'hosts' and 'to'" },
	{ SERVICES(AT("[ 80, 81 ]", "name = \"a\"; ") ",\n" AT("81", "")),
	  "f:3:", "\"192.0.2.1\" tcp port 81 already belongs to the service 'a' in f:2" },
	{ SERVICES(AT("[ 80, 80 ]", "")), "f:2:", "tcp port 80 already" },
	{ SERVICES("{ ipv4 = \"192.0.2.1\"; tcp = 53; udp = [ 53, 53 ]; " TO " }"), "f:2:", "udp port 53 already" },
	{ SERVICES(AT("( 80,\n\"8000\" )", "")), "f:3:", "tcp[1]: \"8000\" is no range of ports like \"8000-8099\"" },
	{ SERVICES(AT("\"8000-7999\"", "")), "f:2:", "is no range of ports" },
	{ SERVICES(AT("\"0-7999\"", "")), "f:2:", "is no range of ports" },
	{ SERVICES(AT("\"-7999\"", "")), "f:2:", "is no range of ports" },
	{ SERVICES(AT("\"1-65536\"", "")), "f:2:", "is no range of ports" },
	{ SERVICES(AT("\"000001-2\"", "")), "f:2:", "is no range of ports" },
	{ SERVICES(AT("\"1-\"", "")), "f:2:", "is no range of ports" },
	{ SERVICES(AT("true", "")), "f:2:", "tcp: true is of the wrong type, a port, or a string for a range is" },
	{ SERVICES(AT("( 1, \"8000-8010\" )", "name = \"a\"; ") ",\n" AT("\"8010-8020\"", "")),
	  "f:3:", "\"192.0.2.1\" tcp port 8010 already belongs to the service 'a' in f:2" },
	{ SERVICES(AT("\"8000-8010\"", "") ",\n" AT("[ 7999, 8005 ]", "")),
	  "f:3:", "tcp port 8005 already belongs to the service '192.0.2.1:8000-8010' in f:2" },
	{ SERVICES(AT("8005", "") ",\n" AT("\"8000-8010\"", "")),
	  "f:3:", "tcp port 8005 already belongs to the service '192.0.2.1:8005' in f:2" },
	{ SERVICES("{ ipv4 = \"192.0.2.1\"; tcp = \"80-90\"; to = [ \"2001:db8:1::1\",\n\"[2001:db8:1::1]:90\" ]; }"),
	  "f:3:", "to[1]: \"[2001:db8:1::1]:90\" is listed twice" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1\"; udp = 0; " TO " });",
	  "f:2:", "services[0].udp: 0 is out of range" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1\"; udp = 53; });", "f:2:", "none of 'rules', 'hosts' and 'to'" },
	{ PREFIX "services = ({ ipv4 = \"192.0.2.1\"; udp = 53; " TO "\nrules = ({ host = \"a\"; " TO " }); });",
	  "f:2:", "services[0].rules: rules are for 'tcp', which the service does not have" },
	{ SERVICE("udp = 80; rules = ({ host = \"a\"; " TO " });"), "f:1:", "services[0]: 'udp' needs 'to'" },
	{ PREFIX "\nudp = { zero_checksum = \"make\"; };",
	  "f:2:", "is unknown, allowed are \"compute\", \"drop\", \"pass\"" },
	{ PREFIX "\ntimeouts = { udp = 0; };", "f:2:", "udp: 0 is out of range, allowed are 1 to 2592000" },
	{ SERVICES(AT("80", "name = \"a\"; ") ",\n" AT("81", "name = \"a\"; ")),
	  "f:3:", "name 'a' already belongs to the service in f:2" },
	{ SERVICE(TO "\nname = \"a b\";"), "f:2:", "no name of a service" },
	{ SERVICE(TO "\nrefuse = \"polite\";"), "f:2:", "is unknown, allowed are \"reset\", \"answer\", \"drop\"" },
	{ SERVICE(TO "\nsilent = \"drop\";"), "f:2:", "silent: \"drop\" is unknown, allowed are \"to\", \"refuse\"" },
	{ SERVICE("rules = ({ host = \"a\"; " TO " });\nsilent = true;"),
	  "f:2:", "true is of the wrong type, a string" },
	{ SERVICE("rules = (\n\"a\");"), "f:2:", "rules[0]: \"a\" is of the wrong type, a group" },
	/* blocks of addresses */
	{ SERVICES(BLOCK("192.0.2.1/28", "80", "2001:db8:1::1")), "f:2:", "\"192.0.2.0/28\" would be right" },
	{ SERVICES(BLOCK("0.0.0.0/0", "80", "2001:db8:1::/96")), "f:2:", "cannot be of hosts" },
	{ SERVICES(BLOCK("192.0.2.0/33", "80", "2001:db8:1::1")), "f:2:", "allowed are /0 to /32" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "2001:db8:1::/125")),
	  "f:2:", "to: \"2001:db8:1::/125\" is a block of another size than 'ipv4' of the service, /124 would be right "
		  "for /28" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "[2001:db8:1::/64]:8080")), "f:2:", "/124 would be right for /28" },
	{ SERVICES(BLOCK("192.0.2.0", "80", "2001:db8:1::/124")),
	  "f:2:", "\"2001:db8:1::/124\" is a block of servers, but 'ipv4' of the service is one address" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "2001:db8:1::8/124")), "f:2:", "\"2001:db8:1::/124\" would be right" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "[2001:db8:1::]/124")), "f:2:", "a length stands inside the brackets" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "[2001:db8:1::/124]:0")), "f:2:", "has no valid port" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "[2001:db8:1::/]")), "f:2:", "has no valid prefix length" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "2001:db8:46::/124")), "f:2:", "belongs to 'prefix'" },
	{ SERVICES(BLOCK("128.0.0.0/2", "80", "2001:db8:40::/98")) "router = { ipv6 = \"2001:db8:40::1000:1\"; };",
	  "f:2:", "belongs to 'router'" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "2001:db8:1::/124"))
	  "clients = (" CLIENT("10.0.0.1", "2001:db8:1::7") ");", "f:2:", "belongs to 'clients'" },
	{ SERVICES(BLOCK("192.0.2.0/28", "80", "2001:db8:1::1") ",\n" BLOCK("192.0.2.0/28", "80", "2001:db8:1::1")),
	  "f:3:", "\"192.0.2.0/28\" tcp port 80 already belongs to the service '192.0.2.0/28:80' in f:2" },
	{ SERVICES("{ ipv4 = \"192.0.2.0/28\"; tcp = 80; to = [ \"2001:db8:1::/124\",\n\"2001:db8:1::7\" ]; }"),
	  "f:3:", "to[1]: \"2001:db8:1::7\" is listed twice" },
	/* servers */
	{ SERVICE("\nto = [];"), "f:2:", "at least one value" },
	{ SERVICE("\nto = \"10.0.0.1\";"), "f:2:", "is an IPv4 address, an IPv6 address is needed" },
	{ SERVICE("\nto = \"2001:db8:1::1:\";"), "f:2:", "not an IPv6 address" },
	{ SERVICE("\nto = \"[2001:db8:1::1\";"), "f:2:", "is no server" },
	{ SERVICE("\nto = \"[2001:db8:1::1]:0\";"), "f:2:", "no valid port" },
	{ SERVICE("\nto = \"[2001:db8:1::1]:65536\";"), "f:2:", "no valid port" },
	{ SERVICE("\nto = \"[2001:db8:1::1]:4294967376\";"), "f:2:", "no valid port" },
	{ SERVICE("\nto = \"fe80::1\";"), "f:2:", "link-local" },
	{ SERVICE("\nto = \"\";"), "f:2:", "\"\" is not an IPv6 address; allowed are \"ADDRESS\" and \"[ADD" },
	{ SERVICE("\nto = \"2001:db8:1:2:3:4:5:6:80\";"), "f:2:", "is not an IPv6 address; allowed are" },
	{ SERVICE("\nto = \"192.0.2.1:80\";"), "f:2:", "is not an IPv6 address, it has a port; allowed are" },
	{ SERVICE("\nto = \"a.example\";"), "f:2:", "is not an IPv6 address, and names are not looked up; allowed" },
	{ PREFIX "services = (\n{ ipv4 = \"192.0.2.1:80\"; tcp = 80; " TO " });",
	  "f:2:", "ipv4: \"192.0.2.1:80\" is not an IPv4 address, it has a port" },
	{ SERVICE("\nto = \"::1\";"), "f:2:", "loopback" },
	{ SERVICE("\nto = \"2001:db8:46::1\";"), "f:2:", "belongs to 'prefix'" },
	{ SERVICE("\nto = \"2001:db8:2::3\";") "clients = (" CLIENT("10.0.0.3", "2001:db8:2::3") ");",
	  "f:2:", "to: \"2001:db8:2::3\" belongs to 'clients'" },
	{ SERVICE("to = [ \"2001:db8:1::1\",\n\"fe80::1\" ];"), "f:2:", "to[1]: \"fe80::1\" cannot be used" },
	{ SERVICE("\nto = \"2001:db8:5::1\";") "router = { ipv6 = \"2001:db8:5::1\"; };",
	  "f:2:", "belongs to 'router'" },
	{ SERVICE("to = [ \"2001:db8:1::1\",\n\"2001:db8:1:0::1\" ];"), "f:2:", "is listed twice" },
	{ SERVICE("to = [ \"2001:db8:1::1\",\n\"[2001:db8:1::1]:80\" ];"),
	  "f:2:", "to[1]: \"[2001:db8:1::1]:80\" is listed twice" },
	{ SERVICES("{ ipv4 = \"192.0.2.1\"; tcp = [ 80, 443 ]; rules = ({ host = \"a\";\n"
		   "to = [ \"[2001:db8:1::1]:443\", \"2001:db8:1::1\" ]; }); }"),
	  "f:3:", "rules[0].to[1]: \"2001:db8:1::1\" is listed twice" },
	/* rules */
	{ RULE("\nhost = \"a\";"), "f:1:", "'to' is missing" },
	{ SERVICE("rules = (\n{ " TO " });"), "f:2:", "rule without a condition" },
	{ RULE(TO "\nhost = \"\";"), "f:2:", "is empty" },
	{ RULE(TO "\nhost = \"a..b\";"), "f:2:", "empty label" },
	{ RULE(TO "\nhost = \".a\";"), "f:2:", "empty label" },
	{ RULE(TO "\nhost = \"b\xc3\xbc"
		  "cher.example\";"),
	  "f:2:", "xn--" },
	{ RULE(TO "\nhost = \"a.*.b\";"), "f:2:", "* is only allowed" },
	{ RULE(TO "\nhost = \"*\";"), "f:2:", "is no host name; 'to' of the service is for all other names" },
	{ RULE(TO "\nhost = \"**\";"), "f:2:", "* is only allowed" },
	{ RULE(TO "\nhost = \"*.\";"), "f:2:", "\"*.\" is no host name, a name must follow" },
	{ RULE(TO "\nhost = \"a.example:443\";"), "f:2:", "a port is not a part of it" },
	{ RULE(TO "\nhost = \"https://a.example/\";"), "f:2:", "is no host name but a URL" },
	{ RULE(TO "\nhost = \"*a.b\";"), "f:2:", "* is only allowed" },
	{ RULE(TO "\nhost = \"a b\";"), "f:2:", "allowed are letters" },
	{ RULE(TO "\nhost = \"192.0.2.1\";"), "f:2:", "is an address" },
	{ RULE(TO "\nalpn = \"\";"), "f:2:", "1 to 255 characters" },
	{ RULE(TO "\nprotocol = \"smtp\";"), "f:2:", "is unknown, allowed are \"tls\", \"http\", \"ssh\"" },
	{ RULE(TO "\nbytes = \"\";"), "f:2:", "matches everything" },
	{ SERVICE("rules = (\n{ host = \"a.b\"; " TO " },\n{ host = [ \"c\",\n\"A.B.\" ]; " TO " });"),
	  "f:3:", "rule with host \"a.b\" has the same conditions as the one in f:2" },
	{ SERVICE("rules = (\n{ bytes = \"\\x41\"; " TO " },\n{ bytes = \"A\"; " TO " });"),
	  "f:3:", "rule with bytes \"A\" has the same conditions" },
};

static void test_one_error_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *wrong = &wrongs[i];
		char *errors, *newline;

		if (load(wrong->text, &errors))
			fail_msg("accepted: %s", wrong->text);
		newline = strchr(errors, '\n');
		if (!newline || newline[1] || strncmp(errors, wrong->where, strlen(wrong->where)) != 0 ||
		    !strstr(errors, ": error: ") || !strstr(errors, wrong->says))
			fail_msg("%s\nexpected one line: %s ... %s\nbut got: %s", wrong->text, wrong->where,
				 wrong->says, errors);
		free(errors);
	}
}

static void test_eight_errors(void **state)
{
	static const char text[] = "prefix = \"::ffff:0:0/96\";		# unusable\n"
				   "interface = { mtu = 4294968796;		# wraps to 1500\n"
				   "  nmae = \"x\"; };			# unknown\n"
				   "clients = ( { ipv4 = \"10.0.0.3/24\";	# host bits\n"
				   "  ipv6 = \"10.0.0.4\"; } );		# family\n"
				   "services = (\n"
				   "  { ipv4 = \"192.0.2.1\"; tcp = 80; to = \"2001:db8::1\"; },\n"
				   "  { ipv4 = \"192.0.2.1\"; tcp = 80; to = \"2001:db8::1\"; }	# overlap\n"
				   ");\n"
				   "tcp = { sack = 1;			# type\n"
				   "  window_scale = 15; };		# range\n";
	static const int lines[] = { 1, 2, 3, 4, 5, 8, 10, 11 };
	char *errors, *line;
	int number;

	(void)state;
	assert_null(load(text, &errors));
	line = errors;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(sscanf(line, "f:%d: error: ", &number), 1);
		assert_int_equal(number, lines[i]);
		line = strchr(line, '\n') + 1;
	}
	assert_string_equal(line, "");
	free(errors);
}

static void test_too_many_servers(void **state)
{
	char text[16384] = PREFIX "services = ({ ipv4 = \"192.0.2.1\"; tcp = 80; to = [ \"2001:db8:1::1000\"";
	struct daemon_config *config;
	char *errors;

	(void)state;
	for (unsigned int i = 1; i < SERVERS_MAX; i++)
		sprintf(text + strlen(text), ", \"2001:db8:1::%x\"", i);
	strcat(text, " ]; });");
	config = load_right(text);
	assert_int_equal(config->engine.services[0].fallback.count, SERVERS_MAX);
	config_free(config);
	strcpy(strstr(text, " ]; });"), ", \"2001:db8:1::2000\" ]; });");
	assert_null(load(text, &errors));
	assert_string_equal(errors, "f:1: error: services[0].to: 257 servers are too many, allowed are 256\n");
	free(errors);
}

static void test_deep_nesting(void **state)
{
	static char text[100006] = "x = ";
	char *errors;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		text[4 + i] = '(';
	assert_null(load(text, &errors));
	assert_non_null(strstr(errors, "f:1: error: memory exhausted"));
	free(errors);
}

/* ---- right configurations ---------------------------------------------------------------- */

static void test_defaults(void **state)
{
	struct daemon_config *config = load_right(PREFIX);
	const struct engine_config *engine = &config->engine;

	(void)state;
	assert_string_equal(config->interface.name, "nat46");
	assert_int_equal(config->interface.mtu, 1500);
	assert_int_equal(config->interface.txqueuelen, 1000);
	assert_true(config->interface.offload && config->interface.setup);
	assert_string_equal(config->user, "nat46d");
	assert_string_equal(config->group, "nat46d");
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(config->log_format, LOG_FORMAT_TEXT);
	assert_false(config->log_sessions);
	assert_int_equal(engine->plan.prefix.length, 96);
	assert_memory_equal(engine->plan.prefix.address.byte, "\x20\x01\x0d\xb8\0\x46\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(engine->plan.client_count, 0);
	assert_int_equal(engine->service_count, 0);
	assert_int_equal(engine->router_ipv4, 0);
	assert_false(engine->has_router_ipv6);
	assert_int_equal(engine->mtu, 1500);
	assert_int_equal(engine->lowest_ipv6_mtu, 1280);
	assert_true(engine->copy_tos);
	assert_int_equal(engine->tcp.window_scale, 7);
	assert_true(engine->tcp.sack && engine->tcp.timestamps && !engine->tcp.ecn);
	assert_int_equal(engine->tcp.mss, 0);
	assert_true(engine->clamp_mss && engine->keepalive);
	assert_int_equal(engine->timeouts.connect, INT64_C(10000000000));
	assert_int_equal(engine->timeouts.tcp, INT64_C(7440000000000));
	assert_int_equal(engine->timeouts.tcp_transitory, INT64_C(240000000000));
	assert_int_equal(engine->timeouts.silent, INT64_C(60000000000));
	assert_int_equal(engine->timeouts.udp, INT64_C(300000000000));
	assert_int_equal(engine->zero_checksum, ZERO_CHECKSUM_COMPUTE);
	assert_int_equal(engine->limits.flows, 1048576);
	assert_int_equal(engine->limits.flows_address, 65536);
	assert_int_equal(engine->limits.flows_network, 262144);
	assert_int_equal(engine->limits.waiting, 65536);
	assert_int_equal(engine->limits.buffer, 32768);
	assert_int_equal(engine->limits.buffers, 67108864);
	assert_int_equal(engine->limits.fragments, 4194304);
	config_free(config);
}

static void test_settings(void **state)
{
	struct daemon_config *config = load_right(everything);
	const struct engine_config *engine = &config->engine;
	size_t client;

	(void)state;
	assert_string_equal(config->interface.name, "tun0");
	assert_int_equal(config->interface.txqueuelen, 5);
	assert_false(config->interface.offload || config->interface.setup);
	assert_string_equal(config->user, "u");
	assert_string_equal(config->group, "g");
	assert_int_equal(config->log_level, LOG_LEVEL_TRACE);
	assert_int_equal(config->log_format, LOG_FORMAT_JSON);
	assert_true(config->log_sessions);
	assert_int_equal(engine->mtu, 9000);
	assert_int_equal(engine->router_ipv4, 0xc0000201);
	assert_true(engine->has_router_ipv6);
	assert_int_equal(engine->router_ipv6.byte[15], 1);
	assert_int_equal(engine->plan.client_count, 2);
	assert_int_equal(engine->plan.count, 3);
	assert_int_equal(engine->plan.mappings[0].ipv4.address, 0x0a000003);
	assert_int_equal(engine->plan.mappings[0].ipv4.length, 32);
	assert_int_equal(engine->plan.mappings[0].ipv6.length, 128);
	assert_int_equal(engine->plan.mappings[1].ipv4.length, 16);
	assert_int_equal(engine->plan.mappings[1].ipv6.length, 64);
	assert_true(eam_find_ipv4(&engine->plan.index, 0x0a000003, &client));
	assert_int_equal(client, 0);
	assert_true(eam_find_ipv4(&engine->plan.index, 0xc0000214, &client));
	assert_int_equal(client, 2);
	assert_int_equal(engine->plan.mappings[2].ipv6.address.byte[15], 0x20);
	assert_int_equal(engine->tcp.window_scale, 14);
	assert_false(engine->tcp.sack);
	assert_true(engine->tcp.timestamps && engine->tcp.ecn);
	assert_int_equal(engine->tcp.mss, 1400);
	assert_false(engine->keepalive);
	assert_int_equal(engine->timeouts.connect, INT64_C(1000000000));
	assert_int_equal(engine->timeouts.tcp, INT64_C(1500000000));
	assert_int_equal(engine->timeouts.silent, INT64_C(3000000000));
	assert_int_equal(engine->timeouts.udp, INT64_C(30000000000));
	assert_int_equal(engine->zero_checksum, ZERO_CHECKSUM_PASS);
	assert_int_equal(engine->limits.flows, 1);
	assert_int_equal(engine->limits.flows_address, 2);
	assert_int_equal(engine->limits.flows_network, 3);
	assert_int_equal(engine->limits.buffers, INT64_C(1) << 40);
	config_free(config);
}

/** Only the well-known prefix is for global addresses alone, and only unless that is switched off. */
static void test_well_known_prefix(void **state)
{
	static const struct {
		const char *text;
		bool global_only;
	} cases[] = {
		{ "prefix = \"64:ff9b::/96\";", true },
		{ "prefix = \"64:ff9b::/96\"; wkpf_strict = false;", false },
		{ "prefix = \"64:ff9b:1::/96\";", false },
		{ "prefix = \"64:ff9b::/64\";", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct daemon_config *config = load_right(cases[i].text);

		assert_int_equal(config->engine.plan.global_only, cases[i].global_only);
		config_free(config);
	}
}

/** A server may have an address in the prefix, if a map says that it exists (RFC 6052: IPv4-translatable). */
static void test_server_in_prefix(void **state)
{
	struct daemon_config *config = load_right(SERVICE("to = \"2001:db8:46::c000:214\";")
						  "maps = (" CLIENT("192.0.2.20", "2001:db8:46::c000:214") ");");

	(void)state;
	assert_int_equal(config->engine.server_count, 1);
	config_free(config);
}

static void test_services(void **state)
{
	static const uint16_t ports[] = { 22, 25, 80, 443 };
	struct daemon_config *config = load_right(everything);
	const struct service *services = config->engine.services;

	(void)state;
	assert_int_equal(config->engine.service_count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct server_set *to = &services[i].fallback;

		assert_true(to->count == 0 || service_is_server(&config->engine, &to->servers[0].address));
	}
	assert_false(service_is_server(&config->engine, &config->engine.router_ipv6));
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(services[i].address, 0xc000020a);
		assert_int_equal(services[i].port, ports[i]);
	}
	assert_string_equal(services[0].name, "192.0.2.10:22");
	assert_string_equal(services[1].name, "192.0.2.10:25");
	assert_int_equal(services[0].rule_count, 0);
	assert_int_equal(services[0].wait, INT64_C(5000000000));
	assert_int_equal(services[0].refusal, REFUSE_RESET);
	assert_int_equal(services[0].line, 16);
	assert_string_equal(services[2].name, "web");
	assert_string_equal(services[3].name, "web");
	assert_int_equal(services[3].rule_count, 5);
	assert_ptr_equal(services[2].rules, services[3].rules);
	assert_int_equal(services[3].fallback.count, 1);
	assert_int_equal(services[3].fallback.servers[0].address.byte[15], 9);
	assert_int_equal(services[3].wait, INT64_C(250000000));
	assert_int_equal(services[3].refusal, REFUSE_DROP);
	assert_int_equal(services[3].silent, SILENCE_TO);
	assert_int_equal(services[3].line, 7);
	config_free(config);
}

/** expect_listed() - server number @i that a service lists is 2001:db8:1::@last, with this port */
static void expect_listed(const struct service *service, size_t i, uint8_t last, uint16_t port)
{
	assert_true(i < service->listed.count);
	assert_int_equal(service->listed.servers[i].address.byte[15], last);
	assert_int_equal(service->listed.servers[i].port, port);
}

/** Servers are listed in the order of the file, "to" first, each once, also where only its port is written. */
static void test_listed_servers(void **state)
{
	struct daemon_config *config =
		load_right(PREFIX "services = ({ ipv4 = \"192.0.2.1\"; tcp = [ 80, 443 ]; udp = 53; rules = ("
				  "{ host = [ \"z\", \"y\" ]; to = [ \"2001:db8:1::5\", \"[2001:db8:1::4]:443\" ]; },"
				  "{ host = \"a\"; to = [ \"2001:db8:1::4\", \"2001:db8:1::9\" ]; });"
				  "to = \"2001:db8:1::9\"; });");
	const struct service *services = config->engine.services;

	(void)state;
	assert_int_equal(services[0].listed.count, 4);
	expect_listed(&services[0], 0, 9, 0);
	expect_listed(&services[0], 1, 5, 0);
	expect_listed(&services[0], 2, 4, 443);
	expect_listed(&services[0], 3, 4, 0);
	assert_int_equal(services[1].port, 443);
	assert_int_equal(services[1].listed.count, 3);
	expect_listed(&services[1], 2, 4, 0);
	assert_true(services[2].is_udp);
	assert_int_equal(services[2].listed.count, 1);
	assert_false(services[0].has_unlisted);
	config_free(config);
}

static void test_unlisted_servers(void **state)
{
	char text[32768] = PREFIX "services = ({ ipv4 = \"192.0.2.1\"; tcp = 80; rules = (";
	struct daemon_config *config;

	(void)state;
	for (unsigned int i = 0; i < SERVERS_LISTED_MAX; i++)
		sprintf(text + strlen(text), "%s{ host = \"h%u\"; to = \"2001:db8:1::%x\"; }", i ? "," : "", i, i + 1);
	strcat(text, "); to = \"2001:db8:1::1\"; });");
	config = load_right(text);
	assert_int_equal(config->engine.services[0].listed.count, SERVERS_LISTED_MAX);
	assert_false(config->engine.services[0].has_unlisted);
	config_free(config);
	strcpy(strstr(text, "\"2001:db8:1::1\"; });"), "\"2001:db8:1::2000\"; });");
	config = load_right(text);
	assert_int_equal(config->engine.services[0].listed.count, SERVERS_LISTED_MAX);
	assert_true(config->engine.services[0].has_unlisted);
	config_free(config);
}

/** Ports of both protocols share what is not a rule; the port of a server is that of the service it is asked for. */
static void test_udp_services(void **state)
{
	struct daemon_config *config =
		load_right(PREFIX "services = ({ ipv4 = \"192.0.2.1\"; tcp = 53; udp = [ 53, 853 ]; "
				  "rules = ({ bytes = \"a\"; " TO " }); " TO " });");
	const struct service *services = config->engine.services;

	(void)state;
	assert_int_equal(config->engine.service_count, 3);
	assert_false(services[0].is_udp);
	assert_int_equal(services[0].rule_count, 1);
	for (size_t i = 1; i < 3; i++) {
		assert_true(services[i].is_udp);
		assert_int_equal(services[i].rule_count, 0);
		assert_int_equal(services[i].fallback.count, 1);
	}
	assert_ptr_equal(service_find(&config->engine, true, 0xc0000201, 53), &services[1]);
	assert_ptr_equal(service_find(&config->engine, false, 0xc0000201, 53), &services[0]);
	assert_ptr_equal(service_find(&config->engine, true, 0xc0000201, 853), &services[2]);
	assert_null(service_find(&config->engine, false, 0xc0000201, 853));
	config_free(config);
}

/* Ranges are not taken apart, and leave the order of the file. */
static void test_ports(void **state)
{
	struct daemon_config *config = load_right(SERVICES(
		"{ ipv4 = \"192.0.2.1\"; tcp = ( \"8000-8099\", 80 ); udp = \"1-65535\"; " TO " }"));
	const struct service *services = config->engine.services;
	char *printed = print(config);

	(void)state;
	assert_int_equal(config->engine.service_count, 3);
	assert_int_equal(services[0].port, 80);
	assert_int_equal(services[0].further_ports, 0);
	assert_int_equal(services[1].port, 8000);
	assert_int_equal(services[1].further_ports, 99);
	assert_string_equal(services[1].name, "192.0.2.1:8000-8099");
	assert_string_equal(services[2].name, "192.0.2.1:1-65535");
	assert_ptr_equal(service_find(&config->engine, false, 0xc0000201, 8099), &services[1]);
	assert_non_null(strstr(printed, "tcp = ( \"8000-8099\", 80 );"));
	free(printed);
	config_free(config);
}

/* Blocks may lie in one another, and rules may lead to blocks as "to" does. */
static void test_blocks(void **state)
{
	static const char text[] = PREFIX
		"services = ({ name = \"a\"; ipv4 = \"192.0.2.0/28\"; tcp = ( 80, \"8000-8009\" ); udp = 80;"
		" rules = ({ host = \"a\"; to = [ \"2001:db8:1::/124\", \"[2001:db8:2::/124]:8443\" ]; });"
		" to = [ \"2001:db8:1::/124\", \"2001:db8:3::1\" ]; },"
		"{ ipv4 = \"192.0.2.0/28\"; tcp = 81; to = \"2001:db8:1::5/128\"; },"
		"{ ipv4 = \"192.0.2.0\"; tcp = 80; to = \"2001:db8:3::2\"; });"
		"maps = ({ ipv4 = \"192.0.2.32/28\"; ipv6 = \"2001:db8:46::/124\"; });";
	struct daemon_config *config = load_right(text);
	const struct service *services = config->engine.services;
	const struct service *web = service_find(&config->engine, false, 0xc000020f, 80);

	(void)state;
	assert_int_equal(config->engine.service_count, 5);
	assert_string_equal(services[0].name, "192.0.2.0:80");
	assert_ptr_equal(web, &services[1]);
	assert_int_equal(web->host_bits, 4);
	assert_ptr_equal(service_find(&config->engine, false, 0xc0000200, 80), &services[0]);
	assert_string_equal(service_find(&config->engine, false, 0xc000020f, 81)->name, "192.0.2.0/28:81");
	assert_int_equal(service_find(&config->engine, false, 0xc000020f, 81)->fallback.servers->host_bits, 0);
	assert_int_equal(web->rules->servers.servers[1].host_bits, 4);
	assert_int_equal(web->rules->servers.servers[1].port, 8443);
	assert_int_equal(web->rules->servers.servers[1].address.byte[5], 2);
	assert_int_equal(web->fallback.servers[0].host_bits, 4);
	assert_int_equal(web->fallback.servers[1].host_bits, 0);
	/* ::1:5 lies in its block */
	assert_int_equal(config->engine.server_count, 4);
	assert_int_equal(config->engine.servers[0].length, 124);
	assert_true(service_is_server(&config->engine, &config->engine.servers[1].address));
	config_free(config);
}

static void test_rules(void **state)
{
	struct daemon_config *config = load_right(everything);
	const struct rule *rules = config->engine.services[2].rules;

	(void)state;
	assert_string_equal(rules[0].text, "host \"www.example.org\", alpn \"h2\"");
	assert_string_equal(rules[0].alpn, "h2");
	assert_string_equal(rules[1].text, "host \"shop.example\"");
	assert_string_equal(rules[1].host, "shop.example");
	assert_false(rules[1].wildcard);
	assert_int_equal(rules[1].line, 10);
	assert_int_equal(rules[1].servers.count, 2);
	assert_int_equal(rules[1].servers.servers[0].port, 0);
	assert_int_equal(rules[1].servers.servers[1].port, 8443);
	assert_string_equal(rules[2].text, "host \"*.shop.example\"");
	assert_string_equal(rules[2].host, "shop.example");
	assert_true(rules[2].wildcard);
	assert_string_equal(rules[3].text, "bytes \"\\x16\\x01\\\"\\\\\\x0a\"");
	assert_int_equal(rules[3].bytes_length, 5);
	assert_memory_equal(rules[3].bytes, "\x16\1\"\\\n", 5);
	assert_string_equal(rules[4].text, "protocol \"ssh\"");
	assert_int_equal(rules[4].protocol, PROTOCOL_SSH);
	config_free(config);
}

/* Who must name a host or an ALPN speaks first, so that silence of such a client asks for nothing. */
static void test_silent(void **state)
{
	static const struct {
		const char *text;
		enum silence silent;
		const char *printed;
	} cases[] = {
		{ RULE("host = \"a\"; " TO), SILENCE_REFUSE, "silent = \"refuse\"" },
		{ RULE("alpn = \"h2\"; " TO), SILENCE_REFUSE, "silent = \"refuse\"" },
		{ RULE("host = \"a\"; protocol = \"tls\"; " TO), SILENCE_REFUSE, "silent = \"refuse\"" },
		{ RULE("host = \"a\"; " TO " }, { bytes = \"a\"; " TO), SILENCE_TO, "silent = \"to\"" },
		{ RULE("protocol = \"ssh\"; " TO " }, { host = \"a\"; " TO), SILENCE_TO, "silent = \"to\"" },
		{ SERVICE("silent = \"to\"; rules = ({ host = \"a\"; " TO " });"), SILENCE_TO, "silent = \"to\"" },
		{ SERVICE("silent = \"refuse\"; rules = ({ protocol = \"ssh\"; " TO " });"),
		  SILENCE_REFUSE, "silent = \"refuse\"" },
		/* without rules it does not matter */
		{ SERVICE("silent = \"refuse\"; " TO), SILENCE_REFUSE, "silent = \"refuse\"" },
		{ SERVICE("rules = (); " TO), SILENCE_TO, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct daemon_config *config = load_right(cases[i].text);
		char *printed = print(config);

		assert_int_equal(config->engine.services[0].silent, cases[i].silent);
		if (!strstr(printed, cases[i].printed))
			fail_msg("%s is not in: %s", cases[i].printed, printed);
		assert_int_equal(strstr(printed, "silent = \"") != NULL, cases[i].printed[0] != '\0');
		free(printed);
		config_free(config);
	}
}

/* What -p prints is a configuration that says the same, defaults included. */
static void test_round_trip(void **state)
{
	static const char *const texts[] = { PREFIX, everything, "prefix = \"64:ff9b::/96\";",
					     RULE("host = \"a\"; " TO) };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct daemon_config *first = load_right(texts[i]), *second;
		char *printed = print(first), *again;

		second = load_right(printed);
		again = print(second);
		assert_string_equal(printed, again);
		assert_int_equal(first->engine.service_count, second->engine.service_count);
		assert_string_equal(first->interface.name, second->interface.name);
		assert_int_equal(first->interface.mtu, second->interface.mtu);
		assert_memory_equal(&first->engine.timeouts, &second->engine.timeouts, sizeof(first->engine.timeouts));
		assert_memory_equal(&first->engine.limits, &second->engine.limits, sizeof(first->engine.limits));
		free(printed);
		free(again);
		config_free(first);
		config_free(second);
	}
}

/* ---- the shipped file -------------------------------------------------------------------- */

/** uncomment() - the shipped file with each line "#setting" that is a default made effective */
static char *uncomment(void)
{
	FILE *file = fopen(TEST_SRCDIR "/../etc/nat46d.conf", "r");
	char *text, line[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(file);
	assert_non_null(out);
	while (fgets(line, sizeof(line), file))
		fputs(line[0] == '#' && line[1] != ' ' && line[1] != '\n' ? line + 1 : line, out);
	fclose(file);
	fclose(out);
	return text;
}

/** check_mentioned() - fail unless @text sets each of @members */
static void check_mentioned(const char *text, const struct setting *members)
{
	char pattern[64];

	for (; members->name; members++) {
		sprintf(pattern, "%s = ", members->name);
		if (!strstr(text, pattern))
			fail_msg("etc/nat46d.conf does not mention '%s'", members->name);
	}
}

static void test_shipped_file(void **state)
{
	struct daemon_config *minimal, *shipped;
	char *text = uncomment(), *expected, *is;

	(void)state;
	check_mentioned(text, schema_root);
	for (const struct setting *m = schema_root; m->name; m++) {
		if (m->members)
			check_mentioned(text, m->members);
	}
	check_mentioned(text, schema_service);
	check_mentioned(text, schema_rule);
	minimal = load_right("prefix = \"2001:db8:46::/96\";");
	shipped = load_right(text);
	expected = print(minimal);
	is = print(shipped);
	assert_string_equal(is, expected);
	config_free(minimal);
	config_free(shipped);
	free(text);
	free(expected);
	free(is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_error_each),
		cmocka_unit_test(test_eight_errors),
		cmocka_unit_test(test_too_many_servers),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_well_known_prefix),
		cmocka_unit_test(test_server_in_prefix),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_listed_servers),
		cmocka_unit_test(test_unlisted_servers),
		cmocka_unit_test(test_udp_services),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_shipped_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
