/* SPDX-License-Identifier: ISC */
/*
 * test_tcp_state.c - every state with every event, names and timeouts
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nat46/tcp_state.h"

#define NO TCP_STATE_COUNT
#define WAIT TCP_STATE_WAITING
#define CONN TCP_STATE_CONNECTING
#define ASKD TCP_STATE_ASKED
#define ANSW TCP_STATE_ANSWERING
#define SILE TCP_STATE_SILENT
#define REFU TCP_STATE_REFUSED
#define OPEN TCP_STATE_OPENING
#define ESTA TCP_STATE_ESTABLISHED
#define PROB TCP_STATE_PROBED
#define CFIN TCP_STATE_CLIENT_FIN
#define SFIN TCP_STATE_SERVER_FIN
#define CING TCP_STATE_CLOSING
#define CLOS TCP_STATE_CLOSED
#define RSET TCP_STATE_RESET

/** All pairs, written out; nothing here is taken from the code. */
static const struct {
	enum tcp_state state;
	const char *name;
	/* accept, pass, ask, connect, answer, refuse, connected, client FIN, server FIN, FINs acked, RST, traffic,
	 * silence, wake, probe */
	enum tcp_state next[TCP_EVENT_COUNT];
	int64_t timeout;
	bool is_over;
	bool is_bound;
} table[] = {
	{ TCP_STATE_FREE, "free", { WAIT, OPEN, ASKD, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO },
	  240, false, false },
	{ WAIT, "waiting", { NO, NO, NO, CONN, ANSW, REFU, NO, NO, NO, NO, NO, NO, SILE, NO, NO }, 240, false, false },
	{ CONN, "connecting", { NO, NO, NO, CONN, ANSW, REFU, ESTA, NO, NO, NO, NO, NO, NO, NO, NO },
	  240, false, false },
	{ ASKD, "asked", { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO }, 240, false, false },
	{ ANSW, "answering", { NO, NO, NO, NO, NO, REFU, NO, NO, NO, NO, NO, NO, NO, NO, NO }, 240, false, false },
	{ SILE, "silent", { NO, NO, NO, NO, NO, REFU, NO, NO, NO, NO, NO, NO, NO, WAIT, NO }, 60, false, false },
	{ REFU, "refused", { NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO }, 10, true, false },
	{ OPEN, "opening", { NO, NO, NO, NO, NO, NO, ESTA, NO, NO, NO, NO, NO, NO, NO, NO }, 10, false, false },
	{ ESTA, "established", { NO, NO, NO, NO, NO, REFU, NO, CFIN, SFIN, NO, RSET, ESTA, NO, NO, PROB },
	  7440, false, true },
	{ PROB, "probed", { NO, NO, NO, NO, NO, REFU, NO, CFIN, SFIN, NO, RSET, ESTA, NO, NO, PROB }, 60, false, true },
	{ CFIN, "client-fin", { NO, NO, NO, NO, NO, REFU, NO, CFIN, CING, NO, RSET, CFIN, NO, NO, NO },
	  240, false, true },
	{ SFIN, "server-fin", { NO, NO, NO, NO, NO, REFU, NO, CING, SFIN, NO, RSET, SFIN, NO, NO, NO },
	  240, false, true },
	{ CING, "closing", { NO, NO, NO, NO, NO, REFU, NO, CING, CING, CLOS, RSET, CING, NO, NO, NO },
	  240, false, true },
	{ CLOS, "closed", { NO, NO, NO, NO, NO, REFU, NO, CLOS, CLOS, CLOS, CLOS, CLOS, NO, NO, NO }, 120, true, true },
	{ RSET, "reset", { NO, NO, NO, NO, NO, REFU, NO, CFIN, SFIN, NO, RSET, ESTA, NO, NO, NO }, 10, true, true },
};

static void test_table_is_complete(void **state)
{
	(void)state;
	assert_int_equal(sizeof(table) / sizeof(table[0]), TCP_STATE_COUNT);
	assert_int_equal(TCP_EVENT_COUNT, 15);
	for (size_t i = 0; i < TCP_STATE_COUNT; i++)
		assert_int_equal(table[i].state, i);
}

static void test_every_pair(void **state)
{
	(void)state;
	for (int s = 0; s < TCP_STATE_COUNT; s++) {
		for (int e = 0; e < TCP_EVENT_COUNT; e++) {
			enum tcp_state is = tcp_state_next((enum tcp_state)s, (enum tcp_event)e);

			if (is != table[s].next[e])
				fail_msg("%s, event %d: state %d instead of %d", table[s].name, e, is,
					 table[s].next[e]);
		}
	}
}

static void test_names(void **state)
{
	(void)state;
	for (int s = 0; s < TCP_STATE_COUNT; s++)
		assert_string_equal(tcp_state_name((enum tcp_state)s), table[s].name);
}

static void test_timeouts(void **state)
{
	const struct engine_timeouts timeouts = {
		.connect = 10000000000,
		.tcp = 7440000000000,
		.tcp_transitory = 240000000000,
		.silent = 60000000000,
	};

	(void)state;
	for (int s = 0; s < TCP_STATE_COUNT; s++)
		assert_int_equal(tcp_state_timeout((enum tcp_state)s, &timeouts), table[s].timeout * 1000000000);
}

static void test_predicates(void **state)
{
	(void)state;
	for (int s = 0; s < TCP_STATE_COUNT; s++) {
		assert_int_equal(tcp_state_is_over((enum tcp_state)s), table[s].is_over);
		assert_int_equal(tcp_state_is_bound((enum tcp_state)s), table[s].is_bound);
		assert_int_equal(tcp_state_is_live((enum tcp_state)s), table[s].is_bound && !table[s].is_over);
		assert_int_equal(tcp_state_is_counted((enum tcp_state)s),
				 !(s == TCP_STATE_FREE || s == ASKD || s == OPEN || table[s].is_over));
		assert_int_equal(tcp_state_is_pending((enum tcp_state)s),
				 s == WAIT || s == CONN || s == ASKD || s == ANSW);
	}
	assert_false(tcp_state_is_bound(TCP_STATE_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_complete),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_predicates),
	};

	return cmocka_run_group_tests_name("tcp_state", tests, NULL, NULL);
}
