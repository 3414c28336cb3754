/* SPDX-License-Identifier: ISC */
/*
 * show_config.c - "config": the effective configuration, in the syntax of the file or as JSON
 */
#include "daemon/control/show.h"

/** quoted() - a string as it stands in the file, escapes and all */
static void quoted(const char *text, struct answer *answer)
{
	answer_text(answer, "\"");
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			answer_text(answer, "\\%c", byte);
		else if (byte < ' ' || byte > '~')
			answer_text(answer, "\\x%02x", byte);
		else
			answer_text(answer, "%c", byte);
	}
	answer_text(answer, "\"");
}

static void value_text(const struct config_step *step, struct answer *answer)
{
	if (step->kind == CONFIG_STEP_TEXT)
		quoted(step->text, answer);
	else if (step->kind == CONFIG_STEP_FRACTION)
		answer_text(answer, "%.3f", step->fraction);
	else if (step->kind == CONFIG_STEP_BOOLEAN)
		answer_text(answer, step->number ? "true" : "false");
	else
		answer_text(answer, "%lld%s", step->number, step->number != (int32_t)step->number ? "L" : "");
}

/** step_text() - settings with a name have lines of their own, the elements of lists and arrays follow one another */
static void step_text(const struct config_step *step, struct answer *answer)
{
	bool is_open = step->kind == CONFIG_STEP_OPEN, is_close = step->kind == CONFIG_STEP_CLOSE;

	if (is_close && step->bracket != '}')
		answer_text(answer, " ");
	else if (is_close || step->name)
		answer_text(answer, "%*s", (int)(2 * step->depth), "");
	else
		answer_text(answer, step->is_first ? " " : ", ");
	if (step->name && !is_close)
		answer_text(answer, "%s = ", step->name);
	if (is_open || is_close)
		answer_text(answer, "%c%s", step->bracket, is_open && step->bracket == '{' ? "\n" : "");
	else
		value_text(step, answer);
	if (step->name && !is_open)
		answer_text(answer, ";\n");
}

static void json_step(const struct config_step *step, struct answer *answer)
{
	switch (step->kind) {
	case CONFIG_STEP_OPEN:
		json_open(answer, step->name, step->bracket == '{' ? '{' : '[');
		break;
	case CONFIG_STEP_CLOSE:
		json_close(answer, step->bracket == '}' ? '}' : ']');
		break;
	case CONFIG_STEP_TEXT:
		json_text(answer, step->name, step->text);
		break;
	case CONFIG_STEP_FRACTION:
		json_fraction(answer, step->name, step->fraction);
		break;
	case CONFIG_STEP_BOOLEAN:
		json_bool(answer, step->name, step->number != 0);
		break;
	case CONFIG_STEP_NUMBER:
		json_number(answer, step->name, (uint64_t)step->number); /* no setting can be negative */
		break;
	case CONFIG_STEP_END:
		break;
	}
}

bool show_config(const struct view *view, const struct request *request, const uint8_t *bytes,
		 struct progress *progress, struct answer *answer)
{
	struct config_step step;

	(void)bytes;
	if (request->json && progress->stage++ == 0)
		json_open(answer, NULL, '{');
	for (unsigned int spent = 0; spent < SHOW_BUDGET; spent += SHOW_COST / 16) {
		if (!answer_has_room(answer))
			return false;
		step = config_step(view->config, &progress->walk);
		if (step.kind == CONFIG_STEP_END) {
			if (request->json)
				json_close(answer, '}');
			return true;
		}
		if (request->json)
			json_step(&step, answer);
		else
			step_text(&step, answer);
	}
	return false;
}
