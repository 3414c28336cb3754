/* SPDX-License-Identifier: ISC */
/*
 * relay.c - a bad network between two network namespaces
 *
 * A TUN device in each of two namespaces; what the kernel sends into one comes out of the other, later, or never, or
 * twice, or behind packets that were sent after it. Both devices are what `ip tuntap add` made, or else are made here
 * and vanish with this program; addresses, routes, MTU and "up" are the caller's. There is no virtio-net header, so
 * the kernel cuts super-packets and completes checksums before they come here, and checks them when they arrive.
 *
 * A packet's way. The link takes one packet after the other, at its rate if it has one. A packet that is not lost
 * leaves it after the delay; one that is held back waits some more, while others overtake it. As both times are the
 * same for all packets of a direction, what is on the way are two queues in order of time, one of them for the packets
 * held back, and the next to deliver is the earlier of the two heads. Queues are bounded: what does not fit in is
 * dropped, and counted apart from what was lost by chance.
 *
 * Chance. Every direction has a generator of its own, and takes three numbers from it for every packet that fits in,
 * whatever its options are. So what becomes of the nth packet depends on the seed alone, not on time and not on the
 * other direction.
 *
 * On SIGTERM or SIGINT it prints one line for each direction; packets that are still on the way then are "waiting":
 *	packets + duplicated = delivered + lost + overflow + refused + waiting
 * Exit: 0 ended by a signal (or by the end of its parent), 1 failed, 2 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND 1e6
#define BURST 64u /* packets of one direction between two looks at the clock */
#define PACKET_MAX ((size_t)65536) /* no TUN device has a larger MTU */

/* What happens to packets of one direction */
enum { DELAY, RATE, LOSS, DUPLICATION, REORDERING, HOLD, LIMIT, OPTIONS };

static const struct option_of_link {
	char letter;
	double initial, minimum, maximum;
} options[OPTIONS] = {
	[DELAY] = { 'd', 0, 0, 60000 },
	[RATE] = { 'b', 0, 0, 100000 },
	[LOSS] = { 'l', 0, 0, 100 },
	[DUPLICATION] = { 'u', 0, 0, 100 },
	[REORDERING] = { 'r', 0, 0, 100 },
	[HOLD] = { 't', 5, 0, 60000 },
	[LIMIT] = { 'q', 10000, 1, 1000000 },
};

static const char usage[] =
	"usage: relay [OPTION]... NAMESPACE/DEVICE NAMESPACE/DEVICE\n"
	"  -d MS       delay of a packet\n"
	"  -b MBIT     rate of the link in Mbit/s (0: as fast as it can)\n"
	"  -l PERCENT  packets that are lost\n"
	"  -u PERCENT  packets that arrive twice\n"
	"  -r PERCENT  packets that are held back\n"
	"  -t MS       how long they are held back (default 5)\n"
	"  -q PACKETS  limit of packets on the way (default 10000)\n"
	"  -s SEED     of what is left to chance (default 1)\n"
	"Values are those of both directions, or two with a comma between: first to second device, and back.\n"
	"A NAMESPACE is a name in /run/netns, or a path like /proc/PID/ns/net.\n";

struct packet {
	struct packet *next;
	int64_t due;
	size_t length;
	unsigned int copies;
	uint8_t bytes[PACKET_MAX];
};

/* Packets in the order of their time */
struct queue {
	struct packet *head;
	struct packet **tail;
};

struct link {
	const char *from, *to; /* devices as given */
	int in, out;
	double value[OPTIONS];
	uint64_t random;
	int64_t free_at; /* when all that was sent so far has left the link */
	struct queue line, held;
	struct packet *room; /* for all that may be on the way */
	size_t used_room;
	struct packet *unused; /* used before: warm in the cache */
	unsigned long long packets, bytes, lost, duplicated, reordered, overflow, refused, delivered, waiting;
};

/* Signals are blocked except in ppoll(), so none is lost between a look and a sleep */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* fail() - say what could not be done, and end */
static void fail(const char *what)
{
	fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void misused(const char *what, const char *problem)
{
	fprintf(stderr, "relay: %s: %s\n%s", what, problem, usage);
	exit(2);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

/* chance() - true in @percent of all calls (splitmix64: Steele, Lea, Flood 2014) */
static bool chance(struct link *link, double percent)
{
	uint64_t mixed = link->random += 0x9e3779b97f4a7c15u;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	mixed ^= mixed >> 31;
	return (double)(mixed >> 11) < percent / 100 * 0x1p53;
}

static void append(struct queue *queue, struct packet *packet)
{
	packet->next = NULL;
	*queue->tail = packet;
	queue->tail = &packet->next;
}

static struct packet *first(const struct link *link)
{
	struct packet *line = link->line.head, *held = link->held.head;

	return !line || (held && held->due < line->due) ? held : line;
}

static struct packet *take_first(struct link *link)
{
	struct packet *packet = first(link);
	struct queue *queue = packet == link->line.head ? &link->line : &link->held;

	queue->head = packet->next;
	if (!queue->head)
		queue->tail = &queue->head;
	return packet;
}

/* find_room() - for one more packet; NULL: too many are on the way */
static struct packet *find_room(struct link *link)
{
	struct packet *packet = link->unused;

	if (packet)
		link->unused = packet->next;
	else if (link->used_room < (size_t)link->value[LIMIT])
		packet = &link->room[link->used_room++];
	return packet;
}

static void release(struct link *link, struct packet *packet)
{
	packet->next = link->unused;
	link->unused = packet;
}

/* send_packet() - the packet enters the link at @time: decide what becomes of it. False: it is lost */
static bool send_packet(struct link *link, struct packet *packet, size_t length, int64_t time)
{
	const double *value = link->value;
	bool lost = chance(link, value[LOSS]);
	bool twice = chance(link, value[DUPLICATION]);
	bool held = chance(link, value[REORDERING]);

	if (link->free_at < time)
		link->free_at = time;
	if (value[RATE] > 0)
		link->free_at += (int64_t)((double)length * 8000 / value[RATE]);
	if (lost) {
		link->lost++;
		return false;
	}
	packet->length = length;
	packet->copies = twice ? 2 : 1;
	packet->due = link->free_at + (int64_t)(value[DELAY] * MILLISECOND);
	if (held)
		packet->due += (int64_t)(value[HOLD] * MILLISECOND);
	link->duplicated += twice;
	link->reordered += held;
	link->waiting += packet->copies;
	append(held ? &link->held : &link->line, packet);
	return true;
}

/* receive() - take a burst of what the kernel sends */
static void receive(struct link *link)
{
	static uint8_t nowhere[PACKET_MAX];
	int64_t time = now();

	for (unsigned int n = 0; n < BURST; n++) {
		struct packet *packet = find_room(link);
		ssize_t length = read(link->in, packet ? packet->bytes : nowhere, PACKET_MAX);
		bool sent = false;

		if (length >= 0) {
			link->packets++;
			link->bytes += (size_t)length;
			if (packet)
				sent = send_packet(link, packet, (size_t)length, time);
			else
				link->overflow++;
		}
		if (packet && !sent)
			release(link, packet);
		if (length < 0 && errno != EAGAIN)
			fail(link->from);
		if (length < 0)
			return;
	}
}

/* deliver() - all that is due; the kernel refuses packets of a device that is down */
static void deliver(struct link *link)
{
	int64_t time = now();

	for (struct packet *packet = first(link); packet && packet->due <= time; packet = first(link)) {
		take_first(link);
		for (; packet->copies; packet->copies--) {
			link->waiting--;
			if (write(link->out, packet->bytes, packet->length) == (ssize_t)packet->length)
				link->delivered++;
			else
				link->refused++;
		}
		release(link, packet);
	}
}

/* run() - until a signal comes */
static void run(struct link *links, const sigset_t *asleep)
{
	while (!stop) {
		struct pollfd polled[2];
		int64_t wait = INT64_MAX;

		for (int i = 0; i < 2; i++) {
			const struct packet *packet;

			deliver(&links[i]);
			packet = first(&links[i]);
			if (packet && packet->due < wait)
				wait = packet->due;
			polled[i] = (struct pollfd){ .fd = links[i].in, .events = POLLIN };
		}
		if (wait != INT64_MAX)
			wait -= now();
		if (wait < 0)
			wait = 0;

		struct timespec timeout = { .tv_sec = wait / SECOND, .tv_nsec = wait % SECOND };

		if (ppoll(polled, 2, wait == INT64_MAX ? NULL : &timeout, asleep) < 0) {
			if (errno == EINTR)
				continue;
			fail("ppoll");
		}
		for (int i = 0; i < 2; i++) {
			if (polled[i].revents)
				receive(&links[i]);
		}
	}
}

static void print_counts(const struct link *link)
{
	printf("%s to %s: packets=%llu bytes=%llu lost=%llu duplicated=%llu reordered=%llu overflow=%llu refused=%llu "
	       "delivered=%llu waiting=%llu\n",
	       link->from, link->to, link->packets, link->bytes, link->lost, link->duplicated, link->reordered,
	       link->overflow, link->refused, link->delivered, link->waiting);
}

/* enter() - this process, into the network namespace that @path or the first @length bytes of it name */
static void enter(const char *place, size_t length)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s%.*s", *place == '/' ? "" : "/run/netns/", (int)length, place);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		fail(path);
	close(fd);
}

/* open_device() - NAMESPACE/DEVICE, not blocking */
static int open_device(const char *place)
{
	const char *device = strrchr(place, '/');
	struct ifreq request;
	int fd;

	if (!device || device == place || !device[1] || strlen(device + 1) >= sizeof(request.ifr_name))
		misused(place, "a device is given as NAMESPACE/DEVICE");
	enter(place, (size_t)(device - place));
	memset(&request, 0, sizeof(request));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device + 1);
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		fail(place);
	return fd;
}

/* open_link() - its device, and memory, which the kernel gives when it is first written to */
static void open_link(struct link *link)
{
	link->room = mmap(NULL, (size_t)link->value[LIMIT] * sizeof(*link->room), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (link->room == MAP_FAILED)
		fail("memory");
	link->line.tail = &link->line.head;
	link->held.tail = &link->held.head;
	link->in = open_device(link->from);
}

/* parse_values() - "VALUE" for both directions or "FORTH,BACK" */
static void parse_values(struct link *links, int option, const char *text)
{
	const char *rest = text;

	for (int i = 0; i < 2; i++) {
		char *end;
		double value = strtod(rest, &end);

		if (end == rest || !(value >= options[option].minimum && value <= options[option].maximum))
			misused(text, "not a number, or too large or small");
		links[i].value[option] = value;
		if (*end == ',' && i == 0)
			rest = end + 1;
		else if (*end)
			misused(text, "neither a number nor two with a comma between");
	}
}

/* parse_seed() - the directions get different generators */
static void parse_seed(struct link *links, const char *text)
{
	char *end;

	errno = 0;
	links[0].random = strtoull(text, &end, 10);
	links[1].random = ~links[0].random;
	if (end == text || *end || errno)
		misused(text, "not a seed, which is a whole number");
}

static void parse_options(struct link *links, int argc, char *argv[])
{
	int letter;

	for (int i = 0; i < OPTIONS; i++)
		links[0].value[i] = links[1].value[i] = options[i].initial;
	parse_seed(links, "1");
	while ((letter = getopt(argc, argv, "d:b:l:u:r:t:q:s:h")) != -1) {
		int option = 0;

		if (letter == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		if (letter == '?') {
			fputs(usage, stderr);
			exit(2);
		}
		if (letter == 's') {
			parse_seed(links, optarg);
			continue;
		}
		while (options[option].letter != letter)
			option++;
		parse_values(links, option, optarg);
	}
	if (argc - optind != 2)
		misused("devices", "two are needed");
}

/* catch_signals() - end on SIGTERM and SIGINT, but only in @asleep, the mask to sleep with */
static void catch_signals(sigset_t *asleep)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	if (sigprocmask(SIG_BLOCK, &blocked, asleep) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0)
		fail("signals");
	sigdelset(asleep, SIGTERM);
	sigdelset(asleep, SIGINT);
}

int main(int argc, char *argv[])
{
	struct link links[2] = { 0 };
	sigset_t asleep;

	parse_options(links, argc, argv);
	catch_signals(&asleep);
	links[0].from = links[1].to = argv[optind];
	links[0].to = links[1].from = argv[optind + 1];
	for (int i = 0; i < 2; i++) {
		open_link(&links[i]);
	}
	links[0].out = links[1].in;
	links[1].out = links[0].in;
	/* The kernel may wake us 50 us late unless told otherwise. A test that was killed leaves no relay behind */
	if (prctl(PR_SET_TIMERSLACK, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		fail("prctl");
	puts("ready");
	fflush(stdout);
	run(links, &asleep);
	print_counts(&links[0]);
	print_counts(&links[1]);
	return 0;
}
