/* SPDX-License-Identifier: ISC */
/*
 * null_forwarder.c - the least work that makes a packet routable again, to measure a translator by
 *
 * A translator on a TUN device pays for reading the packet, translating it, and writing it, where
 * the write includes the kernel's forwarding. This program pays for the first and the last alone:
 * same device flags, same offloads, same burst as nat46d, and in between only as much as it takes
 * to send the packet on to another place. nat46d's speed divided by this one's is what translation
 * costs; everything else is the kernel and the machine. Part of the bench, never installed.
 *
 * The mapping. Every IPv6 address 2001:db8:X:Y::Z has a twin 2001:db8:Y:X::Z, and both addresses
 * of a packet are replaced by their twins: a prefix translation as in RFC 6296 that is its own
 * inverse. The internet checksum is a sum of 16-bit words, so exchanging two words leaves it as it
 * was, be it complete or partial: the adjustment that RFC 6296 makes is zero, and the transport
 * header is never touched. Both addresses change, not the destination alone, because only then
 * plain routes bring the answers back here, as they do for nat46d: the client knows the server's
 * twin, the server knows the client's twin, both twins are routed into the device.
 *
 *	client C -> S'   =>   C' -> S server
 *	client C <- S'   <=   C' <- S server
 *
 * The hop limit is left to the kernel, which forwards once on each side. What is not an IPv6 packet
 * between two such addresses (router solicitations, say) is dropped.
 *
 * The virtio-net header is copied unchanged, so super-packets (TSO, USO) pass whole. One packet is
 * in flight at a time: a 64 KB buffer that stays in the cache.
 *
 * usage: null_forwarder INTERFACE; ends on SIGTERM or SIGINT and says what it has done.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Debian 12's headers are older than UDP segmentation on TUN devices */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20u
#define TUN_F_USO6 0x40u
#endif

/* As nat46d: a bound on packets between two looks at the event loop */
#define BURST 64u

/* virtio-net header without the count of merged buffers, the longest packet that a TUN delivers */
#define VNET_HEADER ((size_t)sizeof(struct virtio_net_hdr))
#define PACKET_MAX ((size_t)65575)

/* IPv6 header: where the addresses are, and where their halves to exchange are */
#define IP6_HEADER ((size_t)40)
#define IP6_SOURCE 8
#define IP6_DESTINATION 24
#define TWIN 4

struct totals {
	unsigned long long packets;
	unsigned long long bytes;
	unsigned long long super_packets;
	unsigned long long bursts;
	unsigned long long ignored;
	unsigned long long write_errors;
};

/* The signals are blocked except in epoll_pwait(), so none is lost between a look and a sleep */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* set_offload() - ask for what nat46d asks for, best first; returns the set granted, 0 for none */
static unsigned int set_offload(int fd)
{
	static const unsigned int wanted[] = {
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
		TUN_F_CSUM,
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)wanted[i]) == 0)
			return wanted[i];
	}
	return 0;
}

/* open_tun() - create the device, non-blocking, with virtio-net header; returns it, -1 on error */
static int open_tun(const char *name)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int header = (int)VNET_HEADER;
	struct ifreq request;

	if (fd < 0) {
		perror("null_forwarder: /dev/net/tun");
		return -1;
	}
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETVNETHDRSZ, &header) < 0) {
		fprintf(stderr, "null_forwarder: %s: %s\n", name, strerror(errno));
		close(fd);
		return -1;
	}
	printf("null_forwarder: %s: offloads 0x%02x\n", name, set_offload(fd));
	fflush(stdout);
	return fd;
}

/* has_twin() - is the address at @address within 2001:db8::/32 */
static bool has_twin(const uint8_t *address)
{
	static const uint8_t prefix[TWIN] = { 0x20, 0x01, 0x0d, 0xb8 };

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

/* to_twin() - exchange the third and the fourth 16-bit word of the address at @address */
static void to_twin(uint8_t *address)
{
	uint32_t words;

	memcpy(&words, address + TWIN, sizeof(words));
	words = words << 16 | words >> 16;
	memcpy(address + TWIN, &words, sizeof(words));
}

/* rewrite() - turn the packet of @length bytes around to its new place; false: not for us */
static bool rewrite(uint8_t *packet, size_t length)
{
	if (length < IP6_HEADER || packet[0] >> 4 != 6)
		return false;
	if (!has_twin(packet + IP6_SOURCE) || !has_twin(packet + IP6_DESTINATION))
		return false;
	to_twin(packet + IP6_SOURCE);
	to_twin(packet + IP6_DESTINATION);
	return true;
}

/* forward() - one packet: read, rewrite, write; false when there is none to read */
static bool forward(int fd, struct totals *totals)
{
	static uint8_t buffer[VNET_HEADER + PACKET_MAX];
	struct virtio_net_hdr header;
	ssize_t got = read(fd, buffer, sizeof(buffer));
	size_t length;

	if (got < 0)
		return false;
	length = (size_t)got < VNET_HEADER ? 0 : (size_t)got - VNET_HEADER;
	if (!rewrite(buffer + VNET_HEADER, length)) {
		totals->ignored++;
		return true;
	}
	memcpy(&header, buffer, sizeof(header));
	totals->packets++;
	totals->bytes += length;
	totals->super_packets += header.gso_type != VIRTIO_NET_HDR_GSO_NONE;
	if (write(fd, buffer, (size_t)got) != got)
		totals->write_errors++;
	return true;
}

/* run() - sleep until the device has packets, take at most a burst, again; false on error */
static bool run(int fd, const sigset_t *asleep, struct totals *totals)
{
	struct epoll_event event = { .events = EPOLLIN };
	int loop = epoll_create1(EPOLL_CLOEXEC);

	if (loop < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0) {
		perror("null_forwarder: epoll");
		return false;
	}
	while (!stop) {
		unsigned int n = 0;

		if (epoll_pwait(loop, &event, 1, -1, asleep) < 0) {
			if (errno == EINTR)
				continue;
			perror("null_forwarder: epoll_pwait");
			return false;
		}
		while (n < BURST && forward(fd, totals))
			n++;
		totals->bursts += n > 0;
		if (n == 0 && errno != EAGAIN) {
			perror("null_forwarder: read");
			return false;
		}
	}
	return true;
}

/* catch_signals() - end on SIGTERM and SIGINT, but only in @asleep, the mask to sleep with */
static bool catch_signals(sigset_t *asleep)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	if (sigprocmask(SIG_BLOCK, &blocked, asleep) < 0)
		return false;
	sigdelset(asleep, SIGTERM);
	sigdelset(asleep, SIGINT);
	return sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0;
}

int main(int argc, char *argv[])
{
	struct totals totals = { 0 };
	sigset_t asleep;
	bool good;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: null_forwarder INTERFACE\n");
		return 2;
	}
	if (!catch_signals(&asleep)) {
		perror("null_forwarder: signals");
		return 1;
	}
	fd = open_tun(argv[1]);
	if (fd < 0)
		return 1;
	good = run(fd, &asleep, &totals);
	printf("null_forwarder: %llu packets (%llu super-packets, %llu bytes) in %llu bursts, "
	       "%llu ignored, %llu write errors\n",
	       totals.packets, totals.super_packets,
	       totals.bytes, totals.bursts, totals.ignored, totals.write_errors);
	return good ? 0 : 1;
}
