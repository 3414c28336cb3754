/* SPDX-License-Identifier: ISC */
/* wire.c - build, parse, verify, cut and print packets */
#include "wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_ICMPV6 58

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint64_t sum_bytes(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += get16(bytes + i);
	if (length & 1)
		sum += (uint64_t)bytes[length - 1] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Sum of the pseudo header of the packet at @ip, whose transport part is @length bytes. */
static uint64_t pseudo_sum(const uint8_t *ip, uint8_t protocol, size_t length)
{
	if (ip[0] >> 4 == 4)
		return sum_bytes(ip + 12, 8) + protocol + length;
	return sum_bytes(ip + 8, 32) + protocol + length;
}

static size_t ip_header(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 ? (size_t)(ip[0] & 15) * 4 : 40;
}

static struct wire *wire_new(size_t length)
{
	struct wire *wire = calloc(1, sizeof(*wire) + length);

	if (!wire) {
		fprintf(stderr, "sim: out of memory\n");
		abort();
	}
	wire->length = length;
	return wire;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->is_ipv6 == b->is_ipv6 && memcmp(a->byte, b->byte, a->is_ipv6 ? 16 : 4) == 0;
}

/* Write the options of @packet; NULL: only count. Returns the padded length. */
static size_t put_options(const struct packet *packet, uint8_t *out)
{
	uint8_t area[64];
	size_t n = 0;
	bool aligned = packet->option_style != 1;

	if (packet->option_style == 2 && packet->flags & FLAG_SYN) {
		memcpy(area, "\xfe\x04\xde\xad", 4);
		n += 4;
	}
	if (packet->has_mss) {
		memcpy(area + n, "\x02\x04", 2);
		put16(area + n + 2, packet->mss);
		n += 4;
	}
	if (packet->sack_permitted) {
		memcpy(area + n, "\x04\x02", 2);
		n += 2;
	}
	if (packet->has_ts) {
		for (; aligned && n % 4 != 2; n++)
			area[n] = 1;
		memcpy(area + n, "\x08\x0a", 2);
		put32(area + n + 2, packet->ts_value);
		put32(area + n + 6, packet->ts_echo);
		n += 10;
	}
	if (packet->has_scale) {
		memcpy(area + n, "\x03\x03", 2);
		area[n + 2] = packet->scale;
		n += 3;
	}
	if (packet->sack_count) {
		for (; aligned && n % 4 != 2; n++)
			area[n] = 1;
		area[n] = 5;
		area[n + 1] = (uint8_t)(2 + 8 * packet->sack_count);
		for (size_t i = 0; i < packet->sack_count; i++) {
			put32(area + n + 2 + 8 * i, packet->sack[i].start);
			put32(area + n + 6 + 8 * i, packet->sack[i].end);
		}
		n += 2 + 8 * packet->sack_count;
	}
	for (; n % 4; n++)
		area[n] = aligned ? 1 : 0;
	if (out)
		memcpy(out, area, n);
	return n;
}

size_t wire_headers(const struct packet *packet)
{
	return (packet->source.is_ipv6 ? 40u : 20u) + 20u + put_options(packet, NULL);
}

static void put_ip(const struct packet *packet, uint8_t *ip, size_t length, uint8_t protocol)
{
	if (packet->source.is_ipv6) {
		put32(ip, 6u << 28 | (uint32_t)packet->traffic_class << 20);
		put16(ip + 4, (uint32_t)length - 40);
		ip[6] = protocol;
		ip[7] = packet->hop_limit;
		memcpy(ip + 8, packet->source.byte, 16);
		memcpy(ip + 24, packet->destination.byte, 16);
		return;
	}
	ip[0] = 0x45;
	ip[1] = packet->traffic_class;
	put16(ip + 2, (uint32_t)length);
	put16(ip + 6, packet->may_fragment ? 0 : 0x4000);
	ip[8] = packet->hop_limit;
	ip[9] = protocol;
	memcpy(ip + 12, packet->source.byte, 4);
	memcpy(ip + 16, packet->destination.byte, 4);
	put16(ip + 10, 0);
	put16(ip + 10, (uint16_t)~fold(sum_bytes(ip, 20)));
}

struct wire *wire_build(const struct packet *packet, uint16_t segment_size, bool partial)
{
	size_t headers = wire_headers(packet), ip_length = packet->source.is_ipv6 ? 40 : 20;
	struct wire *wire = wire_new(headers + packet->payload_length);
	uint8_t *tcp = wire->bytes + ip_length;

	put_ip(packet, wire->bytes, wire->length, PROTOCOL_TCP);
	put16(tcp, packet->source_port);
	put16(tcp + 2, packet->destination_port);
	put32(tcp + 4, packet->seq);
	put32(tcp + 8, packet->ack);
	tcp[12] = (uint8_t)((headers - ip_length) << 2);
	tcp[13] = packet->flags;
	put16(tcp + 14, packet->window);
	put16(tcp + 18, packet->urgent);
	put_options(packet, tcp + 20);
	if (packet->payload_length)
		memcpy(wire->bytes + headers, packet->payload, packet->payload_length);
	if (segment_size && packet->payload_length > segment_size) {
		wire->offload.gso = packet->source.is_ipv6 ? GSO_TCP6 : GSO_TCP4;
		wire->offload.segment_size = segment_size;
		wire->offload.gso_ecn = packet->flags & FLAG_CWR;
		partial = true;
	}
	uint64_t sum = pseudo_sum(wire->bytes, PROTOCOL_TCP, wire->length - ip_length);

	if (partial) {
		wire->offload.partial = true;
		wire->offload.csum_start = (uint16_t)ip_length;
		wire->offload.csum_offset = 16;
		put16(tcp + 16, fold(sum));
	} else {
		put16(tcp + 16, (uint16_t)~fold(sum + sum_bytes(tcp, wire->length - ip_length)));
	}
	return wire;
}

static const char *parse_option(const uint8_t *at, size_t length, struct packet *packet)
{
	switch (at[0]) {
	case 2:
		packet->has_mss = true;
		packet->mss = length == 4 ? get16(at + 2) : 0;
		return length == 4 ? NULL : "MSS option of a wrong length";
	case 3:
		packet->has_scale = true;
		packet->scale = length == 3 ? at[2] : 0;
		return length == 3 ? NULL : "window scale option of a wrong length";
	case 4:
		packet->sack_permitted = true;
		return length == 2 ? NULL : "SACK permitted option of a wrong length";
	case 5:
		if (length < 10 || length > 34 || (length - 2) % 8)
			return "SACK option of a wrong length";
		packet->sack_count = (length - 2) / 8;
		for (size_t i = 0; i < packet->sack_count; i++)
			packet->sack[i] = (struct sack_block){ get32(at + 2 + 8 * i), get32(at + 6 + 8 * i) };
		return NULL;
	case 8:
		if (length != 10)
			return "timestamps option of a wrong length";
		packet->has_ts = true;
		packet->ts_value = get32(at + 2);
		packet->ts_echo = get32(at + 6);
		return NULL;
	default:
		packet->odd_options = true;
		return NULL;
	}
}

static const char *parse_tcp(const uint8_t *tcp, size_t length, struct packet *packet)
{
	if (length < 20 || tcp[12] >> 4 < 5 || (size_t)(tcp[12] >> 4) * 4 > length)
		return "TCP header length";
	size_t header = (size_t)(tcp[12] >> 4) * 4;

	packet->kind = PACKET_TCP;
	packet->source_port = get16(tcp);
	packet->destination_port = get16(tcp + 2);
	packet->seq = get32(tcp + 4);
	packet->ack = get32(tcp + 8);
	packet->flags = tcp[13];
	packet->window = get16(tcp + 14);
	packet->urgent = get16(tcp + 18);
	packet->payload = tcp + header;
	packet->payload_length = length - header;
	for (size_t at = 20; at < header && tcp[at] != 0;) {
		size_t size = tcp[at] == 1 ? 1 : at + 1 < header ? tcp[at + 1] : 0;

		if (size == 0 || (tcp[at] != 1 && size < 2) || at + size > header)
			return "TCP option length";
		const char *error = tcp[at] == 1 ? NULL : parse_option(tcp + at, size, packet);

		if (error)
			return error;
		at += size;
	}
	return NULL;
}

/* The packet quoted in an ICMP error: only its addresses, ports and sequence number. */
static const char *parse_quoted(const uint8_t *ip, size_t length, struct packet *packet)
{
	bool is_ipv6 = packet->source.is_ipv6;

	if (length < (is_ipv6 ? 40u : 20u) + 8u || ip[0] >> 4 != (is_ipv6 ? 6 : 4))
		return "ICMP error without a packet inside";
	size_t header = ip_header(ip);

	if (ip[is_ipv6 ? 6 : 9] != PROTOCOL_TCP)
		return "ICMP error about something else than TCP";
	if (!is_ipv6 && (header < 20 || length < header + 8 || fold(sum_bytes(ip, header)) != 0xffff))
		return "IPv4 header inside an ICMP error";
	packet->quoted_source.is_ipv6 = packet->quoted_destination.is_ipv6 = is_ipv6;
	memcpy(packet->quoted_source.byte, ip + (is_ipv6 ? 8 : 12), is_ipv6 ? 16 : 4);
	memcpy(packet->quoted_destination.byte, ip + (is_ipv6 ? 24 : 16), is_ipv6 ? 16 : 4);
	packet->source_port = get16(ip + header);
	packet->destination_port = get16(ip + header + 2);
	packet->seq = get32(ip + header + 4);
	return NULL;
}

static const char *parse_icmp(const uint8_t *icmp, size_t length, struct packet *packet)
{
	bool is_ipv6 = packet->source.is_ipv6;

	packet->kind = PACKET_OTHER;
	if (length < 8)
		return "ICMP header length";
	if (is_ipv6 ? icmp[0] == 2 : icmp[0] == 3 && icmp[1] == 4) {
		packet->kind = PACKET_TOO_BIG;
		packet->mtu = is_ipv6 ? get32(icmp + 4) : get16(icmp + 6);
	} else if (icmp[0] == (is_ipv6 ? 1 : 3)) {
		packet->kind = PACKET_UNREACHABLE;
	}
	return packet->kind == PACKET_OTHER ? NULL : parse_quoted(icmp + 8, length - 8, packet);
}

static const char *parse_ip(const uint8_t *bytes, size_t length, struct packet *packet, uint8_t *protocol)
{
	bool is_ipv6 = length > 0 && bytes[0] >> 4 == 6;

	if (length < (is_ipv6 ? 40 : 20) || (!is_ipv6 && bytes[0] != 0x45))
		return "IP header";
	if (is_ipv6 ? get16(bytes + 4) != length - 40 : get16(bytes + 2) != length)
		return "IP length";
	if (!is_ipv6 && fold(sum_bytes(bytes, 20)) != 0xffff)
		return "IPv4 header checksum";
	if (!is_ipv6 && get16(bytes + 6) & 0xbfff)
		return "IPv4 fragment";
	packet->source.is_ipv6 = packet->destination.is_ipv6 = is_ipv6;
	memcpy(packet->source.byte, bytes + (is_ipv6 ? 8 : 12), is_ipv6 ? 16 : 4);
	memcpy(packet->destination.byte, bytes + (is_ipv6 ? 24 : 16), is_ipv6 ? 16 : 4);
	packet->hop_limit = bytes[is_ipv6 ? 7 : 8];
	packet->traffic_class = is_ipv6 ? (uint8_t)(get16(bytes) >> 4) : bytes[1];
	packet->may_fragment = !is_ipv6 && !(bytes[6] & 0x40);
	*protocol = bytes[is_ipv6 ? 6 : 9];
	return NULL;
}

static const char *check_offload(const uint8_t *bytes, size_t length, const struct offload *offload,
				 const struct packet *packet)
{
	size_t header = ip_header(bytes);

	if (offload->gso != GSO_NONE) {
		if (offload->gso != (packet->source.is_ipv6 ? GSO_TCP6 : GSO_TCP4))
			return "super-packet of the wrong family";
		if (!offload->partial || offload->segment_size == 0)
			return "super-packet without partial checksum or segment size";
	}
	if (!offload->partial)
		return NULL;
	if (offload->csum_start != header || offload->csum_offset != 16)
		return "partial checksum at a wrong place";
	if (get16(bytes + header + 16) % 0xffff != fold(pseudo_sum(bytes, PROTOCOL_TCP, length - header)) % 0xffff)
		return "partial TCP checksum";
	return NULL;
}

const char *wire_parse(const uint8_t *bytes, size_t length, const struct offload *offload, struct packet *packet)
{
	uint8_t protocol = 0;

	*packet = (struct packet){ .kind = PACKET_OTHER };
	const char *error = parse_ip(bytes, length, packet, &protocol);

	if (error)
		return error;
	size_t header = packet->source.is_ipv6 ? 40 : 20;
	const uint8_t *transport = bytes + header;
	uint64_t sum = sum_bytes(transport, offload->partial ? 0 : length - header);

	if (protocol == PROTOCOL_TCP) {
		error = parse_tcp(transport, length - header, packet);
		if (error)
			return error;
		if (!offload->partial && fold(sum + pseudo_sum(bytes, protocol, length - header)) != 0xffff)
			return "TCP checksum";
		return check_offload(bytes, length, offload, packet);
	}
	if (protocol != (packet->source.is_ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
		return "protocol";
	if (protocol == PROTOCOL_ICMPV6)
		sum += pseudo_sum(bytes, protocol, length - header);
	if (offload->partial || fold(sum) != 0xffff)
		return "ICMP checksum";
	return parse_icmp(transport, length - header, packet);
}

struct wire *wire_error(const struct wire *original, const struct address *router, enum packet_kind kind,
			uint32_t mtu)
{
	bool is_ipv6 = router->is_ipv6;
	size_t header = is_ipv6 ? 40 : 20, most = is_ipv6 ? 1280 : 576;
	size_t quoted = original->length < most - header - 8 ? original->length : most - header - 8;
	struct wire *wire = wire_new(header + 8 + quoted);
	uint8_t *icmp = wire->bytes + header;
	struct packet packet = { .source = *router, .hop_limit = 64, .traffic_class = 0 };

	packet.destination.is_ipv6 = is_ipv6;
	memcpy(packet.destination.byte, original->bytes + (is_ipv6 ? 8 : 12), is_ipv6 ? 16 : 4);
	put_ip(&packet, wire->bytes, wire->length, is_ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
	if (kind == PACKET_TOO_BIG) {
		icmp[0] = is_ipv6 ? 2 : 3;
		icmp[1] = is_ipv6 ? 0 : 4;
		put32(icmp + 4, mtu);
	} else {
		icmp[0] = is_ipv6 ? 1 : 3;
		icmp[1] = 1;
	}
	memcpy(icmp + 8, original->bytes, quoted);
	uint64_t sum = sum_bytes(icmp, wire->length - header);

	if (is_ipv6)
		sum += pseudo_sum(wire->bytes, PROTOCOL_ICMPV6, wire->length - header);
	put16(icmp + 2, (uint16_t)~fold(sum));
	return wire;
}

static void set_ip_length(struct wire *wire)
{
	if (wire->bytes[0] >> 4 == 6) {
		put16(wire->bytes + 4, (uint32_t)wire->length - 40);
		return;
	}
	put16(wire->bytes + 2, (uint32_t)wire->length);
	put16(wire->bytes + 10, 0);
	put16(wire->bytes + 10, (uint16_t)~fold(sum_bytes(wire->bytes, 20)));
}

bool wire_is_capable(const struct wire *wire)
{
	uint8_t code_point = wire->bytes[0] >> 4 == 4 ? wire->bytes[1] & 3 : wire->bytes[1] >> 4 & 3;

	return code_point == 1 || code_point == 2;
}

void wire_mark(struct wire *wire)
{
	if (wire->bytes[0] >> 4 != 4) {
		wire->bytes[1] |= 0x30;
		return;
	}
	wire->bytes[1] |= 3;
	put16(wire->bytes + 10, 0);
	put16(wire->bytes + 10, (uint16_t)~fold(sum_bytes(wire->bytes, ip_header(wire->bytes))));
}

struct wire *wire_segment(const struct wire *wire, size_t *offset)
{
	size_t ip_length = ip_header(wire->bytes);
	size_t header = ip_length, payload = wire->length - header, size = payload;

	if (wire->offload.partial) {
		header += (size_t)(wire->bytes[ip_length + 12] >> 4) * 4;
		payload = wire->length - header;
		size = wire->offload.gso == GSO_NONE ? payload : wire->offload.segment_size;
	}
	if (*offset > 0 && *offset >= payload)
		return NULL;
	if (size > payload - *offset)
		size = payload - *offset;
	bool last = *offset + size == payload;
	struct wire *segment = wire_new(header + size);
	uint8_t *tcp = segment->bytes + ip_length;

	memcpy(segment->bytes, wire->bytes, header);
	memcpy(segment->bytes + header, wire->bytes + header + *offset, size);
	segment->corrupt = wire->corrupt;
	segment->forged = wire->forged;
	if (wire->offload.partial) {
		set_ip_length(segment);
		put32(tcp + 4, get32(tcp + 4) + (uint32_t)*offset);
		if (!last)
			tcp[13] &= (uint8_t) ~(FLAG_FIN | FLAG_PSH);
		if (*offset > 0)
			tcp[13] &= (uint8_t)~FLAG_CWR;
		put16(tcp + 16, 0);
		uint64_t sum = sum_bytes(tcp, segment->length - ip_length);

		put16(tcp + 16, (uint16_t)~fold(sum + pseudo_sum(segment->bytes, PROTOCOL_TCP,
								 segment->length - ip_length)));
	}
	*offset += size ? size : 1;
	return segment;
}

static const char *address_text(const struct address *address, char *text)
{
	inet_ntop(address->is_ipv6 ? AF_INET6 : AF_INET, address->byte, text, INET6_ADDRSTRLEN);
	return text;
}

void wire_print(const char *what, const struct packet *packet)
{
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], flags[9];
	size_t count = 0;

	for (size_t bit = 0; bit < 8; bit++)
		if (packet->flags & 1u << bit)
			flags[count++] = "FSRPAUEC"[bit];
	flags[count] = '\0';
	printf("%s %s:%u => %s:%u", what, address_text(&packet->source, source), packet->source_port,
	       address_text(&packet->destination, destination), packet->destination_port);
	if (packet->kind == PACKET_TCP)
		printf(" %s seq=%u ack=%u win=%u len=%zu", flags, packet->seq, packet->ack, packet->window,
		       packet->payload_length);
	else
		printf(" ICMP kind=%d mtu=%u quoted seq=%u", packet->kind, packet->mtu, packet->seq);
	if (packet->has_mss)
		printf(" mss=%u", packet->mss);
	if (packet->has_scale)
		printf(" scale=%u", packet->scale);
	if (packet->sack_permitted)
		printf(" sackok");
	if (packet->has_ts)
		printf(" ts=%u/%u", packet->ts_value, packet->ts_echo);
	for (size_t i = 0; i < packet->sack_count; i++)
		printf(" sack=%u-%u", packet->sack[i].start, packet->sack[i].end);
	printf("\n");
}
