/* How content stands in HTTP/1: read by the parser, written in chunks (RFC 9112 §6, §7). */
#ifndef LITEGINX_WIRE_HTTP1_BODY_H
#define LITEGINX_WIRE_HTTP1_BODY_H

#include "liteginx/wire/parser.h"
#include "liteginx/wire/wire.h"

/* Of messages that are a struct parser, which has just finished a head. */
extern const struct wire_reader_ops http1_reader;

/* Each span becomes a chunk; the last chunk has the trailers behind it. */
extern const struct wire_writer_ops http1_chunks;

#endif
