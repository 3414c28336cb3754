/* SPDX-License-Identifier: ISC */
/*
 * expect.h - what cmocka tests say about packets that the engine emitted
 *
 * Macros, so that a failure names the line of the test. To be included behind cmocka.h.
 */
#ifndef NAT46_TESTS_EXPECT_H
#define NAT46_TESTS_EXPECT_H

#include <string.h>

#include "connection.h"
#include "nat46/packet.h"

/** WORLD_TEST() - a test with the file's world as state, freed behind it; no @setup if the test makes the engine */
#define WORLD_TEST(test, setup) cmocka_unit_test_prestate_setup_teardown(test, setup, world_teardown, &world)

/** emitted() - the TCP segment that was emitted as number @index */
static inline struct wire_tcp emitted(const struct world *world, size_t index)
{
	assert_true(index < world->count);
	return wire_read(world->packets[index].bytes, world->packets[index].length);
}

static inline void expect_tcp_at(const struct wire_tcp *is, uint8_t flags, uint32_t seq, uint32_t ack,
				 const char *data, const char *file, int line)
{
	_assert_int_equal(is->flags, flags, file, line);
	_assert_int_equal(is->seq, seq, file, line);
	_assert_int_equal(is->ack, ack, file, line);
	_assert_int_equal(is->length, strlen(data), file, line);
	_assert_memory_equal(is->data, data, strlen(data), file, line);
}

static inline void expect_client_gets_at(const struct world *world, size_t index, uint8_t flags, uint32_t seq,
					 uint32_t ack, const char *data, const char *file, int line)
{
	struct wire_tcp is;

	_assert_true(index < world->count, "packet was emitted", file, line);
	is = emitted(world, index);
	_assert_true(!is.ipv6, "packet to the client", file, line);
	_assert_int_equal(is.source4, WORLD_SERVICE, file, line);
	_assert_int_equal(is.destination4, WORLD_CLIENT, file, line);
	_assert_int_equal(is.destination_port, CONNECTION_PORT, file, line);
	expect_tcp_at(&is, flags, seq, ack, data, file, line);
}

static inline void expect_server_gets_at(const struct world *world, size_t index, uint8_t flags, uint32_t seq,
					 uint32_t ack, const char *data, const char *file, int line)
{
	struct wire_tcp is;

	_assert_true(index < world->count, "packet was emitted", file, line);
	is = emitted(world, index);
	_assert_true(is.ipv6, "packet to the server", file, line);
	_assert_int_equal(is.source6, 3, file, line);
	_assert_int_equal(is.destination_port, 80, file, line);
	expect_tcp_at(&is, flags, seq, ack, data, file, line);
}

/** expect_client_gets() - packet @index is this segment of the service to the client */
#define expect_client_gets(world, index, flags, seq, ack, data) \
	expect_client_gets_at(world, index, flags, seq, ack, data, __FILE__, __LINE__)

/** expect_server_gets() - packet @index is this segment to port 80 of a server, as 2001:db8::3 */
#define expect_server_gets(world, index, flags, seq, ack, data) \
	expect_server_gets_at(world, index, flags, seq, ack, data, __FILE__, __LINE__)

/** expect_drop() - the input was dropped for @why, for the @nth time, and nothing was emitted */
#define expect_drop(world, verdict, why, nth) \
	do { \
		assert_int_equal(verdict, VERDICT_DROPPED); \
		assert_int_equal(world_drops(world, why), nth); \
		assert_int_equal((world)->count, 0); \
	} while (0)

/** expect_acknowledged() - the input was answered: the client's first @bytes are acknowledged, and nothing is sent */
#define expect_acknowledged(world, verdict, bytes) \
	do { \
		assert_int_equal(verdict, VERDICT_ANSWERED); \
		assert_int_equal((world)->count, 1); \
		expect_client_gets(world, 0, TCP_ACK, OUR_ISN + 1, CLIENT_ISN + 1 + (bytes), ""); \
	} while (0)

/** expect_silence() - the input was taken in, and nothing was emitted */
#define expect_silence(world, verdict) \
	do { \
		assert_int_equal(verdict, VERDICT_ABSORBED); \
		assert_int_equal((world)->count, 0); \
	} while (0)

static inline struct wire_tcp through_at(struct world *world, const struct wire_tcp *segment, const char *file,
					 int line)
{
	_assert_int_equal(connection_send(world, segment), VERDICT_FORWARDED, file, line);
	_assert_int_equal(world->count, 1, file, line);
	return emitted(world, 0);
}

/** through() - send a segment that must be passed on as one; gives what came out */
#define through(world, segment) through_at(world, segment, __FILE__, __LINE__)

/** put_timestamps() - the option with two NOPs in front: 12 bytes */
static inline void put_timestamps(uint8_t *options, uint32_t value, uint32_t echo)
{
	options[0] = options[1] = 1;
	options[2] = 8;
	options[3] = 10;
	wire_put32(options, 4, value);
	wire_put32(options, 8, echo);
}

/** option_of() - the option of @kind in a segment, or NULL */
static inline const uint8_t *option_of(const struct wire_tcp *tcp, uint8_t kind)
{
	for (size_t i = 0; i < tcp->options_length && tcp->options[i] != 0;) {
		if (tcp->options[i] == kind)
			return tcp->options + i;
		i += tcp->options[i] == 1 ? 1 : tcp->options[i + 1];
	}
	return NULL;
}

#endif
