/* SPDX-License-Identifier: ISC */
/*
 * scan.h - what libconfig would do silently, or for ever
 */
#ifndef NAT46_CONFIG_SCAN_H
#define NAT46_CONFIG_SCAN_H

#include "config/build.h"

/** scan() - report such things in @text, or NULL: in the file of @build; returns the text, for free() */
char *scan(struct build *build, const char *text);

#endif
