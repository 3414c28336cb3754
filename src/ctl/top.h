/* SPDX-License-Identifier: ISC */
/*
 * top.h - the live view: one picture after another, on a terminal or as lines
 */
#ifndef NAT46_CTL_TOP_H
#define NAT46_CTL_TOP_H

#include "ctl/ask.h"

/** Seconds between two pictures, unless somebody wants another number of them. */
#define TOP_DELAY 2.0

/**
 * top_run() - ask again and again
 * @request: for "top"; its size is filled in here
 * @delay: seconds between two pictures
 * @pictures: how many, as lines also on a terminal; 0: until it is ended, and on a terminal one over the other
 *
 * Return: the exit status
 */
int top_run(const struct connection *connection, const struct request *request, double delay, unsigned long pictures);

#endif
