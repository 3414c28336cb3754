/* SPDX-License-Identifier: ISC */
/*
 * drain_request.h - "drain" and "undrain": servers that get no new connections, because somebody said so
 */
#ifndef NAT46_DAEMON_DRAIN_REQUEST_H
#define NAT46_DAEMON_DRAIN_REQUEST_H

#include <sys/types.h>

#include "nat46/engine.h"
#include "protocol/protocol.h"

/** enum drain_result - what became of "drain" or "undrain" */
enum drain_result {
	DRAIN_DONE,      /* also if it was so before */
	DRAIN_MALFORMED, /* no address, or address and port */
	DRAIN_UNKNOWN,   /* no server of any service */
	DRAIN_FULL,      /* too many are drained */
	DRAIN_ALL_PORTS, /* it is not drained at this port, but at all */
};

/**
 * drain_change() - do what a request asks for
 * @config: what runs: which servers there are
 * @uid: who asks; logged if it changes anything
 * @server: filled in; port 0: every port
 */
enum drain_result drain_change(struct engine *engine, const struct engine_config *config,
			       const struct request *request, uid_t uid, struct server *server);

#endif
