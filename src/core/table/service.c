/* SPDX-License-Identifier: ISC */
/*
 * service.c - find a service, choose a rule by the first bytes, rank the servers
 *
 * Theory of operation
 *
 * rule_compare() sorts the rules of a service into classes, in the order in which they win: first those with ALPN,
 * for only a client with a special purpose offers such a name, and the host that it names has rules of its own for all
 * others; then those without. Both are sorted by their host: exact names, wildcards, none; and those with neither
 * ALPN nor host by bytes and protocol. Inside a class the rule that asks for more comes first.
 * A service may have 100,000s of host rules, so those are found by binary search: once for the whole
 * name, then once for each suffix of it from the longest. A client may offer 10,000s of ALPN names: where there is no
 * host, each of them is searched for among the rules, so that the list is read once and not for each rule. The other
 * classes are few and are walked.
 *
 * Conditions are three-valued. A rule is decided as soon as one of its conditions is false or all are
 * true. Walking in the order of priority, the first rule that is true wins, and the first that is pending
 * ends the walk, since it could still win. So a choice is made on the earliest bytes that suffice.
 * Host rules are all pending until it is known whether there is a name.
 *
 * When no more bytes come, only what a cut TLS hello or HTTP head could still have said is pending. A walk that
 * ends there refuses: the part that has come does not decide, for a filter that is passed by cutting is none.
 */
#include "nat46/service.h"

#include "nat46/cursor.h"
#include "nat46/siphash.h"

/** enum rule_class - first key of rule_compare(); class of a rule is its strongest condition */
enum rule_class {
	CLASS_ALPN_HOST = 0,
	CLASS_ALPN_WILDCARD,
	CLASS_ALPN,
	CLASS_HOST,
	CLASS_WILDCARD,
	CLASS_BYTES,
	CLASS_PROTOCOL,
};

/** enum answer - value of a condition; the AND of several is the smallest */
enum answer {
	ANSWER_NO = 0,
	ANSWER_PENDING,
	ANSWER_YES,
};

/** struct evidence - a service with sorted rules, and what their conditions are tested against */
struct evidence {
	const struct service *service;
	struct cursor data;
	bool final;
	struct inspection inspection;
};

static int compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

int service_compare(const void *a, const void *b)
{
	const struct service *left = a;
	const struct service *right = b;
	int order = compare_numbers(left->host_bits, right->host_bits);

	if (order == 0)
		order = compare_numbers(left->address, right->address);
	if (order == 0)
		order = compare_numbers(left->is_udp, right->is_udp);
	return order ? order : compare_numbers(left->port, right->port);
}

bool service_has_address(const struct service *service, uint32_t address)
{
	return (address ^ service->address) >> service->host_bits == 0;
}

bool service_has_port(const struct service *service, uint16_t port)
{
	return port >= service->port && port - service->port <= service->further_ports;
}

uint16_t service_port_for(const struct service *service, uint16_t server_port)
{
	return service_has_port(service, server_port) ? server_port : service->port;
}

/** place_in() - the place of @address in a block with so many host bits */
static uint32_t place_in(uint8_t host_bits, uint32_t address)
{
	return address & (uint32_t)((UINT64_C(1) << host_bits) - 1);
}

uint32_t service_address_for(const struct service *service, const struct ipv6_address *server)
{
	struct cursor last = cursor_over(server->byte + 12, 4);
	uint32_t address = 0;

	(void)cursor_u32(&last, &address);
	return service->address | place_in(service->host_bits, address);
}

static enum rule_class rule_class(const struct rule *rule)
{
	if (rule->host && rule->alpn)
		return rule->wildcard ? CLASS_ALPN_WILDCARD : CLASS_ALPN_HOST;
	if (rule->host)
		return rule->wildcard ? CLASS_WILDCARD : CLASS_HOST;
	if (rule->alpn)
		return CLASS_ALPN;
	return rule->bytes ? CLASS_BYTES : CLASS_PROTOCOL;
}

static size_t condition_count(const struct rule *rule)
{
	return (size_t)(rule->host != NULL) + (rule->alpn != NULL) + (rule->bytes != NULL) +
	       (rule->protocol != PROTOCOL_OTHER);
}

/** compare_texts() - strcmp() with NULL, no condition, behind every text */
static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

/** compare_bytes() - longest first, no condition last */
static int compare_bytes(const struct rule *a, const struct rule *b)
{
	int order;

	if (!a->bytes || !b->bytes)
		return (a->bytes == NULL) - (b->bytes == NULL);
	order = compare_numbers(b->bytes_length, a->bytes_length);
	return order ? order : memcmp(a->bytes, b->bytes, a->bytes_length);
}

int rule_compare(const void *a, const void *b)
{
	const struct rule *left = a;
	const struct rule *right = b;
	enum rule_class class = rule_class(left);
	int order = compare_numbers(class, rule_class(right));

	if (order == 0)
		order = compare_texts(left->host, right->host);
	/* For bytes, length is what counts. Elsewhere more conditions win. */
	if (order == 0 && class != CLASS_BYTES)
		order = compare_numbers(condition_count(right), condition_count(left));
	if (order == 0)
		order = compare_texts(left->alpn, right->alpn);
	if (order == 0)
		order = compare_bytes(left, right);
	/* PROTOCOL_OTHER, no condition, has the smallest number and comes last. */
	if (order == 0)
		order = compare_numbers(right->protocol, left->protocol);
	return order;
}

/**
 * first_rule() - index of the first rule that sorts into @class with @host or behind that
 * @service: service with sorted rules
 * @class: class of rules
 * @host: host name, NULL: from the start of the class
 */
static size_t first_rule(const struct service *service, enum rule_class class, const char *host)
{
	size_t low = 0, high = service->rule_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct rule *rule = &service->rules[middle];
		int order = compare_numbers(rule_class(rule), class);

		if (order == 0 && host)
			order = strcmp(rule->host, host);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum answer bytes_answer(const struct rule *rule, const struct evidence *evidence)
{
	struct cursor data = evidence->data;
	size_t common = rule->bytes_length < data.left ? rule->bytes_length : data.left;

	if (!rule->bytes)
		return ANSWER_YES;
	if (common > 0 && memcmp(rule->bytes, data.next, common) != 0)
		return ANSWER_NO;
	if (common == rule->bytes_length)
		return ANSWER_YES;
	return evidence->final ? ANSWER_NO : ANSWER_PENDING;
}

static enum answer alpn_answer(const struct rule *rule, const struct evidence *evidence)
{
	if (!rule->alpn)
		return ANSWER_YES;
	if (evidence->inspection.alpn_fact == FACT_PENDING)
		return ANSWER_PENDING;
	if (!alpn_contains(&evidence->inspection, evidence->data.next, evidence->data.left, rule->alpn))
		return ANSWER_NO;
	return ANSWER_YES;
}

static enum answer protocol_answer(const struct rule *rule, const struct inspection *inspection)
{
	if (rule->protocol == PROTOCOL_OTHER)
		return ANSWER_YES;
	if ((inspection->possible & 1u << rule->protocol) == 0)
		return ANSWER_NO;
	return inspection->protocol_fact == FACT_PRESENT ? ANSWER_YES : ANSWER_PENDING;
}

static enum answer both(enum answer a, enum answer b)
{
	return a < b ? a : b;
}

/** plain_conditions() - answer of all conditions but host and ALPN */
static enum answer plain_conditions(const struct rule *rule, const struct evidence *evidence)
{
	return both(bytes_answer(rule, evidence), protocol_answer(rule, &evidence->inspection));
}

/** other_conditions() - answer of all conditions but the host */
static enum answer other_conditions(const struct rule *rule, const struct evidence *evidence)
{
	enum answer plain = plain_conditions(rule, evidence);

	return plain == ANSWER_NO ? ANSWER_NO : both(plain, alpn_answer(rule, evidence));
}

/**
 * walk() - test rules in their order until one is true or pending
 * @evidence: what to test against
 * @i, @end: index of the first rule, and behind the last one
 * @host: only as long as they have this host, NULL: all of them
 * @winner: set with ANSWER_YES
 */
static enum answer walk(const struct evidence *evidence, size_t i, size_t end, const char *host,
			const struct rule **winner)
{
	for (; i < end; i++) {
		const struct rule *rule = &evidence->service->rules[i];
		enum answer answer;

		if (host && strcmp(rule->host, host) != 0)
			break;
		answer = other_conditions(rule, evidence);
		if (answer == ANSWER_YES)
			*winner = rule;
		if (answer != ANSWER_NO)
			return answer;
	}
	return ANSWER_NO;
}

/** walk_hosts() - test the rules of class @exact, those with a host, and of the next one, those with a wildcard */
static enum answer walk_hosts(const struct evidence *evidence, enum rule_class exact, const struct rule **winner)
{
	const struct service *service = evidence->service;
	size_t end = first_rule(service, exact + 2, NULL);
	size_t first_wildcard = first_rule(service, exact + 1, NULL);
	const char *name = evidence->inspection.host;
	enum answer answer;

	if (first_rule(service, exact, NULL) == end)
		return ANSWER_NO;
	if (evidence->inspection.host_fact != FACT_PRESENT)
		return evidence->inspection.host_fact == FACT_PENDING ? ANSWER_PENDING : ANSWER_NO;
	answer = walk(evidence, first_rule(service, exact, name), first_wildcard, name, winner);
	while (answer == ANSWER_NO && first_wildcard < end) {
		while (*name && *name != '.')
			name++;
		if (!*name)
			break;
		name++;
		answer = walk(evidence, first_rule(service, exact + 1, name), end, name, winner);
	}
	return answer;
}

/**
 * struct alpn_search - the first rule of its class that one of the offered names makes true or pending
 * @evidence: what is searched, and what to test against
 * @begin: first rule of the class
 * @first: index of the rule; of the first one behind the class if there is none
 * @answer: of that rule
 */
struct alpn_search {
	const struct evidence *evidence;
	size_t begin;
	size_t first;
	enum answer answer;
};

/** alpn_order() - order of a rule and what is searched for: see rule_compare() */
static int alpn_order(const struct rule *rule, size_t conditions, const char *name)
{
	int order = compare_numbers(conditions, condition_count(rule));

	return order ? order : strcmp(rule->alpn, name);
}

/** search_alpn() - look for an offered name among the rules with this many conditions */
static void search_alpn(struct alpn_search *search, size_t conditions, const char *name)
{
	size_t low = search->begin, high = search->first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (alpn_order(&search->evidence->service->rules[middle], conditions, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < search->first; low++) {
		const struct rule *rule = &search->evidence->service->rules[low];
		enum answer answer;

		if (alpn_order(rule, conditions, name) != 0)
			return;
		answer = plain_conditions(rule, search->evidence);
		if (answer == ANSWER_NO)
			continue;
		search->first = low;
		search->answer = answer;
	}
}

static bool visit_alpn(void *context, const char *name)
{
	struct alpn_search *search = context;

	/* ALPN, bytes and protocol are three; more conditions come first */
	for (size_t conditions = 3; conditions > 0; conditions--)
		search_alpn(search, conditions, name);
	return search->first > search->begin;
}

/** walk_alpn() - what walk() would find among the rules with ALPN and without host, by the names that are offered */
static enum answer walk_alpn(const struct evidence *evidence, size_t end, const struct rule **winner)
{
	struct alpn_search search = {
		.evidence = evidence,
		.begin = first_rule(evidence->service, CLASS_ALPN, NULL),
		.first = end,
	};

	if (search.begin < end)
		alpn_each(&evidence->inspection, evidence->data.next, evidence->data.left, visit_alpn, &search);
	if (search.answer == ANSWER_YES)
		*winner = &evidence->service->rules[search.first];
	return search.answer;
}

static enum answer walk_all(const struct evidence *evidence, const struct rule **winner)
{
	const struct service *service = evidence->service;
	size_t without_alpn = first_rule(service, CLASS_HOST, NULL);
	enum answer answer = ANSWER_NO;

	if (evidence->inspection.alpn_fact == FACT_PENDING) {
		answer = walk(evidence, 0, without_alpn, NULL, winner);
	} else if (evidence->inspection.alpn_fact == FACT_PRESENT) {
		answer = walk_hosts(evidence, CLASS_ALPN_HOST, winner);
		if (answer == ANSWER_NO)
			answer = walk_alpn(evidence, without_alpn, winner);
	}
	if (answer == ANSWER_NO)
		answer = walk_hosts(evidence, CLASS_HOST, winner);
	if (answer == ANSWER_NO)
		answer = walk(evidence, first_rule(service, CLASS_BYTES, NULL), service->rule_count, NULL, winner);
	return answer;
}

struct ipv6_prefix server_block(const struct server *server)
{
	return (struct ipv6_prefix){ .address = server->address, .length = (uint8_t)(128 - server->host_bits) };
}

struct server service_server(const struct server *server, const struct call *call)
{
	struct server one = *server;
	struct span last = span_over(one.address.byte + 12, 4);

	one.port = server->port ? server->port : call->port;
	one.host_bits = 0;
	span_put32(last, 0, span_get32(last, 0) | place_in(server->host_bits, call->address));
	return one;
}

/** find_member() - the server of @set, which @service leads to; @budget: see service_leads_to() */
static const struct server *find_member(const struct service *service, const struct server_set *set,
					const struct ipv6_address *address, uint16_t port, size_t *budget)
{
	const struct call call = {
		.address = service_address_for(service, address),
		.port = service_port_for(service, port),
	};

	for (size_t i = 0; i < set->count && *budget; i++, --*budget) {
		const struct server server = service_server(&set->servers[i], &call);

		if (server.port == port && ipv6_equal(&server.address, address))
			return &set->servers[i];
	}
	return NULL;
}

const struct server *service_leads_to(const struct service *service, const struct ipv6_address *address, uint16_t port,
				      size_t *budget)
{
	/* 100,000s of names lead to a few servers, those of "to" are listed first; UDP has the list, but no rules */
	bool is_listed = service->rule_count > 0 && service->listed.count > 0;
	const struct server_set *first = is_listed ? &service->listed : &service->fallback;
	const struct server *found = find_member(service, first, address, port, budget);

	if (is_listed && !service->has_unlisted)
		return found;
	for (size_t i = 0; i < service->rule_count && *budget && !found; i++)
		found = find_member(service, &service->rules[i].servers, address, port, budget);
	return found;
}

/** needs_inspection() - does any rule ask for more than bytes */
static bool needs_inspection(const struct service *service)
{
	for (size_t i = 0; i < service->rule_count; i++) {
		const struct rule *rule = &service->rules[i];

		if (rule->host || rule->alpn || rule->protocol != PROTOCOL_OTHER)
			return true;
	}
	return false;
}

/** conclude() - turn the end of the walk into a choice */
static void conclude(const struct service *service, enum answer answer, bool final, const struct rule *winner,
		     struct choice *choice)
{
	if (answer == ANSWER_PENDING && final) {
		choice->decision = DECISION_INCOMPLETE;
		choice->text = "first bytes are incomplete";
	} else if (answer == ANSWER_PENDING) {
		choice->decision = DECISION_PENDING;
		choice->text = "pending";
	} else if (winner) {
		choice->decision = DECISION_SERVERS;
		choice->servers = winner->servers;
		choice->text = winner->text;
	} else if (service->fallback.count > 0) {
		choice->decision = DECISION_SERVERS;
		choice->servers = service->fallback;
		choice->text = "to";
	} else {
		choice->decision = DECISION_REFUSE;
		choice->text = "no rule matches";
	}
}

void service_decide(const struct service *service, const uint8_t *data, size_t length, bool final,
		    struct inspect_progress *progress, struct choice *choice)
{
	struct evidence evidence = { .service = service, .data = cursor_over(data, length), .final = final };
	const struct inspection *inspection = &evidence.inspection;
	const struct rule *winner = NULL;
	enum answer answer;

	memset(choice, 0, sizeof(*choice));
	if (needs_inspection(service)) {
		inspect(data, length, final, progress, &evidence.inspection);
		memcpy(choice->host, inspection->host, sizeof(choice->host));
		if (inspection->protocol_fact == FACT_PRESENT)
			choice->protocol = inspection->protocol;
	}
	if (inspection->malformed) {
		choice->decision = DECISION_MALFORMED;
		choice->text = inspection->malformed;
		return;
	}
	answer = walk_all(&evidence, &winner);
	conclude(service, answer, final, winner, choice);
}

/**
 * server_score() - rank of a server for a client; the highest wins
 *
 * Port and block are hashed as configured, so that with "to" without ports a client finds the same server on
 * every port of the service, and the same block on every address. The key is fixed: every box and every start
 * agrees on the order.
 */
static uint64_t server_score(const struct server *server, uint32_t client)
{
	static const struct siphash_key key = { .word = { 0, 0 } };
	uint8_t bytes[4 + sizeof(server->address.byte) + 2];
	struct span span = span_over(bytes, sizeof(bytes));

	span_put32(span, 0, client);
	span_put_ipv6(span, 4, &server->address);
	span_put16(span, 4 + sizeof(server->address.byte), server->port);
	return siphash_13(&key, bytes, sizeof(bytes));
}

/** struct ranked - place of a server among the candidates */
struct ranked {
	bool failing;
	uint64_t score;
};

static bool goes_before(const struct ranked *a, const struct ranked *b)
{
	return a->failing == b->failing ? a->score > b->score : b->failing;
}

size_t service_rank(const struct server_set *servers, const struct call *call, server_is_failing_fn *is_failing,
		    const void *context, struct server *candidates)
{
	struct ranked ranks[CANDIDATES_MAX];
	size_t count = 0;

	NAT46_ASSERT(servers->count > 0);
	for (size_t i = 0; i < servers->count; i++) {
		struct server server = service_server(&servers->servers[i], call);
		struct ranked rank = { .score = server_score(&servers->servers[i], call->client) };
		size_t at = count;

		rank.failing = is_failing && is_failing(context, &server);
		while (at > 0 && goes_before(&rank, &ranks[at - 1]))
			at--;
		if (at == CANDIDATES_MAX)
			continue;
		if (count < CANDIDATES_MAX)
			count++;
		memmove(&ranks[at + 1], &ranks[at], (count - at - 1) * sizeof(ranks[0]));
		memmove(&candidates[at + 1], &candidates[at], (count - at - 1) * sizeof(*candidates));
		ranks[at] = rank;
		candidates[at] = server;
	}
	return count;
}
