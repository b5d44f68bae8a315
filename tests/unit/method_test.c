#include "liteginx/http/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

/* RFC 9110 §9.2.2 and §18.2, RFC 7237, and what was registered since. */
static const char *const good[] = {"GET",
                                   "HEAD",
                                   "OPTIONS",
                                   "TRACE",
                                   "PUT",
                                   "DELETE",
                                   "ACL",
                                   "BIND",
                                   "BASELINE-CONTROL",
                                   "CHECKIN",
                                   "CHECKOUT",
                                   "COPY",
                                   "LABEL",
                                   "LINK",
                                   "MERGE",
                                   "MKACTIVITY",
                                   "MKCALENDAR",
                                   "MKCOL",
                                   "MOVE",
                                   "ORDERPATCH",
                                   "MKREDIRECTREF",
                                   "PROPFIND",
                                   "PROPPATCH",
                                   "MKWORKSPACE",
                                   "QUERY",
                                   "REBIND",
                                   "REPORT",
                                   "SEARCH",
                                   "UNBIND",
                                   "UNCHECKOUT",
                                   "UNLINK",
                                   "UNLOCK",
                                   "UPDATE",
                                   "UPDATEREDIRECTREF",
                                   "VERSION-CONTROL"};

static const char *const bad[] = {"POST", "PATCH", "LOCK", "CONNECT", "get",    "Get",   "GE",       "GETS", "",
                                  "BAN",  "PURGE", "LIST", "SOURCE",  "NOTIFY", "QUERy", "M-SEARCH", "*",    "copy"};

static void the_registry_decides(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!method_is_idempotent(str_of(good[i]))) fail_msg("not idempotent: %s", good[i]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (method_is_idempotent(str_of(bad[i]))) fail_msg("idempotent: %s", bad[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_registry_decides)};
  return cmocka_run_group_tests_name("method", tests, NULL, NULL);
}
