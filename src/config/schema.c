/* SPDX-License-Identifier: ISC */
/*
 * schema.c - all settings as data: name, type, range, default, place
 *
 * nat46d.conf(5) and etc/nat46d.conf describe what is here, and tests compare them.
 */
#include "config/schema.h"

#include "config/daemon_config.h"
#include "protocol/protocol.h"

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
/* flow records count idle time in milliseconds of 32 bits, which is 49 days */
#define MONTH (720 * HOUR)

/* Where a setting is kept. */
#define PLACE(structure, field) .offset = offsetof(structure, field), .size = sizeof(((structure *)NULL)->field)
#define VALUES(structure, field, element) .many = true, .offset = offsetof(structure, field), .size = sizeof(element)
#define CONFIG(field) PLACE(struct daemon_config, field)

/* Settings: name, range or kind, default, and the rest of struct setting. */
#define NUMBER(title, low, high, value, ...) \
	{ .name = title, .minimum = (low), .maximum = (high), .number = (value), __VA_ARGS__ }
#define INTEGER(...) NUMBER(__VA_ARGS__, .type = SETTING_INTEGER)
#define SECONDS(...) NUMBER(__VA_ARGS__, .type = SETTING_SECONDS)
#define BOOLEAN(title, value, ...) { .name = title, .type = SETTING_BOOLEAN, .number = (value), __VA_ARGS__ }
#define TEXT(title, kind, value, ...) \
	{ .name = title, .type = SETTING_TEXT, .parse = (kind), .text = (value), __VA_ARGS__ }
#define PORTS(title, ...) NUMBER(title, 1, 65535, 0, __VA_ARGS__, .type = SETTING_PORTS, .parse = text_ports)
#define CHOICE(title, names, value, ...) \
	{ .name = title, .type = SETTING_CHOICE, .choices = (names), .text = (value), __VA_ARGS__ }
#define LIST(title, list) { .name = title, .type = SETTING_LIST, .members = (list) }
#define GROUP(title, ...) \
	{ .name = title, .type = SETTING_GROUP, .members = (const struct setting[]){ __VA_ARGS__, END } }
#define END { .name = NULL }

const char *const log_level_names[LOG_LEVEL_COUNT + 1] = { "error", "warning", "info", "debug", "trace", NULL };
static const char *const log_format_names[] = { "text", "json", NULL }; /* enum log_format */
static const char *const protocol_names[] = { "", "tls", "http", "ssh", NULL }; /* enum protocol */
static const char *const silence_names[] = { "to", "refuse", NULL }; /* enum silence */
static const char *const zero_checksum_names[] = { "compute", "drop", "pass", NULL }; /* enum zero_checksum */
static const char *const refusal_names[] = { "reset", "answer", "drop", NULL }; /* enum refusal */

const struct setting schema_mapping[] = {
	TEXT("ipv4", text_ipv4_block, NULL, PLACE(struct address_mapping, ipv4), .required = true),
	TEXT("ipv6", text_ipv6_block, NULL, PLACE(struct address_mapping, ipv6), .required = true),
	END,
};

const struct setting schema_rule[] = {
	TEXT("host", text_host, NULL, VALUES(struct rule_entry, host, struct text_host)),
	TEXT("alpn", text_alpn, NULL, PLACE(struct rule_entry, rule.alpn)),
	CHOICE("protocol", protocol_names, NULL, PLACE(struct rule_entry, rule.protocol)),
	TEXT("bytes", text_bytes, NULL, PLACE(struct rule_entry, rule.bytes)),
	TEXT("to", text_server, NULL, VALUES(struct rule_entry, to, struct server), .required = true),
	END,
};

const struct setting schema_service[] = {
	TEXT("name", text_service_name, NULL, PLACE(struct service_entry, service.name)),
	TEXT("ipv4", text_ipv4_block, NULL, PLACE(struct service_entry, ipv4), .required = true),
	PORTS("tcp", VALUES(struct service_entry, tcp, struct text_ports)),
	PORTS("udp", VALUES(struct service_entry, udp, struct text_ports)),
	LIST("rules", schema_rule),
	TEXT("hosts", text_file, NULL, PLACE(struct service_entry, hosts)),
	TEXT("to", text_server, NULL, VALUES(struct service_entry, to, struct server)),
	SECONDS("wait", SECOND / 10, HOUR, 5, PLACE(struct service_entry, service.wait)),
	/* the default depends on the rules: lists.c */
	CHOICE("silent", silence_names, NULL, PLACE(struct service_entry, service.silent)),
	CHOICE("refuse", refusal_names, "reset", PLACE(struct service_entry, service.refusal)),
	END,
};

const struct setting schema_root[] = {
	TEXT("prefix", text_prefix, NULL, CONFIG(engine.plan.prefix), .required = true),
	BOOLEAN("wkpf_strict", true, CONFIG(wkpf_strict)),
	LIST("clients", schema_mapping),
	LIST("maps", schema_mapping),
	GROUP("router",
	      TEXT("ipv4", text_ipv4_host, NULL, CONFIG(engine.router_ipv4)),
	      TEXT("ipv6", text_ipv6_host, NULL, CONFIG(engine.router_ipv6))),
	INTEGER("lowest_ipv6_mtu", 1280, 65535, 1280, CONFIG(engine.lowest_ipv6_mtu)),
	BOOLEAN("copy_tos", true, CONFIG(engine.copy_tos)),
	LIST("services", schema_service),
	GROUP("interface",
	      TEXT("name", text_interface, "nat46", CONFIG(interface.name)),
	      /* RFC 8200 5: at least 1280; and no IPv4 packet is longer than 65535 */
	      INTEGER("mtu", 1280, 65535, 1500, CONFIG(interface.mtu)),
	      /* a queue of length 0 would drop everything */
	      INTEGER("txqueuelen", 1, 1000000, 1000, CONFIG(interface.txqueuelen)),
	      BOOLEAN("offload", true, CONFIG(interface.offload)),
	      BOOLEAN("setup", true, CONFIG(interface.setup))),
	TEXT("user", text_account, "nat46d", CONFIG(user)),
	TEXT("group", text_account, "nat46d", CONFIG(group)),
	TEXT("control", text_socket, PROTOCOL_SOCKET, CONFIG(control)),
	GROUP("tcp",
	      INTEGER("window_scale", 0, 14, 7, CONFIG(engine.tcp.window_scale)), /* RFC 7323 2.3 */
	      BOOLEAN("sack", true, CONFIG(engine.tcp.sack)),
	      BOOLEAN("timestamps", true, CONFIG(engine.tcp.timestamps)),
	      /* config.c refuses it without timestamps, which have to carry it */
	      BOOLEAN("ecn", false, CONFIG(engine.tcp.ecn)),
	      /* config.c refuses 1 to 535, which is less than RFC 9293 3.7.1 assumes */
	      INTEGER("mss", 0, 65475, 0, CONFIG(engine.tcp.mss)),
	      BOOLEAN("clamp_mss", true, CONFIG(engine.clamp_mss)),
	      BOOLEAN("keepalive", true, CONFIG(engine.keepalive))),
	GROUP("udp",
	      CHOICE("zero_checksum", zero_checksum_names, "compute", CONFIG(engine.zero_checksum))),
	GROUP("timeouts",
	      SECONDS("connect", SECOND, MONTH, 10, CONFIG(engine.timeouts.connect)),
	      SECONDS("tcp", SECOND, MONTH, 7440, CONFIG(engine.timeouts.tcp)), /* RFC 5382 REQ-5 */
	      SECONDS("tcp_transitory", SECOND, MONTH, 240, CONFIG(engine.timeouts.tcp_transitory)),
	      SECONDS("silent", SECOND, MONTH, 60, CONFIG(engine.timeouts.silent)),
	      SECONDS("udp", SECOND, MONTH, 300, CONFIG(engine.timeouts.udp))), /* RFC 4787 REQ-5 */
	GROUP("limits",
	      INTEGER("flows", 1, 16777215, 1048576, CONFIG(engine.limits.flows)),
	      INTEGER("flows_address", 1, 16777215, 65536, CONFIG(engine.limits.flows_address)),
	      INTEGER("flows_network", 1, 16777215, 262144, CONFIG(engine.limits.flows_network)),
	      INTEGER("waiting", 1, 1048576, 65536, CONFIG(engine.limits.waiting)),
	      INTEGER("waiting_address", 1, 1048576, 1024, CONFIG(engine.limits.waiting_address)),
	      INTEGER("waiting_network", 1, 1048576, 8192, CONFIG(engine.limits.waiting_network)),
	      INTEGER("buffer", 4096, 65536, 32768, CONFIG(engine.limits.buffer)),
	      INTEGER("buffers", 4096, INT64_C(1) << 40, 67108864, CONFIG(engine.limits.buffers)),
	      INTEGER("fragments", 65536, INT64_C(1) << 30, 4194304, CONFIG(engine.limits.fragments))),
	GROUP("log",
	      CHOICE("level", log_level_names, "info", CONFIG(log_level)),
	      CHOICE("format", log_format_names, "text", CONFIG(log_format)),
	      BOOLEAN("sessions", false, CONFIG(log_sessions))),
	END,
};
