/* SPDX-License-Identifier: MIT */
#include "fs/fuse/session.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <syslog.h>

#include "fs/fuse/channel.h"
#include "fs/fuse/operations.h"
#include "fs/settings/options.h"

#define THREADS_MAX 256 /* requests served at a time: a hanging one must not keep others waiting */

static unsigned int count_processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count > 1 ? (unsigned int)count : 1;
}

/*
 * The kernel wakes idle threads in turn, and each finds its processor's caches cold: many more of them than processors
 * make every walk slower. One more there must be: a walk has two requests at once, as RELEASEDIR waits for no reply, and
 * libfuse makes a thread, and ends one, whenever the last idle one takes a request.
 */
static unsigned int idle_threads(void)
{
	return count_processors() + 1;
}

/* malloc(3) keeps memory for as many threads as eight to a processor: what is free in one's part is of no use to others. */
static void share_memory(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, (int)count_processors());
#endif
}

/* What libfuse and the kernel get: "a,b=c". */
static int gather_options(struct options *options)
{
	int error = options_pass_on(options, options->read_only ? "ro" : "rw", NULL);

	if (!error)
		error = options_pass_on(
			options, "subtype", options->subtype ? options->subtype : "aliasfs");
	if (!error)
		error = options_pass_on(options, "fsname",
			options->fsname ? options->fsname : options->source_text);
	if (!error && options->allow_other)
		error = options_pass_on(options, "allow_other", NULL);
	if (!error && options->debug)
		error = options_pass_on(options, "debug", NULL);
	return error;
}

int session_make(struct aliasfs *fs)
{
	struct fuse_args arguments = FUSE_ARGS_INIT(0, NULL);
	int error = gather_options(fs->options);

	share_memory();
	if (!error)
		error = fuse_opt_add_arg(&arguments, "aliasfs") ||
			fuse_opt_add_arg(&arguments, "-o") ||
			fuse_opt_add_arg(&arguments, buffer_text(&fs->options->fuse_options));
	if (!error)
		fs->session =
			fuse_session_new(&arguments, &ll_operations, sizeof(ll_operations), fs);
	fuse_opt_free_args(&arguments);
	return fs->session ? 0 : -ENOMEM;
}

/* libfuse waits for mount(8), umount(8) and fusermount3, and takes an interruption for their failure. */
static void hold_signals(sigset_t *ret_before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, ret_before);
}

int session_mount(struct aliasfs *fs)
{
	sigset_t before;
	int error = 0;

	hold_signals(&before);
	errno = 0;
	if (fuse_session_mount(fs->session, fs->options->mountpoint))
		error = errno ? -errno : -EIO;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return error;
	error = channel_open(fs);
	if (error)
		fuse_session_unmount(fs->session);
	return error;
}

int session_serve(struct aliasfs *fs)
{
	struct fuse_loop_config *config;
	int result;

	if (fs->options->single_threaded)
		return fuse_session_loop(fs->session);
	config = fuse_loop_cfg_create();
	if (!config)
		return -ENOMEM;
	fuse_loop_cfg_set_max_threads(config, THREADS_MAX);
	fuse_loop_cfg_set_idle_threads(config, idle_threads());
	result = fuse_session_loop_mt(fs->session, config);
	fuse_loop_cfg_destroy(config);
	return result;
}

void session_end(struct fuse_session *session)
{
	fuse_session_exit(session);
}

void session_unmount(struct aliasfs *fs)
{
	sigset_t before;

	hold_signals(&before);
	fuse_session_unmount(fs->session);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void session_free(struct fuse_session *session)
{
	if (session)
		fuse_session_destroy(session);
}

static void log_to_syslog(enum fuse_log_level level, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static void log_to_syslog(enum fuse_log_level level, const char *format, va_list arguments)
{
	vsyslog(LOG_DAEMON | (int)level, format, arguments);
}

void session_log_to_syslog(void)
{
	fuse_set_log_func(log_to_syslog);
}
