/* SPDX-License-Identifier: ISC */
/*
 * lex.h - tokens of a configuration, rewritten so that libconfig changes nothing silently
 */
#ifndef NAT46_CONFIG_LEX_H
#define NAT46_CONFIG_LEX_H

#include "config/error.h"
#include "config/source.h"

/**
 * config_lex() - read all inputs of @source and write their tokens into its text
 * @source: source with at least one input
 * @errors: gets what libconfig would not report, or only one at a time
 *
 * The tokens are those of libconfig, except:
 * - Integers become decimal and 64 bits wide, because up to 1.7 libconfig cuts them to 32 bits silently.
 *   What does not even fit into 64 bits becomes the nearest that does.
 * - Backslashes in strings are doubled, so that libconfig hands out the text between the quotes as it was
 *   written and config_text.c decodes it; libconfig drops "\x00". Control bytes become \xNN.
 * - A setting that is set twice is reported and renamed to "*", for libconfig would stop there.
 * - Commas, closing brackets and equal signs move up to the line of the token before them, because
 *   libconfig stamps an element with the line up to which it has read.
 * - @include is done here. Comments are gone.
 *
 * Return: false if an error left the end of the text without meaning, so that there is no use in parsing it
 */
bool config_lex(struct config_source *source, struct config_errors *errors);

/** config_lex_renamed() - is this the name of a setting that was already reported */
bool config_lex_renamed(const char *name);

#endif
