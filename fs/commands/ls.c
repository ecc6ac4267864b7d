/* SPDX-License-Identifier: MIT */
#include "fs/commands/commands.h"
#include "fs/commands/ls_gather.h"

enum exit_code show_run(const struct options *options)
{
	cleanup(gathering_release) struct gathering gathering;
	int failed = gathering_start(&gathering, options);

	if (!failed)
		failed = options_is_source(options->source_text) ? ls_gather_account(&gathering)
								 : ls_gather_mount(&gathering);
	if (!failed)
		failed = gathering_end(&gathering);
	if (!failed)
		return gathering.differs ? EXIT_FAILED : EXIT_OK;
	progress_clear(&gathering.progress);
	/* As of diff(1): 1 says that something differs. */
	if (gathering.form == GATHERING_DIFFER && gathering.code == EXIT_FAILED)
		gathering.code = EXIT_USAGE;
	return report_error(gathering.code, "%s", gathering.text);
}
