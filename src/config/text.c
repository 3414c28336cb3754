/* SPDX-License-Identifier: ISC */
/*
 * text.c - what strings of a configuration stand for: names, host names, bytes, addresses
 *
 * What a host cannot have, what routing would never bring to us, or what would break the mapping back is refused
 * here and not discovered on live traffic.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "config/build.h"
#include "config/text.h"

#define BYTES_MAX 4096u /* the smallest buffer of a connection */
#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const char *text_quote(const char *text, char *out)
{
	size_t length = strnlen(text, 100);
	char *end = out;

	*end++ = '"';
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		end += sprintf(end, byte < ' ' || byte > '~' ? "\\x%02x" : strchr("\"\\", byte) ? "\\%c" : "%c", byte);
	}
	strcpy(end, text[length] ? "\"..." : "\"");
	return out;
}

/** store() - a text of 1 to @max bytes, called @what; with @others, only of letters, digits and these */
static const char *store(struct build *build, const char *text, void *value, const char *what, size_t max,
			 const char *others)
{
	if (text[0] == '\0' || strlen(text) > max)
		return build_print(build, "is no %s, it must have 1 to %zu characters", what, max);
	for (const char *c = text; others && *c; c++) {
		if (!strchr(LETTERS_DIGITS, *c) && !strchr(others, *c))
			return build_print(build, "is no %s, allowed are letters, digits and %s", what, others);
	}
	memcpy(value, &text, sizeof(text)); /* for "bytes" it is a const uint8_t * */
	return NULL;
}

const char *text_account(struct build *build, const char *text, void *value)
{
	if (text[0] && strchr("0123456789-.", text[0]))
		return "is no name of a user or group, allowed are letters or _ at its beginning";
	return store(build, text, value, "name of a user or group", 32, "_-.");
}

const char *text_service_name(struct build *build, const char *text, void *value)
{
	return store(build, text, value, "name of a service", 63, "._:-");
}

/* The empty one stands for none. */
const char *text_socket(struct build *build, const char *text, void *value)
{
	if (text[0] && (text[0] != '/' || text[strlen(text) - 1] == '/'))
		return "is no path of a socket, it must begin with / and not end with it";
	if (!text[0]) {
		memcpy(value, &text, sizeof(text));
		return NULL;
	}
	return store(build, text, value, "path of a socket", sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1, NULL);
}

const char *text_alpn(struct build *build, const char *text, void *value)
{
	return store(build, text, value, "ALPN protocol", 255, NULL);
}

const char *text_bytes(struct build *build, const char *text, void *value)
{
	if (text[0] == '\0')
		return "matches everything, which is what 'to' of the service is for";
	return store(build, text, value, "beginning of a connection", BYTES_MAX, NULL);
}

const char *text_file(struct build *build, const char *text, void *value)
{
	return store(build, text, value, "name of a file", 4095, NULL);
}

/* As the kernel has it (dev_valid_name()), whose blanks include byte 0xa0; and it takes "%" for a pattern. */
const char *text_interface(struct build *build, const char *text, void *value)
{
	if (strpbrk(text, "/:% \t\n\v\f\r\xa0") || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "is no device name, it must not be . or .. or contain / : % or a blank";
	return store(build, text, value, "device name", IFNAMSIZ - 1, NULL);
}

/* Why a host name is wrong is said as exactly as possible. */
const char *text_host(struct build *build, const char *text, void *value)
{
	struct text_host *host = value;
	char wrong;
	size_t skipped = strncmp(text, "*.", 2) == 0 ? 2 : 0;
	enum hostname_kind kind = hostname_parse(cursor_over(text + skipped, strlen(text + skipped)), host->name);

	(void)build;
	text += skipped;
	host->wildcard = skipped > 0;
	if (kind == HOSTNAME_NAME)
		return NULL;
	if (kind == HOSTNAME_ADDRESS)
		return "is an address, only names can be matched; use 'to' of the service";
	if (strcmp(text, "*") == 0)
		return "is no host name; 'to' of the service is for all other names";
	if (text[0] == '\0')
		return skipped ? "is no host name, a name must follow" : "is no host name, it is empty";
	if (strchr(text, '*'))
		return "is no host name, * is only allowed as \"*.\" in front of a name";
	if (strstr(text, "://"))
		return "is no host name but a URL";
	wrong = text[strspn(text, LETTERS_DIGITS "-_.")];
	if ((unsigned char)wrong > '~')
		return "is not ASCII, write an international name as in DNS (\"xn--...\")";
	if (wrong == ':')
		return "is no host name; a port is not a part of it, a rule is for all ports of its service";
	if (wrong)
		return "is no host name, allowed are letters, digits and - _ .";
	if (text[0] == '.' || strstr(text, ".."))
		return "is no host name, it has an empty label";
	return "is no host name, it has more than 253 characters, or more than 63 without a dot";
}

/** unusables - IPv6 addresses that stand for no host behind a router */
static const struct {
	struct ipv6_prefix block;
	const char *what;
} unusables[] = {
	/* :: and ::1, and the IPv4-compatible addresses that RFC 4291 2.5.5.1 gave up */
	{ { { { 0 } }, 96 }, "in ::/96 (unspecified, loopback, IPv4-compatible)" },
	{ { { { [10] = 0xff, [11] = 0xff } }, 96 }, "in ::ffff:0:0/96 (IPv4-mapped), which never goes over a network" },
	{ { { { 0xfe, 0x80 } }, 10 }, "link-local, which is not routed" },
	{ { { { 0xff } }, 8 }, "multicast" },
};

/** parse_number() - a decimal number of digits only */
static bool parse_number(const char *text, unsigned long min, unsigned long max, unsigned long *number)
{
	*number = strtoul(text, NULL, 10);
	return *text && !text[strspn(text, "0123456789")] && *number >= min && *number <= max;
}

/** why_no_address() - what else it is, to be read behind "is no address" */
static const char *why_no_address(const char *text)
{
	size_t digits = strspn(text, "0123456789.");
	unsigned long port;

	if (text[digits] == ':' && strchr(text, '.') && parse_number(text + digits + 1, 0, 65535, &port))
		return ", it has a port";
	if (strchr(text, '/'))
		return ", it has a length";
	if (text[0] == '[')
		return ", which stands here without brackets and port";
	return text[strcspn(text, "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ")] ? ", and names are not looked up" : "";
}

/** parse_block() - the first @size bytes of "ADDRESS" or "ADDRESS/LENGTH"; @bytes: the address as on the wire */
static const char *parse_block(struct build *build, int family, const char *text, size_t size, void *bytes,
			       uint8_t *length)
{
	unsigned int bits = family == AF_INET ? 32 : 128, version = family == AF_INET ? 4 : 6;
	unsigned char other[16], *byte = bytes;
	char address[INET6_ADDRSTRLEN] = "";
	unsigned long number = bits;
	bool clean = true;

	if (size < sizeof(address))
		memcpy(address, text, size);
	if (text[size] == '/' && !parse_number(text + size + 1, 0, bits, &number))
		return build_print(build, "has no valid prefix length, allowed are /0 to /%u", bits);
	if (inet_pton(family, address, bytes) != 1) {
		if (inet_pton(family == AF_INET ? AF_INET6 : AF_INET, address, other) != 1)
			return build_print(build, "is not an IPv%u address%s", version, why_no_address(address));
		return build_print(build, "is an IPv%u address, an IPv%u address is needed", 10 - version, version);
	}
	*length = (uint8_t)number;
	for (unsigned int i = *length; i < bits; i++) {
		uint8_t mask = (uint8_t)(0x80u >> i % 8);

		clean = clean && !(byte[i / 8] & mask);
		byte[i / 8] &= (uint8_t)~mask;
	}
	(void)inet_ntop(family, bytes, address, sizeof(address));
	return clean ? NULL : build_print(build, "has host bits set, \"%s/%u\" would be right", address, *length);
}

const char *text_ipv4_block(struct build *build, const char *text, void *value)
{
	struct ipv4_prefix *block = value;
	const char *reason = parse_block(build, AF_INET, text, strcspn(text, "/"), &block->address, &block->length);

	block->address = ntohl(block->address);
	if (reason || (ipv4_is_host(block->address) &&
		       ipv4_is_host(block->address | (uint32_t)(0xffffffffull >> block->length))))
		return reason;
	return "cannot be of hosts (not allowed: 0/8, 127/8, multicast, 240/4)";
}

const char *text_ipv4_host(struct build *build, const char *text, void *value)
{
	struct ipv4_prefix block = { .length = 0 };
	const char *reason = "is not an IPv4 address, it has a length";

	if (!strchr(text, '/'))
		reason = text_ipv4_block(build, text, &block);
	memcpy(value, &block.address, sizeof(block.address));
	return reason;
}

/** parse_ipv6() - the first @size bytes of a text as an address or block that can be used */
static const char *parse_ipv6(struct build *build, const char *text, size_t size, struct ipv6_prefix *block)
{
	const char *reason = parse_block(build, AF_INET6, text, size, block->address.byte, &block->length);

	for (size_t i = 0; i < sizeof(unusables) / sizeof(unusables[0]) && !reason; i++) {
		const struct ipv6_prefix *other = &unusables[i].block;

		if (block->length < other->length ? ipv6_in_prefix(&other->address, block) :
						    ipv6_in_prefix(&block->address, other))
			reason = build_print(build, "cannot be used, it is %s", unusables[i].what);
	}
	return reason;
}

const char *text_ipv6_block(struct build *build, const char *text, void *value)
{
	return parse_ipv6(build, text, strcspn(text, "/"), value);
}

const char *text_ipv6_host(struct build *build, const char *text, void *value)
{
	struct ipv6_prefix block = { .length = 0 };
	const char *reason = parse_ipv6(build, text, strlen(text), &block);

	memcpy(value, &block.address, sizeof(block.address));
	return reason;
}

const char *text_prefix(struct build *build, const char *text, void *value)
{
	const struct ipv6_prefix *p = value;
	const char *reason = text_ipv6_block(build, text, value);

	if (reason)
		return reason;
	if (!strchr(text, '/'))
		return "has no length, allowed are /32 /40 /48 /56 /64 /96 (RFC 6052)";
	if (p->length < 32 || p->length % 8 != 0 || (p->length > 64 && p->length != 96))
		return build_print(build, "has length %u, allowed are /32 /40 /48 /56 /64 /96 (RFC 6052)", p->length);
	return p->address.byte[8] ? "has bits 64 to 71 set, they must be zero (RFC 6052)" : NULL;
}

const char *text_ports(struct build *build, const char *text, void *value)
{
	struct text_ports *ports = value;
	size_t size = strcspn(text, "-");
	unsigned long first, last;
	char number[6] = "";

	(void)build;
	if (size < sizeof(number))
		memcpy(number, text, size);
	if (text[size] != '-' || !parse_number(number, 1, 65535, &first) ||
	    !parse_number(text + size + 1, first, 65535, &last))
		return "is no range of ports like \"8000-8099\"; a single port, 1 to 65535, stands without quotes";
	*ports = (struct text_ports){ (uint16_t)first, (uint16_t)last };
	return NULL;
}

const char *text_server(struct build *build, const char *text, void *value)
{
	struct server *server = value;
	size_t size = strcspn(text, "]");
	char inside[INET6_ADDRSTRLEN + sizeof("/128")] = "";
	struct ipv6_prefix block = { .length = 0 };
	unsigned long port = 0;
	const char *reason;

	if (text[0] != '[') {
		reason = text_ipv6_block(build, text, &block);
		if (reason && strncmp(reason, "is not ", 7) == 0)
			reason = build_print(build, "%s; allowed are \"ADDRESS\" and \"[ADDRESS]:PORT\"", reason);
	} else {
		if (text[size] && text[size + 1] == '/')
			return "is no server, a length stands inside the brackets: \"[ADDRESS/LENGTH]:PORT\"";
		if (!text[size] || (text[size + 1] && text[size + 1] != ':'))
			return "is no server, allowed are \"ADDRESS\" and \"[ADDRESS]:PORT\"";
		if (text[size + 1] && !parse_number(text + size + 2, 1, 65535, &port))
			return "has no valid port, allowed are 1 to 65535";
		if (size <= sizeof(inside))
			memcpy(inside, text + 1, size - 1);
		reason = text_ipv6_block(build, inside, &block);
	}
	*server = (struct server){ .address = block.address, .port = (uint16_t)port };
	server->host_bits = (uint8_t)(128 - block.length);
	return reason;
}

/** has_port() - does an address look as if its last group was meant as a port: "2001:db8:1::1:8443" */
static bool has_port(const char *address)
{
	static const unsigned long usual[] = { 22, 25, 53, 80, 110, 143, 389, 443, 465, 587, 636, 853, 993, 995 };
	const char *last = strrchr(address, ':');
	unsigned long number;

	/* with all eight groups nothing is left for a port; "::1" alone is no address with a port */
	if (address[0] == '[' || !strstr(address, "::") || last == address || last[-1] == ':' ||
	    strspn(last + 1, "0123456789") != strlen(last + 1) || last[1] == '0')
		return false;
	number = strtoul(last + 1, NULL, 10);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (number == usual[i])
			return true;
	}
	return number >= 1000;
}

const char *text_server_doubt(struct build *build, const char *text)
{
	const char *last = strrchr(text, ':');

	if (!has_port(text))
		return NULL;
	return build_print(build,
			   "\"%s\" is an address without a port; write \"[%.*s]:%s\", or \"[%s]\" if it is right", text,
			   (int)(last - text), text, last + 1, text);
}
