/* SPDX-License-Identifier: ISC */
/*
 * address_place.h - where the file names an address that is routed into the device
 */
#ifndef NAT46_CONFIG_ADDRESS_PLACE_H
#define NAT46_CONFIG_ADDRESS_PLACE_H

#include <stdio.h>

#include "config/daemon_config.h"
#include "nat46/address.h"

/** config_print_ipv4_place(), config_print_ipv6_place() - "FILE:LINE", or "FILE" if no line has it; the first one */
void config_print_ipv4_place(const struct daemon_config *config, uint32_t address, FILE *out);
void config_print_ipv6_place(const struct daemon_config *config, const struct ipv6_address *address, FILE *out);

#endif
