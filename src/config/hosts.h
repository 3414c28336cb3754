/* SPDX-License-Identifier: ISC */
/*
 * hosts.h - names by the hundred thousand: the file that setting "hosts" of a service names
 */
#ifndef NAT46_CONFIG_HOSTS_H
#define NAT46_CONFIG_HOSTS_H

#include "config/build.h"
#include "nat46/service.h"

/** struct hosts - such a file */
struct hosts {
	const config_setting_t *setting;
	const char *file;
	char *text;                  /* to be released by free(); NULL: there is none */
	size_t lines, names, length; /* that are not empty; names in them, as most, and their length together */
};

/** hosts_over() - a text that is there already; @text: to be released by hosts_read() */
struct hosts hosts_over(const config_setting_t *setting, const char *file, char *text);

/**
 * hosts_open() - read the file; what is wrong is reported
 * @setting: setting "hosts", for errors
 * @name: its value, NULL: it is missing, or wrong
 */
struct hosts hosts_open(struct build *build, const config_setting_t *setting, const char *name);

/**
 * hosts_read() - make a rule of each name; bad lines are reported
 * @hosts: its text is released
 * @ipv4: addresses of the service
 * @rules: room for as many rules as there are names at most
 *
 * Return: number of rules
 */
size_t hosts_read(struct build *build, struct hosts *hosts, const struct ipv4_prefix *ipv4, struct rule *rules);

#endif
