/* One line per exchange or TCP session, as text for people or JSON for programs; on a terminal one more where such begins
 * that has no end of its own. What a peer has sent is escaped. */
#ifndef LITEGINX_SESSION_ACCESS_LOG_H
#define LITEGINX_SESSION_ACCESS_LOG_H

#include "liteginx/base/ending.h"
#include "liteginx/base/log.h"
#include "liteginx/config/config.h"

/* How text is laid out. */
struct access_look {
  bool terminal; /* the time is local; what has no end of its own is told when it begins, too */
  bool color;    /* of the status */
};

/* What is told of one exchange (method set) or TCP session (method empty). Slices may be empty where unknown. */
struct access_record {
  uint64_t id;
  struct str request_id;        /* http: X-Request-Id, the client's or ours */
  bool handshake;               /* it is neither: TLS came to nothing */
  struct str client;            /* address without port; "unix:" for one that has none */
  struct str method, host;      /* http */
  struct str path;              /* http: the target as received */
  unsigned status;              /* http */
  unsigned listener_port;       /* 0: it is a Unix socket, */
  struct str socket;            /* with this path */
  bool named;                   /* http: text shows the host, since some routes of this listener have one */
  bool several;                 /* http: text shows the port, since there is more than this listener */
  uint64_t bytes_in, bytes_out; /* content: from the client, to the client */
  uint64_t duration_us;
  struct str route;         /* name of the ingress */
  struct str target;        /* host:port, or unix:PATH */
  struct str upstream_path; /* with query; text leaves it out where it is `path` */
  const char *action;       /* what its route has answered by; NULL: it has not */
  struct str location;      /* where that sends to; may be empty */
  uint64_t upstream_us;     /* from the request sent to the response head; 0: none */
  unsigned retries;
  uint64_t held_ms;
  struct ending ending;
  struct str sentence; /* where the ending has a cause: why it ended so; safe for a terminal; see reason.h */
};

/* Writes the record of what has ended. */
void access_log_write(struct log *log, enum config_access_log form, struct access_look look,
                      const struct access_record *record);

/* Writes, where text goes to a terminal, that `what` ("tunnel", "event stream"; empty: the session itself) has begun. The
 * record may say no more than is known by then. */
void access_log_begin(struct log *log, enum config_access_log form, struct access_look look, struct str what,
                      const struct access_record *record);

#endif
