/* SPDX-License-Identifier: ISC */
/*
 * lists.h - settings "clients" and "services"
 */
#ifndef NAT46_CONFIG_LISTS_H
#define NAT46_CONFIG_LISTS_H

#include "config/build.h"

/* From the tree to the sorted arrays that the engine uses; the clients first, for no server may be one of them. */
void lists_clients(struct build *build);
void lists_services(struct build *build);

#endif
