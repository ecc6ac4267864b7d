/* SPDX-License-Identifier: MIT */
#include "fs/mount.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/code_cache.h"
#include "backend/lambda/client.h"
#include "backend/document_store/document_store.h"
#include "backend/moves/moves.h"
#include "fs/aliasfs.h"
#include "fs/commands/connect.h"
#include "fs/commands/embedded.h"
#include "fs/fuse/directory_cache.h"
#include "fs/fuse/invalidate.h"
#include "fs/fuse/session.h"
#include "fs/gesture/gesture.h"
#include "fs/request/audit.h"
#include "fs/request/errno_table.h"
#include "fs/request/errors.h"
#include "fs/request/request.h"
#include "fs/request/stats.h"
#include "fs/settings/logging.h"
#include "fs/startup/mountpoint.h"
#include "fs/startup/notify.h"
#include "fs/startup/signals.h"
#include "fs/tree/account.h"
#include "fs/tree/bases.h"
#include "fs/tree/drafts.h"
#include "fs/tree/open_handles.h"
#include "fs/tree/stats_text.h"
#include "fs/tree/times.h"

#define STATE_TEXT_MAX (256 * 1024)
#define HIDDEN_MS 500 /* how long a document that a tool has removed is hidden at least */
#define VERIFY_MS ((DAEMON_START_SECONDS - 10) * 1000)

/* Says why it does not start: to the waiting parent, or in the foreground to standard error. */
static enum exit_code fail_mount(struct aliasfs *fs, struct daemon *daemon, enum exit_code code,
	const char *format, ...) printf_like(4, 5);

static enum exit_code fail_mount(
	struct aliasfs *fs, struct daemon *daemon, enum exit_code code, const char *format, ...)
{
	char text[EXIT_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (daemon->pipe >= 0)
		daemon_report(daemon, code, text);
	else
		log_write(&fs->log, LOG_LEVEL_ERROR, "%s", text);
	return code;
}

/* What failed at the start, where, why and what to do. */
static enum exit_code fail_api(struct aliasfs *fs, struct daemon *daemon, const char *what,
	const struct lambda_error *error)
{
	char text[EXIT_TEXT_MAX];

	connect_explain(what, error, text, sizeof(text));
	return fail_mount(fs, daemon, connect_exit_code(error->status), "%s", text);
}

static struct call_scope scope_for(const struct aliasfs *fs)
{
	int64_t now_ms = clock_monotonic_ms();

	return (struct call_scope){
		.read_deadline_ms = now_ms + (int64_t)(fs->options->read_timeout * 1000),
		.mutation_deadline_ms = now_ms + (int64_t)(fs->options->timeout * 1000),
		.interrupted = &fs->ending,
	};
}

/* --- what the rooms below report --- */

static void on_catalog_changed(void *data, const struct catalog_change *change)
{
	struct aliasfs *fs = data;
	struct node node;

	if (change->function)
		node_make(&node, NODE_FUNCTION, change->function, 0, NULL);
	else
		node_make(&node, NODE_ROOT, NULL, 0, NULL);
	invalidate_node(fs->invalidator, &node);
	if (change->function && change->versions) {
		node_make(&node, NODE_VERSION, change->function, LAMBDA_VERSION_LATEST, NULL);
		invalidate_node(fs->invalidator, &node);
	}
}

static void on_shown_changed(void *data, const char *function, const char *name)
{
	struct aliasfs *fs = data;
	struct node node;

	if (name) {
		node_make(&node, NODE_LINK, function, 0, name);
		invalidate_node(fs->invalidator, &node);
	}
	node_make(&node, NODE_FUNCTION, function, 0, NULL);
	invalidate_node(fs->invalidator, &node);
}

static void on_background_failure(void *data, const char *operation, const char *function,
	const char *name, const struct lambda_error *error)
{
	struct aliasfs *fs = data;
	bool creates = !strcmp(operation, "CreateAlias");
	char where[2 * NAME_MAX + 2];
	/* What a rule refused, AWS was not asked for: "Operation not permitted", as where a caller hears it. */
	bool is_asked = error->http_status || error->status != LAMBDA_INVALID;

	snprintf(where, sizeof(where), "%s/%s", function, name ? name : "");
	error_log_note_background(fs->errors, operation, where,
		errno_of(error->status, creates && is_asked ? ERRNO_SYMLINK : ERRNO_UNLINK), error);
}

static void on_wrote(void *data, const struct catalog_write *write)
{
	const struct caller_identity *who = write->who;
	struct aliasfs *fs = data;
	char text[sizeof(who->program) + 64] = "in the background";

	audit_write(fs->audit, write);
	if (who)
		snprintf(text, sizeof(text), "uid %u, %s", (unsigned int)who->uid,
			*who->program ? who->program : "unknown program");
	moves_note_write(fs->moves, write, text);
	/* What hung on an alias of that name is gone with it. */
	if (write->alias && !write->document && strcmp(write->operation, "UpdateAlias") != 0)
		document_store_forget(fs->document_store, write->function);
}

static void on_saw(void *data, const char *function, const struct lambda_alias *alias)
{
	struct aliasfs *fs = data;

	moves_note_seen(fs->moves, function, alias);
}

/* --- making and unmaking the parts --- */

/* Code is large: /var/tmp is made for that, /tmp may be memory. */
static const char *temporary_directory(void)
{
	const char *directory = getenv("TMPDIR");

	return directory && *directory == '/' ? directory : "/var/tmp";
}

static enum exit_code make_client(struct aliasfs *fs, struct daemon *daemon)
{
	struct catalog_options catalog = {
		.ttl_ms = (int64_t)(fs->options->ttl * 1000),
		.log = &fs->log,
		.changed = on_catalog_changed,
		.changed_data = fs,
		.wrote = on_wrote,
		.wrote_data = fs,
		.saw = on_saw,
		.saw_data = fs,
	};
	struct moves_options moves = {.log = &fs->log};
	struct document_store_options documents = {
		.ttl_ms = (int64_t)(fs->options->documents_ttl * 1000),
		.log = &fs->log,
		.wrote = on_wrote,
		.wrote_data = fs};
	struct connection connection = {0};
	char text[EXIT_TEXT_MAX];
	enum exit_code code;

	code = connect_open(fs->options, &fs->log, &connection, text, sizeof(text));
	fs->embedded = connection.embedded;
	fs->client = connection.client;
	if (code)
		return fail_mount(fs, daemon, code, "%s", text);
	if (fs->embedded && mountpoint_hides(fs->options->mountpoint, fs->options->local_directory))
		return fail_mount(fs, daemon, EXIT_MOUNTPOINT,
			"mountpoint '%s': it would hide %s, where the functions are kept",
			fs->options->mountpoint, fs->options->local_directory);
	fs->catalog = catalog_new(fs->client, &catalog);
	moves.catalog = fs->catalog;
	moves.source = trail_source_of_client(lambda_client_aws(fs->client));
	if (fs->catalog)
		fs->moves = moves_new(&moves);
	documents.client = fs->client;
	documents.catalog = fs->catalog;
	if (fs->options->environment == ENVIRONMENT_REDACT)
		documents.redact_key = lambda_client_printer(fs->client)->key;
	fs->document_store = document_store_new(&documents);
	if (!fs->moves || !fs->document_store)
		return fail_mount(fs, daemon, EXIT_FAILED, "out of memory");
	return EXIT_OK;
}

static enum exit_code make_code_cache(struct aliasfs *fs, struct daemon *daemon)
{
	const char *directory = temporary_directory();
	struct lambda_error error;

	fs->code_cache = code_cache_new(
		fs->client, directory, (uint64_t)(fs->options->code_cache * 1024 * 1024));
	if (!fs->code_cache)
		return fail_mount(fs, daemon, EXIT_FAILED, "out of memory");
	if (fs->options->code && code_cache_check(fs->code_cache, &error))
		return fail_mount(fs, daemon, EXIT_FAILED,
			"option 'code': %s - set TMPDIR to a directory that you may write to",
			error.message);
	return EXIT_OK;
}

static enum exit_code make_gestures(struct aliasfs *fs, struct daemon *daemon)
{
	struct gesture_options options = {
		.moves = fs->moves,
		.rules = {.mountpoint = fs->options->mountpoint,
			.delete_grace_ms = (int64_t)(fs->options->delete_grace * 1000),
			.strict_ln = fs->options->strict_ln,
			.no_create = fs->options->no_create,
			.protect = fs->options->protect},
		.allow_version_delete = fs->options->allow_version_delete,
		.mutation_timeout_ms = (int64_t)(fs->options->timeout * 1000),
		.log = &fs->log,
		.shown_changed = on_shown_changed,
		.failed = on_background_failure,
		.callback_data = fs,
	};

	fs->gestures = gestures_new(fs->catalog, &options);
	fs->account = account_new(fs->catalog);
	if (!fs->gestures || !fs->account)
		return fail_mount(fs, daemon, EXIT_FAILED, "out of memory or threads");
	return EXIT_OK;
}

static void free_parts(struct aliasfs *fs)
{
	if (fs->session)
		handles_abandon_all(fs->handles, fs);
	account_free(fs->account);
	gestures_free(fs->gestures, clock_monotonic_ms());
	invalidator_free(fs->invalidator);
	moves_free(fs->moves);
	document_store_free(fs->document_store);
	catalog_free(fs->catalog);
	lambda_client_free(fs->client);
	embedded_stop(fs->embedded);
	drafts_free(fs->drafts);
	spools_free(fs->spools);
	bases_free(fs->bases);
	times_free(fs->times);
	listed_free(fs->listed);
	node_table_free(fs->nodes);
	error_log_free(fs->errors);
	session_free(fs->session);
	code_cache_free(fs->code_cache);
	request_list_free(fs->requests);
	handles_free(fs->handles);
	stats_free(fs->stats);
	audit_free(fs->audit);
}

/* Who mounts, and as whose everything is shown. */
static void note_owners(struct aliasfs *fs)
{
	fs->uid = getuid();
	fs->shown_uid = fs->options->shown_uid < 0 ? fs->uid : (uid_t)fs->options->shown_uid;
	fs->shown_gid = fs->options->shown_gid < 0 ? getgid() : (gid_t)fs->options->shown_gid;
	fs->mounted_at = clock_wall_ms() / 1000;
}

/* What needs nothing but memory, and the audit's file. */
static enum exit_code make_tables(struct aliasfs *fs, struct daemon *daemon)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	int64_t grace_ms = (int64_t)(fs->options->delete_grace * 1000);

	fs->errors = error_log_new(&fs->log);
	fs->requests = request_list_new();
	fs->handles = handles_new();
	fs->stats = stats_new();
	fs->nodes = node_table_new();
	fs->times = times_new();
	fs->listed = listed_new();
	fs->spools = spools_new(temporary_directory());
	if (fs->spools)
		fs->drafts = drafts_new(fs->spools, grace_ms > HIDDEN_MS ? grace_ms : HIDDEN_MS);
	fs->bases = bases_new();
	if (!fs->errors || !fs->requests || !fs->handles || !fs->stats || !fs->nodes ||
		!fs->times || !fs->listed || !fs->drafts || !fs->bases)
		return fail_mount(fs, daemon, EXIT_FAILED, "out of memory");
	if (audit_new(fs->options->audit, &fs->log, &fs->audit, &message))
		return fail_mount(fs, daemon, EXIT_FAILED, "%s", buffer_text(&message));
	return EXIT_OK;
}

/* Proves address and credentials by one call. */
static enum exit_code verify_account(struct aliasfs *fs, struct daemon *daemon)
{
	struct call_scope scope = scope_for(fs);
	struct lambda_error error = {0};
	char what[1024], credentials[512];

	/* The process in the foreground waits no longer than that, and must get the reason. */
	if (daemon->pipe >= 0 && scope.read_deadline_ms > clock_monotonic_ms() + VERIFY_MS)
		scope.read_deadline_ms = clock_monotonic_ms() + VERIFY_MS;
	if (!catalog_verify(fs->catalog, &scope, &error))
		return EXIT_OK;
	lambda_client_credentials_source(fs->client, credentials, sizeof(credentials));
	snprintf(what, sizeof(what), "cannot list the functions at %s (region %s, %s)",
		lambda_client_endpoint(fs->client), lambda_client_region(fs->client), credentials);
	return fail_api(fs, daemon, what, &error);
}

static enum exit_code make_session(struct aliasfs *fs, struct daemon *daemon)
{
	if (session_make(fs))
		return fail_mount(fs, daemon, EXIT_USAGE, "libfuse does not take these options: %s",
			buffer_text(&fs->options->fuse_options));
	fs->invalidator = invalidator_new(fs->session, fs->nodes);
	if (!fs->invalidator)
		return fail_mount(fs, daemon, EXIT_FAILED, "out of memory or threads");
	return EXIT_OK;
}

static enum exit_code make_parts(struct aliasfs *fs, struct daemon *daemon)
{
	enum exit_code code;

	note_owners(fs);
	code = make_tables(fs, daemon);
	if (!code)
		code = make_client(fs, daemon);
	if (!code)
		code = verify_account(fs, daemon);
	if (!code)
		code = make_session(fs, daemon);
	if (!code)
		code = make_code_cache(fs, daemon);
	return code ? code : make_gestures(fs, daemon);
}

/* --- serving --- */

/* The one line: what, in which version, where, as whom. */
static void log_mount(struct aliasfs *fs, const char *what)
{
	char credentials[512];

	lambda_client_credentials_source(fs->client, credentials, sizeof(credentials));
	log_write(&fs->log, LOG_LEVEL_INFO, "aliasfs %s: %s (%s, %s, %s) is %s %s", ALIASFS_VERSION,
		fs->options->source_text, lambda_client_endpoint(fs->client),
		lambda_client_region(fs->client), credentials, what, fs->options->mountpoint);
}

/* The session stands and is mounted: serves until the end, and does what is pending while it is still there. */
static enum exit_code serve_mount(struct aliasfs *fs, struct daemon *daemon)
{
	struct lambda_error unheard; /* reported by the failed() callback */
	int result = 0;

	log_mount(fs, "mounted on");
	notify_send(fs->notify, "READY=1\nSTATUS=%s is mounted on %s", fs->options->source_text,
		fs->options->mountpoint);
	atomic_store(&fs->serving, fs->session);
	if (daemon_report(daemon, EXIT_OK, ""))
		result = session_serve(fs);
	else
		log_write(&fs->log, LOG_LEVEL_WARNING,
			"the process that started aliasfs has gone: unmounting");
	atomic_store(&fs->serving, NULL);
	notify_send(fs->notify, "STOPPING=1\nSTATUS=carrying out pending changes");
	if (gesture_end(fs->gestures, &unheard))
		result = -EIO;
	return result < 0 ? EXIT_FAILED : EXIT_OK;
}

/* Whether libfuse finds fusermount3, which mounts for ordinary users. */
static bool has_fusermount(void)
{
	const char *directory = getenv("PATH");
	char path[PATH_MAX];

	if (!access("/usr/bin/fusermount3", X_OK))
		return true;
	while (directory && *directory) {
		size_t length = strcspn(directory, ":");

		snprintf(path, sizeof(path), "%.*s/fusermount3", (int)length, directory);
		if (!access(path, X_OK))
			return true;
		directory += length + (directory[length] == ':');
	}
	return false;
}

/* The cause of a failed mount, where libfuse names only a device or nothing. */
static const char *mount_hint(const char *mountpoint)
{
	if (access("/dev/fuse", F_OK))
		return " - there is no /dev/fuse: load the module fuse, or in a container start it "
		       "with --device /dev/fuse --cap-add SYS_ADMIN";
	if (access("/dev/fuse", R_OK | W_OK))
		return " - you may not open /dev/fuse: as root, chmod 666 /dev/fuse";
	if (geteuid() != 0 && !has_fusermount())
		return " - fusermount3 is missing: install the package fuse3 (apt install fuse3)";
	if (geteuid() != 0 && access(mountpoint, W_OK))
		return " - you have no write access to the mountpoint, which an ordinary user "
		       "needs";
	return "";
}

static enum exit_code mount_here(struct aliasfs *fs, struct daemon *daemon)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	cleanup(close_descriptor) int lock = -1;
	int error;

	/* Since the start looked there, AWS has been asked: another start may have been quicker. */
	if (mountpoint_reserve(fs->options->mountpoint, &lock, &message))
		return fail_mount(fs, daemon, EXIT_MOUNTPOINT, "%s", buffer_text(&message));
	error = session_mount(fs);
	if (error)
		return fail_mount(fs, daemon, EXIT_MOUNTPOINT, "cannot mount on %s: %s%s",
			fs->options->mountpoint, strerrordesc_np(-error),
			mount_hint(fs->options->mountpoint));
	return EXIT_OK;
}

static enum exit_code mount_and_serve(struct aliasfs *fs, struct daemon *daemon)
{
	enum exit_code code = mount_here(fs, daemon);

	if (code)
		return code;
	code = serve_mount(fs, daemon);
	invalidator_stop(fs->invalidator);
	session_unmount(fs);
	log_mount(fs, "unmounted from");
	return code;
}

/* --- signals --- */

static void on_end(void *data)
{
	struct aliasfs *fs = data;
	struct fuse_session *serving = atomic_load(&fs->serving);

	atomic_store(&fs->ending, true);
	if (!serving)
		return;
	session_end(serving);
	request_interrupt_all(fs->requests);
}

static void on_reload(void *data)
{
	struct aliasfs *fs = data;
	struct call_scope scope = scope_for(fs);
	struct lambda_error error = {0};
	char source[512];

	if (!atomic_load(&fs->serving)) /* they are just being read */
		return;
	notify_send(fs->notify, "RELOADING=1");
	if (lambda_client_renew_credentials(fs->client, &scope, &error)) {
		log_write(&fs->log, LOG_LEVEL_ERROR,
			"the credentials cannot be read again, those in use stay: %s",
			error.message);
	} else {
		lambda_client_credentials_source(fs->client, source, sizeof(source));
		log_write(&fs->log, LOG_LEVEL_INFO, "read again: %s", source);
	}
	notify_send(fs->notify, "READY=1");
}

/* The state, a line each; comments are for Prometheus alone. */
static void on_dump(void *data)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(STATE_TEXT_MAX);
	struct aliasfs *fs = data;
	char *rest, *line;

	if (!atomic_load(&fs->serving))
		return;
	if (lambda_client_describe(fs->client, &text) || stats_text_print(fs, &text) || !text.data)
		return;
	rest = text.data;
	while ((line = strsep(&rest, "\n")))
		if (*line && *line != '#')
			log_write(&fs->log, LOG_LEVEL_INFO, "state: %s", line);
}

static void on_cycle(void *data)
{
	struct aliasfs *fs = data;

	logging_cycle(&fs->log);
}

enum exit_code mount_run(struct options *options, struct daemon *daemon)
{
	struct notify notify;
	struct aliasfs fs = {.options = options, .notify = &notify};
	const struct signals_actions actions = {
		.end = on_end,
		.reload = on_reload,
		.dump = on_dump,
		.cycle = on_cycle,
		.data = &fs,
	};
	struct signals *signals;
	enum exit_code code;

	logging_start(&fs.log, options->foreground, (enum log_level)options->log_level);
	if (!options->foreground)
		session_log_to_syslog();
	notify_init(&notify);
	signals = signals_start(&actions);
	if (!signals)
		return fail_mount(&fs, daemon, EXIT_FAILED, "out of memory or threads");
	code = make_parts(&fs, daemon);
	if (!code)
		code = mount_and_serve(&fs, daemon);
	signals_stop(signals);
	free_parts(&fs);
	return code;
}
