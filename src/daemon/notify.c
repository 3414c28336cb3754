/* SPDX-License-Identifier: ISC */
/*
 * notify.c - tell systemd how the daemon is doing
 *
 * A notification that does not arrive is systemd's to notice; there is nothing to do about it here.
 */
#include "daemon/notify.h"

#ifdef HAVE_SYSTEMD

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

/* The time tells this reload from one before, for units with Type=notify-reload. */
void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void notify_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void notify_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

bool notify_watchdog_interval(uint64_t *interval)
{
	uint64_t microseconds;

	if (sd_watchdog_enabled(0, &microseconds) <= 0)
		return false;
	*interval = microseconds;
	return true;
}

#else

void notify_ready(const char *status)
{
	(void)status;
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_status(const char *status)
{
	(void)status;
}

void notify_watchdog(void)
{
}

bool notify_watchdog_interval(uint64_t *interval)
{
	(void)interval;
	return false;
}

#endif
