/* SPDX-License-Identifier: MIT */
/*
 * The state machine behind the changes to links (contract, section 2): what this mount knows beyond
 * AWS, and what a change means in that light.
 *
 *   event, AWS's facts, now ──► remap_decide_*() ──► plan ──► (fs/gesture/gesture.c carries it out)
 *                                     ▲                              │
 *                              struct remap ◄── remap_complete() ◄───┘ how it went
 *
 * What it holds, each in a table of fixed size:
 *   links       local and held links: made here, unknown to AWS (2.2)
 *   tombstones  names that are hidden and will be deleted, unless a change makes an update of it (2.4)
 *   arrivals    through which alias a thread came a moment ago (2.1)
 *   births      aliases that this mount made in the last minute, and the revision it wrote last (2.1)
 *   busy names  changes under way: one at a time per alias; a tombstone's clock stops meanwhile
 *   failures    whose replacement of a hidden name (2.4), or move of an alias (3.0), has just failed
 *   visits      about which functions, or of whose removals, a request is under way while a name there is hidden
 *   rollbacks   which aliases were moved through PROD@1 a moment ago (8.2.7)
 *   guards      who is deleting recursively: rm, find and their like go on after a refusal, and would take
 *               every alias with them (3.1)
 * Arrivals, births, failures, rollbacks and guards are tables of fs/rules/recent.h.
 *
 * Pure: no call, no clock (now_ms is clock_monotonic_ms(), passed in), no lock: the owner serialises.
 */
#ifndef ALIASFS_REMAP_H
#define ALIASFS_REMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/cleanup.h"
#include "backend/lambda/types.h"
#include "fs/request/caller.h"
#include "fs/rules/name.h"
#include "fs/rules/place.h"
#include "fs/rules/target.h"

#define REMAP_LOCAL_MS 60000  /* a local link's life; how long a link counts as made a moment ago */
#define REMAP_HELD_MS 2000    /* after that a held link becomes an alias */
#define REMAP_ARRIVAL_MS 2000 /* a READLINK older than this is no arrival */
#define REMAP_RETURN_MS 500   /* how long a name is hidden at least that will not be deleted */
#define REMAP_RETRY_MS                                                                             \
	1000 /* how long a failed replacement or move keeps its process from removing the name */
#define REMAP_ROLLBACK_MS                                                                          \
	600000               /* how long a roll-back through @N keeps another one from happening */
#define REMAP_GUARD_MS 10000 /* how long a process is guarded after a refused removal */
#define REMAP_REMOVAL_MS 60000 /* how long a removal waits at most for its process to be done */
#define REMAP_LATE_MS 250      /* aliasfs was stopped when it ends a grace so late */
#define REMAP_NAME_MAX 255
#define REMAP_SENTENCE_SIZE 512

#define REMAP_LINKS 1024
#define REMAP_TOMBSTONES 1024
#define REMAP_BIRTHS 512
#define REMAP_BUSY 128
#define REMAP_FAILURES 64
#define REMAP_REFUSALS_MAX                                                                         \
	16 /* in a row, of changes of a hidden name: then its next removal is refused */
#define REMAP_VISITS 64
#define REMAP_ARRIVALS 1024
#define REMAP_GUARDS 128
#define REMAP_ROLLBACKS 512

/* Sentences of refusals. */
#define REMAP_VERSIONS_ARE_READ_ONLY "versions are read-only"
#define REMAP_NAME_IS_TOO_LONG "the name of an alias has at most 128 characters"
#define REMAP_NO_ALIAS_IS_MADE                                                                     \
	"the mount option no_create keeps aliases from being made that AWS does not have"

struct remap_options {
	const char *mountpoint; /* absolute, without a trailing slash; copied */
	int64_t delete_grace_ms;
	bool strict_ln;
	bool no_create;
	const char *protect; /* GLOB[:GLOB] of aliases that are not deleted, or NULL; copied */
};

/* A link that only this mount knows. */
struct remap_link {
	bool used;
	bool held;      /* its name could be an alias */
	bool temporary; /* held: never becomes an alias, as ln made it or a RENAME of it failed */
	bool in_version;
	uint64_t version; /* in_version */
	int64_t made_ms;
	struct caller_identity asker; /* who made it */
	char *target;                 /* owned */
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char name[REMAP_NAME_MAX + 1];
	char through[LAMBDA_ALIAS_NAME_MAX +
		     1]; /* in_version: the alias that its maker came through */
};

/* What an alias says, apart from its name. Plain data. */
struct remap_content {
	uint64_t version;
	uint64_t weighted_version; /* 0: none */
	double weight;
	char description[4 * LAMBDA_DESCRIPTION_MAX + 1]; /* a longer one is cut, and equals none */
};

/* A hidden alias, or the hidden weight of one. */
struct remap_tombstone {
	bool used;
	bool is_weight;
	bool may_delete; /* false: at the end it is shown again (a backup, a recursive delete) */
	bool unlinked;   /* by an UNLINK of the asker's; false: it was moved away */
	bool was_late;   /* its grace has begun once more */
	int64_t made_ms;
	int64_t due_ms;
	struct caller_identity asker; /* whose removal or move it is */
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	char name[REMAP_NAME_MAX + 1];                /* what is hidden: PROD, PROD%10 */
	char revision_id[LAMBDA_REVISION_ID_MAX + 1]; /* of the alias when it was hidden */
	struct remap_content content;                 /* the same */
};

struct remap;

/* NULL when out of memory. */
struct remap *remap_new(const struct remap_options *options) must_check;
void remap_free(struct remap *remap);
DEFINE_CLEANUP(struct remap *, remap_free);

/* --- visible links --- */

/* The local or held link of that name, NULL when there is none. Belongs to the remap, until it next changes. */
const struct remap_link *remap_find_link(const struct remap *remap, int64_t now_ms,
	const struct gesture_place *place, const char *name);

/* The tombstone of an alias, or of its weight; NULL when there is none. As above. */
const struct remap_tombstone *remap_find_tombstone(
	const struct remap *remap, const char *function, const char *alias, bool is_weight);

/* Whether there is a held link of that name that is to become an alias (2.2.5). */
bool remap_is_to_be_alias(const struct remap *remap, const char *function, const char *name);

/* How many links and tombstones there are, of all functions. */
void remap_count(const struct remap *remap, size_t *ret_links, size_t *ret_tombstones);

/* Copies of the function's tombstones, NULL for none; the caller frees them. False: out of memory. */
bool remap_copy_tombstones(const struct remap *remap, const char *function,
	struct remap_tombstone **ret_tombstones, size_t *ret_count) must_check;

/* --- evidence --- */

/* A thread read a link: of an alias, or (alias NULL) of anything else. */
void remap_note_readlink(
	struct remap *remap, int64_t now_ms, pid_t thread, const char *function, const char *alias);

/* A thread read `alias`@N, which leads to `version`: a move of that alias there is then a roll-back (8.2.7). */
void remap_note_settled_read(struct remap *remap, int64_t now_ms, pid_t thread,
	const char *function, const char *alias, uint64_t version);

/*
 * A removal inside a version, or of a version or function, was refused (3.1). What the process has removed
 * in that function and what still waits is not deleted either: it is shown again at the end of its grace.
 */
void remap_note_refused_removal(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function);
bool remap_is_guarded(
	const struct remap *remap, int64_t now_ms, pid_t process, const char *function);

/*
 * The process goes on: its removals that wait in the function (NULL: in any) begin their grace anew. So none of them is
 * carried out before a recursive removal has reached a version, where it is refused, or before a tool that removes
 * all links first has made the new ones.
 */
void remap_note_activity(struct remap *remap, int64_t now_ms, pid_t process, const char *function);

/* Whether a name of the function (NULL: of any) is hidden. */
bool remap_hides_anything(const struct remap *remap, const char *function);

/*
 * A request of the process (its first thread; 0: unknown) about the function ("": about none) is under way: the clock of
 * what is hidden there, and of what the process has removed anywhere, stops until remap_end_visit(), since its
 * successor may be waiting for that request, or have made it. What to hand to that; 0 when there is nothing of
 * the kind, or no room.
 */
size_t remap_begin_visit(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function) must_check;
void remap_end_visit(struct remap *remap, int64_t now_ms, size_t visit);

/*
 * Before graces are ended: one that ended REMAP_LATE_MS ago or more begins once more. This program was stopped, or had no
 * turn, so that the successor may be waiting in the kernel.
 */
void remap_note_late(struct remap *remap, int64_t now_ms);

/*
 * Something that was to be called `name` could not be made: MKDIR, MKNOD, CREATE, LINK, SYMLINK or RENAME was
 * refused or failed. A hidden alias or weight of that name, or one that a local name is made of, is shown again (2.4). True:
 * there was one.
 */
bool remap_show_again(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function, const char *name);

/*
 * The process's RENAME of `name` in `place` to `new_name` was refused or failed (3.0). `to_function` is NULL
 * when it would not have led into a function's directory. Nothing for what is no alias and no weight of one.
 */
void remap_note_failed_move(struct remap *remap, int64_t now_ms, pid_t process,
	const struct gesture_place *place, const char *name, const char *to_function,
	const char *new_name);

/* --- one change at a time per name --- */

/* Marks the alias or link name as being changed. False when it already is, or when the table is full. */
bool remap_begin(struct remap *remap, const char *function, const char *name);
void remap_end(struct remap *remap, const char *function, const char *name);
bool remap_is_busy(const struct remap *remap, const char *function, const char *name);

/* --- what a change means --- */

struct remap_event {
	int64_t now_ms;
	const struct gesture_place *place;
	const char *name;
	const char *target;             /* SYMLINK */
	const struct gesture_place *to; /* RENAME: same function as `place` */
	const char *new_name;           /* RENAME */
	unsigned int flags;             /* RENAME: renameat2's */
	pid_t thread;
	struct caller_identity asker;
	bool caller_is_known;
	bool caller_is_ln;
	bool caller_only_replaces; /* it removes nothing but what it is about to replace */
	bool caller_forces;
	bool caller_names_it;                 /* SYMLINK: `name` stands in the command line */
	unsigned int name_patterns;           /* SYMLINK: the random names of this caller */
	const struct lambda_alias *alias;     /* what AWS has for the alias in `name`; NULL: none */
	const struct lambda_alias *new_alias; /* the same for `new_name` */
	const struct lambda_alias *through;   /* the same for remap_find_through() */
};

/* What AWS has of that alias, by the event's facts; NULL for nothing. */
const struct lambda_alias *remap_find_fact(const struct remap_event *event, const char *alias);

/* Whether both lead to the same versions with the same weight. */
bool remap_routes_alike(const struct lambda_alias *one, const struct lambda_alias *other);

enum remap_write {
	REMAP_WRITE_NOTHING,
	REMAP_WRITE_VERSION,  /* `alias` leads to the source's version, all of its traffic */
	REMAP_WRITE_COPY,     /* `alias` gets version, weight and description of alias `source` */
	REMAP_WRITE_WEIGHT,   /* `weight` of `alias`'s traffic goes to the source's version */
	REMAP_WRITE_EXCHANGE, /* `alias` and `source` swap version, weight and description */
};

enum remap_source {
	REMAP_SOURCE_TARGET, /* `target` */
	REMAP_SOURCE_ALIAS,  /* the version of alias `source` */
	REMAP_SOURCE_WEIGHT, /* the weighted version of alias `source` */
};

enum remap_local {
	REMAP_LOCAL_NOTHING,
	REMAP_LOCAL_ADD,  /* a link comes into being: `new_name` of a RENAME, `name` of a SYMLINK */
	REMAP_LOCAL_DROP, /* the link `name` goes */
	REMAP_LOCAL_MOVE, /* the link `name` becomes `new_name` */
	REMAP_LOCAL_SWAP, /* the links `name` and `new_name` swap their targets */
	REMAP_LOCAL_RETARGET, /* whichever of the two is a link now says what `old_version` is */
};

/* What an event comes to. */
struct remap_plan {
	int error; /* 0, or the errno to answer: nothing is to be done but remap_complete() */
	const char *
		sentence; /* with `error`: why; static, but for remap_refuse_repeated_rollback()'s */
	bool note_refused_removal;
	bool is_swapped; /* refused: `ln -sf PROD 2` was probably meant the other way round */
	bool note_refused_retry; /* the failed replacement before it has been answered for */

	enum remap_write write;
	enum remap_source source_kind;
	char alias[LAMBDA_ALIAS_NAME_MAX +
		   1]; /* also with an error: whose tombstone a failure takes back; "" none */
	bool alias_is_weight; /* that tombstone is of the weight */
	char source[LAMBDA_ALIAS_NAME_MAX + 1];
	double weight;
	struct target target;
	bool counts_as_birth; /* a CreateAlias of this plan is remembered as made a moment ago */

	enum remap_local local;
	bool replaces_link; /* a held link called `new_name` gives way */
	bool held, temporary;
	bool check_target;    /* before the link is added, `target` must be found to be there */
	uint64_t old_version; /* ADD by a RENAME, and RETARGET: the link leads there */

	bool reserves;     /* remap_reserve() has taken room for it */
	bool buries;       /* `tombstone` follows */
	bool bury_at_once; /* no grace: it is ended in the same gesture */
	struct remap_tombstone tombstone;
};

/*
 * What SYMLINK, RENAME and UNLINK mean. The caller has begun the names that remap_name_keys() gives,
 * and filled the event's facts. Never fails otherwise than by plan->error.
 */
void remap_decide_symlink(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan);
void remap_decide_rename(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan);
void remap_decide_unlink(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan);

/* The same when the facts could not be had: nothing is done, and what would have been written is no longer hidden. */
void remap_decide_nothing(const struct remap_event *event, struct remap_plan *plan);

/*
 * With no_create: a plan of SYMLINK or RENAME that would make an alias of which AWS has none, by the event's
 * facts, becomes a refusal, EPERM (3.0.20).
 */
void remap_refuse_creation(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan);

/*
 * A plan that moves an alias through its own @N becomes a refusal, EPERM, within 10 minutes of the last such move,
 * while the alias is where that one left it: a roll-back that is repeated must not undo itself (8.2.7). `sentence`
 * holds why, as long as the plan is in use.
 */
void remap_refuse_repeated_rollback(const struct remap *remap, const struct remap_event *event,
	struct remap_plan *plan, char sentence[REMAP_SENTENCE_SIZE]);

/*
 * The plan's alias was moved, or may have been, through its own @N to `version`.
 * Nothing for other plans.
 */
void remap_note_rollback(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, uint64_t version);

/* The text that will be read as a target when the event takes effect, NULL when none is. The event's, or the remap's. */
const char *remap_find_target_text(const struct remap *remap, const struct remap_event *event);

/* The alias whose facts the event needs as `through`: NULL when it needs none. Belongs to the remap. */
const char *remap_find_through(const struct remap *remap, const struct remap_event *event);

#define REMAP_KEYS 3

/* Which names the event changes, in the order in which remap_begin() takes them. Their number. */
size_t remap_name_keys(const struct remap *remap, const struct remap_event *event,
	char keys[REMAP_KEYS][REMAP_NAME_MAX + 1]);

/*
 * The alias whose tombstone or holding has to be ended before the event can be judged (2.4.11, 2.2.5): a
 * weight's alias, or an alias that a target names. False: none.
 */
bool remap_find_dependency(const struct remap *remap, const struct remap_event *event,
	char alias[LAMBDA_ALIAS_NAME_MAX + 1]);

/*
 * Takes room for the plan's tombstone, before its first call: after that it may not be missing. Without room
 * the plan becomes a refusal, EBUSY. remap_complete() uses the room, or gives it back.
 */
void remap_reserve(struct remap *remap, struct remap_plan *plan);

/*
 * Takes note of how the plan of the event ended, at event->now_ms: 0, or the -errno of its write; `created` is
 * what a CreateAlias made, NULL when there was none. A failure takes the tombstone of what was to be written
 * back. Returns 0, -ENOSPC when there is no room for a link, or -ENOMEM. *ret_cancelled (may be NULL): a
 * tombstone was taken back.
 */
int remap_complete(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, int result, const struct lambda_alias *created,
	bool *ret_cancelled) must_check;

/* Takes a tombstone back. False: there was none. */
bool remap_cancel(struct remap *remap, const char *function, const char *alias, bool is_weight);

/*
 * This mount has written the alias: `base` is what it said before, `written` what it says now, with the
 * revision that the update was sent with, and `revision_id` its new one. A tombstone of its weight that goes
 * by `base` goes by what was written; the memory that the alias was made here keeps up with its revision.
 */
void remap_note_write(struct remap *remap, int64_t now_ms, const char *function,
	const struct remap_content *base, const struct lambda_alias *written,
	const char *revision_id);

/* --- the calls that a plan needs --- */

enum remap_call {
	REMAP_CALL_NOTHING,
	REMAP_CALL_CONFIRM, /* one GetAlias; it must say what `wanted` says */
	REMAP_CALL_CREATE,
	REMAP_CALL_UPDATE,
};

/*
 * What to call for the plan's write to `alias`: *ret_wanted (its description belongs to `source` or
 * `current`: not to be released). `version` is what the source came to, `current` what AWS has of
 * plan->alias (NULL: none), `source` what it has of plan->source (for COPY).
 */
enum remap_call remap_form_call(const struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, uint64_t version, const struct lambda_alias *current,
	const struct lambda_alias *source, struct lambda_alias *ret_wanted,
	bool *ret_with_description);

/*
 * How the alias `name` differs from what this mount last saw of it (`seen`), as a sentence: where it leads `now`
 * (NULL: it is gone), and where it led. Cut where it is too long.
 */
void remap_describe_change(const char *name, const struct remap_content *seen,
	const struct lambda_alias *now, char sentence[REMAP_SENTENCE_SIZE]);

/* What the alias says. */
void remap_get_content(const struct lambda_alias *alias, struct remap_content *ret_content);

/* Whether the alias says just that: version, weight and description. */
bool remap_content_is(const struct remap_content *content, const struct lambda_alias *alias);

/* What plan->alias said when it had the revision that remap_form_call() puts into an update. */
void remap_find_base(const struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, const struct lambda_alias *current,
	struct remap_content *ret_base);

/* --- what time brings --- */

enum remap_due_kind {
	REMAP_DUE_TOMBSTONE, /* `tombstone` has reached its end */
	REMAP_DUE_HELD,      /* the held link `name` becomes an alias */
};

struct remap_due {
	enum remap_due_kind kind;
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char name[REMAP_NAME_MAX + 1];    /* the key to begin: the alias, or the held name */
	struct remap_tombstone tombstone; /* TOMBSTONE */
	bool at_once;                     /* TOMBSTONE: it has no grace, and is in no table */
	struct target target;             /* HELD */
	struct caller_identity asker;     /* HELD: who made it */
};

/* A tombstone as what is due. */
void remap_fill_due(const struct remap_tombstone *tombstone, struct remap_due *ret_due);

/*
 * The next thing that is due at `now_ms` (INT64_MAX: whatever is pending) in the function (NULL: any)
 * and whose name is not busy. False: none; then *ret_next_ms (may be NULL) is when something will be,
 * INT64_MAX for never.
 */
bool remap_next_due(const struct remap *remap, int64_t now_ms, const char *function,
	struct remap_due *ret_due, int64_t *ret_next_ms);

/*
 * remap_next_due(), and its name is begun: remap_end() is the caller's. When no name can be begun any more, there is
 * nothing to do until one ends: false, and *ret_next_ms is INT64_MAX.
 */
bool remap_take_due(struct remap *remap, int64_t now_ms, const char *function,
	struct remap_due *ret_due, int64_t *ret_next_ms);

/* How many tombstones and held links that become aliases there are, of all functions, busy or not. */
size_t remap_count_pending(const struct remap *remap);

/* The holding of that name, as if its time were over; false when there is none. */
bool remap_find_held(const struct remap *remap, const char *function, const char *name,
	struct remap_due *ret_due);

/* Whether anything of the function (NULL: any) is pending, busy or not. */
bool remap_has_pending(const struct remap *remap, const char *function);

/* A tombstone is done or given up: the name is no longer hidden. With an alias's its weight's goes as well if `gone`. */
void remap_drop_tombstone(struct remap *remap, const struct remap_tombstone *tombstone, bool gone);

/* A held link became an alias of that revision, or could not (NULL): it is no longer known here. */
void remap_drop_held(struct remap *remap, int64_t now_ms, const char *function, const char *name,
	const char *revision_id);

#endif
