/* SPDX-License-Identifier: MIT */
#include "fs/startup/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

struct signals {
	struct signals_actions actions;
	sigset_t taken;
	pthread_t thread;
	pthread_t caller;
	atomic_bool stopping;
};

/* Interrupts a blocking call of the thread it is sent to; that is all. */
static void wake_from_call(int number)
{
	(void)number;
}

static void act_on_signal(struct signals *signals, int number, bool *ending)
{
	const struct signals_actions *actions = &signals->actions;

	switch (number) {
	case SIGTERM:
	case SIGINT:
		*ending = true;
		break;
	case SIGHUP:
		actions->reload(actions->data);
		break;
	case SIGUSR1:
		actions->dump(actions->data);
		break;
	case SIGUSR2:
		actions->cycle(actions->data);
		break;
	default: /* the wake signal, or time to insist */
		break;
	}
}

static void *run_signals(void *data)
{
	static const struct timespec insist = {.tv_nsec = SIGNALS_INSIST_MS * 1000000L};
	struct signals *signals = data;
	bool ending = false;

	while (!atomic_load(&signals->stopping)) {
		int number = ending ? sigtimedwait(&signals->taken, NULL, &insist)
				    : sigwaitinfo(&signals->taken, NULL);

		act_on_signal(signals, number, &ending);
		if (ending && !atomic_load(&signals->stopping)) {
			signals->actions.end(signals->actions.data);
			/* libfuse looks whether it is to end and then waits: it may have to be woken twice. */
			pthread_kill(signals->caller, SIGRTMIN);
		}
	}
	return NULL;
}

struct signals *signals_start(const struct signals_actions *actions)
{
	struct signals *signals = calloc(1, sizeof(*signals));
	struct sigaction action = {.sa_handler = wake_from_call}; /* without SA_RESTART */
	sigset_t only_wake;
	int error;

	if (!signals)
		return NULL;
	signals->actions = *actions;
	signals->caller = pthread_self();
	sigemptyset(&only_wake);
	sigaddset(&only_wake, SIGRTMIN);
	sigemptyset(&signals->taken);
	sigaddset(&signals->taken, SIGTERM);
	sigaddset(&signals->taken, SIGINT);
	sigaddset(&signals->taken, SIGHUP);
	sigaddset(&signals->taken, SIGUSR1);
	sigaddset(&signals->taken, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &signals->taken, NULL);
	sigaddset(&signals->taken, SIGRTMIN);
	sigemptyset(&action.sa_mask);
	sigaction(SIGRTMIN, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write(2) reports a limit on the size of files */
	/* The thread takes the wake signal by waiting for it, its caller by being interrupted. */
	pthread_sigmask(SIG_BLOCK, &only_wake, NULL);
	error = pthread_create(&signals->thread, NULL, run_signals, signals);
	pthread_sigmask(SIG_UNBLOCK, &only_wake, NULL);
	if (error) {
		free(signals);
		return NULL;
	}
	return signals;
}

void signals_stop(struct signals *signals)
{
	if (!signals)
		return;
	atomic_store(&signals->stopping, true);
	pthread_kill(signals->thread, SIGRTMIN);
	pthread_join(signals->thread, NULL);
	free(signals);
}
