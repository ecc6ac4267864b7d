/* SPDX-License-Identifier: MIT */
/*
 * How long the end of a mount may take to make the changes that are pending, and when it reports how many are
 * left. Pure: the clock is passed in, the owner serialises.
 */
#ifndef ALIASFS_ENDING_H
#define ALIASFS_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

#define ENDING_MS 80000        /* while the calls succeed; contrib/systemd gives 95 s */
#define ENDING_FAILED_MS 25000 /* once one has failed as the others will */
#define ENDING_REPORT_MS 5000

struct ending {
	int64_t begun_ms;
	int64_t reported_ms;
	bool failed;
};

void ending_begin(struct ending *ending, int64_t now_ms);

/* How one change ended. What AWS says of one alias (changed, refused) says nothing of the others. */
void ending_note(struct ending *ending, enum lambda_status status);

/* When there is no more time. */
int64_t ending_deadline_ms(const struct ending *ending);

/* When ending_is_report_due() will be true next. */
int64_t ending_next_report_ms(const struct ending *ending);

/* Whether it is time for a report; then the next one is due ENDING_REPORT_MS later. */
bool ending_is_report_due(struct ending *ending, int64_t now_ms);

#endif
