#include "liteginx/http/trailer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

static const char *const good[] = {"X", "Server-Timing", "ETag", "Digest", "grpc-status", "Content-MD5", "_", "X_Y"};

static const char *const bad[] = {
    "Content-Length", "TRANSFER-ENCODING", "Host",     "Connection",          "Keep-Alive", "TE",           "Trailer",
    "Upgrade",        "Proxy-Connection",  "Via",      "Forwarded",           "X-Real-IP",  "Max-Forwards", "Expect",
    "Authorization",  "www-authenticate",  "Cookie",   "Set-Cookie",          "Range",      "If-Match",     "Location",
    "Content-Type",   "content-encoding",  "Date",     "X-Forwarded-For",     "Vary",       "Age",          "Pragma",
    "Content_Length", "HTTP2-Settings",    "X-Listed", "X_Forwarded_Whoever", "Accept",
};

static void what_belongs_into_heads_does_not_pass(void **state) {
  (void)state;
  struct arena arena;
  struct head head;
  arena_init(&arena, NULL, 1 << 16);
  head_init(&head, &arena);
  assert_true(head_add(&head, STR("Connection"), STR("close, x-listed")));
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    if (!trailer_passes(&head, str_of(good[i]))) fail_msg("dropped: %s", good[i]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (trailer_passes(&head, str_of(bad[i]))) fail_msg("passes: %s", bad[i]);
  }
  arena_reset(&arena);
}

static void lists_are_taken_apart(void **state) {
  (void)state;
  static const struct {
    const char *list, *want; /* each name with a `|` behind it */
    bool all;
  } rows[] = {
      {"a", "a|", true}, {"a,b ,\tc", "a|b|c|", true}, {"a, host, b", "a|b|", false},        {"host, te", "", false},
      {"", "", false},   {",a,", "a|", false},         {"a b, c;q=1, \"d\", e", "e|", false}};
  struct arena arena;
  struct head head;
  arena_init(&arena, NULL, 1 << 16);
  head_init(&head, &arena);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct str list = str_of(rows[i].list), name;
    char text[64];
    size_t len = 0;
    assert_int_equal(trailer_all_pass(&head, list), rows[i].all);
    while (trailer_next(&head, &list, &name)) {
      memcpy(text + len, name.ptr, name.len);
      len += name.len;
      text[len++] = '|';
    }
    if (!str_eq(str_make(text, len), str_of(rows[i].want))) fail_msg("%s: %.*s", rows[i].list, (int)len, text);
  }
  arena_reset(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_belongs_into_heads_does_not_pass),
      cmocka_unit_test(lists_are_taken_apart),
  };
  return cmocka_run_group_tests_name("trailer", tests, NULL, NULL);
}
