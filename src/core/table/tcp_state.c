/* SPDX-License-Identifier: ISC */
/*
 * tcp_state.c - where a connection stands, as seen from the middle
 */
#include "nat46/tcp_state.h"

#include <assert.h>

#include "nat46/assert.h"

#define SECOND INT64_C(1000000000)

/* No entry: the event cannot happen. FREE is zero, which no event leads to. */
static const uint8_t transitions[TCP_STATE_COUNT][TCP_EVENT_COUNT] = {
	[TCP_STATE_FREE] = {
		[TCP_EVENT_ACCEPT] = TCP_STATE_WAITING,
		[TCP_EVENT_PASS] = TCP_STATE_OPENING,
		[TCP_EVENT_ASK] = TCP_STATE_ASKED,
	},
	[TCP_STATE_WAITING] = {
		[TCP_EVENT_CONNECT] = TCP_STATE_CONNECTING,
		[TCP_EVENT_ANSWER] = TCP_STATE_ANSWERING,
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_SILENCE] = TCP_STATE_SILENT,
	},
	[TCP_STATE_SILENT] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_WAKE] = TCP_STATE_WAITING,
	},
	[TCP_STATE_CONNECTING] = {
		[TCP_EVENT_ANSWER] = TCP_STATE_ANSWERING,
		[TCP_EVENT_CONNECT] = TCP_STATE_CONNECTING,
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CONNECTED] = TCP_STATE_ESTABLISHED,
	},
	[TCP_STATE_ANSWERING] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
	},
	[TCP_STATE_OPENING] = {
		[TCP_EVENT_CONNECTED] = TCP_STATE_ESTABLISHED,
	},
	[TCP_STATE_ESTABLISHED] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLIENT_FIN,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_SERVER_FIN,
		[TCP_EVENT_RST] = TCP_STATE_RESET,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_ESTABLISHED,
		[TCP_EVENT_PROBE] = TCP_STATE_PROBED,
	},
	[TCP_STATE_PROBED] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLIENT_FIN,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_SERVER_FIN,
		[TCP_EVENT_RST] = TCP_STATE_RESET,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_ESTABLISHED,
		[TCP_EVENT_PROBE] = TCP_STATE_PROBED,
	},
	[TCP_STATE_CLIENT_FIN] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLIENT_FIN,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_CLOSING,
		[TCP_EVENT_RST] = TCP_STATE_RESET,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_CLIENT_FIN,
	},
	[TCP_STATE_SERVER_FIN] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLOSING,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_SERVER_FIN,
		[TCP_EVENT_RST] = TCP_STATE_RESET,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_SERVER_FIN,
	},
	[TCP_STATE_CLOSING] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLOSING,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_CLOSING,
		[TCP_EVENT_FINS_ACKED] = TCP_STATE_CLOSED,
		[TCP_EVENT_RST] = TCP_STATE_RESET,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_CLOSING,
	},
	[TCP_STATE_CLOSED] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLOSED,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_CLOSED,
		[TCP_EVENT_FINS_ACKED] = TCP_STATE_CLOSED,
		[TCP_EVENT_RST] = TCP_STATE_CLOSED,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_CLOSED,
	},
	[TCP_STATE_RESET] = {
		[TCP_EVENT_REFUSE] = TCP_STATE_REFUSED,
		/* the host that got the RST may have rejected it: only traffic can tell */
		[TCP_EVENT_CLIENT_FIN] = TCP_STATE_CLIENT_FIN,
		[TCP_EVENT_SERVER_FIN] = TCP_STATE_SERVER_FIN,
		[TCP_EVENT_RST] = TCP_STATE_RESET,
		[TCP_EVENT_TRAFFIC] = TCP_STATE_ESTABLISHED,
	},
};

static const char *const names[] = {
	[TCP_STATE_FREE] = "free",
	[TCP_STATE_WAITING] = "waiting",
	[TCP_STATE_CONNECTING] = "connecting",
	[TCP_STATE_ASKED] = "asked",
	[TCP_STATE_ANSWERING] = "answering",
	[TCP_STATE_SILENT] = "silent",
	[TCP_STATE_REFUSED] = "refused",
	[TCP_STATE_OPENING] = "opening",
	[TCP_STATE_ESTABLISHED] = "established",
	[TCP_STATE_PROBED] = "probed",
	[TCP_STATE_CLIENT_FIN] = "client-fin",
	[TCP_STATE_SERVER_FIN] = "server-fin",
	[TCP_STATE_CLOSING] = "closing",
	[TCP_STATE_CLOSED] = "closed",
	[TCP_STATE_RESET] = "reset",
};

static_assert(sizeof(names) / sizeof(names[0]) == TCP_STATE_COUNT, "every state has a name");

enum tcp_state tcp_state_next(enum tcp_state state, enum tcp_event event)
{
	enum tcp_state next;

	NAT46_ASSERT(state < TCP_STATE_COUNT && event < TCP_EVENT_COUNT);
	next = (enum tcp_state)transitions[state][event];
	return next == TCP_STATE_FREE ? TCP_STATE_COUNT : next;
}

const char *tcp_state_name(enum tcp_state state)
{
	NAT46_ASSERT(state < TCP_STATE_COUNT);
	return names[state];
}

int64_t tcp_state_timeout(enum tcp_state state, const struct engine_timeouts *timeouts)
{
	switch (state) {
	case TCP_STATE_ESTABLISHED:
		return timeouts->tcp;
	case TCP_STATE_OPENING:
		/* any stranger's SYN gets here: short; the client's own repetition opens it again */
		return timeouts->connect;
	case TCP_STATE_SILENT:
		return timeouts->silent;
	case TCP_STATE_PROBED:
		return timeouts->tcp_transitory / TCP_PROBES;
	case TCP_STATE_CLOSED:
		return 120 * SECOND;
	case TCP_STATE_REFUSED:
	case TCP_STATE_RESET:
		return 10 * SECOND;
	case TCP_STATE_FREE:
	case TCP_STATE_WAITING:
	case TCP_STATE_CONNECTING:
	case TCP_STATE_ASKED:
	case TCP_STATE_ANSWERING:
	case TCP_STATE_CLIENT_FIN:
	case TCP_STATE_SERVER_FIN:
	case TCP_STATE_CLOSING:
	case TCP_STATE_COUNT:
		break;
	}
	return timeouts->tcp_transitory;
}

bool tcp_state_is_pending(enum tcp_state state)
{
	return state >= TCP_STATE_WAITING && state <= TCP_STATE_ANSWERING;
}

bool tcp_state_is_over(enum tcp_state state)
{
	return state == TCP_STATE_CLOSED || state == TCP_STATE_RESET || state == TCP_STATE_REFUSED;
}

bool tcp_state_is_counted(enum tcp_state state)
{
	return state != TCP_STATE_FREE && state != TCP_STATE_ASKED && state != TCP_STATE_OPENING &&
	       !tcp_state_is_over(state);
}

bool tcp_state_is_bound(enum tcp_state state)
{
	return state >= TCP_STATE_ESTABLISHED && state < TCP_STATE_COUNT;
}

bool tcp_state_is_live(enum tcp_state state)
{
	return tcp_state_is_bound(state) && !tcp_state_is_over(state);
}
