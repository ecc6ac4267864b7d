/* SPDX-License-Identifier: MIT */
#include "backend/lambda/settle.h"

#include "backend/base/clock.h"
#include "backend/lambda/lost_answer.h"
#include "backend/lambda/model.h"

#define PAUSE_FIRST_MS 200
#define PAUSE_LAST_MS 2000

/* --- what an answer means --- */

#define COPY(field, json, name)                                                                    \
	snprintf(field, sizeof(field), "%s", json_member_string(json, name, ""))

struct lambda_settling lambda_read_settling(const struct json *configuration)
{
	struct lambda_settling settling = {.outcome = LAMBDA_SETTLED};
	const char *state = json_member_string(configuration, "State", "");
	const char *update = json_member_string(configuration, "LastUpdateStatus", "");
	bool by_state = !strcmp(state, "Pending") || !strcmp(state, "Failed");

	if (!strcmp(update, "InProgress") || !strcmp(state, "Pending"))
		settling.outcome = LAMBDA_SETTLE_IN_PROGRESS;
	else if (!strcmp(update, "Failed") || !strcmp(state, "Failed"))
		settling.outcome = LAMBDA_SETTLE_FAILED;
	COPY(settling.revision_id, configuration, "RevisionId");
	if (by_state && strcmp(update, "InProgress") != 0 && strcmp(update, "Failed") != 0) {
		COPY(settling.status, configuration, "State");
		COPY(settling.reason_code, configuration, "StateReasonCode");
		COPY(settling.reason, configuration, "StateReason");
		return settling;
	}
	COPY(settling.status, configuration, "LastUpdateStatus");
	COPY(settling.reason_code, configuration, "LastUpdateStatusReasonCode");
	COPY(settling.reason, configuration, "LastUpdateStatusReason");
	return settling;
}

#undef COPY

int64_t lambda_settle_pause_ms(unsigned int polls)
{
	int64_t pause = PAUSE_FIRST_MS;

	for (; polls > 1 && pause < PAUSE_LAST_MS; polls--)
		pause *= 2;
	return pause < PAUSE_LAST_MS ? pause : PAUSE_LAST_MS;
}

enum lambda_status lambda_judge_settling(
	const struct lambda_settling *settling, struct lambda_error *reterr)
{
	if (settling->outcome != LAMBDA_SETTLE_FAILED)
		return LAMBDA_OK;
	lambda_fail(reterr, LAMBDA_SERVICE_FAILED, "%s",
		settling->reason[0] ? settling->reason
				    : "Lambda could not put the update into effect");
	if (reterr) {
		memcpy(reterr->code, settling->reason_code, sizeof(settling->reason_code));
		reterr->http_status = 200;
	}
	return lambda_name_operation(LAMBDA_SERVICE_FAILED, "GetFunctionConfiguration", reterr);
}

/* --- waiting --- */

/* One look. LAMBDA_OK also when there was no answer and another look may give one: the outcome stays. */
static enum lambda_status read_update(struct lambda_client *client, const struct call_scope *scope,
	const char *function, struct lambda_settling *settling, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_error error = {0};
	unsigned int polls = settling->polls;
	struct lambda_version version;
	enum lambda_status status = lambda_get_configuration(
		client, scope, function, LAMBDA_VERSION_LATEST, &json, &error);

	if (!status)
		status = lambda_read_version(json, NULL, &version, &error);
	if (!status) {
		lambda_version_release(&version);
		*settling = lambda_read_settling(json);
		settling->polls = polls + 1;
		return LAMBDA_OK;
	}
	if (status != LAMBDA_NOT_FOUND && status != LAMBDA_NO_MEMORY && lambda_may_pass(&error))
		return LAMBDA_OK;
	return lambda_fail_as(reterr, &error);
}

enum lambda_status lambda_wait_settled(struct lambda_client *client, const struct call_scope *scope,
	const char *function, int64_t deadline_ms, struct lambda_settling *ret_settling,
	struct lambda_error *reterr)
{
	struct lambda_settling settling = {.outcome = LAMBDA_SETTLE_IN_PROGRESS};
	struct call_scope patient = *scope;
	unsigned int looks = 0;
	bool goes_on = true;

	patient.read_deadline_ms = deadline_ms;
	patient.for_change = true;
	while (goes_on) {
		enum lambda_status status =
			read_update(client, &patient, function, &settling, reterr);

		if (status)
			return status;
		goes_on = settling.outcome == LAMBDA_SETTLE_IN_PROGRESS &&
			  aws_request_sleep(&patient, false, lambda_settle_pause_ms(++looks));
	}
	if (settling.outcome == LAMBDA_SETTLE_IN_PROGRESS && call_scope_interrupted(&patient))
		settling.outcome = LAMBDA_SETTLE_INTERRUPTED;
	*ret_settling = settling;
	return LAMBDA_OK;
}
