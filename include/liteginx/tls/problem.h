/* A sentence that says what is wrong with a certificate, a key or the local CA, to be shown to the user as it is. */
#ifndef LITEGINX_TLS_PROBLEM_H
#define LITEGINX_TLS_PROBLEM_H

#include <stdbool.h>

#include "liteginx/base/ensure.h"

enum { TLS_PROBLEM_BYTES = 512 };

struct tls_problem {
  char text[TLS_PROBLEM_BYTES];
};

/* printf into it; what does not fit is cut. Always false, so that who finds a problem can return it. */
bool tls_problem_say(struct tls_problem *problem, const char *format, ...) ENSURE_PRINTF(2, 3);

/* The same for what only a lack of memory explains. OpenSSL's list of errors, which nobody reads then, is emptied. */
bool tls_problem_no_memory(struct tls_problem *problem);

#endif
