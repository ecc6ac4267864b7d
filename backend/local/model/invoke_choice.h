/* SPDX-License-Identifier: MIT */
/* Which of two versions an alias with weights runs. */
#ifndef ALIASFS_LOCAL_INVOKE_CHOICE_H
#define ALIASFS_LOCAL_INVOKE_CHOICE_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * The next number of a sequence that `seed` fixes, from 0 (included) to 1 (excluded). `position`
 * counts the draws; any number of threads may draw at once.
 */
double invoke_draw(_Atomic uint64_t *position, uint64_t seed);

/* `weighted` for that share of the draws, else `primary`. Pure. */
int64_t invoke_choose(int64_t primary, int64_t weighted, double weight, double drawn);

#endif
