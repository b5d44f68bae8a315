/* The head of one HTTP message: start line and fields, as slices into an arena. Fields keep their order and case; a bit
 * set tells which well-known ones are there without a search. */
#ifndef LITEGINX_HTTP_HEAD_H
#define LITEGINX_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "liteginx/base/arena.h"
#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

/* Fields that a proxy looks at, in lower case. */
/* clang-format off */
#define FIELD_TABLE(row) \
  row(FIELD_ACCEPT, "accept") \
  row(FIELD_AUTHORIZATION, "authorization") \
  row(FIELD_CONNECTION, "connection") \
  row(FIELD_CONTENT_LENGTH, "content-length") \
  row(FIELD_CONTENT_TYPE, "content-type") \
  row(FIELD_DATE, "date") \
  row(FIELD_EXPECT, "expect") \
  row(FIELD_FORWARDED, "forwarded") \
  row(FIELD_HOST, "host") \
  row(FIELD_KEEP_ALIVE, "keep-alive") \
  row(FIELD_MAX_FORWARDS, "max-forwards") \
  row(FIELD_PROXY_AUTHENTICATE, "proxy-authenticate") \
  row(FIELD_PROXY_AUTHENTICATION_INFO, "proxy-authentication-info") \
  row(FIELD_PROXY_AUTHORIZATION, "proxy-authorization") \
  row(FIELD_PROXY_CONNECTION, "proxy-connection") \
  row(FIELD_TE, "te") \
  row(FIELD_TRAILER, "trailer") \
  row(FIELD_TRANSFER_ENCODING, "transfer-encoding") \
  row(FIELD_UPGRADE, "upgrade") \
  row(FIELD_VIA, "via") \
  row(FIELD_WWW_AUTHENTICATE, "www-authenticate") \
  row(FIELD_X_CLIENT_CERT_SUBJECT, "x-client-cert-subject") \
  row(FIELD_X_FORWARDED, "x-forwarded-") /* any name that begins so and has no id of its own */ \
  row(FIELD_X_FORWARDED_FOR, "x-forwarded-for") \
  row(FIELD_X_FORWARDED_HOST, "x-forwarded-host") \
  row(FIELD_X_FORWARDED_PORT, "x-forwarded-port") \
  row(FIELD_X_FORWARDED_PREFIX, "x-forwarded-prefix") \
  row(FIELD_X_FORWARDED_PROTO, "x-forwarded-proto") \
  row(FIELD_X_REAL_IP, "x-real-ip") \
  row(FIELD_X_REQUEST_ID, "x-request-id")
/* clang-format on */

enum field_id {
  FIELD_OTHER,
#define FIELD_ENUM(name, text) name,
  FIELD_TABLE(FIELD_ENUM)
#undef FIELD_ENUM
      FIELD_ID_COUNT
};

_Static_assert(FIELD_ID_COUNT <= 32, "each id is a bit of head.present");

struct field {
  struct str name, value; /* value without spaces at its ends */
  enum field_id id;
  bool plain; /* around it stands the line `name ": " value CR LF`, as a sender would write it anew */
};

/* How the end of a message's body is known (RFC 9112 §6.3). */
enum framing {
  FRAMING_NONE,    /* no body */
  FRAMING_LENGTH,  /* content_length bytes */
  FRAMING_CHUNKED, /* chunked transfer coding */
  FRAMING_CLOSE    /* until the connection closes: responses only */
};

struct head {
  struct arena *arena;       /* where fields and their bytes live */
  struct str line;           /* the start line with its CR LF, as received; ptr NULL: not received */
  struct str method;         /* requests */
  struct str request_target; /* requests: as received */
  unsigned status;           /* responses */
  struct str reason;         /* responses: may be empty */
  unsigned minor;            /* HTTP/1.minor: 0 or 1; of HTTP/2, what holds as in 1.1: 1 */
  bool http2;                /* it came by HTTP/2 */
  struct field *fields;
  unsigned count, room;
  uint32_t present; /* bit 1 << id for each id but FIELD_OTHER */
  enum framing framing;
  uint64_t content_length; /* of Content-Length, if any: of the body with FRAMING_LENGTH */
  bool keep_alive;         /* the sender will read or send another message on this connection */
};

/* An empty head whose fields go to `arena`. */
void head_init(struct head *head, struct arena *arena);

/* Id of a name in any case. */
enum field_id field_id_of(struct str name);

/* Is it a known name spelled with `_`? CGI and its heirs (WSGI, Rack, PHP) tell `_` from `-` no more: there
 * X_Forwarded_For is X-Forwarded-For. Who sends such a spelling of a field that we set, drop or frame by means to get
 * it past us. */
bool field_is_alias(struct str name);

/* Makes room for `count` fields in all, so that adding them allocates nothing more. False: out of memory. */
ENSURE_CHECKED bool head_reserve(struct head *head, unsigned count);

/* Adds a field at the end; name and value are not copied and must live as long as the arena. False: out of memory. */
ENSURE_CHECKED bool head_add(struct head *head, struct str name, struct str value);

/* The same for who knows all of it, and writes what is not `id`, the id of its name, into the place itself: a field that
 * is made elsewhere and copied costs a stall for each. NULL: out of memory. */
ENSURE_CHECKED struct field *head_push(struct head *head, enum field_id id);

static inline bool head_has(const struct head *head, enum field_id id) {
  return (head->present >> id & 1u) != 0;
}

/* The first field of that id, or NULL; not for FIELD_OTHER. */
const struct field *head_find(const struct head *head, enum field_id id);

/* For head_has_token, where there is such a field. */
bool head_find_token(const struct head *head, enum field_id id, struct str token);

/* Is `token` among the comma-separated elements of all fields of that id (any case)? RFC 9110 §5.6.1; parameters
 * behind a semicolon do not count. */
static inline bool head_has_token(const struct head *head, enum field_id id, struct str token) {
  return head_has(head, id) && head_find_token(head, id, token);
}

/* Does a Connection field name `name`? */
bool head_connection_names(const struct head *head, struct str name);

/* For head_logs_in, where there is such a field. */
bool head_names_login(const struct head *head);

/* Does it log in, or ask for a login, by NTLM or Negotiate (Authorization of a request, WWW-Authenticate of a response)?
 * These log the whole connection in, whatever HTTP says of each request's standing for itself (RFC 4559 §6). */
static inline bool head_logs_in(const struct head *head) {
  const uint32_t ids = UINT32_C(1) << FIELD_AUTHORIZATION | UINT32_C(1) << FIELD_WWW_AUTHENTICATE;
  return (head->present & ids) != 0 && head_names_login(head);
}

/* Is its Content-Type text/event-stream, a body that has no end of its own (HTML, "Server-sent events")? */
bool head_is_event_stream(const struct head *head);

/* How many bytes at the start of `s` may be in a token (RFC 9110 §5.6.2). */
size_t head_token_length(struct str s);

#endif
