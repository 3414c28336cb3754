/* SPDX-License-Identifier: ISC */
/*
 * terminal.h - pictures on a whole terminal, one over the other, and the terminal as it was afterwards
 *
 * The sequences are those of ECMA-48 and the alternate screen of xterm, which all terminals of today know. Whatever
 * ends or stops this process in a way that can be handled, the terminal is given back first.
 */
#ifndef NAT46_CTL_TERMINAL_H
#define NAT46_CTL_TERMINAL_H

#include <stdbool.h>

/** terminal_enter() - take the terminal; false: standard input and output are none */
bool terminal_enter(void);

/** terminal_leave() - give it back, if it was taken; may be called from a signal handler */
void terminal_leave(void);

/** terminal_size() - size of the terminal behind standard output; 0, 0: it is none, or has none */
void terminal_size(unsigned int *rows, unsigned int *columns);

/** terminal_show() - show a picture: lines, each with a newline at its end */
void terminal_show(const char *picture);

/** terminal_wait() - until it is time for the next picture, or sooner: a key, or another size; false: it is the end */
bool terminal_wait(double seconds);

#endif
