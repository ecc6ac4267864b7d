/* SPDX-License-Identifier: MIT */
#include "backend/document_store/change.h"

#include <openssl/evp.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/hash.h"
#include "backend/base/text.h"
#include "backend/document_store/private.h"
#include "backend/lambda/documents.h"
#include "backend/lambda/settle.h"

#define REPEATS_MAX 2 /* of a call that was refused because of a revision alone */
#define SHA256_TEXT_SIZE 65

/* One change on its way. */
struct change {
	struct document_store *store;
	struct call_scope
		scope; /* the caller's, with a record in any case; reads are a part of the change */
	struct call_record record;
	int64_t call_ms; /* that each call, with what is read before it, may take */
	const struct document_write *write;
	struct buffer arn;
	struct document_subject subject;
	struct json *answer;   /* AWS's, asked for last; NULL: there is none */
	struct buffer current; /* the document's bytes by that */
	struct document_plan plan;
	const struct lambda_document_call *call; /* under way */
	struct catalog_write
		report; /* of a call that is not reported yet; no operation: there is none */
	struct call_record report_record;
	char sha256_before[SHA256_TEXT_SIZE];
	struct document_written *written;
	struct lambda_error *reterr;
};

uint64_t document_bytes_hash(const void *bytes, size_t length)
{
	uint64_t hash = hash_bytes(HASH_START, bytes, length);

	return hash ? hash : 1;
}

static void format_sha256(const struct buffer *bytes, char text[SHA256_TEXT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(buffer_text(bytes), bytes->length, digest, NULL, EVP_sha256(), NULL) != 1)
		memset(digest, 0, sizeof(digest));
	text_format_hex(digest, 32, text);
}

/* --- what AWS has --- */

static enum lambda_status ask_current(struct change *change, struct lambda_error *reterr)
{
	enum lambda_status status;

	json_free(take_pointer(change->answer));
	buffer_reset(&change->current);
	status = document_store_ask(change->store, &change->scope, change->write->kind,
		change->write->function, change->write->qualifier, &change->answer, reterr);
	return status ? status
		      : document_print(change->write->kind, &change->subject, change->answer,
				&change->current, reterr);
}

static uint64_t mark_current(const struct change *change)
{
	return document_mark(
		change->write->kind, buffer_text(&change->current), change->current.length);
}

/* What was kept is not what AWS has: the next look shows that. */
static enum lambda_status fail_changed(struct document_store *store, const char *function,
	const char *file, struct lambda_error *reterr)
{
	catalog_refresh_function(store->options.catalog, function);
	document_store_forget(store, function);
	return lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
		"%s of %.140s was changed by another client since it was last shown here: read it "
		"again before you write it",
		file, function);
}

static enum lambda_status find_arn(struct change *change)
{
	enum lambda_status status;

	if (change->write->kind->id != DOCUMENT_TAGS)
		return LAMBDA_OK;
	status = catalog_function_arn(change->store->options.catalog, &change->scope,
		change->write->function, &change->arn, change->reterr);
	change->subject.arn = buffer_text(&change->arn);
	return status;
}

/* --- one call --- */

static enum lambda_document_state read_state(
	void *data, const struct call_scope *scope, struct lambda_error *reterr)
{
	struct change *change = data;
	const struct call_scope own = change->scope;
	enum lambda_status status;

	change->scope = *scope;
	status = ask_current(change, reterr);
	change->scope = own;
	if (status)
		return LAMBDA_DOCUMENT_UNKNOWN;
	switch (document_outcome(
		change->write->kind, &change->subject, change->call, change->answer, reterr)) {
	case DOCUMENT_DONE:
		return LAMBDA_DOCUMENT_DONE;
	case DOCUMENT_AS_WAS:
		return LAMBDA_DOCUMENT_AS_WAS;
	case DOCUMENT_OTHER:
		fail_changed(
			change->store, change->write->function, change->write->kind->file, reterr);
		return LAMBDA_DOCUMENT_OTHER;
	case DOCUMENT_UNREADABLE:
		break;
	}
	return LAMBDA_DOCUMENT_UNKNOWN;
}

/* Reports the last call, if it is not reported yet. `sha256_after` NULL: what AWS has since is not known. */
static void send_report(struct change *change, const char *sha256_after)
{
	const struct document_store_options *options = &change->store->options;

	change->report.sha256_after = sha256_after;
	if (change->report.operation && options->wrote)
		options->wrote(options->wrote_data, &change->report);
	change->report.operation = NULL;
}

/* Has a call that did something reported: before the next one, or when it is known what AWS has after the last one. */
static void note_call(
	struct change *change, enum lambda_status status, const struct lambda_error *error)
{
	const struct document_write *write = change->write;

	if (status && !error->outcome_unknown)
		return;
	change->report_record = *change->scope.record;
	change->report = (struct catalog_write){.who = change->report_record.who,
		.operation = lambda_document_operation_name(change->call->operation),
		.function = write->function,
		.alias = *write->qualifier ? write->qualifier : NULL,
		.document = write->kind->file,
		.sha256_before = change->sha256_before,
		.outcome_unknown = status,
		.request_id = change->report_record.request_id};
}

/*
 * After a 412: whether the document is as it was before this call, and nothing but the revision has changed. Then the
 * call gets the new one.
 */
static bool takes_new_revision(struct change *change, struct lambda_document_call *call)
{
	struct lambda_error unheard;

	if (ask_current(change, &unheard) ||
		document_outcome(change->write->kind, &change->subject, call, change->answer,
			&unheard) != DOCUMENT_AS_WAS)
		return false;
	document_read_revision(change->answer, call->revision_id);
	return *call->revision_id;
}

/* A call has its own time, with what is read before it. */
static void renew_deadline(struct change *change)
{
	change->scope.mutation_deadline_ms = clock_monotonic_ms() + change->call_ms;
	change->scope.read_deadline_ms = change->scope.mutation_deadline_ms;
}

/* Before a later call: compares the document with what the call before it left, and gives the call that revision. */
static enum lambda_status compare_between(struct change *change, struct lambda_document_call *call)
{
	enum lambda_status status;

	renew_deadline(change);
	status = ask_current(change, change->reterr);
	if (status)
		return status;
	document_read_revision(change->answer, call->revision_id);
	switch (document_outcome(
		change->write->kind, &change->subject, call, change->answer, change->reterr)) {
	case DOCUMENT_AS_WAS:
		return LAMBDA_OK;
	case DOCUMENT_UNREADABLE:
		return change->reterr->status;
	case DOCUMENT_DONE:
	case DOCUMENT_OTHER:
		break;
	}
	return fail_changed(
		change->store, change->write->function, change->write->kind->file, change->reterr);
}

static enum lambda_status send_call(struct change *change, struct lambda_document_call *call)
{
	const struct lambda_document_look reading_back = {read_state, change};
	struct document_store *store = change->store;
	struct lambda_error error = {0};
	enum lambda_status status = LAMBDA_OK;
	unsigned int repeats = 0;

	change->call = call;
	if (call != change->plan.calls)
		status = compare_between(change, call);
	if (status)
		return status;
	send_report(change, NULL);
	format_sha256(&change->current, change->sha256_before);
	do {
		memset(&error, 0, sizeof(error));
		status = lambda_send_document_call(store->options.client, &change->scope,
			change->write->function, change->write->qualifier, call, &reading_back,
			NULL, &error);
		note_call(change, status, &error);
	} while (status == LAMBDA_REVISION_CHANGED && *call->revision_id &&
		 repeats++ < REPEATS_MAX && takes_new_revision(change, call));
	if (status && change->reterr)
		*change->reterr = error;
	return status;
}

/* --- the whole --- */

static void hint_half(struct change *change)
{
	const unsigned int done = change->written->calls;

	lambda_hint(change->reterr,
		"%u of %zu calls of this change succeeded, the last one %s; %s failed: the "
		"document shows what AWS has",
		done, change->plan.count,
		lambda_document_operation_name(change->plan.calls[done - 1].operation),
		lambda_document_operation_name(change->plan.calls[done].operation));
}

/* The time went by in waiting for an earlier change, or for AWS to say what it has. */
static void hint_unsent(struct change *change)
{
	lambda_hint(change->reterr,
		"nothing of this change of %s was sent: write it again (waiting for an earlier "
		"change counts towards the mount option timeout)",
		change->write->kind->file);
}

static enum lambda_status send_plan(struct change *change)
{
	enum lambda_status status = LAMBDA_OK;
	size_t i;

	for (i = 0; i < change->plan.count && !status; i++) {
		status = send_call(change, &change->plan.calls[i]);
		if (!status)
			change->written->calls++;
	}
	document_store_forget(change->store, change->write->function);
	if (status && change->written->calls)
		hint_half(change);
	return status;
}

/* Reads what AWS has now; whether it shows the members that this program does not know (6.5.4). */
static enum lambda_status prove_members(struct change *change)
{
	struct lambda_error unheard;
	char sha256[SHA256_TEXT_SIZE];

	if (!change->plan.unproven && !change->plan.count)
		return LAMBDA_OK;
	if (ask_current(change, &unheard))
		return LAMBDA_OK;
	format_sha256(&change->current, sha256);
	send_report(change, sha256);
	change->written->hash = mark_current(change);
	return document_prove(&change->plan, change->answer, change->reterr);
}

/* Nothing differs. What AWS shows of $LATEST is not in effect when its last update has failed. */
static enum lambda_status check_in_effect(const struct change *change)
{
	const struct lambda_settling settling = lambda_read_settling(change->answer);

	if (change->plan.count || !(change->write->kind->places & DOCUMENT_OF_LATEST) ||
		!lambda_judge_settling(&settling, change->reterr))
		return LAMBDA_OK;
	lambda_hint(change->reterr,
		"nothing was sent: %s has this content already, but the last update of %.140s has "
		"failed; change something to update it again",
		change->write->kind->file, change->write->function);
	return LAMBDA_SERVICE_FAILED;
}

static enum lambda_status run_change(struct change *change)
{
	const struct document_write *write = change->write;
	enum lambda_status status = find_arn(change);

	if (!status)
		status = ask_current(change, change->reterr);
	if (status)
		return status;
	change->written->hash = mark_current(change);
	if (write->base && write->base != change->written->hash)
		return fail_changed(
			change->store, write->function, write->kind->file, change->reterr);
	status = document_plan(write->kind, &change->subject, change->answer, write->bytes,
		write->length, &change->plan, change->reterr);
	if (!status)
		status = check_in_effect(change);
	if (!status)
		status = send_plan(change);
	if (!status)
		status = prove_members(change);
	return status;
}

static void begin_change(struct change *change, struct document_store *store,
	const struct call_scope *scope, const struct document_write *write)
{
	*change = (struct change){.store = store,
		.scope = *scope,
		.write = write,
		.arn = BUFFER_INIT(4096),
		.current = BUFFER_INIT(DOCUMENT_MAX)};
	if (!scope->record)
		change->scope.record = &change->record;
	/* What is read is a part of the change: nothing interrupts it, and it ends when that does. */
	change->scope.interrupted = NULL;
	change->scope.for_change = true;
	change->scope.read_deadline_ms = scope->mutation_deadline_ms;
	change->subject = (struct document_subject){.function = write->function,
		.qualifier = write->qualifier,
		.redact_key = store->options.redact_key};
}

static void end_change(struct change *change)
{
	send_report(change, NULL);
	document_plan_release(&change->plan);
	json_free(change->answer);
	buffer_release_secret(&change->current);
	buffer_release(&change->arn);
}

enum lambda_status document_store_change(struct document_store *store,
	const struct call_scope *scope, const struct document_write *write,
	struct document_written *ret_written, struct lambda_error *reterr)
{
	struct turn turn = {
		.kind = write->kind, .function = write->function, .qualifier = write->qualifier};
	enum lambda_status status;
	struct change change;
	int64_t call_ms;

	*ret_written = (struct document_written){0};
	call_ms = scope->mutation_deadline_ms - clock_monotonic_ms();
	status = turn_begin(store, &turn, scope->mutation_deadline_ms, reterr);
	if (status)
		return status;
	begin_change(&change, store, scope, write);
	change.call_ms = call_ms;
	change.written = ret_written;
	change.reterr = reterr;
	status = run_change(&change);
	if (status == LAMBDA_TIMED_OUT && !change.plan.count)
		hint_unsent(&change);
	end_change(&change);
	turn_end(store, &turn);
	return status;
}

enum lambda_status document_store_compare(struct document_store *store,
	const struct call_scope *scope, const struct document_kind *kind, const char *function,
	const char *qualifier, uint64_t base, struct lambda_error *reterr)
{
	const struct document_write write = {
		.kind = kind, .function = function, .qualifier = qualifier};
	enum lambda_status status;
	struct change change;

	begin_change(&change, store, scope, &write);
	status = ask_current(&change, reterr);
	if (!status && mark_current(&change) != base)
		status = fail_changed(store, function, kind->file, reterr);
	end_change(&change);
	return status;
}
