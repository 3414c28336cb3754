/* SPDX-License-Identifier: ISC */
/*
 * show_capture.c - "capture": the file of a capture, as its packets come
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/control/pcapng.h"
#include "daemon/control/show.h"

#define MEGABYTE 1000000u

/** Megabytes of the file, if the request does not say it. */
#define MEGABYTES 100u

_Static_assert(ANSWER_DATA_MAX >= FRAME_MAX + 3 * PCAPNG_BLOCK_MAX, "the longest packet fits, and what ends the file");

/** is_full() - is there no room in the file for @more bytes besides those that were sent */
static bool is_full(const struct request *request, const struct progress *progress, size_t more)
{
	uint64_t megabytes = request->megabytes ? request->megabytes : MEGABYTES;

	return progress->bytes + more + 2 * PCAPNG_BLOCK_MAX > megabytes * MEGABYTE;
}

/** has_all() - are there as many packets as were asked for */
static bool has_all(const struct request *request, const struct progress *progress)
{
	return request->count != 0 && progress->packets == request->count;
}

/** write_packet() - the next packet; returns bytes written */
static size_t write_packet(struct progress *progress, const struct capture_packet *packet, uint8_t *block)
{
	char comment[PCAPNG_TEXT_MAX];
	struct frame frame = {
		.data = block + PCAPNG_PACKET_AT,
		.length = packet->length,
		.offload = packet->offload,
	};
	struct pcapng_packet written = {
		.time = packet->time,
		.length = packet->length,
		.captured = packet->captured,
		.lost = packet->lost - progress->lost,
		.is_out = packet->is_out,
	};

	if (packet->drop != DROP_COUNT) {
		snprintf(comment, sizeof(comment), "dropped: %s", drop_name(packet->drop));
		written.comment = comment;
	}
	capture_read(progress->capture, packet, frame.data);
	/* what the sender left to the device would look like an error */
	if (frame.offload.partial && packet->captured == packet->length)
		vnet_complete_checksum(&frame);
	progress->lost = packet->lost;
	progress->packets++;
	return pcapng_packet(block, &written);
}

/** write_end() - the end of the file, and what there is to be said; returns bytes written */
static size_t write_end(const struct progress *progress, uint8_t *block)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return pcapng_end(block, now.tv_sec * INT64_C(1000000000) + now.tv_nsec, progress->packets + progress->lost,
			  progress->lost);
}

bool show_capture(const struct view *view, const struct request *request, const uint8_t *bytes,
		  struct progress *progress, struct answer *answer)
{
	struct capture *capture = progress->capture;
	uint8_t *data = answer_data(answer);
	struct capture_packet packet = { 0 };
	bool has_packet, is_at_end;
	size_t length = 0;

	(void)bytes;
	if (!progress->has_head)
		length = pcapng_begin(data, "nat46d " PACKAGE_VERSION, view->tun->name, capture->snaplen);
	progress->has_head = true;
	for (;;) {
		has_packet = capture_peek(capture, &packet);
		is_at_end = has_all(request, progress) ||
			    (has_packet ? is_full(request, progress, length + packet.captured) : capture->is_over);
		if (!has_packet || is_at_end || length + packet.captured + 2 * PCAPNG_BLOCK_MAX > ANSWER_DATA_MAX)
			break;
		length += write_packet(progress, &packet, data + length);
	}
	progress->bytes += length;
	if (is_at_end) {
		if (!has_packet)
			progress->lost = capture->lost;
		length += write_end(progress, data + length);
	}
	if (length > 0)
		answer_data_end(answer, length);
	if (is_at_end)
		answer_error(answer, "nat46ctl: %" PRIu64 " packets captured, %" PRIu64 " lost for want of room",
			     progress->packets, progress->lost);
	return is_at_end;
}
