/* SPDX-License-Identifier: ISC */
/*
 * read.h - groups of the file, compared with the schema
 */
#ifndef NAT46_CONFIG_READ_H
#define NAT46_CONFIG_READ_H

#include "config/build.h"
#include "config/schema.h"

/**
 * read_group() - compare a group with the schema, and read its values
 * @group: group; defaults that are missing are added to it
 * @members: what may be in it; other groups and lists are not read, only that they are such
 * @structure: what the places of @members are in; all zero, and what is wrong stays so
 *
 * Return: what is wrong or missing, as bits: number N for member N; READ_UNKNOWN: an unknown setting
 */
uint32_t read_group(struct build *build, config_setting_t *group, const struct setting *members, void *structure);
#define READ_UNKNOWN (UINT32_C(1) << 31)

/** read_element() - read_group() on element @index of a list; NULL, reported, if it is not a group */
config_setting_t *read_element(struct build *build, config_setting_t *list, unsigned int index,
			       const struct setting *members, void *structure, uint32_t *wrong);

/* Values of an array or list; a single value is one, NULL is none. What should be a list and is not has no elements. */
unsigned int read_count(const config_setting_t *setting);
unsigned int read_elements(const config_setting_t *list);
config_setting_t *read_value_at(config_setting_t *setting, unsigned int index);

#endif
