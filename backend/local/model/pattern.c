/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "backend/local/model/pattern.h"

#include <pcre2.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define PATTERNS_MAX 256
#define STEPS_MAX 2000000
#define HEAP_KIB_MAX 16384

struct compiled {
	const char *pattern;
	pcre2_code *code; /* NULL: the pattern cannot be understood */
};

static struct compiled *compile_pattern(const char *pattern)
{
	static const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
					PCRE2_DOTALL | PCRE2_NO_AUTO_CAPTURE | PCRE2_UTF;
	struct compiled *compiled = malloc(sizeof(*compiled));
	PCRE2_SIZE where;
	int error;

	if (!compiled)
		return NULL;
	compiled->pattern = pattern;
	compiled->code = pcre2_compile(
		(PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &error, &where, NULL);
	return compiled;
}

static void free_compiled(struct compiled *compiled)
{
	if (compiled)
		pcre2_code_free(compiled->code);
	free(compiled);
}

/* Finds what the pattern compiled to, or compiles it. A thread that loses a race uses the winner's. */
static const struct compiled *find_compiled(const char *pattern)
{
	static _Atomic(struct compiled *) memo[PATTERNS_MAX];
	size_t start = ((uintptr_t)pattern >> 2) % PATTERNS_MAX;
	struct compiled *made = NULL;

	for (size_t i = 0; i < PATTERNS_MAX; i++) {
		_Atomic(struct compiled *) *place = &memo[(start + i) % PATTERNS_MAX];
		struct compiled *there = atomic_load(place);

		if (!there && !made)
			made = compile_pattern(pattern);
		if (!there && !made)
			return NULL;
		if (!there && atomic_compare_exchange_strong(place, &there, made))
			return made;
		if (there->pattern == pattern) {
			free_compiled(made);
			return there;
		}
	}
	free_compiled(made); /* more patterns than any program of ours has */
	return NULL;
}

bool pattern_matches(const char *pattern, const char *text)
{
	const struct compiled *compiled = find_compiled(pattern);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	bool matches = false;

	if (compiled && compiled->code && limits && match) {
		pcre2_set_match_limit(limits, STEPS_MAX);
		pcre2_set_heap_limit(limits, HEAP_KIB_MAX);
		matches = pcre2_match(compiled->code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0,
				  match, limits) >= 0;
	}
	pcre2_match_data_free(match);
	pcre2_match_context_free(limits);
	return matches;
}
