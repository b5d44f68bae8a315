/* A list of what is known to belong into the head; all else passes. */
#include "liteginx/http/trailer.h"

/* Beside those that have an id. */
static const struct str only_in_heads[] = {
    STR_INIT("authentication-info"),
    STR_INIT("cookie"),
    STR_INIT("set-cookie"),
    STR_INIT("cache-control"),
    STR_INIT("content-encoding"),
    STR_INIT("content-range"),
    STR_INIT("if-match"),
    STR_INIT("if-none-match"),
    STR_INIT("if-modified-since"),
    STR_INIT("if-range"),
    STR_INIT("range"),
    STR_INIT("if-unmodified-since"),
    STR_INIT("location"),
    STR_INIT("expires"),
    STR_INIT("age"),
    STR_INIT("vary"),
    STR_INIT("retry-after"),
    STR_INIT("pragma"),
    STR_INIT("http2-settings"),
};

bool trailer_passes(const struct head *head, struct str name) {
  if (field_id_of(name) != FIELD_OTHER || field_is_alias(name)) return false;
  for (size_t i = 0; i < sizeof only_in_heads / sizeof *only_in_heads; i++) {
    if (str_eq_nocase(name, only_in_heads[i])) return false;
  }
  return !head_connection_names(head, name);
}

static bool is_token(struct str s) {
  return s.len && head_token_length(s) == s.len;
}

bool trailer_next(const struct head *head, struct str *list, struct str *name) {
  while (str_next(list, ',', name)) {
    *name = str_trim(*name);
    if (is_token(*name) && trailer_passes(head, *name)) return true;
  }
  return false;
}

bool trailer_all_pass(const struct head *head, struct str list) {
  struct str name;
  bool all = list.len > 0;
  while (all && str_next(&list, ',', &name)) {
    name = str_trim(name);
    all = is_token(name) && trailer_passes(head, name);
  }
  return all;
}
