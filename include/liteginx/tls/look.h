/* What is to be said of the files that a document names for TLS, before anybody connects. */
#ifndef LITEGINX_TLS_LOOK_H
#define LITEGINX_TLS_LOOK_H

#include "liteginx/base/str.h"
#include "liteginx/tls/problem.h"

enum tls_look_part { TLS_LOOK_CERTIFICATE, TLS_LOOK_KEY, TLS_LOOK_CLIENT_CA };

struct tls_finding {
  bool is_error;
  enum tls_look_part part;
  struct tls_problem words;
};

/* At most so many. */
enum { TLS_FINDINGS_MAX = 4 };

/* `hosts` as struct tls_identity has them; texts may be empty. `now_s`: seconds since 1970. How many findings there are: that the
 * pair does not fit, that it is out of date or soon will be, that it does not cover a host, that there is no authority. */
unsigned tls_look(struct str certificate, struct str key, struct str client_ca, const struct str *hosts,
                  unsigned host_count, int64_t now_s, struct tls_finding findings[TLS_FINDINGS_MAX]);

#endif
