/* As curl reads it: without a scheme it is HTTP, the path may be missing before a query, and a fragment stays at home. */
#include "liteginx/cli/url.h"

#include "liteginx/config/scalar.h"
#include "liteginx/http/request_target.h"

enum { DEFAULT_PORT = 80, DEFAULT_SECURE_PORT = 443 };

static struct str read_scheme(struct arena *arena, struct str scheme, bool *secure);
static size_t authority_length(struct str text);

struct str url_read(struct arena *arena, struct str text, struct url *url) {
  bool secure = false;
  struct str scheme = str_upto(text, str_find(text, ':')), behind = str_from(text, scheme.len);
  if (scheme.len && str_starts_with(behind, STR("://"))) {
    struct str fault = read_scheme(arena, scheme, &secure);
    if (!fault.ptr || fault.len) return fault;
    text = str_from(behind, 3);
  }
  size_t end = authority_length(text);
  *url = (struct url){.authority = str_upto(text, end), .secure = secure};
  if (str_find(url->authority, '@') < end) {
    return STR("leave the user out of the URL: a client sends that as -H 'Authorization: …'");
  }
  url->host = request_target_host_name(url->authority);
  struct str port = str_from(url->authority, url->host.len + 1);
  if (port.len && !scalar_number(port, 1, 65535, &url->port)) {
    return arena_printf(arena, "'%.*s' is no port", STR_ARG(port));
  }
  if (url->authority.len && url->port == 0) url->port = secure ? DEFAULT_SECURE_PORT : DEFAULT_PORT;
  url->target = url_target(arena, str_from(text, end));
  return url->target.ptr ? STR("") : url->target;
}

/* Empty: it is served. */
static struct str read_scheme(struct arena *arena, struct str scheme, bool *secure) {
  static const struct str served[] = {STR_INIT("http"), STR_INIT("ws"), STR_INIT("tcp")};
  *secure = str_eq_nocase(scheme, STR("https")) || str_eq_nocase(scheme, STR("wss"));
  if (*secure) return STR("");
  for (size_t i = 0; i < sizeof served / sizeof served[0]; i++) {
    if (str_eq_nocase(scheme, served[i])) return STR("");
  }
  return arena_printf(arena, "'%.*s://' is not served: ask for http://, https://, ws://, wss:// or tcp://",
                      STR_ARG(scheme));
}

/* No host ends in '*': that is the target. */
static size_t authority_length(struct str text) {
  size_t len = 0;
  while (len < text.len && text.ptr[len] != '/' && text.ptr[len] != '?' && text.ptr[len] != '#') len++;
  return len && text.ptr[len - 1] == '*' ? len - 1 : len;
}

struct str url_target(struct arena *arena, struct str text) {
  struct str target = str_upto(text, str_find(text, '#'));
  if (str_starts_with(target, STR("/")) || str_starts_with(target, STR("*"))) return target;
  return arena_printf(arena, "/%.*s", STR_ARG(target));
}
