/* Builds own answers. What a client or a configuration said is escaped for the form that it is put into. */
#include "liteginx/session/reply.h"

#include <stdio.h>

static bool make_body(struct arena *arena, const struct reply *reply, struct str *body, struct str *type);
static struct str list_routes(struct arena *arena, const struct snapshot_listener *listener);
static bool prefers_html(const struct head *request);
static unsigned quality_of(struct str accept, struct str type);
static struct str escape_json(struct arena *arena, struct str s);
static struct str escape_html(struct arena *arena, struct str s);
static struct str escape(struct arena *arena, struct str s, const char *(*replacement)(unsigned char c, char *room));

struct phrase {
  unsigned status;
  const char *text;
};

/* IANA's registry of status codes, but for the 1xx and what is unused. */
static const struct phrase phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

/* Empty where none is registered, which is allowed (RFC 9112 §4). */
static const char *reason_of(unsigned status) {
  for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
    if (phrases[i].status == status) return phrases[i].text;
  }
  return "";
}

/* RFC 9110 §8.6: no length with 204, and none with 304 where that of another answer is not known. */
bool reply_build(struct arena *arena, const struct reply *reply, struct head *head, struct str *content) {
  const struct plan_answer *given = reply->given;
  bool empty = reply->status == 204 || reply->status == 304;
  struct str body = given ? given->body : STR(""), type = given ? given->type : STR("");
  if (!given && !empty && !make_body(arena, reply, &body, &type)) return false;
  bool headless = reply->request && str_eq(reply->request->method, STR("HEAD"));
  *content = headless ? STR("") : body;
  head_init(head, arena);
  head->minor = 1;
  head->status = reply->status;
  head->reason = str_of(reason_of(reply->status));
  head->framing = empty || headless ? FRAMING_NONE : FRAMING_LENGTH;
  head->content_length = body.len;
  head->keep_alive = true;
  bool good = head_add(head, STR("Date"), reply->date);
  if (given && given->location.len) good = good && head_add(head, STR("Location"), given->location);
  if (type.len) good = good && head_add(head, STR("Content-Type"), type);
  if (type.len && !given) good = good && head_add(head, STR("Vary"), STR("Accept"));
  if (!empty) {
    struct str length = arena_printf(arena, "%zu", body.len);
    good = good && length.ptr && head_add(head, STR("Content-Length"), length);
  }
  return good && (reply->allow.len == 0 || head_add(head, STR("Allow"), reply->allow));
}

/* False: out of memory. */
static bool make_body(struct arena *arena, const struct reply *reply, struct str *body, struct str *type) {
  bool html = prefers_html(reply->request);
  struct str detail = html ? escape_html(arena, reply->detail) : escape_json(arena, reply->detail);
  if (!detail.ptr) return false;
  if (html) {
    struct str routes = reply->routes_of ? list_routes(arena, reply->routes_of) : STR("");
    *type = STR("text/html; charset=utf-8");
    *body =
        arena_printf(arena,
                     "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%u %s</title></head>\n"
                     "<body><h1>%u %s</h1>\n<p>%.*s</p>\n%.*s<hr><p>liteginx</p></body></html>\n",
                     reply->status, reason_of(reply->status), reply->status, reason_of(reply->status), STR_ARG(detail),
                     STR_ARG(routes));
  } else {
    *type = STR("application/json");
    *body = arena_printf(arena, "{\"detail\":\"%.*s\"}\n", STR_ARG(detail));
  }
  return body->ptr != NULL;
}

/* Where else to go. Empty where there is no memory for it: the page says the same without. */
static struct str list_routes(struct arena *arena, const struct snapshot_listener *listener) {
  struct str list = STR("<p>This port has:</p>\n<ul>\n");
  unsigned listed = listener->route_count < REPLY_ROUTES ? listener->route_count : REPLY_ROUTES;
  for (unsigned i = 0; i < listed && list.ptr; i++) {
    const struct config_route *route = listener->routes[i].config;
    struct str host = escape_html(arena, route->host), path = escape_html(arena, route->path);
    /* Only what leads somewhere as it stands is a link. */
    bool link = route->host.len == 0 && str_find(route->path, '{') == route->path.len;
    if (!host.ptr || !path.ptr) return STR("");
    list = link ? arena_printf(arena, "%.*s<li><a href=\"%.*s\">%.*s</a></li>\n", STR_ARG(list), STR_ARG(path),
                               STR_ARG(path))
                : arena_printf(arena, "%.*s<li>%.*s%.*s</li>\n", STR_ARG(list), STR_ARG(host), STR_ARG(path));
  }
  unsigned more = listener->route_count - listed;
  if (list.ptr && more) list = arena_printf(arena, "%.*s<li>and %u more</li>\n", STR_ARG(list), more);
  if (list.ptr) list = arena_printf(arena, "%.*s</ul>\n", STR_ARG(list));
  return list.ptr ? list : STR("");
}

/* Only who names text/html itself, with no less quality than JSON, gets it: browsers do, curl's any-type does not. */
static bool prefers_html(const struct head *request) {
  const struct field *accept = request && request->fields ? head_find(request, FIELD_ACCEPT) : NULL;
  if (!accept) return false;
  unsigned html = quality_of(accept->value, STR("text/html"));
  return html > 0 && html >= quality_of(accept->value, STR("application/json"));
}

/* In thousandths (RFC 9110 §12.4.2); 0 where it is not listed. */
static unsigned quality_of(struct str accept, struct str type) {
  struct str rest = accept, element;
  while (str_next(&rest, ',', &element)) {
    struct str parameters = element, part;
    if (!str_next(&parameters, ';', &part) || !str_eq_nocase(str_trim(part), type)) continue;
    unsigned quality = 1000;
    while (str_next(&parameters, ';', &part)) {
      part = str_trim(part);
      if (part.len < 3 || !str_eq_nocase(str_upto(part, 2), STR("q="))) continue;
      quality = part.ptr[2] == '1' ? 1000 : 0;
      unsigned unit = 100;
      for (size_t i = 4; i < part.len && unit && part.ptr[i] >= '0' && part.ptr[i] <= '9'; i++, unit /= 10) {
        if (quality < 1000) quality += unit * (unsigned)(part.ptr[i] - '0');
      }
    }
    return quality;
  }
  return 0;
}

static const char *json_replacement(unsigned char c, char *room) {
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c >= 0x20) return NULL;
  snprintf(room, 8, "\\u%04x", (unsigned)c);
  return room;
}

static struct str escape_json(struct arena *arena, struct str s) {
  return escape(arena, s, json_replacement);
}

static const char *html_replacement(unsigned char c, char *room) {
  (void)room;
  switch (c) {
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '&':
    return "&amp;";
  case '"':
    return "&quot;";
  default:
    return NULL;
  }
}

static struct str escape_html(struct arena *arena, struct str s) {
  return escape(arena, s, html_replacement);
}

static struct str escape(struct arena *arena, struct str s, const char *(*replacement)(unsigned char c, char *room)) {
  enum { LONGEST = 6 };
  char *out = arena_alloc(arena, s.len * LONGEST + 1);
  size_t len = 0;
  if (!out) return (struct str){NULL, 0};
  for (size_t i = 0; i < s.len; i++) {
    char room[8];
    const char *instead = replacement((unsigned char)s.ptr[i], room);
    size_t count = instead ? strlen(instead) : 1;
    ENSURE(count <= LONGEST);
    memcpy(out + len, instead ? instead : s.ptr + i, count);
    len += count;
  }
  return str_make(out, len);
}
