/* A field is copied as the line that HTTP/1 would write for it: then a target that speaks HTTP/1 gets runs of them as they
 * stand. What nghttp2 has refused already (capitals in names, pseudo-fields out of place, fields of a connection, lengths
 * that differ) does not come here; control characters are looked for again, since what they do to HTTP/1 is worst. */
#include "liteginx/wire/http2_head.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "liteginx/base/sha1.h"
#include "liteginx/http/cors.h"

static void too_large(struct http2_head_reader *reader, enum cause cause, struct str name, struct str value);
static void fail(struct http2_head_reader *reader, enum cause cause, struct str name, struct str value);
static void refuse(struct http2_head_reader *reader, enum cause cause, struct str culprit);
static bool is_sound(struct str value);
static bool pseudo_field(struct http2_head_reader *reader, struct str name, struct str value);
static struct str copy_line(struct http2_head_reader *reader, struct str name, struct str value);
static void add(struct http2_head_reader *reader, struct str name, struct str value, enum field_id id);
static void join_cookies(struct http2_head_reader *reader);
static void frame(struct http2_head_reader *reader, bool end);
static void put(nghttp2_nv *list, size_t *count, struct str name, struct str value);
static void put_rules(nghttp2_nv *list, size_t *count, const struct rules *rules);

enum { FIRST_FIELDS = 16, TEXT_BYTES = 768, OVERHEAD_BYTES = 32 };

void http2_head_begin(struct http2_head_reader *reader, struct head *head, const struct wire_limits *limits,
                      bool trailers) {
  *reader = (struct http2_head_reader){.head = head, .limits = limits, .trailers = trailers};
  if (trailers) return;
  head->http2 = head->keep_alive = true;
  head->minor = 1;
  if (!head_reserve(head, FIRST_FIELDS)) fail(reader, CAUSE_NO_MEMORY, STR(""), STR(""));
}

void http2_head_field(struct http2_head_reader *reader, struct str name, struct str value) {
  reader->bytes += name.len + value.len + OVERHEAD_BYTES;
  if (reader->fault != CAUSE_NONE) return;
  bool pseudo = name.len > 0 && name.ptr[0] == ':';
  if (reader->bytes > reader->limits->max_head_bytes) {
    too_large(reader, CAUSE_HEAD_TOO_LARGE, name, value);
  } else if (!is_sound(value)) {
    fail(reader, CAUSE_FIELD_CONTROL, name, value);
    reader->malformed = true;
  } else if (!pseudo && ++reader->fields > reader->limits->max_fields) {
    too_large(reader, reader->trailers ? CAUSE_TOO_MANY_TRAILERS : CAUSE_TOO_MANY_FIELDS, name, value);
  } else if (!pseudo || !pseudo_field(reader, name, value)) {
    add(reader, name, value, field_id_of(name));
  }
}

bool http2_head_is_bomb(const struct http2_head_reader *reader) {
  return reader->bytes / HTTP2_HEAD_BOMB > reader->limits->max_head_bytes;
}

/* --- faults --- */

/* What is too large is named by its largest field, of which only the beginning may be kept. */
static void too_large(struct http2_head_reader *reader, enum cause cause, struct str name, struct str value) {
  enum { KEPT_BYTES = 256 };
  size_t len = name.len + strlen(": ") + value.len;
  bool path = str_eq(name, STR(":path")), alone = len + OVERHEAD_BYTES > reader->limits->max_head_bytes;
  if (reader->trailers) cause = cause == CAUSE_HEAD_TOO_LARGE ? CAUSE_TRAILERS_TOO_LARGE : cause;
  if (cause == CAUSE_HEAD_TOO_LARGE && alone) cause = path ? CAUSE_TARGET_TOO_LONG : CAUSE_FIELD_TOO_LARGE;
  if (len <= reader->largest.len) {
    refuse(reader, cause, reader->largest);
    return;
  }
  fail(reader, cause, name, str_upto(value, KEPT_BYTES));
}

static void fail(struct http2_head_reader *reader, enum cause cause, struct str name, struct str value) {
  struct str line = arena_printf(reader->head->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(value));
  refuse(reader, cause, line.ptr ? line : STR(""));
}

static void refuse(struct http2_head_reader *reader, enum cause cause, struct str culprit) {
  reader->fault = cause;
  reader->culprit = culprit;
}

/* --- fields --- */

static bool is_control(char c) {
  return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* Neither control characters nor blanks at its ends (RFC 9113 §8.2.1). */
static bool is_sound(struct str value) {
  if (str_trim(value).len < value.len) return false;
  for (size_t i = 0; i < value.len; i++) {
    if (is_control(value.ptr[i])) return false;
  }
  return true;
}

/* True: there is no field of it. Host comes first, where it is known first. */
static bool pseudo_field(struct http2_head_reader *reader, struct str name, struct str value) {
  struct head *head = reader->head;
  struct str *to = NULL;
  if (str_eq(name, STR(":authority"))) {
    reader->authority = true;
    add(reader, STR("Host"), value, FIELD_HOST);
    return true;
  }
  if (str_eq(name, STR(":method"))) to = &head->method;
  if (str_eq(name, STR(":path"))) to = &head->request_target;
  if (str_eq(name, STR(":protocol"))) to = &reader->protocol;
  if (!to) return true; /* :scheme: what it says nobody may trust */
  struct str line = copy_line(reader, name, value);
  if (!line.ptr) return true;
  *to = str_make(line.ptr + name.len + strlen(": "), value.len);
  /* In a request line it would be two. */
  bool blank = str_find(value, ' ') < value.len || str_find(value, '\t') < value.len;
  if (blank || (to == &head->method && head_token_length(value) < value.len)) {
    refuse(reader, CAUSE_HTTP2_MALFORMED, line);
    reader->malformed = true;
  }
  return true;
}

/* ptr NULL: out of memory, which is noted. */
static struct str copy_line(struct http2_head_reader *reader, struct str name, struct str value) {
  size_t len = name.len + value.len + strlen(": \r\n");
  if (len > reader->room) {
    size_t room = len > TEXT_BYTES ? len : TEXT_BYTES;
    reader->text = arena_alloc(reader->head->arena, room);
    reader->room = reader->text ? room : 0;
    if (!reader->text) {
      refuse(reader, CAUSE_NO_MEMORY, STR(""));
      return (struct str){NULL, 0};
    }
  }
  char *line = reader->text;
  memcpy(line, name.ptr, name.len);
  memcpy(line + name.len, ": ", 2);
  if (value.len) memcpy(line + name.len + 2, value.ptr, value.len);
  memcpy(line + len - 2, "\r\n", 2);
  reader->text += len;
  reader->room -= len;
  return str_make(line, len - strlen("\r\n"));
}

static void add(struct http2_head_reader *reader, struct str name, struct str value, enum field_id id) {
  struct head *head = reader->head;
  if (id == FIELD_HOST && head_has(head, FIELD_HOST)) {
    const struct field *known = head_find(head, FIELD_HOST);
    /* RFC 9113 §8.3.1: only the same once more. */
    if (reader->authority && str_eq(known->name, STR("Host")) && str_eq_nocase(known->value, value)) return;
    reader->malformed = true;
    fail(reader, CAUSE_HTTP2_HOSTS, STR("Host"), value);
    reader->culprit = str_from(reader->culprit, strlen("Host: "));
    return;
  }
  struct str line = copy_line(reader, name, value);
  if (!line.ptr) return;
  struct field *field = head_push(head, id);
  if (!field) {
    refuse(reader, CAUSE_NO_MEMORY, STR(""));
    return;
  }
  field->name = str_upto(line, name.len);
  field->value = str_make(line.ptr + name.len + strlen(": "), value.len);
  field->plain = true;
  if (line.len > reader->largest.len) reader->largest = line;
  if (str_eq(name, STR("cookie")) && reader->cookies++ == 0) reader->first_cookie = head->count - 1;
}

/* --- the end --- */

bool http2_head_is_websocket(const struct http2_head_reader *reader) {
  return reader->fault == CAUSE_NONE && str_eq(reader->head->method, STR("CONNECT")) &&
         str_eq_nocase(reader->protocol, STR("websocket"));
}

/* A key of the client's own would be that of nobody: over HTTP/2 there is none. */
void http2_head_upgrade(struct http2_head_reader *reader, const unsigned char random[HTTP2_KEY_BYTES],
                        char key[HTTP2_KEY_LEN]) {
  struct head *head = reader->head;
  struct str name = STR("Sec-WebSocket-Key");
  unsigned kept = 0;
  sha1_base64(random, HTTP2_KEY_BYTES, key);
  for (unsigned i = 0; i < head->count; i++) {
    if (str_eq_nocase(head->fields[i].name, name)) continue;
    if (reader->cookies > 0 && i == reader->first_cookie) reader->first_cookie = kept;
    head->fields[kept++] = head->fields[i];
  }
  head->count = kept;
  head->method = STR("GET");
  add(reader, STR("Connection"), STR("Upgrade"), FIELD_CONNECTION);
  add(reader, STR("Upgrade"), STR("websocket"), FIELD_UPGRADE);
  add(reader, name, str_make(key, HTTP2_KEY_LEN), FIELD_OTHER);
}

bool http2_head_accepts(const struct head *response, const char key[HTTP2_KEY_LEN]) {
  static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char text[HTTP2_KEY_LEN + sizeof suffix - 1], expected[SHA1_BASE64_LEN(SHA1_BYTES)];
  unsigned char digest[SHA1_BYTES];
  unsigned accepted = 0, said = 0;
  memcpy(text, key, HTTP2_KEY_LEN);
  memcpy(text + HTTP2_KEY_LEN, suffix, sizeof suffix - 1);
  sha1_of(str_make(text, sizeof text), digest);
  sha1_base64(digest, sizeof digest, expected);
  for (unsigned i = 0; i < response->count; i++) {
    if (!str_eq_nocase(response->fields[i].name, STR("Sec-WebSocket-Accept"))) continue;
    said++;
    accepted += str_eq(response->fields[i].value, str_make(expected, sizeof expected));
  }
  return said == 1 && accepted == 1;
}

void http2_head_end(struct http2_head_reader *reader, bool end) {
  if (reader->fault != CAUSE_NONE || reader->trailers) return;
  struct head *head = reader->head;
  if (reader->cookies > 1) join_cookies(reader);
  bool connect = str_eq(head->method, STR("CONNECT")) && reader->protocol.len == 0;
  const struct field *host = head_find(head, FIELD_HOST);
  if (connect && host) head->request_target = host->value;
  if (head->method.len == 0 || head->request_target.len == 0) {
    refuse(reader, CAUSE_HTTP2_MALFORMED, STR("a pseudo-field is missing"));
    reader->malformed = true;
    return;
  }
  frame(reader, end);
}

/* RFC 9113 §8.2.3: crumbs become one field again. */
static void join_cookies(struct http2_head_reader *reader) {
  struct head *head = reader->head;
  size_t bytes = 0, len = 0;
  for (unsigned i = 0; i < head->count; i++) {
    if (str_eq(head->fields[i].name, STR("cookie"))) bytes += head->fields[i].value.len + strlen("; ");
  }
  char *text = arena_alloc(head->arena, bytes);
  if (!text) {
    refuse(reader, CAUSE_NO_MEMORY, STR(""));
    return;
  }
  unsigned kept = 0;
  for (unsigned i = 0; i < head->count; i++) {
    struct field *field = &head->fields[i];
    bool cookie = str_eq(field->name, STR("cookie"));
    if (cookie) {
      if (len) memcpy(text + len, "; ", 2), len += 2;
      if (field->value.len) memcpy(text + len, field->value.ptr, field->value.len);
      len += field->value.len;
    }
    if (!cookie || i == reader->first_cookie) head->fields[kept++] = *field;
  }
  head->count = kept;
  struct field *joined = &head->fields[reader->first_cookie];
  joined->value = str_make(text, len);
  joined->plain = false;
}

/* How long it is nghttp2 has compared with the content, where both are known. */
static void frame(struct http2_head_reader *reader, bool end) {
  static const struct str with_content[] = {STR_INIT("POST"), STR_INIT("PUT"), STR_INIT("PATCH")};
  struct head *head = reader->head;
  const struct field *length = head_find(head, FIELD_CONTENT_LENGTH);
  if (length) {
    bool good = str_to_u64(length->value, &head->content_length) && head->content_length <= INT64_MAX;
    head->framing = FRAMING_LENGTH;
    if (good) return;
    refuse(reader, CAUSE_LENGTH_TOO_LARGE, length->value);
    reader->malformed = true;
    return;
  }
  bool tunnel = reader->protocol.len > 0 || str_eq(head->method, STR("CONNECT"));
  head->framing = end || tunnel ? FRAMING_NONE : FRAMING_CHUNKED;
  /* RFC 9110 §8.6: where content has a meaning, its absence is said. */
  for (size_t i = 0; end && i < sizeof with_content / sizeof *with_content; i++) {
    if (!str_eq(head->method, with_content[i])) continue;
    add(reader, STR("Content-Length"), STR("0"), FIELD_CONTENT_LENGTH);
    head->framing = FRAMING_LENGTH;
  }
}

/* --- written --- */

/* The cast only takes const away: nghttp2 copies what it is given, names in small letters. */
static void put(nghttp2_nv *list, size_t *count, struct str name, struct str value) {
  list[(*count)++] = (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name.ptr,
                                  .namelen = name.len,
                                  .value = (uint8_t *)(uintptr_t)(value.ptr ? value.ptr : ""),
                                  .valuelen = value.len};
}

static void put_rules(nghttp2_nv *list, size_t *count, const struct rules *rules) {
  unsigned at = 0;
  for (const struct rule *rule; (rule = forward_next_rule(rules, &at)) != NULL;)
    put(list, count, rule->name, rule->value);
}

#define PUT_OWN(id, name, value) \
  if (forward_lacks(&forward, id) && (value).len) put(list, &count, STR(name), value);

/* Digits that a change needs are valid until the next call alone, so they are copied. */
struct str http2_head_answer(const struct forward_response *response, bool websocket) {
  enum { OWN_FIELDS = 4, STATUS_BYTES = 3 };
  const struct head *head = response->head;
  size_t room = head->count + OWN_FIELDS, count = 0;
  if (response->changes) room += response->changes->rules.count + response->changes->cors.count;
  nghttp2_nv *list = arena_alloc(head->arena, room * sizeof *list);
  char *status = arena_alloc(head->arena, STATUS_BYTES);
  char digits[STR_DECIMAL_BYTES];
  if (!list || !status || head->status > 999) return (struct str){NULL, 0};
  struct str code = str_of_u64(digits, websocket ? 200 : head->status);
  memcpy(status, code.ptr, STATUS_BYTES);
  put(list, &count, STR(":status"), str_make(status, STATUS_BYTES));
  struct forward forward;
  forward_begin_response(&forward, response);
  for (unsigned i = 0; i < head->count; i++) {
    struct str name = head->fields[i].name, value;
    enum forward_verdict verdict = forward_received(&forward, i, &value);
    if (verdict == FORWARD_DROP || (websocket && str_eq_nocase(name, STR("sec-websocket-accept")))) continue;
    if (verdict == FORWARD_CHANGE) value = arena_dup(head->arena, value);
    if (!value.ptr) return (struct str){NULL, 0};
    put(list, &count, name, value);
  }
  FORWARD_RESPONSE_OWN(PUT_OWN, &forward)
  if (response->changes) {
    put_rules(list, &count, &response->changes->rules);
    if (!cors_is_said(head, &response->changes->rules)) put_rules(list, &count, &response->changes->cors);
  }
  ENSURE(count <= room);
  return forward.failed ? (struct str){NULL, 0} : str_make((const char *)list, count * sizeof *list);
}

struct str http2_head_last_resort(void) {
  static uint8_t status[] = ":status", code[] = "503", length[] = "content-length", none[] = "0";
  static nghttp2_nv list[] = {{status, code, 7, 3, NGHTTP2_NV_FLAG_NONE}, {length, none, 14, 1, NGHTTP2_NV_FLAG_NONE}};
  return str_make((const char *)list, sizeof list);
}

struct str http2_head_trailers(const struct head *trailers) {
  size_t bytes = trailers->count * sizeof(nghttp2_nv), count = 0;
  for (unsigned i = 0; i < trailers->count; i++) bytes += trailers->fields[i].name.len + trailers->fields[i].value.len;
  nghttp2_nv *list = malloc(bytes);
  if (!list) return (struct str){NULL, 0};
  char *text = (char *)(list + trailers->count);
  for (unsigned i = 0; i < trailers->count; i++) {
    const struct field *field = &trailers->fields[i];
    struct str name = str_make(text, field->name.len), value = str_make(text + name.len, field->value.len);
    memcpy(text, field->name.ptr, name.len);
    if (value.len) memcpy(text + name.len, field->value.ptr, value.len);
    text += name.len + value.len;
    put(list, &count, name, value);
  }
  return str_make((const char *)list, count * sizeof *list);
}
