/* SPDX-License-Identifier: ISC */
/*
 * show_log.c - "log": how much is logged, from now on or as before
 */
#include "daemon/control/show.h"
#include "daemon/log/log.h"

bool show_log(const struct view *view, const struct request *request, const uint8_t *bytes,
	      struct progress *progress, struct answer *answer)
{
	enum log_level level;

	(void)view;
	(void)bytes;
	(void)progress;
	if (request->level[0] && !log_find_level(request->level, &level))
		return show_fail(answer, ANSWER_USAGE, "%s is no level, allowed are error, warning, info, debug, trace",
				 request->level);
	if (request->json) {
		json_open(answer, NULL, '{');
		json_text(answer, "level", log_level_names[log_level()]);
		json_close(answer, '}');
	} else {
		answer_text(answer, "%s\n", log_level_names[log_level()]);
	}
	return true;
}
