/* SPDX-License-Identifier: ISC */
/*
 * place.h - where a setting stands, and its value as text, once a configuration is complete
 */
#ifndef NAT46_CONFIG_PLACE_H
#define NAT46_CONFIG_PLACE_H

#include <libconfig.h>
#include <stdio.h>

#include "config/daemon_config.h"

/** place_print() - "FILE:LINE" of a setting, or "FILE" of a default */
void place_print(const struct daemon_config *config, const config_setting_t *setting, FILE *out);

/** Room for a value as text, with its NUL. */
#define VALUE_TEXT_MAX 128u

/** value_text() - a single value as it stands in a file, cut if it is long; "nothing" without a setting */
const char *value_text(const config_setting_t *setting, char *text);

/** value_is_single() - is it one value, and no group, list or array */
bool value_is_single(const config_setting_t *setting);

#endif
