/* SPDX-License-Identifier: ISC */
/*
 * test_replay.c - replay files of packets through the engine and compare everything that it emits, in full
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

struct line {
	char direction[4];
	uint8_t bytes[2048];
	size_t length;
};

static size_t read_hex(const char *text, uint8_t *bytes, size_t room)
{
	size_t count = 0;
	unsigned int value;

	while (count < room && sscanf(text + 2 * count, "%2x", &value) == 1 && text[2 * count] != ' ')
		bytes[count++] = (uint8_t)value;
	return count;
}

static bool read_line(FILE *file, struct line *line)
{
	char text[8192];

	while (fgets(text, sizeof(text), file)) {
		char *space = strchr(text, ' ');

		if (text[0] == '#' || !space)
			continue;
		*space = '\0';
		snprintf(line->direction, sizeof(line->direction), "%.3s", text);
		line->length = read_hex(space + 1, line->bytes, sizeof(line->bytes));
		assert_true(line->length > 0);
		return true;
	}
	return false;
}

static void compare(const struct world_packet *packet, const struct line *expected, size_t number)
{
	if (packet->length == expected->length && memcmp(packet->bytes, expected->bytes, expected->length) == 0)
		return;
	for (size_t i = 0; i < packet->length && i < expected->length; i++) {
		if (packet->bytes[i] != expected->bytes[i])
			print_message("# packet %zu byte %zu: got %02x, expected %02x\n", number, i,
				      packet->bytes[i], expected->bytes[i]);
	}
	fail_msg("packet %zu differs (%zu bytes, expected %zu)", number, packet->length, expected->length);
}

static void test_worked_example(void **state)
{
	static struct world world;
	size_t emitted = 0, number = 0;
	struct line line;
	FILE *file = fopen(TEST_SRCDIR "/vectors/worked_example.vector", "r");

	(void)state;
	assert_non_null(file);
	world_config(&world);
	world_make(&world);
	world.isn = 42;
	while (read_line(file, &line)) {
		number++;
		if (strcmp(line.direction, "in") == 0) {
			assert_int_equal(emitted, world.count);
			world_input(&world, line.bytes, line.length, NULL);
			emitted = 0;
		} else {
			assert_string_equal(line.direction, "out");
			assert_true(emitted < world.count);
			compare(&world.packets[emitted++], &line, number);
		}
	}
	assert_int_equal(emitted, world.count);
	assert_int_equal(number, 22);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 1);
	assert_int_equal(engine_counters(world.engine)->verdicts[VERDICT_DROPPED], 0);
	fclose(file);
	/* the record is gone after the quiet time, and with it the session */
	world_wait(&world, 200000000000);
	assert_int_equal(engine_flows(world.engine, FLOWS_CLOSING), 0);
	assert_int_equal(world.sessions, 2);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worked_example),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
