/* SPDX-License-Identifier: MIT */
/*
 * What `df` shows: the account's code storage and number of functions, from what is known. A thread of
 * its own asks AWS, at most once a minute and only after a statfs (SEMANTICS.md, section 1).
 */
#ifndef ALIASFS_ACCOUNT_H
#define ALIASFS_ACCOUNT_H

#include <sys/statvfs.h>

#include "backend/base/cleanup.h"
#include "backend/catalog/catalog.h"

#define ACCOUNT_REFRESH_MS 60000

struct account;

/* Starts the thread. `catalog` is kept. NULL: out of memory or threads. */
struct account *account_new(struct catalog *catalog) must_check;

/* Ends the thread: a call under way is given up. NULL is fine. */
void account_free(struct account *account);

/* Fills what is known, zeros while nothing is, and lets the thread refresh it. Never blocks on the network. */
void account_statfs(struct account *account, struct statvfs *ret_statvfs);

#endif
