/* SPDX-License-Identifier: ISC */
/*
 * assert.h - assertions that stay on in production
 *
 * An assertion states what only a bug of ours could break. What a packet, a peer, a timer, the
 * configuration or the kernel can cause is never asserted: it gets a verdict, a counter or an error.
 */
#ifndef NAT46_ASSERT_H
#define NAT46_ASSERT_H

/**
 * nat46_assert_failed() - report a broken assertion and end the process
 * @expression: text of the expression that was false
 * @file: source file
 * @line: line in @file
 *
 * The core only declares it. The program that links the core defines it: the daemon logs and aborts.
 */
_Noreturn void nat46_assert_failed(const char *expression, const char *file, int line);

#define NAT46_ASSERT(expression)                                                                   \
	((expression) ? (void)0 : nat46_assert_failed(#expression, __FILE__, __LINE__))

#endif
