/* SPDX-License-Identifier: MIT */
#include "backend/local/fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "backend/base/text.h"
#include "backend/local/call.h"

#define AMOUNT_MAX 3600000
#define SLOW_MAX 1000 /* ms: a stop waits for as long */
#define COUNT_MAX 1000000

struct faults {
	pthread_mutex_t mutex;
	struct fault list[FAULTS_MAX]; /* protected by mutex, as is `count` */
	_Atomic size_t count; /* written under mutex; read without it to see that there is none */
};

struct faults *faults_new(void)
{
	struct faults *faults = calloc(1, sizeof(*faults));

	if (faults)
		pthread_mutex_init(&faults->mutex, NULL);
	return faults;
}

void faults_free(struct faults *faults)
{
	if (!faults)
		return;
	pthread_mutex_destroy(&faults->mutex);
	free(faults);
}

static const struct {
	const char *name;
	enum fault_kind kind;
} kinds[] = {
	{"status", FAULT_STATUS},
	{"code", FAULT_CODE},
	{"reset", FAULT_RESET},
	{"hang", FAULT_HANG},
	{"truncate", FAULT_TRUNCATE},
	{"slow", FAULT_SLOW},
	{"settles_failed", FAULT_SETTLES_FAILED},
	{"function_error", FAULT_FUNCTION_ERROR},
};

static bool is_operation(const char *name)
{
	if (!strcmp(name, "*"))
		return true;
	for (size_t i = 0; i < operation_count; i++) {
		if (!strcmp(operations[i].name, name))
			return true;
	}
	return false;
}

/* Which of the kinds the object has, exactly one of them. */
static const struct json *find_kind(const struct json *object, enum fault_kind *ret_kind)
{
	const struct json *found = NULL;

	for (size_t i = 0; i < array_count(kinds); i++) {
		const struct json *value = json_member(object, kinds[i].name);

		if (value && found && *ret_kind == FAULT_STATUS && kinds[i].kind == FAULT_CODE)
			found = NULL; /* a code may come with its status */
		if (value && found)
			return NULL;
		if (value) {
			found = value;
			*ret_kind = kinds[i].kind;
		}
	}
	return found;
}

static bool parse_amount(const struct json *value, struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_CODE:
	case FAULT_SETTLES_FAILED:
	case FAULT_FUNCTION_ERROR:
		snprintf(fault->code, sizeof(fault->code), "%s",
			json_string(value) ? json_string(value) : "");
		return fault->code[0];
	case FAULT_STATUS:
		return json_integer(value, 200, 599, &fault->amount);
	case FAULT_RESET:
		return json_is_true(value);
	case FAULT_HANG:
		return json_is_true(value) || json_integer(value, 0, AMOUNT_MAX, &fault->amount);
	case FAULT_SLOW:
		return json_integer(value, 0, SLOW_MAX, &fault->amount);
	default:
		return json_integer(value, 0, AMOUNT_MAX, &fault->amount);
	}
}

static bool is_member(const char *name)
{
	static const char *const others[] = {
		"operation", "count", "after_commit", "body", "message", NULL};

	for (size_t i = 0; i < array_count(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return true;
	}
	return text_is_one_of(name, others);
}

/* The name of a member that no fault has, or NULL. */
static const char *find_unknown(const struct json *object)
{
	const struct json *member = json_first(object);

	while (member && is_member(json_name(member)))
		member = json_next(member);
	return member ? json_name(member) : NULL;
}

static const char *parse_fault(const struct json *object, struct fault *fault)
{
	const char *operation = json_member_string(object, "operation", "*");
	const struct json *count = json_member(object, "count");
	const struct json *status = json_member(object, "status"), *value;

	memset(fault, 0, sizeof(*fault));
	if (!is_operation(operation))
		return "no operation has that name";
	value = find_kind(object, &fault->kind);
	if (!value)
		return "a fault has one of status, code, reset, hang, truncate, slow, "
		       "settles_failed, function_error";
	if (!parse_amount(value, fault))
		return "a fault's value is out of its range";
	if (fault->kind == FAULT_CODE && status && !json_integer(status, 200, 599, &fault->amount))
		return "a status is a number from 200 to 599";
	fault->count = 1;
	if (count && !json_integer(count, -1, COUNT_MAX, &fault->count))
		return "count is a number, -1 for always";
	fault->after_commit = json_is_true(json_member(object, "after_commit"));
	snprintf(fault->operation, sizeof(fault->operation), "%s", operation);
	snprintf(fault->text, sizeof(fault->text), "%s",
		json_member_string(object, fault->kind == FAULT_STATUS ? "body" : "message", ""));
	return NULL;
}

static int refuse_fault(char reason[FAULT_REASON_SIZE], const char *sentence)
{
	snprintf(reason, FAULT_REASON_SIZE, "%s", sentence);
	return -EINVAL;
}

static int parse_item(const struct json *item, struct fault *fault, char reason[FAULT_REASON_SIZE])
{
	const char *unknown = find_unknown(item);
	const char *sentence;

	if (unknown) {
		snprintf(reason, FAULT_REASON_SIZE, "a fault has no member '%.*s'",
			(int)text_whole_characters(unknown, strnlen(unknown, 64)), unknown);
		return -EINVAL;
	}
	sentence = parse_fault(item, fault);
	return sentence ? refuse_fault(reason, sentence) : 0;
}

int faults_set(struct faults *faults, const struct json *list, char reason[FAULT_REASON_SIZE])
{
	struct fault parsed[FAULTS_MAX];
	size_t count = 0;

	if (list && !json_is_array(list))
		return refuse_fault(reason, "faults are a list");
	for (const struct json *item = json_first(list); item; item = json_next(item)) {
		if (count == FAULTS_MAX)
			return refuse_fault(reason, "too many faults");
		if (parse_item(item, &parsed[count++], reason))
			return -EINVAL;
	}
	pthread_mutex_lock(&faults->mutex);
	if (count)
		memcpy(faults->list, parsed, count * sizeof(parsed[0]));
	faults->count = count;
	pthread_mutex_unlock(&faults->mutex);
	return 0;
}

void faults_take(struct faults *faults, const char *operation, struct fault *ret_fault)
{
	ret_fault->kind = FAULT_NONE;
	if (!atomic_load(&faults->count))
		return;
	pthread_mutex_lock(&faults->mutex);
	for (size_t i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->list[i];

		if (!fault->count ||
			(strcmp(fault->operation, "*") && strcmp(fault->operation, operation)))
			continue;
		if (fault->count > 0)
			fault->count--;
		*ret_fault = *fault;
		break;
	}
	pthread_mutex_unlock(&faults->mutex);
}

static const char *kind_name(enum fault_kind kind)
{
	for (size_t i = 0; i < array_count(kinds); i++) {
		if (kinds[i].kind == kind)
			return kinds[i].name;
	}
	return "";
}

static int append_fault(struct buffer *out, const struct fault *fault)
{
	int error = buffer_appendf(
		out, "{\"operation\":\"%s\",\"%s\":", fault->operation, kind_name(fault->kind));

	if (!error && fault->code[0])
		error = append_json_string(out, fault->code);
	else if (!error && fault->kind == FAULT_RESET)
		error = buffer_append_string(out, "true");
	else if (!error)
		error = buffer_appendf(out, "%lld", (long long)fault->amount);
	return error ? error
		     : buffer_appendf(out, ",\"count\":%lld,\"after_commit\":%s}",
			       (long long)fault->count, fault->after_commit ? "true" : "false");
}

int faults_append(struct faults *faults, struct buffer *out)
{
	int error = buffer_append_byte(out, '[');

	pthread_mutex_lock(&faults->mutex);
	for (size_t i = 0; i < faults->count && !error; i++) {
		if (i)
			error = buffer_append_byte(out, ',');
		if (!error)
			error = append_fault(out, &faults->list[i]);
	}
	pthread_mutex_unlock(&faults->mutex);
	return error ? error : buffer_append_byte(out, ']');
}
