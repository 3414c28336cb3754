/* SPDX-License-Identifier: ISC */
/*
 * fuzz_hosts.c - each name of a file is a host name, and each word of it either a name or reported
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/hosts.h"
#include "nat46/assert.h"
#include "nat46/hostname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rule(const struct rule *rule, size_t size)
{
	char name[HOSTNAME_MAX + 1];

	NAT46_ASSERT(hostname_parse(cursor_over(rule->host, strlen(rule->host)), name) == HOSTNAME_NAME);
	NAT46_ASSERT(strcmp(rule->host, name) == 0);
	NAT46_ASSERT(strstr(rule->text, rule->host) != NULL);
	NAT46_ASSERT(rule->line >= 1 && rule->line <= size + 1);
	NAT46_ASSERT(rule->servers.count == 1 && rule->servers.servers->address.byte[0] != 0xff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct daemon_config *config = calloc(1, sizeof(*config));
	static const struct ipv4_prefix ipv4 = { .address = 0xc0000200, .length = 28 };
	struct build build = { .config = config, .line = 1 };
	char *text = strndup((const char *)data, size);
	struct rule *rules;
	struct hosts hosts;
	size_t count;

	NAT46_ASSERT(config && text);
	config->file = "fuzz";
	config->tree = build_array(&build, 1, sizeof(config_t));
	config_init(config->tree);
	build_begin(&build, config->file, 1);
	hosts = hosts_over(config_root_setting(config->tree), "hosts", text);
	rules = build_array(&build, hosts.names, sizeof(*rules));
	count = hosts_read(&build, &hosts, &ipv4, rules);
	NAT46_ASSERT(count <= hosts.names && (count > 0 || build.problem_count > 0));
	for (size_t i = 0; i < count; i++)
		check_rule(&rules[i], size);
	config_free(config);
	return 0;
}
