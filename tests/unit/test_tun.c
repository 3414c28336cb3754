/* SPDX-License-Identifier: ISC */
/*
 * test_tun.c - what becomes of packets at the device, and of those that the kernel refuses
 *
 * A socket pair stands in for the device; write() and ioctl() are replaced (--wrap) to let it fail.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/network/tun.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define ALL_OFFLOADS 0x6fu

static struct tun tun;
static int kernel;            /* the other end of the device */
static int write_error;       /* 0: writes succeed */
static unsigned int failures; /* writes that fail before the next one succeeds */
static bool device_exists;
static unsigned long accepted; /* offloads that the kernel grants */
static unsigned long granted;

ssize_t __real_write(int fd, const void *bytes, size_t count);
ssize_t __wrap_write(int fd, const void *bytes, size_t count);
int __wrap_ioctl(int fd, unsigned long request, ...);

ssize_t __wrap_write(int fd, const void *bytes, size_t count)
{
	if (fd == tun.fd && failures > 0) {
		failures--;
		errno = write_error;
		return -1;
	}
	return __real_write(fd, bytes, count);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	unsigned long flags;
	va_list arguments;

	assert_int_equal(fd, tun.fd);
	if (request == TUNGETIFF) {
		errno = EBADFD;
		return device_exists ? 0 : -1;
	}
	assert_int_equal(request, TUNSETOFFLOAD);
	va_start(arguments, request);
	flags = va_arg(arguments, unsigned long);
	va_end(arguments);
	if (flags & ~accepted) {
		errno = EINVAL;
		return -1;
	}
	granted = flags;
	return 0;
}

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) != 0)
		return -1;
	tun = (struct tun){ .fd = pair[0], .name = "test", .has_header = true };
	kernel = pair[1];
	failures = 0;
	device_exists = true;
	accepted = ALL_OFFLOADS;
	granted = ALL_OFFLOADS;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(tun.fd);
	close(kernel);
	return 0;
}

/* A UDP datagram of 30 bytes over IPv4, its checksum partial. */
static struct frame make_frame(uint8_t *buffer)
{
	static const uint8_t datagram[30] = { 0x45, 0, 0, 30, [9] = 17, [20] = 0, 7, 0, 9, 0, 10, 0, 0x1b, 1, 2 };
	struct frame frame = { .data = buffer + FRAME_HEADROOM, .length = 30, .headroom = FRAME_HEADROOM };

	memcpy(frame.data, datagram, sizeof(datagram));
	frame.offload = (struct offload){ .partial = true, .csum_start = 20, .csum_offset = 6 };
	return frame;
}

static void test_read(void **state)
{
	static const uint8_t good[VNET_HEADER_LENGTH + 40] = { 1, 0, 0, 0, 0, 0, 20, 0, 16, 0, 0x45 };
	static const uint8_t bad[VNET_HEADER_LENGTH + 40] = { 0, 3 };
	struct frame frame;

	(void)state;
	assert_int_equal(tun_read(&tun, &frame), TUN_EMPTY);
	assert_int_equal(send(kernel, good, sizeof(good), 0), sizeof(good));
	assert_int_equal(send(kernel, bad, sizeof(bad), 0), sizeof(bad));
	assert_int_equal(send(kernel, good, VNET_HEADER_LENGTH - 1, 0), VNET_HEADER_LENGTH - 1);
	assert_int_equal(tun_read(&tun, &frame), TUN_PACKET);
	assert_int_equal(frame.length, 40);
	assert_true(frame.headroom >= FRAME_HEADROOM);
	assert_ptr_equal(frame.data - frame.headroom, tun.buffer);
	assert_int_equal(frame.data[0], 0x45);
	assert_true(frame.offload.partial);
	assert_int_equal(frame.offload.csum_start, 20);
	assert_int_equal(tun_read(&tun, &frame), TUN_SKIPPED);
	assert_int_equal(tun_read(&tun, &frame), TUN_SKIPPED);
	assert_int_equal(tun_read(&tun, &frame), TUN_EMPTY);
	assert_int_equal(tun.counters.read, 3);
	assert_int_equal(tun.counters.bad_header, 2);
}

static void test_read_without_header(void **state)
{
	struct frame frame;

	(void)state;
	tun.has_header = false;
	assert_int_equal(send(kernel, "E", 1, 0), 1);
	assert_int_equal(tun_read(&tun, &frame), TUN_PACKET);
	assert_int_equal(frame.length, 1);
	assert_int_equal(frame.headroom, FRAME_HEADROOM);
	assert_false(frame.offload.partial);
	assert_int_equal(frame.offload.gso, GSO_NONE);
}

static void test_lost(void **state)
{
	struct frame frame;

	(void)state;
	close(tun.fd);
	assert_int_equal(tun_read(&tun, &frame), TUN_EMPTY);
	device_exists = false;
	assert_int_equal(tun_read(&tun, &frame), TUN_LOST);
	tun.fd = dup(kernel);
}

static void test_write(void **state)
{
	static const uint8_t header[VNET_HEADER_LENGTH] = { 1, 0, 0, 0, 0, 0, 20, 0, 6, 0 };
	uint8_t buffer[128] = { 0 }, received[128];
	struct frame frame = make_frame(buffer);

	(void)state;
	tun_write(&tun, &frame);
	assert_int_equal(recv(kernel, received, sizeof(received), 0), VNET_HEADER_LENGTH + 30);
	assert_memory_equal(received, header, sizeof(header));
	assert_memory_equal(received + VNET_HEADER_LENGTH, frame.data, 30);
	assert_int_equal(tun.counters.written, 1);
}

static void assert_completed(const uint8_t *packet)
{
	/* 0x0007 + 0x0009 + 0x000a + 0x001b + 0x0102 = 0x0137 */
	assert_int_equal(packet[26] << 8 | packet[27], 0xffff - 0x0137);
}

static void test_write_without_header(void **state)
{
	uint8_t buffer[128] = { 0 }, received[128];
	struct frame frame = make_frame(buffer);

	(void)state;
	tun.has_header = false;
	frame.headroom = 0;
	tun_write(&tun, &frame);
	assert_int_equal(recv(kernel, received, sizeof(received), 0), 30);
	assert_completed(received);
	frame.offload = (struct offload){ .gso = GSO_TCP4, .segment_size = 5 };
	tun_write(&tun, &frame);
	assert_int_equal(recv(kernel, received, sizeof(received), 0), -1);
	assert_int_equal(tun.counters.written, 1);
	assert_int_equal(tun.counters.refused, 1);
}

/* A kernel that refuses the partial checksum gets the packet with a complete one. */
static void test_retry(void **state)
{
	uint8_t buffer[128] = { 0 }, received[128];
	struct frame frame = make_frame(buffer);

	(void)state;
	write_error = EINVAL;
	failures = 1;
	tun_write(&tun, &frame);
	assert_int_equal(recv(kernel, received, sizeof(received), 0), VNET_HEADER_LENGTH + 30);
	assert_int_equal(received[0], 0);
	assert_completed(received + VNET_HEADER_LENGTH);
	assert_int_equal(tun.counters.written, 1);
	assert_int_equal(tun.counters.completed, 1);
	assert_int_equal(tun.counters.refused, 0);
	frame = make_frame(buffer);
	failures = 2;
	tun_write(&tun, &frame);
	assert_int_equal(tun.counters.refused, 1);
}

static void test_write_errors(void **state)
{
	static const struct {
		int error;
		size_t counter;
	} rows[] = {
		{ EAGAIN, offsetof(struct tun_counters, full) },
		{ ENOBUFS, offsetof(struct tun_counters, full) },
		{ ENOMEM, offsetof(struct tun_counters, full) },
		{ EIO, offsetof(struct tun_counters, down) },
		{ EFBIG, offsetof(struct tun_counters, refused) },
		{ EBADFD, offsetof(struct tun_counters, refused) },
	};
	struct tun_counters expected = { 0 };
	uint8_t buffer[128] = { 0 };
	struct frame frame;
	uint64_t count;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		frame = make_frame(buffer);
		write_error = rows[i].error;
		failures = 1;
		tun_write(&tun, &frame);
		memcpy(&count, (uint8_t *)&expected + rows[i].counter, sizeof(count));
		count++;
		memcpy((uint8_t *)&expected + rows[i].counter, &count, sizeof(count));
		assert_memory_equal(&tun.counters, &expected, sizeof(expected));
	}
}

static void refuse_super_packets(unsigned int count)
{
	uint8_t buffer[128] = { 0 };
	struct frame frame;

	while (count-- > 0) {
		frame = make_frame(buffer);
		frame.offload.gso = GSO_UDP;
		frame.offload.segment_size = 1;
		write_error = EINVAL;
		failures = 1;
		tun_write(&tun, &frame);
	}
}

/* Super-packets that are refused again and again make the daemon ask for less, step by step. */
static void test_reduced_offload(void **state)
{
	(void)state;
	refuse_super_packets(TUN_REFUSALS_MAX - 1);
	assert_int_equal(granted, 0x6f);
	refuse_super_packets(1);
	assert_int_equal(granted, 0x0f);
	accepted = 0;
	refuse_super_packets(TUN_REFUSALS_MAX);
	assert_int_equal(granted, 0);
	assert_string_equal(tun_offload_name(&tun), "none");
	refuse_super_packets(TUN_REFUSALS_MAX);
	assert_int_equal(tun.counters.refused, 3 * TUN_REFUSALS_MAX);
	assert_int_equal(tun.counters.completed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_without_header, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_write_without_header, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_retry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_write_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reduced_offload, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
