/* SPDX-License-Identifier: ISC */
/*
 * notify.h - tell systemd how the daemon is doing
 *
 * Without libsystemd at build time, or when nobody listens, the functions do nothing.
 */
#ifndef NAT46_DAEMON_NOTIFY_H
#define NAT46_DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/** notify_ready() - start-up is complete, or a reload is over, whether it has succeeded or not; @status: in a line */
void notify_ready(const char *status);

/** notify_reloading() - a reload has begun */
void notify_reloading(void);

/** notify_stopping() - shutdown has begun */
void notify_stopping(void);

/** notify_status() - one line about the state; not more often than once a minute */
void notify_status(const char *status);

/** notify_watchdog() - the loop turns */
void notify_watchdog(void);

/**
 * notify_watchdog_interval() - is a watchdog expected
 * @interval: set to the microseconds after which systemd would act, only if true is returned
 */
bool notify_watchdog_interval(uint64_t *interval);

#endif
