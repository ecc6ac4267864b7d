/* SPDX-License-Identifier: MIT */
/* What commands say to a person: complaints, progress, the whole of standard output. */
#ifndef ALIASFS_TERMINAL_H
#define ALIASFS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/buffer.h"
#include "fs/settings/exit_status.h"

/* Writes "aliasfs: TEXT" to standard error. Gives `code` back. */
enum exit_code report_error(enum exit_code code, const char *format, ...) printf_like(2, 3);

/* Whether it is a terminal that knows escape sequences. */
bool terminal_is_smart(int descriptor);

/* Whether standard output is to have colours: on a smart terminal, unless NO_COLOR says otherwise. */
bool terminal_wants_colours(void);

/* The line on standard error that says what is being waited for. */
struct progress {
	size_t columns; /* that it takes; 0: none is there */
};

/* Writes it over the one before, on a smart terminal only. */
void progress_tell(struct progress *progress, const char *format, ...) printf_like(2, 3);

/* Takes it off the terminal again. */
void progress_clear(struct progress *progress);

/* Writes all of it to standard output. 0, or -errno. */
int terminal_print(const struct buffer *text) must_check;

#endif
