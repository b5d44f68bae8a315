/* Names that nobody else gives: UUIDs of version 7 (RFC 9562 §5.7), which sort by the time at which they were made. */
#ifndef LITEGINX_BASE_UUID_H
#define LITEGINX_BASE_UUID_H

#include <stdint.h>

#include "liteginx/base/str.h"

enum { UUID_LEN = 36 };

/* Where their random bits come from: unequal to each other and to those of other seeds, but no secret. */
struct uuid_source {
  uint64_t state[2];
};

/* `seed`: 16 bytes from the system. */
void uuid_seed(struct uuid_source *source, const unsigned char seed[16]);

/* The next one, as text into `text`, which the slice points to. `unix_ms`: now, in milliseconds since 1970. */
struct str uuid_make(struct uuid_source *source, uint64_t unix_ms, char text[UUID_LEN]);

#endif
