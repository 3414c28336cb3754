/* SPDX-License-Identifier: ISC */
/*
 * engine_config.h - the part of the configuration that the core reads
 *
 * Immutable once built, as the services in it are.
 */
#ifndef NAT46_ENGINE_CONFIG_H
#define NAT46_ENGINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address_plan.h"
#include "nat46/service.h"

/** enum zero_checksum - setting "udp.zero_checksum": what becomes of an IPv4 datagram without checksum */
enum zero_checksum {
	ZERO_CHECKSUM_COMPUTE = 0,
	ZERO_CHECKSUM_DROP,
	ZERO_CHECKSUM_PASS,	/* in IPv6 it means the same to tunnels only (RFC 6935) */
};

/** struct tcp_promises - setting "tcp": what SYN/ACKs of spliced services may promise */
struct tcp_promises {
	uint8_t window_scale;
	bool sack;
	bool timestamps;
	bool ecn;
	uint16_t mss;	/* 0: from the MTU */
};

/** struct engine_timeouts - setting "timeouts", in nanoseconds */
struct engine_timeouts {
	int64_t connect;
	int64_t tcp;
	int64_t tcp_transitory;
	int64_t silent;
	int64_t udp;
};

/** struct engine_limits - setting "limits"; read once when the engine is created */
struct engine_limits {
	uint32_t flows;		/* flow records */
	uint32_t flows_address;	/* connections, or UDP exchanges, of one IPv4 address */
	uint32_t flows_network; /* the same, of one /24 */
	uint32_t waiting;	/* connections not yet spliced */
	uint32_t waiting_address; /* the same, of one IPv4 address */
	uint32_t waiting_network; /* the same, of one /24 */
	uint32_t buffer;	/* bytes buffered for one connection */
	uint64_t buffers;	/* bytes buffered for all connections */
	uint64_t fragments;	/* bytes of packets of which fragments are missing */
};

/**
 * struct engine_config - all that the core needs to know
 * @plan: how IPv4 clients appear to the servers
 * @services: sorted by service_compare()
 * @service_count: number of services
 * @servers, @server_count: blocks of addresses of all servers of services, sorted as bytes, none in another one
 * @router_ipv4: own IPv4 address, 0: none
 * @has_router_ipv6: is there an own IPv6 address
 * @router_ipv6: own IPv6 address
 * @mtu: MTU of the TUN device
 * @lowest_ipv6_mtu: longest IPv6 packet made of one that may be fragmented
 * @copy_tos: type of service and traffic class are copied, else 0
 * @tcp: promises in SYN/ACKs
 * @clamp_mss: lower the MSS of SYNs that pass, to what fits both families
 * @zero_checksum: datagrams without checksum
 * @keepalive: ask the ends of an idle connection before it is forgotten
 * @timeouts: time limits
 * @limits: size limits
 */
struct engine_config {
	struct address_plan plan;
	const struct service *services;
	size_t service_count;
	const struct ipv6_prefix *servers;
	size_t server_count;
	uint32_t router_ipv4;
	bool has_router_ipv6;
	struct ipv6_address router_ipv6;
	uint32_t mtu;
	uint32_t lowest_ipv6_mtu;
	bool copy_tos;
	struct tcp_promises tcp;
	bool clamp_mss;
	enum zero_checksum zero_checksum;
	bool keepalive;
	struct engine_timeouts timeouts;
	struct engine_limits limits;
};

/** service_find() - the service with the smallest block at an IPv4 address and port of a protocol, or NULL */
const struct service *service_find(const struct engine_config *config, bool is_udp, uint32_t address, uint16_t port);

/** service_find_same() - the service with the same block and protocol as @service that has its first port, or NULL */
const struct service *service_find_same(const struct engine_config *config, const struct service *service);

/** service_is_server() - is @address that of a server of any service */
bool service_is_server(const struct engine_config *config, const struct ipv6_address *address);

/** service_owns() - does any service have this IPv4 address */
bool service_owns(const struct engine_config *config, uint32_t address);

#endif
