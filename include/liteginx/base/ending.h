/* The table of all ways an exchange or a TCP session ends. Log text, JSON label, HTTP status and error page all come
 * from the one row; adding an ending is adding a row. */
#ifndef LITEGINX_BASE_ENDING_H
#define LITEGINX_BASE_ENDING_H

#include <stdbool.h>

#include "liteginx/base/cause.h"
#include "liteginx/base/str.h"

/* name, label, HTTP status (0: none of ours), is it an error, sentence.
 * The sentence is what is said where there is no cause, which has one of its own. */
/* clang-format off */
#define ENDING_TABLE(row) \
  row(ENDING_COMPLETE, "complete", 0, false, "complete") \
  row(ENDING_UNREAD, "unread", 0, false, "the target answered without taking the whole request") \
  row(ENDING_LOCAL_OPTIONS, "local-options", 204, false, "answered here") \
  row(ENDING_LOCAL_TRACE, "local-trace", 405, false, "TRACE is not answered here") \
  row(ENDING_CLIENT_LEFT, "client-left", 499, true, "the client left first") \
  row(ENDING_BAD_REQUEST, "bad-request", 400, true, "malformed request") \
  row(ENDING_BAD_PATH, "bad-path", 400, true, "malformed path") \
  row(ENDING_BAD_BODY, "bad-body", 400, true, "malformed request body") \
  row(ENDING_NO_ROUTE, "no-route", 404, false, "not found") \
  row(ENDING_CONNECT, "connect", 405, true, "CONNECT is not allowed") \
  row(ENDING_HEAD_TIMEOUT, "head-timeout", 408, true, "the request head took too long") \
  row(ENDING_BODY_TOO_LARGE, "body-too-large", 413, true, "the request body is too large") \
  row(ENDING_TARGET_TOO_LONG, "target-too-long", 414, true, "the request target is too long") \
  row(ENDING_FIELDS_TOO_LARGE, "fields-too-large", 431, true, "the request's header fields are too large") \
  row(ENDING_UNKNOWN_CODING, "unknown-coding", 501, true, "this transfer coding is not implemented") \
  row(ENDING_VERSION, "version", 505, true, "this HTTP version is not supported; HTTP/1.1 and HTTP/1.0 are") \
  row(ENDING_LOOP, "loop", 508, true, "the request goes round in circles: does a target point back to this port?") \
  row(ENDING_REFUSED, "refused", 502, true, "no target could be reached") \
  row(ENDING_UPSTREAM_LEFT, "upstream-left", 502, true, "the target closed the connection before it answered") \
  row(ENDING_UPSTREAM_NONSENSE, "upstream-nonsense", 502, true, "the target's answer is not valid HTTP") \
  row(ENDING_NO_TARGET, "no-target", 503, true, "no target may be tried: all weights are 0") \
  row(ENDING_CONNECT_TIMEOUT, "connect-timeout", 504, true, "connecting to the target took too long") \
  row(ENDING_RESPONSE_TIMEOUT, "response-timeout", 504, true, "the target took too long to answer") \
  row(ENDING_UPSTREAM_STALLED, "upstream-stalled", 504, true, "the target stopped taking the request") \
  row(ENDING_NO_MEMORY, "no-memory", 503, true, "the system gave no memory or descriptors") \
  row(ENDING_UPSTREAM_CUT, "upstream-cut", 0, true, "the target broke off in the middle of its answer") \
  row(ENDING_IDLE, "idle", 408, true, "idle for too long") \
  row(ENDING_DRAIN, "drain", 0, true, "cut at shutdown") \
  row(ENDING_CLOSED_BY_CLIENT, "closed-by-client", 0, false, "closed by client") \
  row(ENDING_CLOSED_BY_TARGET, "closed-by-target", 0, false, "closed by target") \
  row(ENDING_RESET_BY_CLIENT, "reset-by-client", 0, true, "reset by client") \
  row(ENDING_RESET_BY_TARGET, "reset-by-target", 0, true, "reset by target")
/* clang-format on */

enum ending_reason {
#define ENDING_ENUM(name, label, status, is_error, sentence) name,
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
  enum cause cause; /* which rule was broken; CAUSE_NONE: `reason` says it all */
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
bool ending_is_error(enum ending_reason reason);

#endif
