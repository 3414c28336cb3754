/* SPDX-License-Identifier: ISC */
/*
 * datagram.h - UDP services, the datagrams of their clients and servers, and what becomes of them
 *
 * For test programs: it has their only world. To be included behind cmocka.h.
 */
#ifndef NAT46_TESTS_DATAGRAM_H
#define NAT46_TESTS_DATAGRAM_H

#include "expect.h"

#define PORT 40000u

/** Another service whose datagrams go to a server of the first. */
#define OTHER_SERVICE 0x0a00002bu

static const struct server h1[] = { { .address = V6(1) } };
static const struct server three[] = { { .address = V6(1) }, { .address = V6(2) }, { .address = V6(9), .port = 5353 } };
static const struct service services[] = {
	{ .name = "tcp", .address = WORLD_SERVICE, .port = 53, .fallback = { h1, 1 } },
	{ .name = "web", .address = WORLD_SERVICE, .port = 443, .fallback = { h1, 1 } },
	{ .name = "one", .address = WORLD_SERVICE, .port = 53, .is_udp = true, .fallback = { h1, 1 } },
	{ .name = "three", .address = WORLD_SERVICE, .port = 54, .is_udp = true, .fallback = { three, 3 } },
	{ .name = "again", .address = OTHER_SERVICE, .port = 53, .is_udp = true, .fallback = { h1, 1 } },
};

static const struct ipv6_prefix servers[] = { { V6(1), 128 }, { V6(2), 128 }, { V6(9), 128 } };

static struct world world;

/** struct datagram - a UDP datagram; addresses as in struct wire_tcp */
struct datagram {
	bool ipv6;
	uint8_t source6;
	uint8_t destination6;
	uint32_t source4;
	uint32_t destination4;
	uint16_t source_port;
	uint16_t destination_port;
	const char *data;
};

static inline int udp_setup(void **state)
{
	world_config(*state);
	world.config.services = services;
	world.config.service_count = sizeof(services) / sizeof(services[0]);
	world.config.servers = servers;
	world.config.server_count = sizeof(servers) / sizeof(servers[0]);
	world_make(*state);
	return 0;
}

/** make() - write a datagram with right lengths and checksums; returns its length */
static inline size_t make(const struct datagram *d, const void *data, size_t size, uint8_t *bytes)
{
	size_t transport = d->ipv6 ? 40 : 20, length = transport + 8 + size;

	memset(bytes, 0, transport + 8);
	if (d->ipv6) {
		bytes[0] = 0x60;
		bytes[6] = 17;
		bytes[7] = 64;
		wire_put32(bytes, 8, 0x20010db8);
		bytes[23] = d->source6;
		wire_put32(bytes, 24, 0x20010db8);
		bytes[39] = d->destination6;
	} else {
		bytes[0] = 0x45;
		bytes[8] = 64;
		bytes[9] = 17;
		wire_put32(bytes, 12, d->source4);
		wire_put32(bytes, 16, d->destination4);
	}
	wire_put16(bytes, transport, d->source_port);
	wire_put16(bytes, transport + 2, d->destination_port);
	wire_put16(bytes, transport + 4, (uint32_t)size + 8);
	memcpy(bytes + transport + 8, data, size);
	wire_seal(bytes, length);
	return length;
}

static inline enum verdict send(const struct datagram *d)
{
	uint8_t bytes[2048];
	size_t length = make(d, d->data, strlen(d->data), bytes);

	return world_input(&world, bytes, length, NULL);
}

static inline struct datagram read_datagram(const uint8_t *bytes)
{
	bool ipv6 = bytes[0] / 16 == 6;
	size_t transport = ipv6 ? 40 : 20;

	assert_int_equal(ipv6 ? bytes[6] : bytes[9], 17);
	return (struct datagram){
		.ipv6 = ipv6,
		.source6 = ipv6 ? bytes[23] : 0,
		.destination6 = ipv6 ? bytes[39] : 0,
		.source4 = ipv6 ? 0 : wire_u32(bytes, 12),
		.destination4 = ipv6 ? 0 : wire_u32(bytes, 16),
		.source_port = wire_u16(bytes, transport),
		.destination_port = wire_u16(bytes, transport + 2),
		.data = (const char *)bytes + transport + 8,
	};
}

/** only_one() - what was emitted, which is one datagram with @data */
static inline struct datagram only_one(const char *data)
{
	struct datagram d;

	assert_int_equal(world.count, 1);
	d = read_datagram(world.packets[0].bytes);
	assert_int_equal(world.packets[0].length, (d.ipv6 ? 48 : 28) + strlen(data));
	assert_memory_equal(d.data, data, strlen(data));
	return d;
}

static inline struct datagram question(uint16_t client_port, uint16_t port)
{
	return (struct datagram){
		.source4 = WORLD_CLIENT,
		.destination4 = WORLD_SERVICE,
		.source_port = client_port,
		.destination_port = port,
		.data = "question",
	};
}

/** ask() - a datagram of the client goes to a server; returns what the server gets */
static inline struct datagram ask(uint16_t client_port, uint16_t port)
{
	const struct datagram q = question(client_port, port);

	assert_int_equal(send(&q), VERDICT_FORWARDED);
	return only_one("question");
}

static inline struct datagram reply_to(struct datagram d)
{
	return (struct datagram){
		.ipv6 = true,
		.source6 = d.destination6,
		.destination6 = d.source6,
		.source_port = d.destination_port,
		.destination_port = d.source_port,
		.data = "answer!",
	};
}

/** answer() - the server answers to what it got; returns what the client gets */
static inline struct datagram answer(struct datagram asked)
{
	const struct datagram d = reply_to(asked);

	assert_int_equal(send(&d), VERDICT_FORWARDED);
	return only_one("answer!");
}

/** prove() - an exchange whose client sends again after an answer; returns what the server gets */
static inline struct datagram prove(uint16_t client_port, uint16_t port)
{
	answer(ask(client_port, port));
	return ask(client_port, port);
}

static inline uint32_t flows(void)
{
	return engine_flows(world.engine, FLOWS_UDP);
}

#endif
