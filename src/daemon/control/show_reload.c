/* SPDX-License-Identifier: ISC */
/*
 * show_reload.c - "reload": what became of it; the changes, or the errors
 *
 * A file may have a thousand errors, so also this is written in pieces.
 */
#include <string.h>

#include "daemon/control/show.h"

/** next_line() - the next line of the text, its length without the newline; false behind the last one */
static bool next_line(struct progress *progress, const char **line, int *length)
{
	*line = progress->result + progress->index;
	*length = (int)strcspn(*line, "\n");
	if (**line == '\0')
		return false;
	progress->index += (size_t)*length + ((*line)[*length] == '\n');
	return true;
}

static void line_json(const char *line, int length, struct answer *answer)
{
	char text[ANSWER_TEXT_MAX];

	snprintf(text, sizeof(text), "%.*s", length, line);
	json_text(answer, NULL, text);
}

bool show_reload(const struct view *view, const struct request *request, const uint8_t *bytes,
		 struct progress *progress, struct answer *answer)
{
	bool json = request->json && progress->has_succeeded;
	const char *line;
	int length;

	(void)view;
	(void)bytes;
	if (json && progress->index == 0)
		json_open(answer, NULL, '[');
	for (;;) {
		if (!answer_has_room(answer))
			return false;
		if (!next_line(progress, &line, &length))
			break;
		if (json)
			line_json(line, length, answer);
		else if (progress->has_succeeded)
			answer_text(answer, "%.*s\n", length, line);
		else
			answer_error(answer, "%.*s", length, line);
	}
	if (json)
		json_close(answer, ']');
	answer_end(answer, progress->has_succeeded ? ANSWER_OK : ANSWER_FAILED);
	return true;
}
