/* SPDX-License-Identifier: MIT */
/*
 * What a change to a directory means to AWS (contract, sections 2 and 3), carried out.
 *
 *   ll ──► gesture ──decide──► remap (pure, clock passed in)
 *             └────carry out──► catalog ──► Lambda API
 *
 * Everything here may block on the network within the scope unless it says otherwise; no lock is
 * held while it does. All functions may be called from any thread. They return 0 or -errno, and on
 * failure *reterr holds the sentence for the log: AWS's, or the rule that refused.
 */
#ifndef ALIASFS_GESTURE_H
#define ALIASFS_GESTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/catalog/catalog.h"
#include "fs/request/caller.h"
#include "fs/rules/place.h"
#include "fs/rules/remap.h"

struct gestures;
struct moves;

struct gesture_options {
	struct moves *moves; /* kept: where aliases were before; NULL: nothing is known of that */
	struct remap_options rules;
	bool allow_version_delete;
	int64_t mutation_timeout_ms; /* for background changes: expired tombstones, held names */
	struct log *log;             /* kept, may be NULL */
	/*
	 * Called without a lock, from any thread, when what `name` (NULL: anything) of `function` shows has changed other
	 * than by the kernel's own request: a tombstone that is done or taken back, a held name that became
	 * an alias. May be NULL.
	 */
	void (*shown_changed)(void *data, const char *function, const char *name);
	/* Called when a background change failed: one line for the log and .aliasfs/errors. May be NULL. */
	void (*failed)(void *data, const char *operation, const char *function, const char *name,
		const struct lambda_error *error);
	void *callback_data;
};

/* `catalog` is kept. Starts the thread that ends graces; so not before the fork. NULL: out of memory or threads. */
struct gestures *gestures_new(
	struct catalog *catalog, const struct gesture_options *options) must_check;

/* Ends all pending deletes within `deadline_ms` (clock_monotonic_ms()), joins the thread, frees. NULL is fine. */
void gestures_free(struct gestures *gestures, int64_t deadline_ms);

/* What a name of a function directory shows, beyond versions and fixed names. */
enum gesture_kind {
	GESTURE_NOTHING, /* no such name (also: hidden by a tombstone) */
	GESTURE_ALIAS,
	GESTURE_WEIGHT,  /* PROD%10 */
	GESTURE_LOCAL,   /* a local or held link: known to this mount only */
	GESTURE_NEWEST,  /* .newest */
	GESTURE_SETTLED, /* PROD@1 */
};

struct gesture_entry {
	enum gesture_kind kind;
	uint64_t version;      /* where an alias, a weight, .newest or PROD@1 leads */
	size_t target_length;  /* bytes that readlink gives: st_size */
	int64_t last_modified; /* of that version, where the answer has it; INT64_MIN: it does not */
	int64_t expires_ms; /* clock_monotonic_ms() until which it may be remembered; 0: not at all */
};

/*
 * LOOKUP and GETATTR of such a name. -ENOENT is given as kind GESTURE_NOTHING with 0. In a version's directory
 * there are only links on their way to be renamed (toybox's `PROD/2_XXXXXX`; 2.1).
 */
int gesture_lookup(struct gestures *gestures, const struct call_scope *scope,
	const struct gesture_place *place, const char *name, struct gesture_entry *ret_entry,
	struct lambda_error *reterr) must_check;

/* READLINK: appends the target; remembers that this thread read this link (contract 2.1). */
int gesture_readlink(struct gestures *gestures, const struct call_scope *scope, pid_t thread,
	const struct gesture_place *place, const char *name, struct buffer *target,
	struct lambda_error *reterr) must_check;

/*
 * READDIR: calls `add` for every alias of the function in order, each followed by its weight entry,
 * without hidden, local and held names. A non-zero answer of `add` ends it and is returned.
 */
int gesture_list(struct gestures *gestures, const struct call_scope *scope, const char *function,
	int (*add)(void *data, const char *name, enum gesture_kind kind, uint64_t version),
	void *data, int64_t *ret_expires_ms, struct lambda_error *reterr) must_check;

/* SYMLINK; *ret_target_length is the st_size of what came of it. */
int gesture_symlink(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_place *place, const char *name,
	const char *target, size_t *ret_target_length, struct lambda_error *reterr) must_check;

/* What RENAME asks for. `flags` are renameat2(2)'s. The places may be different functions, which is refused. */
struct gesture_move {
	const struct gesture_place *from;
	const char *name;
	const struct gesture_place *to;
	const char *new_name;
	unsigned int flags;
};

/*
 * 0, or -EPERM while a move of that alias, which stands in `place` as AWS has it, through its own @N is refused (8.2.7).
 * Never blocks.
 */
int gesture_check_rollback(struct gestures *gestures, const struct gesture_place *place,
	const struct lambda_alias *alias, struct lambda_error *reterr) must_check;

/* RENAME. */
int gesture_rename(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_move *move,
	struct lambda_error *reterr) must_check;

/* UNLINK. */
int gesture_unlink(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_place *place, const char *name,
	struct lambda_error *reterr) must_check;

/* RMDIR of a name in a function's directory or in a version's. */
int gesture_rmdir(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_place *place, const char *name,
	struct lambda_error *reterr) must_check;

/*
 * MKDIR in a function's directory: `+` and `+description` publish; *ret_version is what came of it. `code_sha256` (base64;
 * NULL: any) is the code that is meant: -EREMCHG when AWS has other code.
 */
int gesture_mkdir(struct gestures *gestures, const struct call_scope *scope,
	const struct gesture_place *place, const char *name, const char *code_sha256,
	uint64_t *ret_version, struct lambda_error *reterr) must_check;

/*
 * `.aliases/NAME/description` was written: one UpdateAlias with that description, version and weights
 * untouched; no call when it says so already. -EFBIG over LAMBDA_DESCRIPTION_MAX code points, -EINVAL
 * for what is no UTF-8; the text is taken as it is.
 */
int gesture_set_description(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, const char *description,
	struct lambda_error *reterr) must_check;

/*
 * RMDIR of a whole function was refused: the process is deleting recursively, and is guarded in the
 * function for 10 s (3.1). Inside a function the calls above see to that themselves. Never blocks.
 */
void gesture_note_refused_removal(
	struct gestures *gestures, const struct caller *caller, const char *function);

/*
 * Whether a name of the function is hidden or held: its directory is then shown without asking AWS, so
 * that a slow answer cannot come between a tool's UNLINK and its SYMLINK. Never blocks.
 */
bool gesture_has_pending(struct gestures *gestures, const char *function);

/*
 * MKDIR, MKNOD, CREATE, LINK, SYMLINK or RENAME of something to that name in that directory was refused or
 * failed: a hidden alias or weight of that name is shown again (2.4). Never blocks.
 */
void gesture_note_failed_change(struct gestures *gestures, const struct caller *caller,
	const struct gesture_place *place, const char *name);

/*
 * RENAME of `name` was refused or failed: the process may not remove that alias for a second (3.0). `to` is
 * NULL when it was no directory of a function or version. Never blocks.
 */
void gesture_note_failed_move(struct gestures *gestures, const struct caller *caller,
	const struct gesture_place *place, const char *name, const struct gesture_place *to,
	const char *new_name);

/* What CREATE, MKNOD and LINK answer in that place. Never blocks. */
int gesture_create_refused(
	const struct gesture_place *place, struct lambda_error *reterr) must_check;

/*
 * The process changes something, or enters a directory of the function: what it has removed before, in the function
 * (NULL: in any), waits for a grace more (3.1). Never blocks.
 */
void gesture_note_activity(
	struct gestures *gestures, const struct caller *caller, const char *function);

/* Whether a name of the function (NULL: of any) is hidden. Never blocks. */
bool gesture_hides_anything(struct gestures *gestures, const char *function);

/*
 * A request of the thread about the function ("": about none) is under way, however long that takes: no grace runs there, nor
 * of what its process has removed (2.4). What to hand to gesture_end_visit(); 0 when there is nothing to end. Neither blocks.
 */
size_t gesture_begin_visit(
	struct gestures *gestures, pid_t thread, const char *function) must_check;
void gesture_end_visit(struct gestures *gestures, size_t visit);

/*
 * The mount ends, and no change comes any more: makes all that is pending, several at a time, and logs every
 * 5 s how many are left. Takes 80 s at most, 25 s once the service cannot be reached (fs/rules/ending.h); what is left
 * then is logged by name. 0 or the first failure.
 */
int gesture_end(struct gestures *gestures, struct lambda_error *reterr) must_check;

/*
 * A request looks below `.aliases/NAME`: a held name becomes an alias now (2.2.5). Where it cannot, that is reported as at the
 * end of its holding, and there is no such alias. 0 or -ETIMEDOUT; no call when nothing is held.
 */
int gesture_settle_held(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, struct lambda_error *reterr) must_check;

/* What is on its way, for the statistics. */
struct gesture_counts {
	size_t links;      /* local and held */
	size_t tombstones; /* hidden, to be deleted */
};

/* Never blocks on the network. */
struct gesture_counts gesture_count(struct gestures *gestures);

/* fsync of a directory: ends the graces of that function (NULL: of all) now. 0 or the first failure. */
int gesture_settle(struct gestures *gestures, const struct call_scope *scope, const char *function,
	struct lambda_error *reterr) must_check;

#endif
