/* SPDX-License-Identifier: ISC */
/*
 * drain.c - servers that get no new connections
 */
#include "nat46/drain.h"

/** covers() - is what is drained as @drained the server @server, or with port 0 all of its ports */
static bool covers(const struct server *drained, const struct server *server)
{
	return (drained->port == 0 || drained->port == server->port) && ipv6_equal(&drained->address, &server->address);
}

bool drain_has(const struct drain_list *list, const struct server *server)
{
	for (size_t i = 0; i < list->count; i++) {
		if (covers(&list->servers[i], server))
			return true;
	}
	return false;
}

bool drain_add(struct drain_list *list, const struct server *server)
{
	if (drain_has(list, server))
		return true;
	/* those of single ports are among all ports */
	(void)drain_remove(list, server);
	if (list->count == DRAINED_MAX)
		return false;
	list->servers[list->count++] = (struct server){ .address = server->address, .port = server->port };
	return true;
}

bool drain_remove(struct drain_list *list, const struct server *server)
{
	size_t kept = 0, count = list->count;

	for (size_t i = 0; i < count; i++) {
		/* "all ports" names each of them */
		if (!covers(server, &list->servers[i]))
			list->servers[kept++] = list->servers[i];
	}
	list->count = kept;
	return kept < count;
}

struct server_set drain_pass_over(const struct drain_list *list, const struct server_set *servers,
				  const struct call *call, struct server *room)
{
	struct server_set left = { .servers = room };

	if (list->count == 0)
		return *servers;
	for (size_t i = 0; i < servers->count; i++) {
		const struct server server = service_server(&servers->servers[i], call);

		if (!drain_has(list, &server))
			room[left.count++] = servers->servers[i];
	}
	return left;
}
