/* SPDX-License-Identifier: ISC */
/*
 * service_text.c - a service as people know it
 */
#include "config/service_text.h"

#include <stdio.h>

const char *service_text(const struct service *service, char *text)
{
	uint32_t ip = service->address;
	char length[12] = "", last[12] = "";

	if (service->host_bits > 0)
		snprintf(length, sizeof(length), "/%u", 32u - service->host_bits);
	if (service->further_ports > 0)
		snprintf(last, sizeof(last), "-%u", (unsigned int)service->port + service->further_ports);
	snprintf(text, SERVICE_TEXT_MAX, "%u.%u.%u.%u%s:%u%s", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255,
		 length, service->port, last);
	return text;
}
