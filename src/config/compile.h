/* SPDX-License-Identifier: ISC */
/*
 * compile.h - from a checked tree to the arrays that the core reads
 *
 * Each of these passes over what config_check() has refused, so that one mistake gives one error.
 */
#ifndef NAT46_CONFIG_COMPILE_H
#define NAT46_CONFIG_COMPILE_H

#include "config/tree.h"
#include "nat46/service.h"

/** config_compile_clients() - setting "clients" into the address plan; reports duplicates and misfits */
void config_compile_clients(struct config_build *build);

/** config_compile_services() - setting "services"; after the clients; reports conflicts */
void config_compile_services(struct config_build *build);

/**
 * config_compile_rules() - rules of one service
 * @build: build
 * @list: setting "rules", or NULL
 * @service: gets the rules, sorted by rule_compare()
 */
void config_compile_rules(struct config_build *build, config_setting_t *list, struct service *service);

/**
 * config_compile_servers() - servers of a rule or service
 * @build: build
 * @setting: setting "to", or NULL
 *
 * Reports servers to which packets would come back to us, and servers that are listed twice.
 */
struct server_set config_compile_servers(struct config_build *build, config_setting_t *setting);

/** Room for a name made of address and port. */
#define DEFAULT_NAME_MAX 32u

/** config_default_name() - write "ADDRESS:PORT", the name of a service without one; DEFAULT_NAME_MAX bytes */
void config_default_name(const struct service *service, char *out);

/** config_has_unknown() - does a group have a setting that is not in @members (and was reported as such) */
bool config_has_unknown(const config_setting_t *group, const struct setting *members);

#endif
