/* SPDX-License-Identifier: ISC */
/*
 * exit_status.h - how the daemon ends, for scripts and for systemd
 *
 * The numbers follow the LSB. 77 is never used: automake reads it as "test skipped".
 */
#ifndef NAT46_DAEMON_EXIT_STATUS_H
#define NAT46_DAEMON_EXIT_STATUS_H

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,       /* something failed at run time; a restart may help */
	STATUS_USAGE = 2,         /* wrong command line */
	STATUS_PERMISSION = 4,    /* not allowed to, or the privilege drop could not be proven */
	STATUS_CONFIGURATION = 6, /* the configuration file has errors */
};

#endif
