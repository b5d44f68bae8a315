/* What a method of a request promises. Names are compared with their case, as RFC 9110 §9.1 asks. */
#ifndef LITEGINX_HTTP_METHOD_H
#define LITEGINX_HTTP_METHOD_H

#include <stdbool.h>

#include "liteginx/base/str.h"

/* Does the same request, sent twice, intend no more than one (RFC 9110 §9.2.2)? The "yes" of IANA's HTTP Method Registry
 * decides; a method that is not registered promises nothing. */
bool method_is_idempotent(struct str method);

#endif
