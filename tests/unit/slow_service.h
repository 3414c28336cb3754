/* SPDX-License-Identifier: ISC */
/*
 * slow_service.h - a service whose rule needs 11 bytes, so that there is something to wait for, and its client
 */
#ifndef NAT46_TESTS_SLOW_SERVICE_H
#define NAT46_TESTS_SLOW_SERVICE_H

#include "expect.h"

static const struct server h1[] = { { .address = V6(1) } };
static const struct server h9[] = { { .address = V6(9) } };
static const struct rule rule = { .bytes = (const uint8_t *)"hello world", .bytes_length = 11, .servers = { h1, 1 },
				  .text = "bytes" };
static struct service service;
static struct world world;

/** setup() - the client is connected to the service, which has no "to"; a test may change @service afterwards */
static int setup(void **state)
{
	(void)state;
	service = (struct service){ .name = "s", .address = WORLD_SERVICE, .port = 80, .rules = &rule,
				    .rule_count = 1, .wait = 5 * SECOND };
	world_config(&world);
	world.config.services = &service;
	world.config.service_count = 1;
	world_make(&world);
	connection_accept(&world);
	return 0;
}

/** fall_back() - the service has a "to" */
static void fall_back(void)
{
	service.fallback = (struct server_set){ h9, 1 };
}

/** data() - the client sends @text, @offset bytes behind its first */
static enum verdict data(int32_t offset, const char *text)
{
	return client_sends(&world, TCP_PSH | TCP_ACK, offset, OUR_ISN + 1, text);
}

#endif
