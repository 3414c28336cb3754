/* SPDX-License-Identifier: ISC */
/*
 * connection.h - segments of one client and one server of the worked example, and whole phases of a connection
 */
#ifndef NAT46_TESTS_CONNECTION_H
#define NAT46_TESTS_CONNECTION_H

#include "wire.h"
#include "world.h"

/** Numbers of the connection: ISN of client and server, ports. */
#define CONNECTION_PORT 33526
#define CLIENT_ISN 2605695646u
#define SERVER_ISN 3769728775u
#define OUR_ISN 42u

/** client_segment() - a segment as client_sends() sends it, without data, to be changed before connection_send() */
struct wire_tcp client_segment(uint8_t flags, int32_t offset, uint32_t ack);

/** server_segment() - the same of server_sends() */
struct wire_tcp server_segment(uint8_t flags, int32_t offset, int32_t acked);

/** connection_send() - give a segment to the engine */
enum verdict connection_send(struct world *world, const struct wire_tcp *segment);

/** connection_send_partial() - the same with the checksum left to the device, as @offload says */
enum verdict connection_send_partial(struct world *world, const struct wire_tcp *segment,
				     const struct offload *offload);

/** connection_send_text() - give a segment to the engine, with a string as data; NULL: without data */
enum verdict connection_send_text(struct world *world, struct wire_tcp segment, const char *data);

/** client_sends() - segment of the client to port 80 of the service; @offset from the client's first byte */
enum verdict client_sends(struct world *world, uint8_t flags, int32_t offset, uint32_t ack, const char *data);

/** server_sends() - segment of the server; @offset from the server's first byte, @acked bytes of the client */
enum verdict server_sends(struct world *world, uint8_t flags, int32_t offset, int32_t acked, const char *data);

/** server_answers() - the same from server 2001:db8::@server, without data */
enum verdict server_answers(struct world *world, uint8_t server, uint8_t flags, int32_t offset, int32_t acked);

/** unreachable_by() - an ICMPv6 error of a router about a SYN that goes to a server */
enum verdict unreachable_by(struct world *world, const struct wire_tcp *syn, uint8_t type, uint8_t code);

/** server_unreachable() - an ICMPv6 error about our SYN to 2001:db8::@server, quoting sequence number @seq */
enum verdict server_unreachable(struct world *world, uint8_t server, uint32_t seq, uint8_t type, uint8_t code);

/** connection_accept() - handshake with the client, with window scale 7, SACK and MSS 1460, our ISN being 42 */
void connection_accept(struct world *world);

/** connection_splice() - the above, data "A", and the handshake with the server: the flow is bound */
void connection_splice(struct world *world);

/** connection_splice_by() - the same, the server's SYN/ACK being @syn_ack */
void connection_splice_by(struct world *world, const struct wire_tcp *syn_ack);

/** connection_setup() - world_setup() with connection_splice() behind it */
int connection_setup(void **state);

#endif
