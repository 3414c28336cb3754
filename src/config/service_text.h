/* SPDX-License-Identifier: ISC */
/*
 * service_text.h - a service as people know it
 */
#ifndef NAT46_CONFIG_SERVICE_TEXT_H
#define NAT46_CONFIG_SERVICE_TEXT_H

#include "nat46/service.h"

/** Room for service_text(). */
#define SERVICE_TEXT_MAX 48u

/** service_text() - addresses and ports of a service: "192.0.2.10:80", "192.0.2.0/28:8000-8099"; returns @text */
const char *service_text(const struct service *service, char *text);

#endif
