/* SPDX-License-Identifier: ISC */
/*
 * drain.h - servers that get no new connections, because an operator wants to take them away
 *
 * It is the operator's word and not the configuration's, so that a reload changes nothing about it. Connections that
 * there are go on.
 */
#ifndef NAT46_DRAIN_H
#define NAT46_DRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "nat46/service.h"

/** Most servers that are drained at a time. */
#define DRAINED_MAX 64u

/**
 * struct drain_list - the servers that are drained; all zero: none
 * @servers: addresses and ports; port 0: every port
 * @count: how many
 */
struct drain_list {
	struct server servers[DRAINED_MAX];
	size_t count;
};

/**
 * drain_add() - drain a server, at one port or, with port 0, at all, if it is not
 *
 * All ports are one entry, which takes the place of those of single ports.
 *
 * Return: false: there is no room
 */
bool drain_add(struct drain_list *list, const struct server *server);

/** drain_remove() - the contrary; with port 0 also what was drained at single ports; false: there was nothing */
bool drain_remove(struct drain_list *list, const struct server *server);

/** drain_has() - is a server drained, its port filled in; with port 0, at all ports */
bool drain_has(const struct drain_list *list, const struct server *server);

/**
 * drain_pass_over() - the servers of a set that are not drained
 * @call: who calls: it decides which server of a block is meant
 * @room: room for as many as @servers has
 *
 * Return: @servers if nothing is drained, else those in @room
 */
struct server_set drain_pass_over(const struct drain_list *list, const struct server_set *servers,
				  const struct call *call, struct server *room);

#endif
