/* SPDX-License-Identifier: MIT */
/* From the present state down, as far as it is proven, for this room alone. */
#ifndef ALIASFS_HISTORY_CHAIN_H
#define ALIASFS_HISTORY_CHAIN_H

#include "backend/history/steps.h"

/*
 * Follows the chain, marks its steps (place, predecessor), and fills settled, settled_count, end, proven_after_s and
 * newest_is_present of `history`, whose `settled` has room for two states a step and one more.
 */
void chain_follow(const struct history_input *input, struct steps *steps, struct history *history);

#endif
