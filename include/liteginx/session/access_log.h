/* One line per exchange or TCP session, as text for people or JSON for programs. What a peer has sent is escaped. */
#ifndef LITEGINX_SESSION_ACCESS_LOG_H
#define LITEGINX_SESSION_ACCESS_LOG_H

#include "liteginx/base/ending.h"
#include "liteginx/base/log.h"
#include "liteginx/config/config.h"

/* What is told of one exchange (method set) or TCP session (method empty). Slices may be empty where unknown. */
struct access_record {
  uint64_t id;
  struct str client;            /* address without port */
  struct str method, host;      /* http */
  struct str path;              /* http: the target as received */
  unsigned status;              /* http */
  unsigned port;                /* tcp: the listener's */
  uint64_t bytes_in, bytes_out; /* content: from the client, to the client */
  uint64_t duration_us;
  struct str route;         /* name of the ingress */
  struct str target;        /* host:port */
  struct str upstream_path; /* with query */
  uint64_t upstream_us;     /* from the request sent to the response head; 0: none */
  unsigned retries;
  uint64_t held_ms;
  struct ending ending;
  struct str sentence; /* why it ended so, where the ending does not say it all; safe for a terminal; see reason.h */
};

/* Writes the record. `local`: the time of day as a terminal wants it, instead of RFC 3339. */
void access_log_write(struct log *log, enum config_access_log form, bool local, const struct access_record *record);

#endif
