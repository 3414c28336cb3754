/* SPDX-License-Identifier: ISC */
/* ip_options.c - put options into an IPv4 header */
#include "ip_options.h"

#include <string.h>

static const struct {
	uint8_t bytes[40];
	uint8_t length;
} areas[] = {
	[IP_OPTIONS_NONE] = { { 0 }, 0 },
	[IP_OPTIONS_PADDING] = { { 1, 1, 1, 0 }, 4 },
	[IP_OPTIONS_RECORD_ROUTE] = { { 7, 39, 4 }, 40 },
	[IP_OPTIONS_ROUTE_USED_UP] = { { 1, 137, 7, 8, 10, 0, 0, 9 }, 8 },
	[IP_OPTIONS_ROUTE] = { { 68, 4, 5, 0, 131, 7, 4, 10, 0, 0, 9, 0 }, 12 },
};

static void seal(uint8_t *ip)
{
	uint32_t sum = 0;

	ip[10] = ip[11] = 0;
	for (size_t i = 0; i < (ip[0] & 15u) * 4; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

void ip_options_put(struct frame *frame, enum ip_options options)
{
	uint8_t *ip = frame->data, count = areas[options].length;

	memmove(ip + 20 + count, ip + 20, frame->length - 20);
	memcpy(ip + 20, areas[options].bytes, count);
	frame->length += count;
	if (frame->offload.partial)
		frame->offload.csum_start = (uint16_t)(frame->offload.csum_start + count);
	ip[0] = (uint8_t)(0x45 + count / 4);
	ip[2] = (uint8_t)(frame->length >> 8);
	ip[3] = (uint8_t)frame->length;
	seal(ip);
}

bool ip_options_is_refusal(const struct frame *frame)
{
	const uint8_t *ip = frame->data;

	return ip[0] == 0x45 && ip[9] == 1 && ip[20] == 3 && ip[21] == 5;
}
