/* SPDX-License-Identifier: ISC */
/*
 * ask.h - the daemon's end of nat46ctl: connect, send a request, print the answer
 */
#ifndef NAT46_CTL_ASK_H
#define NAT46_CTL_ASK_H

#include <stdio.h>

#include "protocol/protocol.h"

/** struct connection - to the daemon: the socket, and what is read from it */
struct connection {
	int fd;
	FILE *answer;
};

/** complain() - say what is wrong; returns @status */
int complain(int status, const char *what, const char *why);

/** ask_connect() - connect to the daemon at @socket; ANSWER_OK, or, when it was said why not, the exit status */
int ask_connect(struct connection *connection, const char *socket);

/** ask_send() - send a request, and the first bytes that it says; whether they arrive the answer will show */
void ask_send(const struct connection *connection, const struct request *request, const char *bytes);

/**
 * ask_print() - print the lines of an answer as they come
 * @text: where output goes
 * @file: name of a file for data, "-": standard output; NULL: none are expected. It is made when they come, and
 *	SIGINT and SIGTERM then end the answer; another one ends this process
 *
 * Return: the exit status
 */
int ask_print(const struct connection *connection, FILE *text, const char *file);

#endif
