/* SPDX-License-Identifier: ISC */
/*
 * service.h - services, rules and servers
 *
 * Everything here is immutable once built. src/config parses and checks the file, allocates,
 * sorts with the comparison functions below, and hands a complete struct engine_config to the engine.
 * The engine keeps a pointer to it; flows copy what they need and never point into it.
 */
#ifndef NAT46_SERVICE_H
#define NAT46_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nat46/address.h"
#include "nat46/inspect.h"

struct rule_mark;

/** Most servers of one rule or service. */
#define SERVERS_MAX 256u

/** Most servers of a service that are listed, and counted by themselves. */
#define SERVERS_LISTED_MAX 256u

/** Most servers that are tried for one connection, in order of rank. */
#define CANDIDATES_MAX 4u

/**
 * struct server - where a flow goes
 * @port: 0 stands for the port of the service
 * @host_bits: of a configured block, one server for each address of its service: @address is the first, whose last
 *	bits are zero; 0: one server
 * @is_udp: of a candidate (base/choose.c), for its health is that of a protocol; false where it is configured
 */
struct server {
	struct ipv6_address address;
	uint16_t port;
	uint8_t host_bits;
	bool is_udp;
};

/** server_block() - the addresses of a configured server */
struct ipv6_prefix server_block(const struct server *server);

/** struct server_set - servers among which connections are spread; empty: refuse */
struct server_set {
	const struct server *servers;
	size_t count;
};

/**
 * struct rule - one set of conditions, all of which must hold, and the servers it leads to
 * @host: host name, lower case, no trailing dot; NULL: no condition
 * @alpn: protocol name that the ALPN list must contain; NULL: no condition
 * @bytes: first bytes, may contain NUL; NULL: no condition
 * @bytes_length: number of bytes in @bytes
 * @protocol: protocol spoken; PROTOCOL_OTHER: no condition
 * @wildcard: @host stands for one or more labels in front of it ("*.example.org" is host "example.org")
 * @line: where src/config has found it; a number that only means something there
 * @servers: where a connection that matches goes; never empty
 * @text: the conditions as an operator reads them, for logs ("host www.example.org")
 *
 * A configured rule with several host names becomes one struct rule per name.
 */
struct rule {
	const char *host;
	const char *alpn;
	const uint8_t *bytes;
	size_t bytes_length;
	enum protocol protocol;
	bool wildcard;
	unsigned int line;
	struct server_set servers;
	const char *text;
};

/** enum refusal - what a client gets that has no server; REFUSE_ANSWER speaks TLS or HTTP, else resets */
enum refusal {
	REFUSE_RESET = 0,
	REFUSE_ANSWER,
	REFUSE_DROP,
};

/**
 * enum silence - what it means that a client says nothing
 *
 * In some protocols the server speaks first. A browser opens connections that it may use later, or never.
 */
enum silence {
	SILENCE_TO = 0,		/* the client waits for the server of "to" to speak */
	SILENCE_REFUSE,		/* it may speak later; after timeouts.silent it is refused */
};

/**
 * struct service - one IPv4 address or block, protocol, and port or range of ports
 * @name: name for logs; "ADDRESS:PORT" if none is configured
 * @address: IPv4 address, the first of a block, whose last bits are zero
 * @host_bits: how many bits of the addresses of a block differ; 0: one address
 * @port: TCP or UDP port, the first of a range
 * @further_ports: how many ports behind @port belong to it as well
 * @is_udp: UDP, which has no rules and never refuses
 * @rules: sorted by rule_compare(); shared between the ports of one configured service
 * @rule_count: number of rules; 0: the handshake goes end to end
 * @marks: of the rules, sorted (rule_mark.h); NULL: what rule has won is not known later
 * @fallback: setting "to": servers for everything that matches no rule; may be empty
 * @listed: servers of @fallback and of all rules, each once, in the order of the file
 * @has_unlisted: there are more than are listed
 * @wait: nanoseconds for the first data before @fallback or refusal
 * @refusal: what happens without a server
 * @silent: what silence means when @wait is over
 * @line: where src/config has found it; a number that only means something there
 */
struct service {
	const char *name;
	uint32_t address;
	uint8_t host_bits;
	uint16_t port;
	uint16_t further_ports;
	bool is_udp;
	const struct rule *rules;
	size_t rule_count;
	const struct rule_mark *marks;
	struct server_set fallback;
	struct server_set listed;
	bool has_unlisted;
	int64_t wait;
	enum refusal refusal;
	enum silence silent;
	unsigned int line;
};

/**
 * service_compare() - order of services: the smallest blocks first, by address, then protocol, then port
 *
 * For qsort() on struct service.
 */
int service_compare(const void *a, const void *b);

/** service_has_address() - is the IPv4 address @address among those of a service */
bool service_has_address(const struct service *service, uint32_t address);

/** service_has_port() - is @port among the ports of a service */
bool service_has_port(const struct service *service, uint16_t port);

/** service_port_for() - the port that a client has called whose connection ends at @server_port, as far as is known */
uint16_t service_port_for(const struct service *service, uint16_t server_port);

/** service_address_for() - the same for the address, of a connection that ends at @server of a block, if any is one */
uint32_t service_address_for(const struct service *service, const struct ipv6_address *server);

/**
 * rule_compare() - order of rules. For qsort() on struct rule.
 *
 * Rules with ALPN before those without. Among these exact host names by name, then wildcards by name, then without
 * host by bytes (longest first), then by protocol. Among rules with the same host name, and those with ALPN only,
 * those with more conditions come first. 0 means that the two rules have the very same conditions and can never be
 * told apart: an error in a configuration.
 */
int rule_compare(const void *a, const void *b);

/**
 * service_leads_to() - the configured server of a service at which a connection may end, as listed or in a set; NULL:
 *	there is none
 * @service: the service
 * @address, @port: the server
 * @budget: how many servers may be compared; what was not the one is taken off
 *
 * Return: NULL also if it was not found for as long as @budget lasted
 */
const struct server *service_leads_to(const struct service *service, const struct ipv6_address *address, uint16_t port,
				      size_t *budget);

/** enum decision - what the first bytes lead to */
enum decision {
	DECISION_PENDING,	/* more bytes could still change the outcome */
	DECISION_SERVERS,	/* these servers */
	DECISION_REFUSE,	/* no rule matches and there is no "to" */
	DECISION_MALFORMED,	/* the first bytes contradict themselves: refuse whatever "to" says */
	DECISION_INCOMPLETE,	/* they are the beginning of TLS or HTTP and no more come: refuse whatever "to" says */
};

/**
 * struct choice - result of service_decide()
 * @decision: what to do
 * @servers: with DECISION_SERVERS
 * @text: why, for logs: text of the rule, "to", or the reason why the bytes are malformed
 * @protocol: protocol of the first bytes, PROTOCOL_OTHER if it is not known or no rule asks
 * @host: name in the first bytes, "" if none; for logs
 */
struct choice {
	enum decision decision;
	struct server_set servers;
	const char *text;
	enum protocol protocol;
	char host[HOSTNAME_MAX + 1];
};

/**
 * service_decide() - choose the rule as soon as the bytes suffice
 * @service: service with rules
 * @data: first bytes of the client, without holes
 * @length: number of bytes in @data
 * @final: no more bytes will come: never DECISION_PENDING
 * @progress: of this connection, all zero at first; see inspect()
 * @choice: filled in
 *
 * Which rule wins: one with ALPN before one without; among these exact host, longest wildcard, no host; then longest
 * bytes, protocol, and "to"; the order in the file never matters. With @final, a rule that asks for a host, an ALPN or
 * a protocol that a cut hello or head may still have had is neither true nor false: DECISION_INCOMPLETE, unless a rule
 * before it has won.
 */
void service_decide(const struct service *service, const uint8_t *data, size_t length, bool final,
		    struct inspect_progress *progress, struct choice *choice);

/** server_is_failing_fn - is a server, its port filled in, known not to answer at present */
typedef bool server_is_failing_fn(const void *context, const struct server *server);

/** struct call - which IPv4 address and port of a service a client calls */
struct call {
	uint32_t client;
	uint32_t address;
	uint16_t port;
};

/** service_server() - the server for @call: of a block, the one at the same place; the port is filled in */
struct server service_server(const struct server *server, const struct call *call);

/**
 * service_rank() - the servers to try for a client, best first (rendezvous hashing)
 * @servers: at least one server
 * @call: the same client gets the same order as long as the set stays
 * @is_failing, @context: servers for which it is true come last; NULL: none
 * @candidates: room for CANDIDATES_MAX servers, as service_server() has them
 *
 * Return: number of candidates, 1 to CANDIDATES_MAX
 */
size_t service_rank(const struct server_set *servers, const struct call *call, server_is_failing_fn *is_failing,
		    const void *context, struct server *candidates);

#endif
