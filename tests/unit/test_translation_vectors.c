/* SPDX-License-Identifier: ISC */
/*
 * test_translation_vectors.c - run the vectors of stateless translation through the core
 *
 * tests/vectors/translation/README describes the files. Every vector is run, and what differs is printed, before a
 * file fails.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/engine.h"

#define DIRECTORY TEST_SRCDIR "/vectors/translation/"
#define LINE_MAX_BYTES 262144
#define PACKETS_MAX 16
#define MAPPINGS_MAX 8

struct bytes {
	uint8_t byte[FRAME_MAX];
	size_t length;
};

/**
 * struct vector - what is configured and what has happened
 * @name: of the vector; "": none has begun
 * @memory: of @engine; NULL: it has not been made yet
 * @emitted, @count: what the last packet led to
 * @expected: how much of it has been compared
 * @drops: of the last packet, by reason
 * @is_dropped: the drop of the last packet is expected
 * @failed: something differs
 */
struct vector {
	char name[128];
	struct engine_config config;
	struct address_mapping mappings[MAPPINGS_MAX];
	uint32_t slots[EAM_SLOTS(MAPPINGS_MAX)];
	void *memory;
	struct engine *engine;
	int64_t now;
	struct bytes emitted[PACKETS_MAX];
	size_t count;
	size_t expected;
	uint64_t drops[DROP_COUNT];
	bool is_dropped;
	bool failed;
};

static void differs(struct vector *v, const char *what)
{
	print_message("# %s: %s\n", v->name, what);
	v->failed = true;
}

/* ---- the engine ------------------------------------------------------------------------------------------------ */

static void on_emit(void *context, struct frame *frame)
{
	struct vector *v = context;

	if (v->count < PACKETS_MAX) {
		memcpy(v->emitted[v->count].byte, frame->data, frame->length);
		v->emitted[v->count].length = frame->length;
	}
	v->count++;
}

static void on_random(void *context, void *bytes, size_t count)
{
	(void)context;
	memset(bytes, 0, count);
}

/** read_block() - "ADDRESS" or "ADDRESS/LENGTH"; returns the length */
static uint8_t read_block(const char *text, int family, void *address)
{
	char copy[64];
	char *slash;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	assert_int_equal(inet_pton(family, copy, address), 1);
	if (slash)
		return (uint8_t)atoi(slash + 1);
	return family == AF_INET ? 32 : 128;
}

/** add_mappings() - "IPV4,IPV6;..." */
static void add_mappings(struct vector *v, char *text)
{
	char *next;

	for (char *pair = strtok_r(text, ";", &next); pair; pair = strtok_r(NULL, ";", &next)) {
		struct address_mapping *mapping = &v->mappings[v->config.plan.count++];
		char *comma = strchr(pair, ',');
		uint32_t ipv4;

		if (!comma || v->config.plan.count > MAPPINGS_MAX) {
			fail_msg("%s: bad mapping \"%s\"", v->name, pair);
			return;
		}
		*comma = '\0';
		mapping->ipv4.length = read_block(pair, AF_INET, &ipv4);
		mapping->ipv4.address = ntohl(ipv4);
		mapping->ipv6.length = read_block(comma + 1, AF_INET6, &mapping->ipv6.address);
	}
}

static void configure(struct vector *v)
{
	v->config = (struct engine_config){
		.router_ipv4 = 0xc0000201,
		.has_router_ipv6 = true,
		.mtu = 1500,
		.lowest_ipv6_mtu = 1280,
		.copy_tos = true,
		.clamp_mss = true,
		.tcp = { .window_scale = 7, .sack = true, .timestamps = true },
		.timeouts = { .connect = 1, .tcp = 1, .tcp_transitory = 1, .silent = 1 },
		.limits = { .flows = 1, .flows_address = 1, .flows_network = 1, .waiting = 1, .waiting_address = 1,
			    .waiting_network = 1, .buffer = 1, .buffers = 1 },
	};
	read_block("2001:db8:46:ffff::1", AF_INET6, &v->config.router_ipv6);
	v->config.plan.prefix.length = read_block("2001:db8:46::/96", AF_INET6, &v->config.plan.prefix.address);
}

/** apply() - one setting that is not a mapping */
static void apply(struct vector *v, const char *setting)
{
	const char *value = strchr(setting, '=');
	struct address_plan *plan = &v->config.plan;

	assert_non_null(value);
	value++;
	if (strncmp(setting, "prefix=", 7) == 0) {
		plan->prefix.length = read_block(value, AF_INET6, &plan->prefix.address);
		plan->global_only = strcmp(value, "64:ff9b::/96") == 0;
	} else if (strncmp(setting, "mtu=", 4) == 0) {
		v->config.mtu = (uint32_t)atoi(value);
	} else if (strncmp(setting, "lowest_ipv6_mtu=", 16) == 0) {
		v->config.lowest_ipv6_mtu = (uint32_t)atoi(value);
	} else if (strncmp(setting, "clamp_mss=", 10) == 0) {
		v->config.clamp_mss = atoi(value) != 0;
	} else if (strncmp(setting, "copy_tos=", 9) == 0) {
		v->config.copy_tos = atoi(value) != 0;
	} else if (strcmp(setting, "zero_checksum=drop") == 0) {
		v->config.zero_checksum = ZERO_CHECKSUM_DROP;
	} else if (strcmp(setting, "zero_checksum=pass") == 0) {
		v->config.zero_checksum = ZERO_CHECKSUM_PASS;
	} else {
		fail_msg("%s: setting \"%s\" is not known", v->name, setting);
	}
}

/** begin() - "NAME SETTING=VALUE..."; clients come before maps */
static void begin(struct vector *v, char *text)
{
	char maps[256] = "192.0.2.32/28,2001:db8:1::30/124;192.0.2.20,2001:db8:1::20", clients[256] = "";
	const struct engine_hooks hooks = { .context = v, .emit = on_emit, .random = on_random };
	struct address_plan *plan = &v->config.plan;
	char *next;

	configure(v);
	snprintf(v->name, sizeof(v->name), "%s", strtok_r(text, " \n", &next));
	for (char *word = strtok_r(NULL, " \n", &next); word; word = strtok_r(NULL, " \n", &next)) {
		if (strncmp(word, "map=", 4) == 0)
			snprintf(maps + strlen(maps), sizeof(maps) - strlen(maps), ";%s", word + 4);
		else if (strncmp(word, "client=", 7) == 0)
			snprintf(clients, sizeof(clients), "%s", word + 7);
		else
			apply(v, word);
	}
	add_mappings(v, clients);
	plan->client_count = plan->count;
	add_mappings(v, maps);
	plan->mappings = v->mappings;
	plan->index = eam_index_make(v->mappings, plan->count, v->slots);
	v->memory = calloc(1, engine_memory(&v->config.limits));
	v->now = 1000000000000;
	assert_non_null(v->memory);
	v->engine = engine_create(v->memory, &v->config, &hooks, v->now);
}

/* ---- the lines ------------------------------------------------------------------------------------------------- */

/** read_bytes() - words of hexadecimal bytes, each of which may end in "*COUNT" */
static void read_bytes(const char *text, struct bytes *bytes)
{
	unsigned int value;
	int used;

	bytes->length = 0;
	for (;;) {
		text += strspn(text, " \n");
		if (*text == '\0' || *text == '#')
			break;
		assert_int_equal(sscanf(text, "%2x%n", &value, &used), 1);
		assert_true(used == 2 && bytes->length < sizeof(bytes->byte));
		text += used;
		bytes->byte[bytes->length++] = (uint8_t)value;
		if (*text == '*') {
			size_t more = strtoul(text + 1, NULL, 10) - 1;

			text += 1 + strspn(text + 1, "0123456789");
			assert_true(more < sizeof(bytes->byte) - bytes->length);
			memset(bytes->byte + bytes->length, (int)value, more);
			bytes->length += more;
		}
	}
}

/** settle() - the packet before must have had no other consequences than the lines behind it say */
static void settle(struct vector *v)
{
	char text[128];

	for (size_t i = v->expected; i < v->count; i++) {
		snprintf(text, sizeof(text), "packet %zu of %zu bytes was not expected", i, v->emitted[i].length);
		differs(v, text);
	}
	for (int i = 0; i < DROP_COUNT && !v->is_dropped; i++) {
		if (v->drops[i] != 0) {
			snprintf(text, sizeof(text), "dropped: %s", drop_name((enum drop)i));
			differs(v, text);
		}
	}
	v->count = v->expected = 0;
	v->is_dropped = false;
	memset(v->drops, 0, sizeof(v->drops));
}

static void run_in(struct vector *v, const struct bytes *packet)
{
	const uint64_t *drops = engine_counters(v->engine)->drops;
	uint64_t before[DROP_COUNT];
	struct frame frame = { .length = packet->length, .headroom = FRAME_HEADROOM };
	uint8_t *buffer = malloc(FRAME_HEADROOM + packet->length);
	const char *error;

	assert_non_null(buffer);
	settle(v);
	memcpy(before, drops, sizeof(before));
	frame.data = memcpy(buffer + FRAME_HEADROOM, packet->byte, packet->length);
	v->now += 1000000000;
	engine_input(v->engine, &frame, v->now);
	free(buffer);
	for (int i = 0; i < DROP_COUNT; i++)
		v->drops[i] = drops[i] - before[i];
	error = engine_check(v->engine);
	if (error)
		differs(v, error);
}

/** compare() - the last packet compared so far against @expected, where @mask has bits */
static void compare(struct vector *v, const struct bytes *expected, const struct bytes *mask)
{
	const struct bytes *is;
	char text[128];
	int shown = 0;

	if (v->expected > v->count) {
		differs(v, "a packet is missing");
		return;
	}
	assert_true(v->expected <= PACKETS_MAX && (mask->length == 0 || mask->length == expected->length));
	is = &v->emitted[v->expected - 1];
	if (is->length != expected->length) {
		snprintf(text, sizeof(text), "packet has %zu bytes, expected %zu", is->length, expected->length);
		differs(v, text);
	}
	for (size_t i = 0; i < is->length && i < expected->length && shown < 8; i++) {
		if (((is->byte[i] ^ expected->byte[i]) & (mask->length ? mask->byte[i] : 0xff)) == 0)
			continue;
		snprintf(text, sizeof(text), "byte %zu is %02x, expected %02x", i, is->byte[i], expected->byte[i]);
		differs(v, text);
		shown++;
	}
}

static void run_drop(struct vector *v, const char *reason)
{
	char text[128];

	v->is_dropped = true;
	for (int i = 0; i < DROP_COUNT; i++) {
		if (strcmp(reason, drop_name((enum drop)i)) == 0) {
			if (v->drops[i] == 1)
				return;
			break;
		}
	}
	snprintf(text, sizeof(text), "not dropped: %s", reason);
	differs(v, text);
	v->is_dropped = false;
}

/** end() - of a vector; returns whether it has failed */
static bool end(struct vector *v)
{
	bool failed;

	if (v->memory)
		settle(v);
	failed = v->failed;
	free(v->memory);
	memset(v, 0, sizeof(*v));
	return failed;
}

/**
 * struct script - a file that is read
 * @text: the line at hand
 * @expected, @mask: of the last "out", which is compared as soon as it is known whether a mask follows
 * @is_open: it has not been compared yet
 */
struct script {
	FILE *file;
	char text[LINE_MAX_BYTES];
	struct bytes packet, expected, mask;
	bool is_open;
	size_t vectors, failures;
};

static void finish_out(struct vector *v, struct script *s)
{
	if (s->is_open)
		compare(v, &s->expected, &s->mask);
	s->mask.length = 0;
	s->is_open = false;
}

static void run_line(struct vector *v, struct script *s)
{
	char *rest = strchr(s->text, ' ');

	if (!rest) {
		fail_msg("%s: bad line \"%s\"", v->name, s->text);
		return;
	}
	*rest++ = '\0';
	if (strcmp(s->text, "mask") == 0) {
		read_bytes(rest, &s->mask);
		finish_out(v, s);
		return;
	}
	finish_out(v, s);
	if (strcmp(s->text, "vector") == 0) {
		s->failures += end(v);
		s->vectors++;
		begin(v, rest);
	} else if (strcmp(s->text, "in") == 0) {
		read_bytes(rest, &s->packet);
		run_in(v, &s->packet);
	} else if (strcmp(s->text, "out") == 0) {
		read_bytes(rest, &s->expected);
		v->expected++;
		s->is_open = true;
	} else {
		assert_string_equal(s->text, "drop");
		rest[strcspn(rest, " \n")] = '\0';
		run_drop(v, rest);
	}
}

static void test_file(void **state)
{
	static struct script script;
	static struct vector vector;
	char path[256];

	memset(&script, 0, sizeof(script));
	snprintf(path, sizeof(path), DIRECTORY "%s.vector", (const char *)*state);
	script.file = fopen(path, "r");
	assert_non_null(script.file);
	while (fgets(script.text, sizeof(script.text), script.file)) {
		assert_non_null(strchr(script.text, '\n'));
		if (script.text[0] != '#' && script.text[0] != '\n')
			run_line(&vector, &script);
	}
	fclose(script.file);
	finish_out(&vector, &script);
	script.failures += end(&vector);
	assert_true(script.vectors > 0);
	if (script.failures)
		fail_msg("%zu of %zu vectors differ", script.failures, script.vectors);
}

/* one test each */
static char files[][32] = {
	"addresses", "checksums", "checksums_options", "extensions", "fragments", "fragments_6to4",
	"fragments_gathered", "fragments_refused", "hairpin", "icmp4to6", "icmp6to4", "icmp_extensions", "icmp_inner",
	"icmp_inner_fragments", "icmp_longest", "icmp_mtu", "icmp_refused", "icmp_sources", "mappings", "mss",
	"options", "protocols", "refragmented", "sizes", "sources", "traffic_class",
};

int main(void)
{
	struct CMUnitTest tests[sizeof(files) / sizeof(files[0])] = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		tests[i].name = files[i];
		tests[i].test_func = test_file;
		tests[i].initial_state = files[i];
	}
	return cmocka_run_group_tests_name("translation vectors", tests, NULL, NULL);
}
