/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"

#define ACCOUNT_CONCURRENCY 1000
#define UNRESERVED_MINIMUM 100
#define UNSET (-1)

/* --- reserved concurrency: of a function --- */

/* 0 with the reservation or UNSET; fails when there is no such function, named with the qualifier. */
static int find_reserved(struct call *call, const char *qualifier, int64_t *ret_reserved)
{
	int error = function_check(call, qualifier);

	return error ? error
		     : store_integer(call->store, "SELECT reserved FROM function WHERE name = ?",
			       UNSET, ret_reserved, "t", call->name.name);
}

static int append_reserved(struct buffer *out, int64_t reserved)
{
	if (reserved == UNSET)
		return buffer_append_string(out, "{\"ReservedConcurrentExecutions\":null}");
	return buffer_appendf(out, "{\"ReservedConcurrentExecutions\":%lld}", (long long)reserved);
}

int handle_get_function_concurrency(struct call *call)
{
	int64_t reserved;
	int error = find_reserved(call, NULL, &reserved);

	return error ? error : append_reserved(&call->answer->body, reserved);
}

static int check_reservation(struct call *call, int64_t wanted, int64_t before)
{
	int64_t all, provisioned;
	int error = store_integer(call->store, "SELECT reserved FROM usage", 0, &all, "");

	if (!error)
		error = store_integer(call->store,
			"SELECT sum(requested) FROM provisioned WHERE function = ?", 0,
			&provisioned, "t", call->name.name);
	if (error)
		return error;
	all += wanted - (before == UNSET ? 0 : before);
	if (wanted && all > ACCOUNT_CONCURRENCY - UNRESERVED_MINIMUM)
		return call_fail_untyped(call, FAILURE_INVALID_PARAMETER,
			"Specified ReservedConcurrentExecutions for function decreases account's "
			"UnreservedConcurrentExecution below its minimum value of [%d].",
			UNRESERVED_MINIMUM);
	if (wanted < provisioned) /* the blanks are AWS's */
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			" ReservedConcurrentExecutions  %lld should not be lower than function's "
			"total provisioned concurrency [%lld].",
			(long long)wanted, (long long)provisioned);
	return 0;
}

int handle_put_function_concurrency(struct call *call)
{
	int64_t wanted = call_integer(call, "ReservedConcurrentExecutions", 0), before;
	int error = find_reserved(call, "$LATEST", &before);

	if (!error)
		error = check_reservation(call, wanted, before);
	if (!error)
		error = store_execute(call->store,
			"UPDATE function SET reserved = ? WHERE name = ?", "it", wanted,
			call->name.name);
	if (!error)
		error = change_record(call, call->name.name, NULL, NULL, NULL);
	return error ? error : append_reserved(&call->answer->body, wanted);
}

int handle_delete_function_concurrency(struct call *call)
{
	int64_t before;
	int error = find_reserved(call, NULL, &before);

	if (!error)
		error = store_execute(call->store,
			"UPDATE function SET reserved = NULL WHERE name = ?", "t", call->name.name);
	return error ? error : change_record(call, call->name.name, NULL, NULL, NULL);
}

/* --- provisioned concurrency: of a version or an alias --- */

static int append_provisioned(struct buffer *out, const struct call *call, int64_t requested,
	int64_t settles, int64_t last_modified, bool fresh)
{
	bool settling = fresh || call->now_ms < settles;
	long long available = settling ? 0 : (long long)requested;
	char modified[32];
	time_t seconds = (time_t)(last_modified / 1000);
	struct tm parts;
	int error;

	gmtime_r(&seconds, &parts);
	strftime(modified, sizeof(modified), "%Y-%m-%dT%H:%M:%S+0000", &parts);
	error = buffer_appendf(out,
		"\"RequestedProvisionedConcurrentExecutions\":%lld,"
		"\"AllocatedProvisionedConcurrentExecutions\":%lld,",
		(long long)requested, available);
	return error ? error
		     : buffer_appendf(out,
			       "\"AvailableProvisionedConcurrentExecutions\":%lld,"
			       "\"Status\":\"%s\",\"StatusReason\":null,"
			       "\"LastModified\":\"%s\"",
			       available, settling ? "IN_PROGRESS" : "READY", modified);
}

/* What the call is about, which must be there and be no $LATEST. */
static int find_published(struct call *call, const char *latest_message, struct target *target)
{
	const char *qualifier = call_qualifier(call);
	int found;

	if (!strcmp(qualifier, "$LATEST"))
		return call_fail(call, FAILURE_INVALID_PARAMETER, "%s", latest_message);
	found = resource_find(call, qualifier, target);
	if (found != 1)
		return found ? found : call_fail_qualifier(call, qualifier);
	return 0;
}

/* One configuration per version, its own or that of one alias. */
static int check_only_one(struct call *call, const char *qualifier, const struct target *target)
{
	char version[VERSION_TEXT_SIZE];
	int64_t own, alias;
	int error;

	version_format(target->version, version);
	error = store_integer(call->store,
		"SELECT 1 FROM provisioned WHERE function = ? AND qualifier = ?", 0, &own, "tt",
		call->name.name, version);
	if (!error)
		error = store_integer(call->store,
			"SELECT 1 FROM provisioned p JOIN alias a ON a.function = p.function AND "
			"a.name = p.qualifier WHERE p.function = ? AND a.version = ? AND a.name <> "
			"?",
			0, &alias, "tit", call->name.name, target->version, qualifier);
	if (error)
		return error;
	if (target->through_alias && (own || alias))
		return call_fail(call, FAILURE_CONFLICT,
			"Alias can't be used for Provisioned Concurrency configuration on an "
			"already Provisioned version");
	if (!target->through_alias && alias)
		return call_fail(call, FAILURE_CONFLICT,
			"Version is pointed by a Provisioned Concurrency alias");
	return 0;
}

/* Bounded by what is reserved for the function, else by what is not reserved for others. */
static int check_amount(struct call *call, const char *qualifier, int64_t wanted)
{
	int64_t reserved, all, others;
	int error = find_reserved(call, NULL, &reserved);

	if (!error)
		error = store_integer(call->store, "SELECT reserved FROM usage", 0, &all, "");
	if (!error)
		error = store_integer(call->store,
			"SELECT sum(requested) FROM provisioned WHERE function = ? AND "
			"qualifier <> ?",
			0, &others, "tt", call->name.name, qualifier);
	if (error)
		return error;
	if (reserved != UNSET && wanted + others > reserved)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Requested Provisioned Concurrency should not be greater than the "
			"reservedConcurrentExecution for function");
	if (reserved == UNSET && wanted > ACCOUNT_CONCURRENCY - all)
		return call_fail_untyped(call, FAILURE_INVALID_PARAMETER,
			"Specified ConcurrentExecutions for function is greater than account's "
			"unreserved concurrency [%lld].",
			(long long)(ACCOUNT_CONCURRENCY - all));
	if (reserved == UNSET && wanted > ACCOUNT_CONCURRENCY - all - UNRESERVED_MINIMUM)
		return call_fail_untyped(call, FAILURE_INVALID_PARAMETER,
			"Specified ConcurrentExecutions for function decreases account's "
			"UnreservedConcurrentExecution below its minimum value of [%d].",
			UNRESERVED_MINIMUM);
	return 0;
}

int handle_put_provisioned_concurrency(struct call *call)
{
	static const char unpublished[] = "Provisioned Concurrency Configs cannot be applied to "
					  "unpublished function versions.";
	const char *qualifier = call_qualifier(call);
	int64_t wanted = call_integer(call, "ProvisionedConcurrentExecutions", 1);
	int64_t settles = call->now_ms + call->settle_ms;
	struct target target;
	int error = find_published(call, unpublished, &target);

	if (!error && target.weighted_version)
		error = call_fail(call, FAILURE_INVALID_PARAMETER,
			"Alias with weights can not be used with Provisioned Concurrency");
	if (!error && target.version == VERSION_LATEST)
		error = call_fail(call, FAILURE_INVALID_PARAMETER, "%s", unpublished);
	if (!error)
		error = check_only_one(call, qualifier, &target);
	if (!error)
		error = check_amount(call, qualifier, wanted);
	if (!error)
		error = store_execute(call->store,
			"INSERT OR REPLACE INTO provisioned (function, qualifier, requested, "
			"settles, last_modified) VALUES (?, ?, ?, ?, ?)",
			"ttiii", call->name.name, qualifier, wanted, settles, call->now_ms);
	if (!error)
		error = change_record(call, call->name.name, qualifier, NULL, NULL);
	if (!error)
		error = buffer_append_byte(&call->answer->body, '{');
	if (!error)
		error = append_provisioned(
			&call->answer->body, call, wanted, settles, call->now_ms, true);
	return error ? error : buffer_append_byte(&call->answer->body, '}');
}

int handle_get_provisioned_concurrency(struct call *call)
{
	struct buffer *out = &call->answer->body;
	struct target target;
	sqlite3_stmt *row;
	int found,
		error = find_published(call,
			"The function resource provided must be an alias or a published version.",
			&target);

	if (error)
		return error;
	row = store_query(call->store,
		"SELECT requested, settles, last_modified FROM provisioned WHERE function = ? AND "
		"qualifier = ?",
		"tt", call->name.name, call_qualifier(call));
	found = store_next(call->store, row);
	if (found != 1)
		return found ? found
			     : call_fail(call, FAILURE_PROVISIONED_NOT_FOUND,
				       "No Provisioned Concurrency Config found for this function");
	error = buffer_append_byte(out, '{');
	if (!error)
		error = append_provisioned(out, call, sqlite3_column_int64(row, 0),
			sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2), false);
	store_done(row);
	return error ? error : buffer_append_byte(out, '}');
}

int handle_delete_provisioned_concurrency(struct call *call)
{
	struct target target;
	int error = find_published(call,
		"The function resource provided must be an alias or a published version.", &target);

	if (!error)
		error = store_execute(call->store,
			"DELETE FROM provisioned WHERE function = ? AND qualifier = ?", "tt",
			call->name.name, call_qualifier(call));
	if (error || !store_changed(call->store))
		return error;
	return change_record(call, call->name.name, call_qualifier(call), NULL, NULL);
}

static int append_item(struct buffer *out, struct call *call, sqlite3_stmt *row)
{
	int error = buffer_append_string(out, "{\"FunctionArn\":\"");

	if (!error)
		error = append_function_arn(
			out, call->identity, call->name.name, store_text(row, 0));
	if (!error)
		error = buffer_append_string(out, "\",");
	if (!error)
		error = append_provisioned(out, call, sqlite3_column_int64(row, 1),
			sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3), false);
	return error ? error : buffer_append_byte(out, '}');
}

int handle_list_provisioned_concurrency(struct call *call)
{
	struct page page;
	int error = page_begin(call, PAGE_MAX, &page);

	if (!error)
		error = function_check(call, NULL);
	if (error)
		return error;
	return append_rows(call, "ProvisionedConcurrencyConfigs",
		store_query(call->store,
			"SELECT qualifier, requested, settles, last_modified FROM provisioned "
			"WHERE function = ? AND qualifier > ? ORDER BY qualifier LIMIT ?",
			"tti", call->name.name, page.after, page.limit + 1),
		&page, append_item);
}
