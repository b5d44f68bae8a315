/* The names are those of nginx and of Caddy, whose configurations are copied most. */
#include "liteginx/config/value_hint.h"

#include "liteginx/config/path_habit.h"
#include "liteginx/config/report.h"

static struct str read_reference(struct str text, struct str *name);
static struct str advice(struct arena *arena, char sign, struct str name, bool request);

#define SENT(field) "(targets get " field " without a word of yours)"

static const struct {
  const char *names; /* a blank between them */
  struct str advice;
  bool sent; /* with a request */
} known[] = {
    {"host http_host hostport http.request.host http.request.hostport", STR_INIT("(write '{host}')"), false},
    {"remote_addr realip_remote_addr remote_host http.request.remote.host", STR_INIT("(write '{client_ip}')"), false},
    {"uri request_uri document_uri http.request.uri http.request.uri.path", STR_INIT("(write '{path}')"), false},
    {"proxy_add_x_forwarded_for http_x_forwarded_for", STR_INIT(SENT("X-Forwarded-For")), true},
    {"scheme http.request.scheme", STR_INIT(SENT("X-Forwarded-Proto")), true},
    {"request_id http.request.uuid", STR_INIT(SENT("X-Request-Id")), true},
};

struct str value_hint(struct arena *arena, struct str text, bool dollars, bool request, size_t *offset) {
  for (*offset = 0; *offset < text.len;) {
    struct str rest = str_from(text, *offset), name;
    struct str reference = read_reference(rest, &name);
    struct str found = STR("");
    if (name.len && (dollars || rest.ptr[0] != '$')) found = advice(arena, rest.ptr[0], name, request);
    if (found.len || !found.ptr) return found;
    *offset += reference.len;
  }
  return STR("");
}

/* The reference at the front of the text, or so much of it that is none: then the name is empty. */
static struct str read_reference(struct str text, struct str *name) {
  *name = STR("");
  if (text.ptr[0] == '$') {
    *name = path_habit_name(str_from(text, 1));
    return str_upto(text, 1 + name->len);
  }
  if (text.ptr[0] != '{') return str_upto(text, 1);
  if (str_starts_with(text, STR("{{"))) return str_upto(text, 2);
  size_t end = str_find(text, '}');
  if (end == text.len) return text;
  *name = str_make(text.ptr + 1, end - 1);
  return str_upto(text, end + 1);
}

/* In capitals it is taken for a variable of the environment, which others tell about. Of names in braces a parser of ours tells
 * that it does not know them. */
static struct str advice(struct arena *arena, char sign, struct str name, bool request) {
  bool small = false;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct str rest = str_of(known[i].names), one;
    while (str_next(&rest, ' ', &one)) {
      bool ours = sign == '{' && (str_eq(one, STR("host")) || str_eq(one, STR("path")));
      if (str_eq(one, name) && !ours && (request || !known[i].sent)) return known[i].advice;
    }
  }
  for (size_t i = 0; i < name.len; i++) small |= name.ptr[i] >= 'a' && name.ptr[i] <= 'z';
  if (sign != '$' || !small) return STR("");
  return arena_printf(arena, "(nothing stands for '$%.*s' here; for this text, write its '$' twice)", STR_ARG(name));
}

struct str value_hint_host(struct arena *arena, struct str text) {
  static const char *const kept[] = {"$host", "$http_host", "{host}", "{http.request.host}", "{http.request.hostport}"};
  static const char *const targets[] = {"$proxy_host", "$upstream_addr", "{upstream_hostport}",
                                        "{http.reverse_proxy.upstream.hostport}", "{target}"};
  size_t offset = 0;
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    if (str_eq(text, str_of(kept[i]))) return STR("(write 'preserve', or leave it out)");
  }
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    if (str_eq(text, str_of(targets[i]))) return STR("(write 'target')");
  }
  bool filled = str_find(text, '{') < text.len || value_hint(arena, text, true, true, &offset).len > 0;
  return filled ? STR("(nothing is filled in here: write 'preserve', 'target', or the name itself)") : STR("");
}

const char *value_hint_host_word(struct str text) {
  static const char *const words[] = {"preserve", "target", NULL};
  static const char *const meant[][2] = {{"true", "preserve"}, {"client", "preserve"}, {"original", "preserve"},
                                         {"false", "target"},  {"upstream", "target"}, {"backend", "target"},
                                         {"auto", "target"},   {"none", "target"}};
  for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++) {
    if (str_eq_nocase(text, str_of(meant[i][0]))) return meant[i][1];
  }
  return config_nearest(text, words);
}
