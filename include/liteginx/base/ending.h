/* The table of all ways an exchange or a TCP session ends. Log text, JSON label, HTTP status and error page all come
 * from the one row; adding an ending is adding a row. */
#ifndef LITEGINX_BASE_ENDING_H
#define LITEGINX_BASE_ENDING_H

#include <stdbool.h>

#include "liteginx/base/cause.h"
#include "liteginx/base/str.h"

/* name, label, HTTP status (0: none of ours), sentence.
 * Without one it is an ending that always has a cause, which has its own: something was refused, or went wrong. */
/* clang-format off */
#define ENDING_TABLE(row) \
  row(ENDING_COMPLETE, "complete", 0, "complete") \
  row(ENDING_UNREAD, "unread", 0, "the target answered without taking the whole request") \
  row(ENDING_LOCAL_OPTIONS, "local-options", 204, "answered here") \
  row(ENDING_PREFLIGHT, "preflight", 204, "a preflight, answered here") \
  row(ENDING_LOCAL_TRACE, "local-trace", 405, "") \
  row(ENDING_CLIENT_LEFT, "client-left", 499, "") \
  row(ENDING_BAD_REQUEST, "bad-request", 400, "") \
  row(ENDING_BAD_PATH, "bad-path", 400, "") \
  row(ENDING_BAD_BODY, "bad-body", 400, "") \
  row(ENDING_NO_ROUTE, "no-route", 404, "") \
  row(ENDING_CONNECT, "connect", 405, "") \
  row(ENDING_HEAD_TIMEOUT, "head-timeout", 408, "") \
  row(ENDING_BODY_TOO_LARGE, "body-too-large", 413, "") \
  row(ENDING_MISDIRECTED, "misdirected", 421, "") \
  row(ENDING_TARGET_TOO_LONG, "target-too-long", 414, "") \
  row(ENDING_FIELDS_TOO_LARGE, "fields-too-large", 431, "") \
  row(ENDING_UNKNOWN_CODING, "unknown-coding", 501, "") \
  row(ENDING_VERSION, "version", 505, "") \
  row(ENDING_LOOP, "loop", 508, "") \
  row(ENDING_HTTP2_BROKEN, "http2-broken", 0, "") \
  row(ENDING_HTTP2_FLOOD, "http2-flood", 0, "") \
  row(ENDING_REFUSED, "refused", 502, "") \
  row(ENDING_UPSTREAM_LEFT, "upstream-left", 502, "") \
  row(ENDING_UPSTREAM_NONSENSE, "upstream-nonsense", 502, "") \
  row(ENDING_NO_TARGET, "no-target", 503, "") \
  row(ENDING_CONNECT_TIMEOUT, "connect-timeout", 504, "") \
  row(ENDING_RESPONSE_TIMEOUT, "response-timeout", 504, "") \
  row(ENDING_UPSTREAM_STALLED, "upstream-stalled", 504, "") \
  row(ENDING_NO_MEMORY, "no-memory", 503, "") \
  row(ENDING_UPSTREAM_CUT, "upstream-cut", 0, "") \
  row(ENDING_IDLE, "idle", 408, "") \
  row(ENDING_DRAIN, "drain", 0, "") \
  row(ENDING_TLS_FAILED, "tls-failed", 0, "the TLS handshake failed") \
  row(ENDING_CLOSED_BY_CLIENT, "closed-by-client", 0, "closed by client") \
  row(ENDING_CLOSED_BY_TARGET, "closed-by-target", 0, "closed by target") \
  row(ENDING_RESET_BY_CLIENT, "reset-by-client", 0, "") \
  row(ENDING_RESET_BY_TARGET, "reset-by-target", 0, "")
/* clang-format on */

enum ending_reason {
#define ENDING_ENUM(name, label, status, sentence) name,
  ENDING_TABLE(ENDING_ENUM)
#undef ENDING_ENUM
      ENDING_COUNT
};

enum ending_side { ENDING_SELF, ENDING_DOWNSTREAM, ENDING_UPSTREAM };

/* One ending. `code` is a system or library code as a plain int, 0 where there is none. */
struct ending {
  enum ending_reason reason;
  enum ending_side side;
  int code;
  enum cause cause; /* which rule was broken, if that is known; see reason_cause */
  struct str what;  /* the bytes that broke it, as received, in the exchange's arena; may be empty */
};

/* One without a cause. */
static inline struct ending ending_make(enum ending_reason reason, enum ending_side side, int code) {
  return (struct ending){.reason = reason, .side = side, .code = code};
}

/* How a request ends that `cause` is found in. */
enum ending_reason ending_reason_of(enum cause cause);

/* The columns of a reason's row; all texts are constant. */
const char *ending_label(enum ending_reason reason);
const char *ending_sentence(enum ending_reason reason);
unsigned ending_status(enum ending_reason reason);

/* Was something refused, or did it go wrong? Then it has a cause (see reason_cause), and no sentence here. */
bool ending_has_cause(enum ending_reason reason);

#endif
