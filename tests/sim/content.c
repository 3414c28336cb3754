/* SPDX-License-Identifier: ISC */
/* content.c - build first bytes */
#include "content.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const hosts[] = {
	"www.example.org", "mail.example.org", "a.shop.example", "deep.b.shop.example", "unknown.test",
};

static uint8_t *put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put_random(struct rng *rng, uint8_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*at++ = (uint8_t)rng_next(rng);
	return at;
}

/* A host name as clients write it: in any case, sometimes with the dot of the root. */
static size_t spell_host(struct rng *rng, const char *host, char *out)
{
	size_t length = strlen(host);

	memcpy(out, host, length);
	if (rng_chance(rng, 0.3))
		for (size_t i = 0; i < length; i += 2)
			out[i] = (char)toupper((unsigned char)out[i]);
	if (rng_chance(rng, 0.1))
		out[length++] = '.';
	out[length] = '\0';
	return length;
}

static uint8_t *put_server_name(struct rng *rng, const char *host, uint8_t *at)
{
	char name[64];
	size_t length = spell_host(rng, host, name);

	at = put16(at, 0);
	at = put16(at, length + 5);
	at = put16(at, length + 3);
	*at++ = 0;
	at = put16(at, length);
	memcpy(at, name, length);
	return at + length;
}

static uint8_t *put_alpn(bool acme, uint8_t *at)
{
	static const uint8_t with[] = "\x02h2\x0a" "acme-tls/1", without[] = "\x02h2\x08http/1.1";
	const uint8_t *list = acme ? with : without;
	size_t length = (acme ? sizeof(with) : sizeof(without)) - 1;

	at = put16(at, 16);
	at = put16(at, length + 2);
	at = put16(at, length);
	memcpy(at, list, length);
	return at + length;
}

/* The handshake message of a ClientHello (RFC 8446 4.1.2). */
static size_t client_hello(struct rng *rng, const struct content *content, uint8_t *out)
{
	uint8_t *at = out + 4;
	size_t padding = rng_size(rng, rng_chance(rng, 0.1) ? 14000 : 2500);

	at = put16(at, 0x0303);
	at = put_random(rng, at, 32);
	*at++ = 32;
	at = put_random(rng, at, 32);
	at = put16(at, 6);
	memcpy(at, "\x0a\x0a\x13\x01\x13\x02\x01\x00", 8);
	at += 8;
	uint8_t *extensions = at;

	at = put16(at + 2, 0x2a2a);	/* GREASE (RFC 8701) */
	at = put16(at, 0);
	if (rng_chance(rng, 0.5)) {	/* padding (RFC 7685) before or behind the name */
		at = put16(at, 21);
		at = put16(at, padding);
		memset(at, 0, padding);
		at += padding;
	}
	if (content->host)
		at = put_server_name(rng, content->host, at);
	if (content->acme || rng_chance(rng, 0.5))
		at = put_alpn(content->acme, at);
	put16(extensions, (size_t)(at - extensions - 2));
	out[0] = 1;
	out[1] = 0;
	put16(out + 2, (size_t)(at - out - 4));
	return (size_t)(at - out);
}

static void draw_tls(struct rng *rng, struct content *content)
{
	static uint8_t hello[CONTENT_MAX];
	size_t record = rng_chance(rng, 0.3) ? 1 + rng_size(rng, 500) : 16384;
	uint8_t *at = content->bytes;

	content->host = rng_chance(rng, 0.9) ? hosts[rng_below(rng, 5)] : NULL;
	content->acme = rng_chance(rng, 0.2);
	size_t length = client_hello(rng, content, hello);

	if (length / record > 200)
		record = length;
	for (size_t done = 0; done < length; done += record) {
		size_t size = length - done < record ? length - done : record;

		memcpy(at, "\x16\x03\x01", 3);
		put16(at + 3, size);
		memcpy(at + 5, hello + done, size);
		at += 5 + size;
	}
	content->length = (uint32_t)(at - content->bytes);
}

static void draw_http(struct rng *rng, struct content *content)
{
	char name[64];

	content->host = hosts[rng_below(rng, 5)];
	spell_host(rng, content->host, name);
	content->length = (uint32_t)snprintf((char *)content->bytes, sizeof(content->bytes),
					     "GET /%0*d HTTP/1.1\r\nUser-Agent: sim\r\nHost: %s%s\r\n\r\n",
					     (int)rng_size(rng, 1000), 1, name, rng_chance(rng, 0.2) ? ":80" : "");
}

static void draw_bytes(struct rng *rng, struct content *content)
{
	static const char *const starts[] = { "A\n", "AB\n", "B\n", "ABC\n" };
	const char *first = starts[rng_below(rng, 4)];
	size_t length = strlen(first);

	memcpy(content->bytes, first, length);
	content->length = (uint32_t)(put_random(rng, content->bytes + length, rng_size(rng, 4000)) - content->bytes);
}

void content_draw(struct rng *rng, struct content *content)
{
	static const char banner[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
	uint32_t dice = rng_below(rng, 10);

	*content = (struct content){ .whole = true };
	if (dice < 3) {
		content->kind = CONTENT_BYTES;
		draw_bytes(rng, content);
	} else if (dice < 5) {
		content->kind = CONTENT_HTTP;
		draw_http(rng, content);
	} else if (dice < 8) {
		content->kind = CONTENT_TLS;
		draw_tls(rng, content);
	} else if (dice < 9) {
		content->kind = CONTENT_SSH;
		content->length = sizeof(banner) - 1;
		memcpy(content->bytes, banner, content->length);
	} else {
		content->kind = CONTENT_NONE;
	}
	if (content->length > 2 && rng_chance(rng, 0.05)) {
		content->length = rng_between(rng, 1, content->length - 1);
		content->whole = false;
	}
}
