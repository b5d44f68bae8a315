/* Compact on purpose: one line a listener, one line a route, and no more than a screenful of either. */
#include "liteginx/cli/banner.h"

#include <stdarg.h>
#include <stdio.h>

#include <uv.h>

#include "liteginx/action/table.h"
#include "liteginx/base/log.h"
#include "liteginx/cli/shell.h"

enum { SHOWN_BYTES = 200, ESCAPED_BYTES = 4 * SHOWN_BYTES, WORDS_BYTES = 64 * 1024 };

static const char *host_text(const struct config_address *address, bool six, char *room);
static void put_urls(struct buf *out, const struct config_listener *listener, struct banner_bound bound, bool color);
static void put_family_note(struct buf *out, const struct config_address *address, struct banner_bound bound);
static void put_route(struct buf *out, enum config_kind kind, const struct config_route *route, bool color);
static void put_action(struct buf *out, const struct config_route *route);
static void put_try(struct buf *out, const struct config_listener *listener, const struct config_route *route,
                    struct banner_bound bound);
static void put_talk(struct buf *out, const struct config_address *address, unsigned port);
static void put_curl(struct buf *out, const struct config_listener *listener, const struct config_route *route,
                     unsigned port);
static bool is_local_name(struct str host);
static void put_host_field(struct buf *out, struct str host);
static const char *reached_by(const struct config_address *address, char *room);
static void put_example_path(struct buf *out, const struct pattern *pattern);
static void put_url_text(struct buf *out, struct str s);
static void put_quoted(struct buf *out, struct str s);
static void put(struct buf *out, const char *text);
static void put_shown(struct buf *out, struct str s);

/* Select Graphic Rendition of ECMA-48. */
static const char bold[] = "\033[1m", dim[] = "\033[2m", plain[] = "\033[0m";

enum { HOST_BYTES = 64, TALK_BYTES = HOST_BYTES + 64 };

void banner_listener(struct buf *out, const struct config_listener *listener, struct banner_bound bound, bool color) {
  put_urls(out, listener, bound, color);
  put_family_note(out, &listener->address, bound);
  put(out, "\n");
  unsigned shown = listener->route_count <= BANNER_ROUTES ? listener->route_count : BANNER_ROUTES;
  for (unsigned i = 0; i < shown; i++) put_route(out, listener->kind, &listener->routes[i], color);
  if (shown < listener->route_count) banner_printf(out, "  … and %u more\n", listener->route_count - shown);
}

void banner_tries(struct buf *out, const struct config_listener *listener, struct banner_bound bound, unsigned count) {
  for (unsigned i = 0; i < listener->route_count && i < count; i++) {
    put_try(out, listener, &listener->routes[i], bound);
  }
}

void banner_printf(struct buf *out, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ENSURE(len >= 0);
  (void)buf_append(out, str_make(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1), BANNER_MAX_BYTES);
}

/* The host part of a URL for the address's IPv4 or IPv6 socket. */
static const char *host_text(const struct config_address *address, bool six, char *room) {
  const unsigned char *bytes = address->bytes;
  switch (address->scope) {
  case SCOPE_LOOPBACK:
    return "localhost";
  case SCOPE_ALL:
    return six ? "[::]" : "0.0.0.0";
  case SCOPE_IPV4:
    snprintf(room, HOST_BYTES, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    return room;
  case SCOPE_IPV6:
    room[0] = '[';
    if (uv_inet_ntop(AF_INET6, bytes, room + 1, HOST_BYTES - 2) != 0) break;
    memcpy(room + strlen(room), "]", sizeof "]");
    return room;
  case SCOPE_LOCAL:
    break;
  }
  return "?";
}

/* What clients have to say; a route without TLS may be reached by the other one as well. */
static const char *scheme_of(const struct config_listener *listener) {
  if (listener->kind == KIND_TCP) return listener->tls_count > 0 ? "tls" : "tcp";
  return listener->tls_count > 0 ? "https" : "http";
}

static void put_urls(struct buf *out, const struct config_listener *listener, struct banner_bound bound, bool color) {
  const char *scheme = scheme_of(listener);
  bool one_name = listener->address.scope == SCOPE_LOOPBACK;
  char room[HOST_BYTES];
  if (color) put(out, bold);
  if (listener->address.scope == SCOPE_LOCAL) {
    banner_printf(out, "%s://unix:", scheme);
    put_shown(out, listener->address.path);
  }
  if (bound.ipv4) {
    banner_printf(out, "%s://%s:%u", scheme, host_text(&listener->address, false, room), bound.port);
  }
  if (bound.ipv6 && !(bound.ipv4 && one_name)) {
    banner_printf(out, "%s%s://%s:%u", bound.ipv4 ? " and " : "", scheme, host_text(&listener->address, true, room),
                  bound.port);
  }
  if (color) put(out, plain);
  if (listener->address.scope == SCOPE_ALL && bound.ipv4 && bound.outward) {
    banner_printf(out, ", from other devices %s%s://%s:%u%s", color ? bold : "", scheme, bound.outward, bound.port,
                  color ? plain : "");
  }
}

static void put_family_note(struct buf *out, const struct config_address *address, struct banner_bound bound) {
  if (address->scope == SCOPE_LOOPBACK && bound.ipv4 && bound.ipv6) put(out, " (127.0.0.1 and ::1)");
  if (address->scope != SCOPE_LOOPBACK && address->scope != SCOPE_ALL) return;
  if (!bound.ipv6) put(out, " (IPv4 only: this system has no IPv6)");
  if (!bound.ipv4) put(out, " (IPv6 only: this system has no IPv4)");
}

static void put_route(struct buf *out, enum config_kind kind, const struct config_route *route, bool color) {
  put(out, "  ");
  if (kind == KIND_HTTP) {
    put_shown(out, route->host);
    put_shown(out, route->path);
    bool exact = route->pattern.match == PATTERN_EXACT;
    if (exact || route->has_rewrite) put(out, exact ? " (exact" : " (");
    if (exact && route->has_rewrite) put(out, ", ");
    if (route->has_rewrite) {
      put(out, "as ");
      put_shown(out, route->rewrite_text);
    }
    if (exact || route->has_rewrite) put(out, ")");
    put(out, " ");
  }
  put(out, "→ ");
  put_action(out, route);
  put(out, color ? "  " : "  · ");
  if (color) put(out, dim);
  put_shown(out, route->name);
  if (color) put(out, plain);
  put(out, "\n");
}

static void put_action(struct buf *out, const struct config_route *route) {
  struct arena arena;
  arena_init(&arena, NULL, WORDS_BYTES);
  (void)buf_append(out, action_of(route)->words(&arena, route), BANNER_MAX_BYTES);
  arena_reset(&arena);
}

static void put_try(struct buf *out, const struct config_listener *listener, const struct config_route *route,
                    struct banner_bound bound) {
  if (listener->kind == KIND_TCP) {
    put_talk(out, &listener->address, bound.port);
  } else {
    put_curl(out, listener, route, bound.port);
  }
}

static void put_talk(struct buf *out, const struct config_address *address, unsigned port) {
  char room[HOST_BYTES], talk[TALK_BYTES];
  put(out, "  ");
  if (address->scope == SCOPE_LOCAL) {
    put(out, "nc -U ");
    put_quoted(out, address->path);
  } else {
    shell_talk(talk, sizeof talk, reached_by(address, room), port);
    put(out, talk);
  }
  put(out, "\n");
}

/* Nothing, where no way to write the URL reaches curl as it is. */
static void put_curl(struct buf *out, const struct config_listener *listener, const struct config_route *route,
                     unsigned port) {
  const struct config_address *address = &listener->address;
  char room[HOST_BYTES];
  struct buf url = BUF_EMPTY;
  bool local = address->scope == SCOPE_LOCAL;
  const char *scheme = route->tls ? "https" : "http";
  /* By TLS the name counts before there is a field Host. */
  bool named = route->tls && !local && is_local_name(route->host);
  if (local) {
    banner_printf(&url, "%s://localhost", scheme);
  } else if (named) {
    banner_printf(&url, "%s://%.*s:%u", scheme, STR_ARG(route->host), port);
  } else {
    banner_printf(&url, "%s://%s:%u", scheme, reached_by(address, room), port);
  }
  put_example_path(&url, &route->pattern);
  struct str words = buf_view(&url);
  if (words.ptr && shell_takes(words)) {
    banner_printf(out, "  %s ", local ? "curl --unix-socket" : shell_curl());
    if (local) put_quoted(out, address->path);
    if (local) put(out, " ");
    if (str_find(words, '[') < words.len || str_find(words, ']') < words.len)
      put(out, "-g "); /* else a range, to curl */
    if (route->host.len && !named) put_host_field(out, route->host);
    put_quoted(out, words);
    put(out, "\n");
  }
  buf_free(&url);
}

/* One that leads to this machine without being asked for anywhere (RFC 6761 §6.3). */
static bool is_local_name(struct str host) {
  return !str_starts_with(host, STR("*.")) &&
         (str_eq(host, STR("localhost")) || str_ends_with(host, STR(".localhost")));
}

static void put_host_field(struct buf *out, struct str host) {
  bool wildcard = str_starts_with(host, STR("*."));
  banner_printf(out, "-H %cHost: %s", shell_quote(), wildcard ? "www" : "");
  put_shown(out, str_from(host, wildcard ? 1 : 0));
  banner_printf(out, "%c ", shell_quote());
}

static const char *reached_by(const struct config_address *address, char *room) {
  bool local = address->scope == SCOPE_LOOPBACK || address->scope == SCOPE_ALL;
  return local ? "localhost" : host_text(address, address->scope == SCOPE_IPV6, room);
}

/* A path that the pattern matches. */
static void put_example_path(struct buf *out, const struct pattern *pattern) {
  if (pattern->count == 0) put(out, "/");
  for (unsigned i = 0; i < pattern->count; i++) {
    const struct segment *segment = &pattern->segments[i];
    put(out, "/");
    put_url_text(out, segment->literal);
    if (segment->kind != SEGMENT_STATIC) put(out, "1");
    put_url_text(out, segment->suffix);
  }
}

/* Encodes what routing takes for the same encoded or not (BEHAVIOUR.md), and nothing else: another URL might not match. */
static void put_url_text(struct buf *out, struct str s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    bool special = c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL;
    banner_printf(out, special ? "%%%02X" : "%c", (unsigned char)c);
  }
}

/* For a shell. */
static void put_quoted(struct buf *out, struct str s) {
  char quote = shell_quote();
  (void)buf_append(out, str_make(&quote, 1), BANNER_MAX_BYTES);
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] == quote) {
      put(out, shell_quoted_quote());
    } else {
      (void)buf_append(out, str_make(s.ptr + i, 1), BANNER_MAX_BYTES);
    }
  }
  (void)buf_append(out, str_make(&quote, 1), BANNER_MAX_BYTES);
}

static void put(struct buf *out, const char *text) {
  (void)buf_append(out, str_of(text), BANNER_MAX_BYTES);
}

static void put_shown(struct buf *out, struct str s) {
  char text[ESCAPED_BYTES];
  size_t len = log_escape(text, sizeof text, str_upto(s, SHOWN_BYTES));
  (void)buf_append(out, str_make(text, len), BANNER_MAX_BYTES);
  if (s.len > SHOWN_BYTES) put(out, "…");
}
