/* SPDX-License-Identifier: ISC */
/*
 * decide.c - which rule do the first bytes of a connection choose
 */
#include "core/tcp/decide.h"

#include "core/base/flows.h"
#include "core/base/pending.h"

void decide_server(struct engine *e, const struct flow *flow, bool final, struct choice *choice)
{
	const struct service *service = flow_service(e, flow);
	struct pending *p = pending_of(e, flow);
	uint32_t length = buffer_contiguous(&p->buffer);

	*choice = (struct choice){ .decision = DECISION_REFUSE };
	if (!service)
		return;
	service_decide(service, buffer_view(&e->buffers, &p->buffer, length, e->scratch), length, final, &p->search,
		       choice);
}
