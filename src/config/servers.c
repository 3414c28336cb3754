/* SPDX-License-Identifier: ISC */
/*
 * servers.c - setting "to": can the servers be reached, and do they go together with their service
 *
 * A block of servers is one for each address of the service, at the same place: it is as large as the block of the
 * service, so that nobody has to know how one of another size would be cut or filled.
 */
#include "config/servers.h"

/** has_port() - is @port among @ports */
static bool has_port(const struct values *ports, uint16_t port)
{
	const struct text_ports *ranges = ports->items;
	size_t i = 0;

	while (i < ports->count && (port < ranges[i].first || port > ranges[i].last))
		i++;
	return i < ports->count;
}

/** is_same() - are two servers the same at one of the addresses and ports of their service */
static bool is_same(const struct server *a, const struct server *b, const struct service_entry *of)
{
	const struct ipv6_prefix block = server_block(a), other = server_block(b);
	uint16_t port = a->port ? a->port : b->port; /* of the service, if one has none */
	bool same = a->port == b->port;

	if (!same && !(a->port && b->port))
		same = has_port(&of->tcp, port) || has_port(&of->udp, port);
	return same && (ipv6_in_prefix(&block.address, &other) || ipv6_in_prefix(&other.address, &block));
}

const char *servers_refusal(struct build *build, const struct server *server, const struct ipv4_prefix *ipv4)
{
	const struct ipv6_prefix block = server_block(server);
	const char *loop = mappings_loop(build, &block);

	if (loop)
		return build_print(build,
				   "belongs to '%s', packets to it would come back: a server must be elsewhere", loop);
	if (block.length == 128 || block.length == 96 + ipv4->length || ipv4->address == 0)
		return NULL;
	if (ipv4->length == 32)
		return "is a block of servers, but 'ipv4' of the service is one address";
	return build_print(build, "is a block of another size than 'ipv4' of the service, /%d would be right for /%d",
			   96 + ipv4->length, ipv4->length);
}

struct server_set servers_compile(struct build *build, const config_setting_t *group, const struct values *values,
				  const struct service_entry *of)
{
	struct server_set set = { .servers = values->items, .count = values->count };
	config_setting_t *setting = set.count > 0 ? config_setting_get_member(group, "to") : NULL;
	static const struct ipv6_address none;

	if (set.count > SERVERS_MAX) {
		build_error(build, setting, "%zu servers are too many, allowed are %u", set.count, SERVERS_MAX);
		set.count = 0;
	}
	for (unsigned int i = 0; i < set.count; i++) {
		const config_setting_t *value = read_value_at(setting, i);
		unsigned int first = 0;
		const char *reason;

		if (ipv6_equal(&set.servers[i].address, &none))
			continue; /* was refused */
		reason = servers_refusal(build, &set.servers[i], &of->ipv4);
		if (reason)
			build_error(build, value, "\"%s\" %s", config_setting_get_string(value), reason);
		while (first < i && !is_same(&set.servers[first], &set.servers[i], of))
			first++;
		if (first < i)
			build_error(build, value, "\"%s\" is listed twice", config_setting_get_string(value));
	}
	return set;
}
