/* SPDX-License-Identifier: ISC */
/*
 * test_capture.c - captures: whole events or nothing, in order, round the end of the ring, and what has no room counts
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/capture.h"
#include "expect.h"

static struct world world;
static unsigned int wakes;

static void on_wake(void *context)
{
	(void)context;
	wakes++;
}

/** frame_of() - @length bytes that look like an IPv4 packet of 10.0.0.@client, whose last byte is @mark */
static struct frame frame_of(uint8_t client, uint8_t mark, size_t length)
{
	static uint8_t bytes[FRAME_MAX];

	memset(bytes, 0, sizeof(bytes));
	bytes[0] = 0x45;
	wire_put16(bytes, 2, (uint16_t)length);
	bytes[9] = 99;
	bytes[12] = 10;
	bytes[15] = client;
	bytes[19] = 42;
	bytes[length - 1] = mark;
	return (struct frame){ .data = bytes, .length = length };
}

static void begin(struct capture *capture, uint8_t client, uint8_t mark, size_t length)
{
	struct frame frame = frame_of(client, mark, length);

	captures_begin(capture, &world.config, world.engine, &frame);
}

static void emit(struct capture *capture, uint8_t client, uint8_t mark, size_t length)
{
	struct frame frame = frame_of(client, mark, length);

	captures_emit(capture, &world.config, world.engine, &frame);
}

static struct capture *open_for(uint8_t client, uint32_t snaplen)
{
	const struct filter filter = { .has_client = client != 0, .client = 0x0a000000u + client };
	struct capture *capture = capture_open(&filter, snaplen, on_wake, NULL);

	assert_non_null(capture);
	wakes = 0;
	return capture;
}

static struct capture_packet next(struct capture *capture, uint8_t mark)
{
	static uint8_t bytes[FRAME_MAX];
	struct capture_packet packet;

	assert_true(capture_peek(capture, &packet));
	capture_read(capture, &packet, bytes);
	if (packet.captured == packet.length)
		assert_int_equal(bytes[packet.captured - 1], mark);
	return packet;
}

static void expect_nothing(struct capture *capture)
{
	struct capture_packet packet;

	assert_false(capture_peek(capture, &packet));
}

/** test_events() - one packet that is asked for brings the others of its event; a timer's packets are by themselves */
static void test_events(void **state)
{
	struct capture *one = open_for(3, FRAME_MAX), *all = open_for(0, 20);
	struct capture_packet packet;

	(void)state;
	one->next = all;
	expect_nothing(one);
	begin(one, 4, 1, 100);
	emit(one, 5, 2, 100);
	captures_end(one);
	assert_int_equal(wakes, 0);
	expect_nothing(one);
	begin(one, 4, 3, 100);
	emit(one, 3, 4, 200);
	emit(one, 5, 5, 300);
	captures_drop(one, DROP_NOT_OURS);
	assert_int_equal(wakes, 0);
	captures_end(one);
	assert_int_equal(wakes, 1);
	emit(one, 4, 6, 100);
	emit(one, 3, 7, 100);
	packet = next(one, 3);
	assert_false(packet.is_out);
	assert_int_equal(packet.drop, DROP_NOT_OURS);
	packet = next(one, 4);
	assert_true(packet.is_out);
	assert_int_equal(packet.drop, DROP_COUNT);
	assert_int_equal(next(one, 5).length, 300);
	next(one, 7);
	expect_nothing(one);
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(next(all, 0).captured, 20);
	expect_nothing(all);
	capture_close(one);
	capture_close(all);
}

/** test_ring() - packets of many lengths, many times round the ring, come out as they went in */
static void test_ring(void **state)
{
	struct capture *capture = open_for(0, FRAME_MAX);
	size_t length = 20;

	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		begin(capture, 3, (uint8_t)i, length);
		emit(capture, 3, (uint8_t)~i, FRAME_MAX - length + 20);
		captures_end(capture);
		assert_int_equal(next(capture, (uint8_t)i).length, length);
		assert_int_equal(next(capture, (uint8_t)~i).length, FRAME_MAX - length + 20);
		expect_nothing(capture);
		length = 20 + (length * 31) % 60000;
	}
	assert_true(capture->head > 4 * CAPTURE_ROOM);
	assert_int_equal(capture->received, 4000);
	assert_int_equal(capture->lost, 0);
	capture_close(capture);
}

/** test_full() - what has no room is counted if it is asked for, and the next packet tells of it */
static void test_full(void **state)
{
	struct capture *capture = open_for(3, FRAME_MAX);
	unsigned int stored = 0;

	(void)state;
	while (capture->lost == 0) {
		emit(capture, 3, 1, 60000);
		stored++;
	}
	stored--;
	assert_int_equal(stored, CAPTURE_ROOM / (60000 + sizeof(struct capture_packet)));
	emit(capture, 3, 1, 60000);
	emit(capture, 4, 1, 60000); /* nobody asks for it */
	assert_int_equal(capture->lost, 2);
	for (unsigned int i = 0; i < stored; i++)
		assert_int_equal(next(capture, 1).lost, 0);
	emit(capture, 3, 2, 60000);
	assert_int_equal(next(capture, 2).lost, 2);
	expect_nothing(capture);
	assert_int_equal(capture->received, stored + 3);
	capture_finish(capture);
	emit(capture, 3, 1, 100);
	expect_nothing(capture);
	capture_close(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(test_events, world_setup),
		WORLD_TEST(test_ring, world_setup),
		WORLD_TEST(test_full, world_setup),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
