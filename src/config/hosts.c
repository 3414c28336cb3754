/* SPDX-License-Identifier: ISC */
/*
 * hosts.c - names by the hundred thousand: the file that setting "hosts" of a service names
 *
 * Its lines are those of hosts(5): "ADDRESS NAME NAME...", and comments behind "#". Each name is a rule with "host" and
 * nothing else, and is sorted among the other rules of the service, so that the core knows nothing of such files. All
 * names are in one piece of memory, for 100,000s of small ones would cost more than what is in them.
 */
#include "config/hosts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/file.h"
#include "config/servers.h"
#include "nat46/assert.h"

#define BYTES_MAX ((size_t)64 << 20)
#define BLANKS " \t\r"
#define WORD_MAX (HOSTNAME_MAX + 8) /* of a longer one, as much as shows that it is too long */
#define TEXT_MAX 10u /* what stands around a name in the text of a rule, and two NUL */

/** struct reader - what has been made of a file so far, and its current line */
struct reader {
	struct build *build;
	const struct ipv4_prefix *ipv4; /* of the service */
	struct rule *rules;
	struct server *servers;
	size_t rule_count, server_count;
	char *to; /* where the next text goes */
	unsigned int line;
};

struct hosts hosts_over(const config_setting_t *setting, const char *file, char *text)
{
	struct hosts hosts = { .setting = setting, .file = file, .text = text };

	NAT46_ASSERT(text != NULL);
	for (const char *at = text + strspn(text, BLANKS "\n"); *at; at += strspn(at, BLANKS "\n")) {
		hosts.lines++;
		/* comments may be counted as well */
		for (at += strcspn(at, BLANKS "\n"); at += strspn(at, BLANKS), *at && *at != '\n'; hosts.names++) {
			size_t length = strcspn(at, BLANKS "\n");

			hosts.length += length;
			at += length;
		}
	}
	return hosts;
}

struct hosts hosts_open(struct build *build, const config_setting_t *setting, const char *name)
{
	struct hosts none = { .text = NULL };
	const char *error = NULL, *file;
	struct stat status;
	char *text = NULL;
	size_t length = 0;

	if (!name)
		return none;
	file = build_file(build, name);
	if (!build->directory)
		error = "this text is not a file";
	else if (stat(file, &status) == 0 && !S_ISREG(status.st_mode))
		error = "not a regular file"; /* which could have no end, or not begin */
	else
		text = file_read(build, file, BYTES_MAX, &length, &error);
	if (text && length > BYTES_MAX)
		error = "too large, it may have 64 megabytes";
	if (!error)
		return hosts_over(setting, file, text);
	build_error(build, setting, "cannot read \"%s\": %s", file, error);
	free(text);
	return none;
}

/** take_word() - copy the next word of a line to @word, and pass over it; false: there is none */
static bool take_word(const char **at, char *word)
{
	size_t length;

	*at += strspn(*at, BLANKS);
	length = strcspn(*at, BLANKS "#\n");
	memcpy(word, *at, length < WORD_MAX ? length : WORD_MAX);
	word[length < WORD_MAX ? length : WORD_MAX] = '\0';
	*at += length;
	return length > 0;
}

/** report() - @word of the current line is wrong */
static void report(struct reader *reader, const char *word, const char *reason)
{
	char quoted[TEXT_QUOTE_MAX];

	build_report(reader->build, reader->line, "%s %s", text_quote(word, quoted), reason);
}

static bool is_same(const struct server *a, const struct server *b)
{
	return a->port == b->port && a->host_bits == b->host_bits && ipv6_equal(&a->address, &b->address);
}

/** read_server() - the address of a line; NULL if it is wrong */
static const struct server *read_server(struct reader *reader, const char *word)
{
	struct server *server = &reader->servers[reader->server_count];
	const char *reason, *doubt;

	memset(server, 0, sizeof(*server));
	reason = text_server(reader->build, word, server);
	if (!reason)
		reason = servers_refusal(reader->build, server, reader->ipv4);
	doubt = reason ? NULL : text_server_doubt(reader->build, word);
	if (reason)
		report(reader, word, reason);
	if (doubt)
		build_warn(reader->build, reader->line, "%s", doubt);
	/* neighbours often share it */
	if (!reason && reader->server_count > 0 && is_same(server, server - 1))
		server--;
	else
		reader->server_count += !reason;
	return reason ? NULL : server;
}

static void read_name(struct reader *reader, const char *word, const struct server *server)
{
	struct rule *rule = &reader->rules[reader->rule_count];
	struct text_host host;
	const char *reason = text_host(reader->build, word, &host);

	if (reason) {
		report(reader, word, reason);
		return;
	}
	*rule = (struct rule){ .wildcard = host.wildcard, .line = reader->line, .servers = { server, 1 } };
	rule->host = reader->to;
	reader->to += sprintf(reader->to, "%s", host.name) + 1;
	rule->text = reader->to;
	reader->to += sprintf(reader->to, "host \"%s%s\"", host.wildcard ? "*." : "", host.name) + 1;
	reader->rule_count++;
}

static void read_line(struct reader *reader, const char *at)
{
	char word[WORD_MAX + 1];
	const struct server *server;
	size_t count = 0;

	if (!take_word(&at, word))
		return;
	server = read_server(reader, word);
	for (; server && take_word(&at, word); count++)
		read_name(reader, word, server);
	if (server && count == 0)
		build_report(reader->build, reader->line, "no name follows the address");
}

size_t hosts_read(struct build *build, struct hosts *hosts, const struct ipv4_prefix *ipv4, struct rule *rules)
{
	struct reader reader = { .build = build, .ipv4 = ipv4, .rules = rules, .line = build->line };
	size_t problems = build->problem_count;
	const char *text = hosts->text;

	if (!text)
		return 0;
	reader.servers = build_array(build, hosts->lines, sizeof(*reader.servers));
	reader.to = build_array(build, 2 * hosts->length + TEXT_MAX * hosts->names, 1);
	build_begin(build, hosts->file, 1);
	while (*text) {
		read_line(&reader, text);
		text += strcspn(text, "\n");
		text += *text == '\n';
		reader.line++;
	}
	build->line = reader.line;
	if (reader.rule_count == 0 && build->problem_count == problems)
		build_error(build, hosts->setting, "there is no name in \"%s\"", hosts->file);
	free(hosts->text);
	return reader.rule_count;
}
