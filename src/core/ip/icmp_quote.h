/* SPDX-License-Identifier: ISC */
/*
 * icmp_quote.h - ICMP errors, with the packet that they quote, in the terms of the other family
 */
#ifndef NAT46_CORE_IP_ICMP_QUOTE_H
#define NAT46_CORE_IP_ICMP_QUOTE_H

#include "core/base/engine_state.h"
#include "core/wire/icmp.h"

/**
 * struct icmp_quote - an ICMP error that came in, taken apart
 * @error: type, code, and MTU or pointer
 * @bytes: start of the packet that the error is about, as it is quoted
 * @extension: structure behind it (RFC 4884); empty if there is none
 * @inner: what @bytes says
 */
struct icmp_quote {
	struct icmp_error error;
	struct cursor bytes;
	struct cursor extension;
	struct packet inner;
};

/**
 * struct icmp_sender - what the quoted packet was like for the host that sent it
 * @source4, @destination4, @source6, @destination6: its addresses, in the family of that host
 * @source_port, @destination_port: its ports, with @has_ports
 * @seq_shift, @ack_shift: to be added to the numbers of TCP, with @has_ports
 * @has_ports: it belongs to a flow, which has changed those as well
 */
struct icmp_sender {
	uint32_t source4, destination4;
	struct ipv6_address source6, destination6;
	uint16_t source_port, destination_port;
	uint32_t seq_shift, ack_shift;
	bool has_ports;
};

/** icmp_quote_read() - take an ICMP error apart; false: drop it with @why */
bool icmp_quote_read(const struct input *in, struct icmp_quote *quote, enum drop *why);

/**
 * icmp_source4() - under which IPv4 address an IPv6 router or host sends errors
 * @source: who has sent the error
 * @otherwise: what its packet was for
 *
 * That of its own; else router.ipv4, so that traceroute shows an address that can be asked (RFC 6791); else, without
 * one, @otherwise.
 */
uint32_t icmp_source4(const struct engine *e, const struct ipv6_address *source, uint32_t otherwise);

/** icmp_source6() - the same of IPv4 routers and hosts, which all have one, unless it is not global (RFC 6052 3.1) */
struct ipv6_address icmp_source6(const struct engine *e, uint32_t source);

/**
 * icmp_quote_send() - send an ICMP error on, in the other family
 * @in: the error as it came in
 * @quote: as icmp_quote_read() gives it
 * @to: type, code, and MTU or pointer in the other family
 * @sender: what the quoted packet was like
 * @out: addresses and family of the error; what else is in it is filled in
 *
 * Return: VERDICT_FORWARDED, or a drop if the quoted packet cannot be translated
 */
enum verdict icmp_quote_send(struct engine *e, const struct input *in, const struct icmp_quote *quote,
			     const struct icmp_error *to, const struct icmp_sender *sender, struct packet *out);

#endif
