/* The registry as a list. GET, which nearly all requests are, is told without a look at it. */
#include "liteginx/http/method.h"

/* But for PRI, which is never served. Of the registered ones CONNECT, LOCK, PATCH and POST are not. */
static const struct str idempotent[] = {
    STR_INIT("ACL"),
    STR_INIT("BASELINE-CONTROL"),
    STR_INIT("BIND"),
    STR_INIT("CHECKIN"),
    STR_INIT("CHECKOUT"),
    STR_INIT("COPY"),
    STR_INIT("DELETE"),
    STR_INIT("HEAD"),
    STR_INIT("LABEL"),
    STR_INIT("LINK"),
    STR_INIT("MERGE"),
    STR_INIT("MKACTIVITY"),
    STR_INIT("MKCALENDAR"),
    STR_INIT("MKCOL"),
    STR_INIT("MKREDIRECTREF"),
    STR_INIT("MKWORKSPACE"),
    STR_INIT("MOVE"),
    STR_INIT("OPTIONS"),
    STR_INIT("ORDERPATCH"),
    STR_INIT("PROPFIND"),
    STR_INIT("PROPPATCH"),
    STR_INIT("PUT"),
    STR_INIT("QUERY"),
    STR_INIT("REBIND"),
    STR_INIT("REPORT"),
    STR_INIT("SEARCH"),
    STR_INIT("TRACE"),
    STR_INIT("UNBIND"),
    STR_INIT("UNCHECKOUT"),
    STR_INIT("UNLINK"),
    STR_INIT("UNLOCK"),
    STR_INIT("UPDATE"),
    STR_INIT("UPDATEREDIRECTREF"),
    STR_INIT("VERSION-CONTROL"),
};

bool method_is_idempotent(struct str method) {
  if (str_eq(method, STR("GET"))) return true;
  for (size_t i = 0; i < sizeof idempotent / sizeof *idempotent; i++) {
    if (str_eq(method, idempotent[i])) return true;
  }
  return false;
}
