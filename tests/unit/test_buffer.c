/* SPDX-License-Identifier: ISC */
/*
 * test_buffer.c - first bytes of connections against a plain array with a mark for every known byte
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nat46/buffer.h"
#include "random.h"

enum { CHUNKS = 40 };

static uint8_t memory[CHUNKS * BUFFER_CHUNK];
static uint32_t links[CHUNKS];
static uint8_t scratch[BUFFER_MAX];

static struct buffer_pool pool_of(uint32_t chunks)
{
	struct buffer_pool pool;

	memset(memory, 0, sizeof(memory));
	memset(links, 0, sizeof(links));
	buffer_pool_init(&pool, memory, links, chunks);
	return pool;
}

/** struct model - what a buffer should contain */
struct model {
	struct buffer buffer;
	uint8_t bytes[BUFFER_MAX];
	uint8_t known[BUFFER_MAX];
	bool chunks[BUFFER_CHUNKS_MAX];
};

/** model_ranges() - number of runs of known bytes if @start to @end were known as well */
static uint32_t model_ranges(const struct model *m, uint32_t start, uint32_t end)
{
	uint32_t count = 0;
	bool before = false;

	for (uint32_t i = 0; i < BUFFER_MAX; i++) {
		bool is = m->known[i] || (i >= start && i < end);

		count += is && !before;
		before = is;
	}
	return count;
}

static bool is_all_known(const struct model *m, uint32_t start, uint32_t end)
{
	return !memchr(m->known + start, 0, end - start);
}

/** missing_chunks() - chunks that a range needs and that the buffer has not got yet */
static uint32_t missing_chunks(const struct model *m, uint32_t start, uint32_t end)
{
	uint32_t missing = 0;

	for (uint32_t c = start / BUFFER_CHUNK; c <= (end - 1) / BUFFER_CHUNK; c++)
		missing += !m->chunks[c];
	return missing;
}

/** is_last() - is nothing known behind @start */
static bool is_last(const struct model *m, uint32_t start)
{
	return !memchr(m->known + start, 1, BUFFER_MAX - start);
}

/** forget_last() - the last range makes room for one in front of it */
static void forget_last(struct model *m)
{
	uint32_t last = BUFFER_MAX;

	while (!m->known[last - 1])
		last--;
	while (last > 0 && m->known[last - 1])
		m->known[--last] = 0;
}

static enum buffer_result model_insert(struct model *m, uint32_t free_chunks, uint32_t offset, const uint8_t *bytes,
				       uint32_t length)
{
	bool holes;

	if (length == 0 || is_all_known(m, offset, offset + length))
		return BUFFER_DUPLICATE;
	holes = model_ranges(m, offset, offset + length) > BUFFER_RANGES_MAX;

	if (holes && is_last(m, offset))
		return BUFFER_HOLES;
	if (missing_chunks(m, offset, offset + length) > free_chunks)
		return BUFFER_NO_CHUNK;
	if (holes)
		forget_last(m);
	for (uint32_t c = offset / BUFFER_CHUNK; c <= (offset + length - 1) / BUFFER_CHUNK; c++)
		m->chunks[c] = true;
	for (uint32_t i = 0; i < length; i++) {
		if (!m->known[offset + i])
			m->bytes[offset + i] = bytes[i];
		m->known[offset + i] = 1;
	}
	return BUFFER_STORED;
}

/** compare() - every range, every byte, and the summaries */
static void compare(const struct buffer_pool *pool, const struct model *m)
{
	struct buffer_range range = { 0 };
	uint32_t position = 0, end = 0;

	while (buffer_range_from(&m->buffer, position, &range)) {
		assert_true(range.start >= position && range.end > range.start);
		for (uint32_t i = position; i < range.start; i++)
			assert_int_equal(m->known[i], 0);
		assert_true(is_all_known(m, range.start, range.end));
		buffer_read(pool, &m->buffer, range.start, scratch, range.end - range.start);
		assert_memory_equal(scratch, m->bytes + range.start, range.end - range.start);
		position = end = range.end;
	}
	assert_null(memchr(m->known + position, 1, BUFFER_MAX - position));
	assert_int_equal(buffer_end(&m->buffer), end);
	if (!m->known[0])
		assert_int_equal(buffer_contiguous(&m->buffer), 0);
	else
		assert_true(is_all_known(m, 0, buffer_contiguous(&m->buffer)) &&
			    (buffer_contiguous(&m->buffer) == BUFFER_MAX ||
			     !m->known[buffer_contiguous(&m->buffer)]));
}

static uint32_t random_length(uint64_t *random)
{
	switch (random_below(random, 4)) {
	case 0:
		return random_below(random, 3);
	case 1:
		return BUFFER_CHUNK + random_below(random, 3) - 1;
	default:
		return random_below(random, 1460);
	}
}

static void random_insert(uint64_t *random, struct buffer_pool *pool, struct model *m)
{
	uint32_t span = random_below(random, 3) ? 12000 : BUFFER_MAX;
	uint32_t offset = random_below(random, span), length = random_length(random);
	uint8_t *bytes;
	enum buffer_result expected;

	if (length > BUFFER_MAX - offset)
		length = BUFFER_MAX - offset;
	bytes = malloc(length + 1);
	assert_non_null(bytes);
	/* always other bytes than before: the first copy must win */
	memset(bytes, (int)random_next(random), length + 1);
	expected = model_insert(m, pool->capacity - pool->used, offset, bytes, length);
	assert_int_equal(buffer_insert(pool, &m->buffer, offset, bytes, length), expected);
	free(bytes);
}

static void test_random_inserts(void **state)
{
	uint64_t random = random_begin("random_inserts");
	static struct model models[3];
	struct buffer_pool pool = pool_of(CHUNKS);

	(void)state;
	memset(models, 0, sizeof(models));
	for (int i = 0; i < 6000; i++) {
		struct model *m = &models[random_below(&random, 3)];

		random_insert(&random, &pool, m);
		if (i % 8 == 0)
			compare(&pool, m);
		if (random_below(&random, 60) == 0) {
			buffer_cut(&pool, &m->buffer, 0);
			memset(m, 0, sizeof(*m));
		}
	}
	for (int i = 0; i < 3; i++) {
		compare(&pool, &models[i]);
		buffer_cut(&pool, &models[i].buffer, 0);
	}
	assert_int_equal(pool.used, 0);
}

static void insert(struct buffer_pool *pool, struct buffer *buffer, uint32_t offset, const char *text,
		   enum buffer_result expected)
{
	assert_int_equal(buffer_insert(pool, buffer, offset, (const uint8_t *)text, (uint32_t)strlen(text)), expected);
}

static void assert_text(const struct buffer_pool *pool, const struct buffer *buffer, const char *text)
{
	uint32_t length = buffer_contiguous(buffer);

	assert_int_equal(length, strlen(text));
	assert_memory_equal(buffer_view(pool, buffer, length, scratch), text, length);
}

static void test_first_copy_wins(void **state)
{
	struct buffer_pool pool = pool_of(2);
	struct buffer buffer = { 0 };

	(void)state;
	insert(&pool, &buffer, 2, "cd", BUFFER_STORED);
	assert_text(&pool, &buffer, "");
	assert_int_equal(buffer_end(&buffer), 4);
	insert(&pool, &buffer, 0, "abXXef", BUFFER_STORED);
	assert_text(&pool, &buffer, "abcdef");
	insert(&pool, &buffer, 0, "ZZZZZZ", BUFFER_DUPLICATE);
	insert(&pool, &buffer, 3, "ZZ", BUFFER_DUPLICATE);
	insert(&pool, &buffer, 3, "", BUFFER_DUPLICATE);
	assert_text(&pool, &buffer, "abcdef");
}

static void test_touching_ranges_join(void **state)
{
	struct buffer_pool pool = pool_of(2);
	struct buffer buffer = { 0 };

	(void)state;
	insert(&pool, &buffer, 4, "e", BUFFER_STORED);
	insert(&pool, &buffer, 0, "a", BUFFER_STORED);
	insert(&pool, &buffer, 2, "c", BUFFER_STORED);
	assert_int_equal(buffer.range_count, 3);
	insert(&pool, &buffer, 1, "b", BUFFER_STORED);
	assert_int_equal(buffer.range_count, 2);
	insert(&pool, &buffer, 3, "d", BUFFER_STORED);
	assert_int_equal(buffer.range_count, 1);
	assert_text(&pool, &buffer, "abcde");
}

/** Too many holes change nothing; what is needed first is still taken, and what is needed last makes room. */
static void test_holes(void **state)
{
	struct buffer_pool pool = pool_of(2);
	struct buffer buffer = { 0 };

	(void)state;
	for (uint32_t i = 0; i < BUFFER_RANGES_MAX; i++)
		insert(&pool, &buffer, 2 * i, "x", BUFFER_STORED);
	insert(&pool, &buffer, 2 * BUFFER_RANGES_MAX, "y", BUFFER_HOLES);
	assert_int_equal(buffer_end(&buffer), 2 * BUFFER_RANGES_MAX - 1);
	insert(&pool, &buffer, 1, "z", BUFFER_STORED);
	insert(&pool, &buffer, 2 * BUFFER_RANGES_MAX, "y", BUFFER_STORED);
	assert_text(&pool, &buffer, "xzx");

	buffer_cut(&pool, &buffer, 0);
	for (uint32_t i = 1; i <= BUFFER_RANGES_MAX; i++)
		insert(&pool, &buffer, 2 * i, "x", BUFFER_STORED);
	insert(&pool, &buffer, 0, "a", BUFFER_STORED);
	assert_int_equal(buffer_end(&buffer), 2 * BUFFER_RANGES_MAX - 1);
	insert(&pool, &buffer, 1, "b", BUFFER_STORED);
	assert_text(&pool, &buffer, "abx");
}

/** A pool that is used up refuses, changes nothing, and serves again after a release. */
static void test_pool_exhaustion(void **state)
{
	struct buffer_pool pool = pool_of(3);
	struct buffer a = { 0 }, b = { 0 };
	static uint8_t bytes[3 * BUFFER_CHUNK];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(buffer_insert(&pool, &a, 0, bytes, 2 * BUFFER_CHUNK), BUFFER_STORED);
	insert(&pool, &b, 0, "b", BUFFER_STORED);
	assert_int_equal(pool.used, 3);
	/* needs one chunk that it has and one that there is not */
	assert_int_equal(buffer_insert(&pool, &b, 1, bytes, BUFFER_CHUNK), BUFFER_NO_CHUNK);
	assert_int_equal(pool.used, 3);
	assert_text(&pool, &b, "b");
	assert_int_equal(buffer_insert(&pool, &b, 1, bytes, BUFFER_CHUNK - 1), BUFFER_STORED);
	buffer_cut(&pool, &a, 0);
	assert_int_equal(pool.used, 1);
	assert_int_equal(buffer_contiguous(&a), 0);
	assert_int_equal(buffer_insert(&pool, &b, 0, bytes, 3 * BUFFER_CHUNK), BUFFER_STORED);
	assert_int_equal(pool.used, 3);
}

/** The whole buffer, to its last byte, in one piece although it lies in many chunks. */
static void test_largest(void **state)
{
	struct buffer_pool pool = pool_of(BUFFER_CHUNKS_MAX);
	static uint8_t bytes[BUFFER_MAX];
	struct buffer buffer = { 0 };

	(void)state;
	for (uint32_t i = 0; i < BUFFER_MAX; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	assert_int_equal(buffer_insert(&pool, &buffer, 0, bytes, BUFFER_MAX), BUFFER_STORED);
	assert_int_equal(buffer_insert(&pool, &buffer, BUFFER_MAX, bytes, 0), BUFFER_DUPLICATE);
	assert_int_equal(buffer_contiguous(&buffer), BUFFER_MAX);
	assert_memory_equal(buffer_view(&pool, &buffer, BUFFER_MAX, scratch), bytes, BUFFER_MAX);
}

static void test_range_from(void **state)
{
	struct buffer_pool pool = pool_of(2);
	struct buffer_range range = { 77, 88 };
	struct buffer buffer = { 0 };

	(void)state;
	assert_false(buffer_range_from(&buffer, 0, &range));
	insert(&pool, &buffer, 10, "abcde", BUFFER_STORED);
	assert_true(buffer_range_from(&buffer, 0, &range));
	assert_int_equal(range.start, 10);
	assert_true(buffer_range_from(&buffer, 12, &range));
	assert_int_equal(range.start, 12);
	assert_int_equal(range.end, 15);
	assert_false(buffer_range_from(&buffer, 15, &range));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_inserts),
		cmocka_unit_test(test_first_copy_wins),
		cmocka_unit_test(test_touching_ranges_join),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_pool_exhaustion),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_range_from),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
