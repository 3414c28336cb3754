/* SPDX-License-Identifier: ISC */
/*
 * icmp_message.c - ICMP messages of our own making
 */
#include "core/base/icmp_message.h"

#include "core/base/output.h"
#include "nat46/checksum.h"
#include "nat46/translate.h"

void icmp_message_begin(struct engine *e, const struct packet *p, const struct icmp_error *error)
{
	struct span header = span_part(output_room(e), p->transport, ICMP_HEADER);

	span_put8(header, 0, error->type);
	span_put8(header, 1, error->code);
	span_put16(header, 2, 0);
	span_put32(header, 4, error->rest);
}

void icmp_message_send(struct engine *e, struct packet *p, enum trace_kind kind)
{
	struct span whole = span_part(output_room(e), 0, p->length);
	struct span message = span_part(whole, p->transport, p->length - p->transport);
	uint64_t sum;

	p->protocol = p->is_ipv6 ? IP_PROTOCOL_ICMPV6 : IP_PROTOCOL_ICMP;
	p->icmp_type = span_get8(message, 0);
	p->icmp_code = span_get8(message, 1);
	span_put16(message, 2, 0);
	sum = checksum_sum(message.bytes, message.length);
	if (p->is_ipv6) {
		sum += checksum_pseudo6(&p->source6, &p->destination6, IP_PROTOCOL_ICMPV6, message.length);
		ipv6_header_write(whole, IP_PROTOCOL_ICMPV6, p->traffic_class, p->hop_limit, &p->source6,
				  &p->destination6);
	} else {
		ipv4_header_write(whole, IP_PROTOCOL_ICMP, p->traffic_class, p->hop_limit, p->source4, p->destination4,
				  0, e->ipv4_id++);
	}
	span_put16(message, 2, checksum_finish(sum));
	output_send(e, kind, p);
}
