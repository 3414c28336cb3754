/* SPDX-License-Identifier: ISC */
/*
 * print.c - the effective configuration in the syntax of the file
 *
 * Single settings are printed from the schema. A configured service became one struct service for each
 * port; those share their arrays of rules and servers, which is how they are found again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/compile.h"
#include "config/schema.h"

static void print_seconds(int64_t milliseconds, FILE *out)
{
	fprintf(out, "%" PRId64, milliseconds / 1000);
	if (milliseconds % 1000)
		fprintf(out, ".%03" PRId64, milliseconds % 1000);
}

/** is_unset() - a text without default that was not set */
static bool is_unset(const struct daemon_config *config, const struct setting *setting)
{
	const char *value = (const char *)config + setting->offset;

	if (setting->text || setting->type != SETTING_TEXT)
		return false;
	for (size_t i = 0; i < setting->size; i++) {
		if (value[i])
			return false;
	}
	return true;
}

static void print_stored(const struct daemon_config *config, const struct setting *setting, const char *indent,
			 FILE *out)
{
	char text[TEXT_FORMAT_MAX];

	if (is_unset(config, setting))
		return;
	fprintf(out, "%s%s = ", indent, setting->name);
	if (setting->type == SETTING_TEXT) {
		setting->kind->format((const char *)config + setting->offset, text);
		fputs(text, out);
	} else if (setting->type == SETTING_SECONDS) {
		print_seconds(config_schema_number(config, setting), out);
	} else if (setting->type == SETTING_BOOLEAN) {
		fputs(config_schema_number(config, setting) ? "true" : "false", out);
	} else {
		fprintf(out, "%" PRId64, config_schema_number(config, setting));
	}
	fputs(";\n", out);
}

/* ---- lists ------------------------------------------------------------------------------- */

static void print_clients(const struct address_plan *plan, FILE *out)
{
	char ipv4[TEXT_FORMAT_MAX], ipv6[TEXT_FORMAT_MAX];

	fputs("clients = (", out);
	for (size_t i = 0; i < plan->client_count; i++) {
		text_ipv4_block.format(&plan->clients[i].ipv4, ipv4);
		text_ipv6_block.format(&plan->clients[i].ipv6, ipv6);
		fprintf(out, "%s\n\t{ ipv4 = %s; ipv6 = %s; }", i ? "," : "", ipv4, ipv6);
	}
	fputs(plan->client_count ? "\n);\n" : ");\n", out);
}

static void print_servers(const struct server_set *set, FILE *out)
{
	char text[TEXT_FORMAT_MAX];

	fputs("to = [ ", out);
	for (size_t i = 0; i < set->count; i++) {
		text_server.format(&set->servers[i], text);
		fprintf(out, "%s%s", i ? ", " : "", text);
	}
	fputs(" ];", out);
}

static void print_rule(const struct rule *rule, FILE *out)
{
	char text[TEXT_FORMAT_MAX];

	fputs("{ ", out);
	if (rule->host)
		fprintf(out, "host = \"%s%s\"; ", rule->wildcard ? "*." : "", rule->host);
	if (rule->alpn) {
		text_quote(rule->alpn, strlen(rule->alpn), text);
		fprintf(out, "alpn = %s; ", text);
	}
	if (rule->protocol != PROTOCOL_OTHER) {
		text_protocol.format(&rule->protocol, text);
		fprintf(out, "protocol = %s; ", text);
	}
	if (rule->bytes) {
		text_quote((const char *)rule->bytes, rule->bytes_length, text);
		fprintf(out, "bytes = %s; ", text);
	}
	print_servers(&rule->servers, out);
	fputs(" }", out);
}

/** same_origin() - do two services come from one entry of the file */
static bool same_origin(const struct service *a, const struct service *b)
{
	return a->address == b->address && a->rules == b->rules && a->fallback.servers == b->fallback.servers;
}

/** is_first() - is no port of the same entry before service number @index */
static bool is_first(const struct engine_config *engine, size_t index)
{
	const struct service *service = &engine->services[index];

	for (size_t i = index; i > 0 && engine->services[i - 1].address == service->address; i--) {
		if (same_origin(&engine->services[i - 1], service))
			return false;
	}
	return true;
}

static void print_ports(const struct engine_config *engine, size_t index, FILE *out)
{
	const struct service *service = &engine->services[index];

	fprintf(out, "\t\ttcp = [ %u", service->port);
	for (size_t i = index + 1; i < engine->service_count; i++) {
		if (same_origin(&engine->services[i], service))
			fprintf(out, ", %u", engine->services[i].port);
	}
	fputs(" ];\n", out);
}

/** print_name() - only a configured one: the names that stand for it differ between ports */
static void print_name(const struct service *service, FILE *out)
{
	char made[DEFAULT_NAME_MAX];

	config_default_name(service, made);
	if (strcmp(service->name, made) != 0)
		fprintf(out, "\t\tname = \"%s\";\n", service->name);
}

static void print_service(const struct engine_config *engine, size_t index, FILE *out)
{
	const struct service *service = &engine->services[index];
	char text[TEXT_FORMAT_MAX];

	fputs("\n\t{\n", out);
	print_name(service, out);
	text_ipv4_host.format(&service->address, text);
	fprintf(out, "\t\tipv4 = %s;\n", text);
	print_ports(engine, index, out);
	fputs("\t\trules = (", out);
	for (size_t i = 0; i < service->rule_count; i++) {
		fputs(i ? ",\n\t\t\t" : "\n\t\t\t", out);
		print_rule(&service->rules[i], out);
	}
	fputs(service->rule_count ? "\n\t\t);\n" : ");\n", out);
	if (service->fallback.count > 0) {
		fputs("\t\t", out);
		print_servers(&service->fallback, out);
		fputs("\n", out);
	}
	fputs("\t\twait = ", out);
	print_seconds(service->wait / NANOSECONDS_PER_MILLISECOND, out);
	text_refusal.format(&service->refusal, text);
	fprintf(out, ";\n\t\trefuse = %s;\n\t}", text);
}

static void print_services(const struct engine_config *engine, FILE *out)
{
	bool any = false;

	fputs("services = (", out);
	for (size_t i = 0; i < engine->service_count; i++) {
		if (!is_first(engine, i))
			continue;
		if (any)
			fputs(",", out);
		any = true;
		print_service(engine, i, out);
	}
	fputs(any ? "\n);\n" : ");\n", out);
}

static void print_group(const struct daemon_config *config, const struct setting *group, FILE *out)
{
	fprintf(out, "%s = {\n", group->name);
	for (const struct setting *m = group->members; m->name; m++)
		print_stored(config, m, "\t", out);
	fputs("};\n", out);
}

void config_print(const struct daemon_config *config, FILE *out)
{
	for (const struct setting *s = config_schema.members; s->name; s++) {
		if (s->type == SETTING_GROUP)
			print_group(config, s, out);
		else if (strcmp(s->name, "clients") == 0)
			print_clients(&config->engine.plan, out);
		else if (strcmp(s->name, "services") == 0)
			print_services(&config->engine, out);
		else
			print_stored(config, s, "", out);
	}
}
