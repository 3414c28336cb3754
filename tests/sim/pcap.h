/* SPDX-License-Identifier: ISC */
/* pcap.h - write packets to a capture file of raw IP packets (LINKTYPE_RAW) */
#ifndef SIM_PCAP_H
#define SIM_PCAP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** pcap_open() - create a capture file; NULL if that fails */
FILE *pcap_open(const char *path);

/** pcap_write() - append a packet seen at @now (virtual nanoseconds) */
void pcap_write(FILE *file, int64_t now, const uint8_t *bytes, size_t length);

#endif
