/* SPDX-License-Identifier: MIT */
#include "backend/local/model/pattern.h"

#include "backend/base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdatomic.h>

#define NODES_MAX 192
#define STEPS_MAX 2000000
#define DEPTH_MAX 4000
#define NONE (-1)

enum node_kind {
	NODE_SET,        /* one byte of `set` */
	NODE_GROUP,      /* one of the alternatives that `first` chains */
	NODE_BRANCH,     /* one alternative: a sequence from `first` */
	NODE_START,      /* ^ */
	NODE_END,        /* $ */
	NODE_NOT_AHEAD,  /* (?!...) */
	NODE_NOT_BEHIND, /* (?<!...), one byte wide */
};

struct node {
	enum node_kind kind;
	int first;            /* child, or NONE */
	int next;             /* what follows in the sequence, or the next alternative; or NONE */
	int minimum, maximum; /* repetitions */
	uint8_t set[32];
};

struct program {
	int count;
	const char *at; /* while compiling */
	bool failed;
	struct node nodes[NODES_MAX];
};

static void set_add(uint8_t *set, unsigned from, unsigned to)
{
	for (unsigned byte = from; byte <= to; byte++)
		set[byte / 8] |= (uint8_t)(1u << (byte % 8));
}

static bool set_has(const uint8_t *set, unsigned char byte)
{
	return set[byte / 8] & (1u << (byte % 8));
}

static int new_node(struct program *program, enum node_kind kind)
{
	struct node *node;

	if (program->count == NODES_MAX) {
		program->failed = true;
		return 0;
	}
	node = &program->nodes[program->count];
	memset(node, 0, sizeof(*node));
	node->kind = kind;
	node->first = NONE;
	node->next = NONE;
	node->minimum = 1;
	node->maximum = 1;
	return program->count++;
}

/* \p{L} and its like; `at` is behind the p. */
static void add_property(struct program *program, uint8_t *set)
{
	if (program->at[0] != '{' || !program->at[1] || program->at[2] != '}') {
		program->failed = true;
		return;
	}
	switch (program->at[1]) {
	case 'L':
		set_add(set, 'a', 'z');
		set_add(set, 'A', 'Z');
		set_add(set, 0x80, 0xff);
		break;
	case 'N':
		set_add(set, '0', '9');
		break;
	case 'Z':
		set_add(set, ' ', ' ');
		break;
	default:
		program->failed = true;
	}
	program->at += 3;
}

/* The class that a letter behind a backslash names. False: it names none. */
static bool add_class(uint8_t *set, char letter)
{
	switch (letter) {
	case 'd':
		set_add(set, '0', '9');
		return true;
	case 'w':
		set_add(set, '0', '9');
		set_add(set, 'a', 'z');
		set_add(set, 'A', 'Z');
		set_add(set, '_', '_');
		return true;
	case 's':
		set_add(set, '\t', '\r');
		set_add(set, ' ', ' ');
		return true;
	default:
		return false;
	}
}

/* \D, \W, \S: everything that the class of the small letter does not have. */
static bool add_complement(uint8_t *set, char letter)
{
	uint8_t class[32] = {0};

	if (letter < 'A' || letter > 'Z' || !add_class(class, (char)(letter - 'A' + 'a')))
		return false;
	for (size_t i = 0; i < 32; i++)
		set[i] |= (uint8_t) ~class[i];
	return true;
}

/* \x and two hexadecimal digits; `at` is behind the x. Gives the byte. */
static int add_hexadecimal(struct program *program, uint8_t *set)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *high = *program->at ? strchr(digits, program->at[0]) : NULL;
	const char *low = high && program->at[1] ? strchr(digits, program->at[1]) : NULL;
	unsigned byte = low ? (unsigned)((high - digits) % 16 * 16 + (low - digits) % 16) : 0;

	if (!byte) {
		program->failed = true;
		return -1;
	}
	program->at += 2;
	set_add(set, byte, byte);
	return (int)byte;
}

/* What stands behind a backslash; `at` is on that byte. Gives the byte, or -1 when it was a whole class. */
static int add_escape(struct program *program, uint8_t *set)
{
	char byte = *program->at;

	if (!byte) {
		program->failed = true;
		return -1;
	}
	program->at++;
	if (add_class(set, byte) || add_complement(set, byte))
		return -1;
	if (byte == 'p') {
		add_property(program, set);
		return -1;
	}
	if (byte == 'x')
		return add_hexadecimal(program, set);
	/* Other letters and digits mean something in Java that stands in none of AWS's patterns. */
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		(byte >= '0' && byte <= '9')) {
		program->failed = true;
		return -1;
	}
	set_add(set, (unsigned char)byte, (unsigned char)byte);
	return (unsigned char)byte;
}

/* One member of a class: a byte, an escape or a range. */
static void add_member(struct program *program, uint8_t *set)
{
	int from, to;
	uint8_t ignored[32] = {0};

	if (*program->at == '\\') {
		program->at++;
		from = add_escape(program, set);
	} else {
		from = (unsigned char)*program->at++;
		set_add(set, (unsigned)from, (unsigned)from);
	}
	if (from < 0 || program->at[0] != '-' || !program->at[1] || program->at[1] == ']')
		return;
	program->at++;
	if (*program->at == '\\') {
		program->at++;
		to = add_escape(program, ignored);
	} else {
		to = (unsigned char)*program->at++;
	}
	if (to < from)
		program->failed = true;
	else
		set_add(set, (unsigned)from, (unsigned)to);
	if (program->at[0] == '-' &&
		program->at[1] != ']') { /* `0-9-_`: the second one is itself */
		set_add(set, '-', '-');
		program->at++;
	}
}

static void parse_class(struct program *program, uint8_t *set)
{
	bool negated = *program->at == '^';

	if (negated)
		program->at++;
	do {
		if (!*program->at) {
			program->failed = true;
			return;
		}
		add_member(program, set);
	} while (*program->at != ']' && !program->failed);
	if (!program->failed)
		program->at++;
	for (size_t i = 0; negated && i < 32; i++)
		set[i] = (uint8_t)~set[i];
}

static int parse_alternatives(struct program *program);

static int parse_group(struct program *program)
{
	enum node_kind kind = NODE_GROUP;
	int node, first;

	if (text_starts_with(program->at, "?!")) {
		kind = NODE_NOT_AHEAD;
		program->at += 2;
	} else if (text_starts_with(program->at, "?<!")) {
		kind = NODE_NOT_BEHIND;
		program->at += 3;
	} else if (text_starts_with(program->at, "?:")) {
		program->at += 2;
	}
	node = new_node(program, kind);
	first = parse_alternatives(program);
	program->nodes[node].first = first;
	if (*program->at != ')')
		program->failed = true;
	else
		program->at++;
	return node;
}

static int parse_atom(struct program *program)
{
	int node;

	switch (*program->at) {
	case '(':
		program->at++;
		return parse_group(program);
	case '[':
		program->at++;
		node = new_node(program, NODE_SET);
		parse_class(program, program->nodes[node].set);
		return node;
	case '^':
		program->at++;
		return new_node(program, NODE_START);
	case '$':
		program->at++;
		return new_node(program, NODE_END);
	case '\\':
		program->at++;
		node = new_node(program, NODE_SET);
		add_escape(program, program->nodes[node].set);
		return node;
	case '.':
		program->at++;
		node = new_node(program, NODE_SET);
		set_add(program->nodes[node].set, 1, 255);
		return node;
	default:
		node = new_node(program, NODE_SET);
		set_add(program->nodes[node].set, (unsigned char)*program->at,
			(unsigned char)*program->at);
		program->at++;
		return node;
	}
}

static int parse_count(struct program *program)
{
	int value = 0;

	if (*program->at < '0' || *program->at > '9')
		program->failed = true;
	while (*program->at >= '0' && *program->at <= '9' && value < 100000)
		value = value * 10 + (*program->at++ - '0');
	return value;
}

static void parse_quantifier(struct program *program, struct node *node)
{
	switch (*program->at) {
	case '?':
		node->minimum = 0;
		break;
	case '*':
		node->minimum = 0;
		node->maximum = INT_MAX;
		break;
	case '+':
		node->maximum = INT_MAX;
		break;
	case '{':
		program->at++;
		node->minimum = parse_count(program);
		node->maximum = node->minimum;
		if (*program->at == ',') {
			program->at++;
			node->maximum = *program->at == '}' ? INT_MAX : parse_count(program);
		}
		if (*program->at != '}')
			program->failed = true;
		break;
	default:
		return;
	}
	if (*program->at)
		program->at++;
}

static int parse_sequence(struct program *program)
{
	int branch = new_node(program, NODE_BRANCH);
	int *link = &program->nodes[branch].first;

	while (*program->at && *program->at != '|' && *program->at != ')' && !program->failed) {
		int node = parse_atom(program);

		parse_quantifier(program, &program->nodes[node]);
		*link = node;
		link = &program->nodes[node].next;
	}
	return branch;
}

static int parse_alternatives(struct program *program)
{
	int first = parse_sequence(program);
	int last = first;

	while (*program->at == '|' && !program->failed) {
		program->at++;
		program->nodes[last].next = parse_sequence(program);
		last = program->nodes[last].next;
	}
	return first;
}

/* What is still to be matched behind the node at hand: the rest of each enclosing sequence. */
struct rest {
	int node;  /* the next of the sequence, or NONE */
	int group; /* a group to be tried again first, or NONE; it has been matched `count` times */
	int count;
	const char *since; /* where that repetition began: an empty one is not repeated */
	const struct rest *behind;
};

struct match {
	const struct program *program;
	const char *start;
	int steps;
	int depth;
};

static bool match_node(struct match *match, int index, const char *at, const struct rest *rest);
static bool match_group(
	struct match *match, int index, int count, const char *at, const struct rest *rest);

static bool match_rest(struct match *match, const char *at, const struct rest *rest)
{
	if (!rest)
		return !*at;
	if (rest->group == NONE)
		return match_node(match, rest->node, at, rest->behind);
	if (at == rest->since)
		return match_node(match, rest->node, at, rest->behind);
	return match_group(match, rest->group, rest->count, at, rest->behind);
}

/* Tries one repetition more (greedy), then what follows. */
static bool match_group(
	struct match *match, int index, int count, const char *at, const struct rest *rest)
{
	const struct node *node = &match->program->nodes[index];

	if (count < node->maximum) {
		struct rest again = {.node = node->next,
			.group = index,
			.count = count + 1,
			.since = count >= node->minimum ? at : NULL,
			.behind = rest};

		for (int branch = node->first; branch != NONE;
			branch = match->program->nodes[branch].next) {
			if (match_node(match, match->program->nodes[branch].first, at, &again))
				return true;
		}
	}
	return count >= node->minimum && match_node(match, node->next, at, rest);
}

static bool match_set(
	struct match *match, const struct node *node, const char *at, const struct rest *rest)
{
	int count = 0;

	while (count < node->maximum && at[count] && set_has(node->set, (unsigned char)at[count]))
		count++;
	for (; count >= node->minimum; count--) {
		if (match_node(match, node->next, at + count, rest))
			return true;
	}
	return false;
}

/* Whether an alternative of an assertion matches at `at`, anything behind it allowed. */
static bool matches_prefix(struct match *match, const struct node *node, const char *at)
{
	static const struct rest anything = {.node = -2, .group = NONE};

	for (int branch = node->first; branch != NONE;
		branch = match->program->nodes[branch].next) {
		if (match_node(match, match->program->nodes[branch].first, at, &anything))
			return true;
	}
	return false;
}

static bool match_one(struct match *match, int index, const char *at, const struct rest *rest)
{
	const struct node *node = &match->program->nodes[index];

	switch (node->kind) {
	case NODE_SET:
		return match_set(match, node, at, rest);
	case NODE_GROUP:
		return match_group(match, index, 0, at, rest);
	case NODE_START:
		return at == match->start && match_node(match, node->next, at, rest);
	case NODE_END:
		return !*at && match_node(match, node->next, at, rest);
	case NODE_NOT_AHEAD:
		return !matches_prefix(match, node, at) && match_node(match, node->next, at, rest);
	case NODE_NOT_BEHIND:
		if (at > match->start && matches_prefix(match, node, at - 1))
			return false;
		return match_node(match, node->next, at, rest);
	case NODE_BRANCH:
		break;
	}
	return false;
}

static bool match_node(struct match *match, int index, const char *at, const struct rest *rest)
{
	bool matched;

	if (index == -2)
		return true;
	if (++match->steps > STEPS_MAX || match->depth > DEPTH_MAX) {
		match->steps = STEPS_MAX; /* every further step fails too */
		return false;
	}
	match->depth++;
	matched = index == NONE ? match_rest(match, at, rest) : match_one(match, index, at, rest);
	match->depth--;
	return matched;
}

/* --- the memo --- */

#define MEMO_SIZE 256

/* A pattern's program; `count` says how many of its nodes there are. */
struct compiled {
	const char *pattern;
	int first; /* the first alternative, or NONE for a pattern that cannot be understood */
	struct program program;
};

static struct compiled *compile(const char *pattern)
{
	struct compiled *compiled = malloc(sizeof(*compiled)), *smaller;

	if (!compiled)
		return NULL;
	compiled->pattern = pattern;
	compiled->program.count = 0;
	compiled->program.at = pattern;
	compiled->program.failed = false;
	compiled->first = parse_alternatives(&compiled->program);
	if (compiled->program.failed || *compiled->program.at)
		compiled->first = NONE;
	smaller = realloc(compiled, offsetof(struct compiled, program.nodes) +
					    (size_t)compiled->program.count * sizeof(struct node));
	return smaller ? smaller : compiled;
}

/* Finds the pattern's program or compiles it. Who loses a race uses the winner's. */
static const struct compiled *find_compiled(const char *pattern)
{
	static _Atomic(struct compiled *) memo[MEMO_SIZE];
	size_t start = ((uintptr_t)pattern >> 2) % MEMO_SIZE;
	struct compiled *made = NULL;

	for (size_t i = 0; i < MEMO_SIZE; i++) {
		_Atomic(struct compiled *) *place = &memo[(start + i) % MEMO_SIZE];
		struct compiled *there = atomic_load(place);

		if (!there && !made)
			made = compile(pattern);
		if (!there && !made)
			return NULL;
		if (!there && atomic_compare_exchange_strong(place, &there, made))
			return made;
		if (there->pattern == pattern) {
			free(made);
			return there;
		}
	}
	free(made); /* more patterns than any program of ours has */
	return NULL;
}

bool pattern_matches(const char *pattern, const char *text)
{
	const struct compiled *compiled = find_compiled(pattern);
	struct match match = {.start = text};
	bool matched = false;

	if (!compiled)
		return false;
	match.program = &compiled->program;
	for (int branch = compiled->first; branch != NONE && !matched;
		branch = match.program->nodes[branch].next)
		matched = match_node(&match, match.program->nodes[branch].first, text, NULL);
	return matched && match.steps < STEPS_MAX; /* a failed (?!...) must not count as a match */
}
