/* Which fields go up and which come back: field by field, in the order in which they go, for a wire to write. Pure.
 * RFC 9110 §7.6 (hop-by-hop, Via, Max-Forwards), RFC 7239 and the X-Forwarded-* customs, BEHAVIOUR "HTTP/1.1".
 *
 * A wire begins with forward_begin_request or forward_begin_response, asks forward_received of each field of the
 * head, and then adds FORWARD_REQUEST_OWN or FORWARD_RESPONSE_OWN, and what forward_next_rule has of `rules` and
 * `cors`. What frames a message, or is about one connection (Connection, Upgrade, TE, Transfer-Encoding), is dropped
 * here and is the wire's to say. */
#ifndef LITEGINX_HTTP_FORWARD_H
#define LITEGINX_HTTP_FORWARD_H

#include "liteginx/http/head.h"
#include "liteginx/http/relocate.h"
#include "liteginx/http/request_target.h"
#include "liteginx/http/rule.h"

struct forward_request {
  const struct head *head;
  const struct request_target *parts;
  struct str path;          /* normalised and rewritten; "*" for the asterisk form */
  struct str host;          /* to send as Host */
  struct str client;        /* the peer's address without port, an IPv6 address without brackets; empty: it has none */
  struct str listener_port; /* empty: it has none */
  struct str proto;         /* "http" or "https": how the request has come */
  struct str client_cert;   /* the subject of the client's certificate; empty: none was asked for */
  struct str prefix;        /* X-Forwarded-Prefix; empty: none */
  struct str request_id;    /* X-Request-Id, where the client sends none; empty: none */
  bool host_of_target;      /* `host` becomes that of the target, once it is known */
  bool trusted;             /* the peer may say who it forwards for */
  bool close;               /* the connection will not be used again */
  bool max_forwards;        /* send Max-Forwards as `max_forwards_left`, not as received */
  uint64_t max_forwards_left;
  const struct rules *rules; /* the route's; NULL: none */
};

/* What a route does to its answers. */
struct forward_changes {
  struct rules rules;
  struct rules cors;               /* for an answer that says nothing of origins itself */
  const struct relocate *relocate; /* NULL: addresses stay as they are */
};

struct forward_response {
  const struct head *head;
  struct str date;                       /* HTTP date (RFC 9110 §5.6.7) to add where the response has none */
  bool switches;                         /* a 101 that opens a tunnel */
  const struct forward_changes *changes; /* NULL: none */
};

enum forward_verdict {
  FORWARD_DROP,
  FORWARD_KEEP,  /* as it was received */
  FORWARD_CHANGE /* with another value */
};

/* Our own fields, in their order, behind the received ones: id, name, value. One goes where its value is not empty and
 * forward_lacks says that no received one does. By name, so that a small request pays for no table. */
/* clang-format off */
#define FORWARD_REQUEST_OWN(row, forward) \
  row(FIELD_X_FORWARDED_FOR, "X-Forwarded-For", (forward)->request->client) \
  row(FIELD_X_FORWARDED_PROTO, "X-Forwarded-Proto", (forward)->request->proto) \
  row(FIELD_X_FORWARDED_HOST, "X-Forwarded-Host", (forward)->request->parts->host) \
  row(FIELD_X_FORWARDED_PORT, "X-Forwarded-Port", (forward)->request->listener_port) \
  row(FIELD_X_FORWARDED_PREFIX, "X-Forwarded-Prefix", (forward)->request->prefix) \
  row(FIELD_X_REQUEST_ID, "X-Request-Id", (forward)->request->request_id) \
  row(FIELD_X_CLIENT_CERT_SUBJECT, "X-Client-Cert-Subject", (forward)->request->client_cert) \
  row(FIELD_OTHER, "Via", forward_via((forward)->head))
#define FORWARD_RESPONSE_OWN(row, forward) \
  row(FIELD_DATE, "Date", (forward)->response->date)
/* clang-format on */

/* One head on its way. */
struct forward {
  const struct head *head;
  const struct forward_request *request;   /* NULL: it is a response */
  const struct forward_response *response; /* NULL: it is a request */
  bool failed;                             /* out of memory: what was written so far is worth nothing */
  /* private to forward.c: */
  uint32_t watched;                            /* ids of fields that cannot be kept without a look */
  uint32_t sent;                               /* of these, the ids that go */
  const struct rules *rules;                   /* of the request or the response; NULL: none */
  bool names_fields;                           /* a Connection field names more than what is dropped anyway */
  unsigned last_forwarded_for, last_forwarded; /* index of the field to extend; count of fields: none */
  char digits[STR_DECIMAL_BYTES];
};

void forward_begin_request(struct forward *forward, const struct forward_request *request);
void forward_begin_response(struct forward *forward, const struct forward_response *response);

/* What becomes of field `index` of the head, asked once for each, in order. *value: what it goes with, valid until the next
 * call. */
enum forward_verdict forward_received(struct forward *forward, unsigned index, struct str *value);

/* Our entry of it (RFC 9110 §7.6.3): by which version the request came. */
static inline struct str forward_via(const struct head *head) {
  const char *entry = head->http2 ? "2.0 liteginx" : head->minor ? "1.1 liteginx" : "1.0 liteginx";
  return str_make(entry, sizeof "1.1 liteginx" - 1);
}

/* Did no received field of this id go? FIELD_OTHER: whether or not. */
static inline bool forward_lacks(const struct forward *forward, enum field_id id) {
  return id == FIELD_OTHER || (forward->sent >> id & 1u) == 0;
}

/* Does field `index` of a response go, for who writes none? */
bool forward_response_goes(const struct forward_response *response, unsigned index);

/* After those: what a route's rules add. Returns the next one from *at on, which begins at 0, or NULL. */
static inline const struct rule *forward_next_rule(const struct rules *rules, unsigned *at) {
  while (*at < rules->count) {
    const struct rule *rule = &rules->at[(*at)++];
    if (rule->change != RULE_REMOVE) return rule;
  }
  return NULL;
}

/* No more bytes than this are needed for all fields that go, each with name, value and four bytes more. */
size_t forward_request_bytes(const struct forward_request *request);
size_t forward_response_bytes(const struct forward_response *response);

/* The tokens that this request may upgrade to, as one list in the head's arena: only HTTP/1.1 with the client's own
 * `Connection: upgrade`, never HTTP by another name (h2c, h2, h3, HTTP/…, TLS/…). Empty: none; ptr NULL: out of
 * memory. */
struct str forward_upgrade(const struct head *request);

/* All tokens of a response's Upgrade fields, as one such list; `foreign`: without HTTP by another name. */
struct str forward_upgrade_of(const struct head *response, bool foreign);

/* Was `upgrade` (from forward_upgrade) asked for what this 101 switches to? */
bool forward_upgrade_accepted(struct str upgrade, const struct head *response);

/* How often a request has come through a liteginx already, as its Via fields tell (RFC 9110 §7.6.3). */
unsigned forward_passes(const struct head *request);

/* Does a received Connection field name Host or Content-Length (400 in a request, 502 in a response)? Then `*named` is
 * the name. Transfer-Encoding is what RFC 9110 §7.6.1 lets a sender name there: it is about this connection, and each
 * side has a framing of its own anyway. */
bool forward_connection_forbidden(const struct head *head, struct str *named);

#endif
