/* SPDX-License-Identifier: ISC */
/*
 * schema.c - all settings as data: name, type, range, default, place in struct daemon_config
 *
 * nat46d.conf(5) and etc/nat46d.conf describe what is here; tests compare the latter.
 */
#include "config/schema.h"

#include <string.h>

#include "nat46/assert.h"

#define NAME_MAX_LENGTH 32u
#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
/* flow records count idle time in milliseconds of 32 bits, which is 49 days */
#define MONTH (720 * HOUR)

/* Where a setting is kept. */
#define PLACE(field) \
	.stored = true, .offset = offsetof(struct daemon_config, field), \
	.size = sizeof(((struct daemon_config *)NULL)->field)

#define RANGE(kind_of_number, low, high, value) \
	.type = kind_of_number, .minimum = (low), .maximum = (high), .number = (value)

/* Settings that are kept: name, range, default, place. */
#define INTEGER(title, low, high, value, field) \
	{ \
		.name = title, RANGE(SETTING_INTEGER, low, high, value), PLACE(field) \
	}
#define SECONDS(title, low, high, value, field) \
	{ \
		.name = title, RANGE(SETTING_SECONDS, low, high, value), PLACE(field) \
	}
#define BOOLEAN(title, value, field) \
	{ \
		.name = title, .type = SETTING_BOOLEAN, .number = (value), PLACE(field) \
	}
#define TEXT(title, kind_of_text, value, field) \
	{ \
		.name = title, .type = SETTING_TEXT, .kind = &(kind_of_text), .text = (value), PLACE(field) \
	}

static const struct setting interface_members[] = {
	TEXT("name", text_interface, "nat46", interface.name),
	/* RFC 8200 5: at least 1280; and no IPv4 packet is longer than 65535 */
	INTEGER("mtu", 1280, 65535, 1500, interface.mtu),
	/* a queue of length 0 would drop everything */
	INTEGER("txqueuelen", 1, 1000000, 1000, interface.txqueuelen),
	BOOLEAN("offload", true, interface.offload),
	BOOLEAN("setup", true, interface.setup),
	{ .name = NULL },
};

static const struct setting router_members[] = {
	TEXT("ipv4", text_ipv4_host, NULL, engine.router_ipv4),
	TEXT("ipv6", text_ipv6_host, NULL, engine.router_ipv6),
	{ .name = NULL },
};

static const struct setting client_members[] = {
	{ .name = "ipv4", .type = SETTING_TEXT, .kind = &text_ipv4_block, .required = true },
	{ .name = "ipv6", .type = SETTING_TEXT, .kind = &text_ipv6_block, .required = true },
	{ .name = NULL },
};

const struct setting config_rule_members[] = {
	{ .name = "host", .type = SETTING_TEXT, .kind = &text_host, .many = true },
	{ .name = "alpn", .type = SETTING_TEXT, .kind = &text_alpn },
	{ .name = "protocol", .type = SETTING_TEXT, .kind = &text_protocol },
	{ .name = "bytes", .type = SETTING_TEXT, .kind = &text_bytes },
	{ .name = "to", .type = SETTING_TEXT, .kind = &text_server, .many = true, .required = true },
	{ .name = NULL },
};

const struct setting config_service_members[] = {
	{ .name = "name", .type = SETTING_TEXT, .kind = &text_service_name },
	{ .name = "ipv4", .type = SETTING_TEXT, .kind = &text_ipv4_host, .required = true },
	{ .name = "tcp", RANGE(SETTING_INTEGER, 1, 65535, 0), .many = true, .required = true },
	{ .name = "rules", .type = SETTING_LIST, .members = config_rule_members },
	{ .name = "to", .type = SETTING_TEXT, .kind = &text_server, .many = true },
	{ .name = "wait", RANGE(SETTING_SECONDS, SECOND / 10, HOUR, 5 * SECOND) },
	{ .name = "refuse", .type = SETTING_TEXT, .kind = &text_refusal, .text = "reset" },
	{ .name = NULL },
};

static const struct setting tcp_members[] = {
	/* 14: RFC 7323 2.3 */
	INTEGER("window_scale", 0, 14, 7, engine.tcp.window_scale),
	BOOLEAN("sack", true, engine.tcp.sack),
	BOOLEAN("timestamps", true, engine.tcp.timestamps),
	/* config_check.c refuses it without timestamps, which have to carry it */
	BOOLEAN("ecn", false, engine.tcp.ecn),
	/* config_check.c refuses 1 to 535, which is less than RFC 9293 3.7.1 assumes */
	INTEGER("mss", 0, 65475, 0, engine.tcp.mss),
	BOOLEAN("keepalive", true, engine.keepalive),
	{ .name = NULL },
};

static const struct setting timeouts_members[] = {
	SECONDS("connect", SECOND, MONTH, 10 * SECOND, engine.timeouts.connect),
	/* RFC 5382 REQ-5 */
	SECONDS("tcp", SECOND, MONTH, 7440 * SECOND, engine.timeouts.tcp),
	SECONDS("tcp_transitory", SECOND, MONTH, 240 * SECOND, engine.timeouts.tcp_transitory),
	{ .name = NULL },
};

static const struct setting limits_members[] = {
	INTEGER("flows", 1, 16777215, 1048576, engine.limits.flows),
	INTEGER("waiting", 1, 1048576, 65536, engine.limits.waiting),
	INTEGER("waiting_address", 1, 1048576, 1024, engine.limits.waiting_address),
	INTEGER("waiting_network", 1, 1048576, 8192, engine.limits.waiting_network),
	INTEGER("buffer", 4096, 65536, 32768, engine.limits.buffer),
	INTEGER("buffers", 4096, INT64_C(1) << 40, 67108864, engine.limits.buffers),
	{ .name = NULL },
};

static const struct setting log_members[] = {
	TEXT("level", text_log_level, "info", log_level),
	BOOLEAN("sessions", false, log_sessions),
	{ .name = NULL },
};

static const struct setting root_members[] = {
	{ .name = "prefix", .type = SETTING_TEXT, .kind = &text_prefix, .required = true, PLACE(engine.plan.prefix) },
	{ .name = "interface", .type = SETTING_GROUP, .members = interface_members },
	{ .name = "router", .type = SETTING_GROUP, .members = router_members },
	TEXT("user", text_account, "nat46d", user),
	TEXT("group", text_account, "nat46d", group),
	{ .name = "clients", .type = SETTING_LIST, .members = client_members },
	{ .name = "services", .type = SETTING_LIST, .members = config_service_members },
	{ .name = "tcp", .type = SETTING_GROUP, .members = tcp_members },
	{ .name = "timeouts", .type = SETTING_GROUP, .members = timeouts_members },
	{ .name = "limits", .type = SETTING_GROUP, .members = limits_members },
	{ .name = "log", .type = SETTING_GROUP, .members = log_members },
	{ .name = NULL },
};

const struct setting config_schema = { .type = SETTING_GROUP, .members = root_members };

const struct setting *config_schema_find(const struct setting *members, const char *name)
{
	for (; members->name; members++) {
		if (strcmp(members->name, name) == 0)
			return members;
	}
	return NULL;
}

/** distance() - insertions, deletions and replacements that turn @a into @b (Levenshtein) */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1];
	size_t width = strlen(b);

	NAT46_ASSERT(width <= NAME_MAX_LENGTH);
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[width];
}

const struct setting *config_schema_nearest(const struct setting *members, const char *name)
{
	const struct setting *nearest = NULL;
	/* up to a third of the letters may be wrong, else it is another word */
	size_t best = strlen(name) / 3 + 1;

	for (; members->name; members++) {
		size_t wrong = distance(name, members->name);

		if (wrong <= strlen(members->name) / 3 + 1 && wrong < best + (nearest == NULL)) {
			nearest = members;
			best = wrong;
		}
	}
	return nearest;
}

static void *place(struct daemon_config *config, const struct setting *setting)
{
	NAT46_ASSERT(setting->stored);
	return (char *)config + setting->offset;
}

void config_schema_store(struct daemon_config *config, const struct setting *setting, int64_t number)
{
	void *target = place(config, setting);

	if (setting->type == SETTING_SECONDS)
		number *= NANOSECONDS_PER_MILLISECOND;
	switch (setting->size) {
	case 1:
		*(uint8_t *)target = (uint8_t)number;
		break;
	case 2:
		*(uint16_t *)target = (uint16_t)number;
		break;
	case 4:
		*(uint32_t *)target = (uint32_t)number;
		break;
	default:
		NAT46_ASSERT(setting->size == 8);
		*(int64_t *)target = number;
		break;
	}
}

int64_t config_schema_number(const struct daemon_config *config, const struct setting *setting)
{
	const char *source = (const char *)config + setting->offset;
	uint8_t byte;
	uint16_t half;
	uint32_t word;
	int64_t number;

	switch (setting->size) {
	case 1:
		memcpy(&byte, source, sizeof(byte));
		return byte;
	case 2:
		memcpy(&half, source, sizeof(half));
		return half;
	case 4:
		memcpy(&word, source, sizeof(word));
		return word;
	default:
		NAT46_ASSERT(setting->size == 8);
		memcpy(&number, source, sizeof(number));
		return setting->type == SETTING_SECONDS ? number / NANOSECONDS_PER_MILLISECOND : number;
	}
}

bool config_schema_store_text(struct daemon_config *config, const struct setting *setting,
			      const struct config_text *text, struct config_pool *pool,
			      struct config_reason *reason)
{
	const char *copy;

	if (!setting->kind->is_string)
		return setting->kind->parse(text, place(config, setting), reason);
	if (!setting->kind->parse(text, NULL, reason))
		return false;
	copy = config_pool_copy(pool, text->bytes, text->length);
	memcpy(place(config, setting), &copy, sizeof(copy));
	return true;
}

static void set_default(struct daemon_config *config, const struct setting *setting, struct config_pool *pool)
{
	struct config_reason reason;
	struct config_text text;
	bool valid;

	if (setting->type != SETTING_TEXT) {
		config_schema_store(config, setting, setting->number);
	} else if (setting->text) {
		valid = text_decode(setting->text, &text) &&
			config_schema_store_text(config, setting, &text, pool, &reason);
		NAT46_ASSERT(valid);
	}
}

void config_schema_defaults(struct daemon_config *config, struct config_pool *pool)
{
	for (const struct setting *top = root_members; top->name; top++) {
		if (top->stored)
			set_default(config, top, pool);
		for (const struct setting *m = top->members; m && m->name; m++) {
			if (m->stored)
				set_default(config, m, pool);
		}
	}
}
