/* SPDX-License-Identifier: ISC */
/*
 * check.h - compare the file with the schema and store what the schema says where to store
 */
#ifndef NAT46_CONFIG_CHECK_H
#define NAT46_CONFIG_CHECK_H

#include "config/tree.h"

/**
 * config_check() - compare each setting of the tree with the schema
 * @build: with a tree, and a configuration full of defaults
 *
 * Reports unknown settings, wrong types, values out of range, malformed texts, and missing settings, and
 * refuses each wrong one (tree_refuse()). Afterwards all that tree_member() and tree_value() return is
 * right by itself.
 */
void config_check(struct config_build *build);

#endif
