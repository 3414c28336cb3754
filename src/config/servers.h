/* SPDX-License-Identifier: ISC */
/*
 * servers.h - setting "to" of a service or rule
 */
#ifndef NAT46_CONFIG_SERVERS_H
#define NAT46_CONFIG_SERVERS_H

#include "config/build.h"
#include "config/schema.h"

/**
 * servers_refusal() - why no connection of a service can go to a server, to be read after it; NULL: it can
 * @ipv4: addresses of the service; all zero: were refused themselves
 */
const char *servers_refusal(struct build *build, const struct server *server, const struct ipv4_prefix *ipv4);

/** servers_compile() - @values of the setting "to" of @group, which is in the service @of; what is wrong is reported */
struct server_set servers_compile(struct build *build, const config_setting_t *group, const struct values *values,
				  const struct service_entry *of);

#endif
