/* SPDX-License-Identifier: ISC */
/*
 * text.h - what strings of a configuration stand for
 */
#ifndef NAT46_CONFIG_TEXT_H
#define NAT46_CONFIG_TEXT_H

#include "nat46/hostname.h"

struct build;

/**
 * text_parse_fn - read a text into @value, which is then not all zero; strings among the values point to @text
 *
 * Return: NULL; or why the text is wrong, to be read after it ("is not an IPv4 address")
 */
typedef const char *text_parse_fn(struct build *build, const char *text, void *value);

text_parse_fn text_prefix;     /* struct ipv6_prefix: setting "prefix" */
text_parse_fn text_ipv4_host;  /* uint32_t */
text_parse_fn text_ipv6_host;  /* struct ipv6_address */
text_parse_fn text_ipv4_block; /* struct ipv4_prefix */
text_parse_fn text_ipv6_block; /* struct ipv6_prefix */
text_parse_fn text_server;     /* struct server */
text_parse_fn text_host;       /* struct text_host */
text_parse_fn text_ports;      /* struct text_ports */
text_parse_fn text_interface, text_account, text_service_name, text_alpn, text_bytes; /* const char * */
text_parse_fn text_file, text_socket; /* const char * */

struct text_host {
	char name[HOSTNAME_MAX + 1];
	bool wildcard;
};

struct text_ports {
	uint16_t first, last;
};

/** text_server_doubt() - why a text that text_server() takes is probably not what was meant; NULL: it is */
const char *text_server_doubt(struct build *build, const char *text);

/** text_quote() - write the first 100 bytes of a string as they would stand in the file; TEXT_QUOTE_MAX bytes */
const char *text_quote(const char *text, char *out);
#define TEXT_QUOTE_MAX 408u /* each may become "\xNN" */

#endif
