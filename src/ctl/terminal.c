/* SPDX-License-Identifier: ISC */
/*
 * terminal.c - pictures on a whole terminal, and the terminal as it was afterwards
 */
#include "ctl/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The alternate screen without a cursor, and back. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[m\033[?25h\033[?1049l"

static struct termios before;
static volatile sig_atomic_t is_taken;

/** put() - to the terminal at once, whatever stdio holds */
static void put(const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t written = write(STDOUT_FILENO, text, left);

		if (written <= 0)
			return;
		text += written;
		left -= (size_t)written;
	}
}

void terminal_leave(void)
{
	if (!is_taken)
		return;
	is_taken = 0;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	put(LEAVE);
}

/** take() - keys come one by one and are not shown; ctrl-C and ctrl-Z still are signals */
static void take(void)
{
	struct termios now = before;

	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
	put(ENTER);
	is_taken = 1;
}

/** on_end() - ctrl-C is how many end it, which is no failure; other signals end this process as they always do */
static void on_end(int number)
{
	terminal_leave();
	if (number == SIGINT)
		_exit(EXIT_SUCCESS);
	(void)raise(number);
}

/** on_stop(), on_continue() - others have the terminal meanwhile */
static void on_stop(int number)
{
	(void)number;
	terminal_leave();
	(void)raise(SIGSTOP);
}

static void on_continue(int number)
{
	(void)number;
	if (!is_taken)
		take();
}

/** on_resize() - only to interrupt terminal_wait() */
static void on_resize(int number)
{
	(void)number;
}

static void handle(int number, void (*handler)(int number), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(number, &action, NULL);
}

bool terminal_enter(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
		return false;
	(void)atexit(terminal_leave);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], on_end, (int)SA_RESETHAND);
	handle(SIGTSTP, on_stop, SA_RESTART);
	handle(SIGCONT, on_continue, SA_RESTART);
	handle(SIGWINCH, on_resize, SA_RESTART); /* poll() is interrupted all the same, an answer is not */
	take();
	return true;
}

void terminal_size(unsigned int *rows, unsigned int *columns)
{
	struct winsize size = { 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row;
	*columns = size.ws_col;
}

void terminal_show(const char *picture)
{
	const char *end;

	fputs("\033[H", stdout);
	/* no newline behind the last line, which would move all of them up */
	for (const char *line = picture; (end = strchr(line, '\n')) != NULL; line = end + 1)
		fprintf(stdout, "%s%.*s\033[K", line == picture ? "" : "\r\n", (int)(end - line), line);
	fputs("\033[J", stdout);
	fflush(stdout);
}

bool terminal_wait(double seconds)
{
	struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (poll(&keys, 1, (int)(seconds * 1000)) <= 0)
		return true;
	return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q';
}
