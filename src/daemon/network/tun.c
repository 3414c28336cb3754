/* SPDX-License-Identifier: ISC */
/*
 * tun.c - the TUN device: packets in, packets out
 *
 * Theory of operation
 *
 * With a virtio-net header the kernel hands over whole super-packets (up to 64 KB, checksums partial) and
 * takes them back, which is worth a factor of ten for bulk traffic. Which offloads are granted depends on
 * the kernel, so they are tried from the most down to none. Flags, header size and offloads live in the
 * device and outlast the process on a persistent one: all of them are set anew each time.
 *
 * A packet is read behind FRAME_HEADROOM bytes, grows to the left, and is written in one piece with its
 * header in front. A write never blocks and never fails loudly: the packet is dropped and counted, as on
 * any full or broken link. Success is not delivery.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/log/log.h"
#include "daemon/network/tun.h"
#include "nat46/assert.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Newer than the headers of many systems (Linux 6.2). */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define DEVICE "/dev/net/tun"
#define PRIVILEGE "start as root, with CAP_NET_ADMIN, or on a device that this user owns"
#define MODE_FLAGS (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR)

/* From the most to nothing. Segmentation without checksums is refused by the kernel. */
static const struct {
	unsigned long flags;
	const char *name;
} ladder[] = {
	{ TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6, "tcp+udp segmentation" },
	{ TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, "tcp segmentation" },
	{ TUN_F_CSUM, "checksums" },
	{ 0, "none" },
};
#define LADDER_END (ARRAY_SIZE(ladder) - 1)

/* What to do about it. An error of the device file is one of its own. */
static const char *open_hint(int error, bool is_file)
{
	switch (error) {
	case EACCES:
		return is_file ? "; this user must be able to read and write it" : "; " PRIVILEGE;
	case EPERM:
		return is_file ? "; the unit (DeviceAllow=) or the container forbids it" : "; " PRIVILEGE;
	case EBUSY:
		return "; another process uses the device, is nat46d running already?";
	case EINVAL:
		return "; is there another device of this name that is no plain TUN device?";
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return "; load the kernel module: modprobe tun";
	default:
		return "";
	}
}

static enum exit_status open_failed(const char *what, const char *name, bool is_file)
{
	int error = errno;

	log_error("%s: %s: %s%s", name, what, strerror(error), open_hint(error, is_file));
	return error == EPERM || error == EACCES ? STATUS_PERMISSION : STATUS_FAILURE;
}

/* Attach, and read back what was granted. Old kernels ignore flags that they do not know. */
static bool attach(int fd, const char *name, short flags)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	request.ifr_flags = flags;
	if (ioctl(fd, TUNSETIFF, &request) != 0)
		return false;
	memset(&request, 0, sizeof(request));
	if (ioctl(fd, TUNGETIFF, &request) != 0)
		return false;
	if ((request.ifr_flags & MODE_FLAGS) != flags || strcmp(request.ifr_name, name) != 0) {
		errno = EINVAL;
		return false;
	}
	return true;
}

static bool set_header_format(int fd)
{
	int size = VNET_HEADER_LENGTH;
	int little_endian = 1;

	return ioctl(fd, TUNSETVNETHDRSZ, &size) == 0 && ioctl(fd, TUNSETVNETLE, &little_endian) == 0;
}

/* Take the first step from @step downwards that the kernel accepts. */
static bool set_offload(struct tun *tun, unsigned int step)
{
	for (; step < ARRAY_SIZE(ladder); step++) {
		if (ioctl(tun->fd, TUNSETOFFLOAD, ladder[step].flags) == 0) {
			tun->offload = step;
			tun->refusals = 0;
			return true;
		}
	}
	return false;
}

enum exit_status tun_open(struct tun *tun, const char *name, bool offload)
{
	const short plain = IFF_TUN | IFF_NO_PI;
	enum exit_status status;

	memset(tun, 0, sizeof(*tun));
	strncpy(tun->name, name, sizeof(tun->name) - 1);
	tun->fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun->fd < 0)
		return open_failed("cannot open " DEVICE, name, true);
	tun->has_header = offload && attach(tun->fd, name, MODE_FLAGS);
	if (offload && !tun->has_header && errno != EINVAL)
		goto failed;
	if (!tun->has_header && !attach(tun->fd, name, plain))
		goto failed;
	if (tun->has_header && !set_header_format(tun->fd))
		goto failed;
	if (!set_offload(tun, tun->has_header ? 0 : LADDER_END))
		goto failed;
	return STATUS_OK;
failed:
	status = open_failed("cannot set up the TUN device", name, false);
	tun_close(tun);
	return status;
}

void tun_close(struct tun *tun)
{
	close(tun->fd);
	tun->fd = -1;
}

const char *tun_offload_name(const struct tun *tun)
{
	return ladder[tun->offload].name;
}

bool tun_exists(const struct tun *tun)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	return ioctl(tun->fd, TUNGETIFF, &request) == 0;
}

static enum tun_result read_failed(const struct tun *tun)
{
	if (errno == EAGAIN || errno == EINTR)
		return TUN_EMPTY;
	/* A device that is down has nothing to read; only one that is gone fails. */
	return tun_exists(tun) ? TUN_EMPTY : TUN_LOST;
}

enum tun_result tun_read(struct tun *tun, struct frame *frame)
{
	const size_t header = tun->has_header ? VNET_HEADER_LENGTH : 0;
	uint8_t *start = tun->buffer + FRAME_HEADROOM;
	ssize_t length = read(tun->fd, start, header + FRAME_MAX);

	if (length < 0)
		return read_failed(tun);
	tun->counters.read++;
	*frame = (struct frame){ .data = start + header, .headroom = FRAME_HEADROOM + header };
	if ((size_t)length >= header) {
		frame->length = (size_t)length - header;
		if (!header || vnet_header_decode(start, frame->length, &frame->offload))
			return TUN_PACKET;
	}
	tun->counters.bad_header++;
	log_limited(LOG_LEVEL_WARNING, "%s: dropped a packet with an unknown virtio-net header", tun->name);
	return TUN_SKIPPED;
}

static bool write_once(struct tun *tun, struct frame *frame)
{
	size_t header = 0;
	uint8_t *start;

	if (tun->has_header) {
		header = VNET_HEADER_LENGTH;
		NAT46_ASSERT(frame->headroom >= header);
	}
	start = frame->data - header;
	if (header)
		vnet_header_encode(frame, start);
	return write(tun->fd, start, header + frame->length) >= 0;
}

/* The kernel does not take super-packets of this kind: ask it not to make them. */
static void reduce_offload(struct tun *tun)
{
	if (++tun->refusals < TUN_REFUSALS_MAX || tun->offload >= LADDER_END)
		return;
	if (set_offload(tun, tun->offload + 1))
		log_warning("%s: the kernel refuses super-packets; offload reduced to: %s", tun->name,
			    tun_offload_name(tun));
}

static void count_write_error(struct tun *tun, const struct frame *frame)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		tun->counters.full++;
		break;
	case EIO:
		tun->counters.down++;
		break;
	default:
		tun->counters.refused++;
		log_limited(LOG_LEVEL_WARNING, "%s: the kernel refused a packet of %zu bytes: %s", tun->name,
			    frame->length, strerror(errno));
		if (frame->offload.gso != GSO_NONE)
			reduce_offload(tun);
		break;
	}
}

void tun_write(struct tun *tun, struct frame *frame)
{
	bool refused;

	if (!tun->has_header && frame->offload.gso != GSO_NONE) {
		errno = EINVAL; /* cannot come from this device, so it is not expected back */
		count_write_error(tun, frame);
		return;
	}
	if (!tun->has_header && frame->offload.partial)
		vnet_complete_checksum(frame);
	if (write_once(tun, frame)) {
		tun->counters.written++;
		return;
	}
	refused = errno == EINVAL;
	if (refused && frame->offload.partial && frame->offload.gso == GSO_NONE) {
		vnet_complete_checksum(frame);
		if (write_once(tun, frame)) {
			tun->counters.written++;
			tun->counters.completed++;
			return;
		}
	}
	count_write_error(tun, frame);
}
