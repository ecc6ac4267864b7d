/* SPDX-License-Identifier: MIT */
/*
 * The share of an alias's traffic, as it stands in the name of a weight link: a decimal percentage.
 * AWS keeps a double from 0 to 1 and compares nothing, so the text has to give that very double back:
 * a percentage means the double nearest to the decimal number with its point moved two places to
 * the left. (Dividing the parsed number by 100 would round twice, and some doubles would then have no
 * text.) Pure functions.
 */
#ifndef ALIASFS_WEIGHT_H
#define ALIASFS_WEIGHT_H

#include "backend/base/cleanup.h"

/* Bytes of the longest text: with the longest alias name and the `%` a name of 255 bytes. */
#define WEIGHT_TEXT_MAX 126
#define WEIGHT_TEXT_SIZE (WEIGHT_TEXT_MAX + 1)

/*
 * Writes the shortest percentage that gives `weight` back: 0.333 is "33.3", 0.0001 is "0.01", 1 is
 * "100". Only a weight so small that its zeros would not fit into a file name (below 1e-106 or so) has
 * an exponent: "5e-322". 0, or -ERANGE when it is no number from 0 to 1.
 */
int weight_format(double weight, char text[WEIGHT_TEXT_SIZE]) must_check;

/*
 * The reverse. 0; -EINVAL when it is no percentage or not the shortest spelling of one ("10.0",
 * "010", more decimals than a double holds), so that each weight has one name; -ERANGE above 100.
 */
int weight_parse(const char *text, double *ret_weight) must_check;

#endif
