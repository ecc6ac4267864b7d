/* SPDX-License-Identifier: MIT */
/* The two clocks. Pure code never calls these: it is given the time. */
#ifndef ALIASFS_BASE_CLOCK_H
#define ALIASFS_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC: for deadlines, ages and graces. */
int64_t clock_monotonic_ms(void);

/* The same in microseconds: for statistics. */
int64_t clock_monotonic_us(void);

/* Milliseconds since the epoch: for dates that people or AWS see. */
int64_t clock_wall_ms(void);

#endif
