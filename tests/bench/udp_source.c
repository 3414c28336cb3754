/* SPDX-License-Identifier: ISC */
/*
 * udp_source.c - datagrams of many flows, as fast as one processor makes them
 *
 * usage: udp_source SOURCE DESTINATION PORT FLOWS BYTES SECONDS
 *
 * IPv4 or IPv6 as the addresses are. Each flow has another source port, each thousand flows another source address,
 * from SOURCE on, which the host need not have. All flows take turns. BYTES is the payload, all zeros. IPv4 packets
 * have DF set, as those of Linux have. At the end it says how many were sent.
 *
 * Needs a raw socket (root). Part of the bench, never installed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	UDP_HEADER = 8,
	PAYLOAD_MAX = 1400,
	PACKET_MAX = IPV6_HEADER + UDP_HEADER + PAYLOAD_MAX,
	BATCH = 64,   /* packets in one system call */
	PORTS = 1000, /* flows of one address */
	FIRST_PORT = 1024,
};

/** struct source - what is to be sent */
struct source {
	int fd;
	bool is_ipv6;
	size_t header;    /* of IP */
	size_t length;    /* of the packet */
	uint32_t address; /* the last four bytes of the first source address */
	uint32_t sum;     /* of all that counts for the checksum but what vary() changes */
	uint32_t flows;
	uint32_t next;
	uint8_t packets[BATCH][PACKET_MAX];
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/** sum16() - the words of the internet checksum, added */
static uint32_t sum16(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

/** end_of_source() - the last four bytes of the source address */
static uint8_t *end_of_source(const struct source *source, uint8_t *packet)
{
	return packet + (source->is_ipv6 ? 20 : 12);
}

/** prepare() - all that is the same in every packet; of IPv4, the kernel adds identification and header checksum */
static void prepare(struct source *source, const uint8_t *from, const uint8_t *to, unsigned int port, size_t payload)
{
	uint8_t packet[PACKET_MAX] = { 0 };
	size_t address = source->is_ipv6 ? 16 : 4;
	size_t addresses = source->header - 2 * address;
	size_t udp_length = UDP_HEADER + payload;
	uint8_t *udp = packet + source->header;

	packet[0] = source->is_ipv6 ? 0x60 : 0x45;
	if (source->is_ipv6) {
		put16(packet + 4, (uint32_t)udp_length);
		packet[6] = IPPROTO_UDP;
		packet[7] = 64;
	} else {
		packet[6] = 0x40;
		packet[8] = 64;
		packet[9] = IPPROTO_UDP;
	}
	memcpy(packet + addresses, from, address);
	memcpy(packet + addresses + address, to, address);
	put16(udp + 2, port);
	put16(udp + 4, (uint32_t)udp_length);
	source->address = get32(end_of_source(source, packet));
	put32(end_of_source(source, packet), 0);
	source->length = source->header + udp_length;
	source->sum = sum16(packet + addresses, 2 * address) + IPPROTO_UDP + (uint32_t)udp_length +
		      sum16(udp, UDP_HEADER);
	for (size_t i = 0; i < BATCH; i++)
		memcpy(source->packets[i], packet, sizeof(packet));
}

/** vary() - make it a packet of the next flow */
static void vary(struct source *source, uint8_t *packet)
{
	uint8_t *udp = packet + source->header;
	uint32_t address = source->address + source->next / PORTS;
	uint32_t port = FIRST_PORT + source->next % PORTS;
	uint32_t sum = source->sum + (address >> 16) + (address & 0xffff) + port;

	put32(end_of_source(source, packet), address);
	put16(udp, port);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(udp + 6, sum == 0xffff ? sum : ~sum);
	source->next = source->next + 1 == source->flows ? 0 : source->next + 1;
}

/** send_batch() - the number of packets sent; negative on error */
static int send_batch(struct source *source)
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec pieces[BATCH];
	int sent;

	for (size_t i = 0; i < BATCH; i++) {
		vary(source, source->packets[i]);
		pieces[i] = (struct iovec){ .iov_base = source->packets[i], .iov_len = source->length };
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(source->fd, messages, BATCH, 0);
	return sent < 0 && errno == ENOBUFS ? 0 : sent;
}

/** run() - send until time is up; false on error */
static bool run(struct source *source, long seconds)
{
	struct timespec now;
	unsigned long long sent = 0;
	time_t end;

	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	for (long start = now.tv_nsec; now.tv_sec < end || (now.tv_sec == end && now.tv_nsec < start);) {
		int batch = send_batch(source);

		if (batch < 0) {
			perror("udp_source: send");
			return false;
		}
		sent += (unsigned long long)batch;
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	printf("sent %llu\n", sent);
	return true;
}

/** open_to() - a raw socket to @to, so that the route is looked up once; negative on error */
static int open_to(bool is_ipv6, const uint8_t *to)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int status;

	if (fd < 0)
		return fd;
	if (is_ipv6) {
		memcpy(&to6.sin6_addr, to, sizeof(to6.sin6_addr));
		status = connect(fd, (const struct sockaddr *)&to6, sizeof(to6));
	} else {
		memcpy(&to4.sin_addr, to, sizeof(to4.sin_addr));
		status = connect(fd, (const struct sockaddr *)&to4, sizeof(to4));
	}
	return status < 0 ? status : fd;
}

int main(int argc, char *argv[])
{
	static struct source source;
	uint8_t from[16], to[16];
	unsigned long payload;
	int family;

	if (argc != 7) {
		fprintf(stderr, "usage: udp_source SOURCE DESTINATION PORT FLOWS BYTES SECONDS\n");
		return 2;
	}
	source.is_ipv6 = strchr(argv[2], ':') != NULL;
	source.header = source.is_ipv6 ? IPV6_HEADER : IPV4_HEADER;
	family = source.is_ipv6 ? AF_INET6 : AF_INET;
	payload = strtoul(argv[5], NULL, 10);
	source.flows = (uint32_t)strtoul(argv[4], NULL, 10);
	if (inet_pton(family, argv[1], from) != 1 || inet_pton(family, argv[2], to) != 1 || payload > PAYLOAD_MAX ||
	    source.flows == 0) {
		fprintf(stderr, "udp_source: bad arguments\n");
		return 2;
	}
	prepare(&source, from, to, (unsigned int)strtoul(argv[3], NULL, 10), payload);
	source.fd = open_to(source.is_ipv6, to);
	if (source.fd < 0) {
		perror("udp_source: socket");
		return 1;
	}
	return run(&source, strtol(argv[6], NULL, 10)) ? 0 : 1;
}
