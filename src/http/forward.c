/* One pass over the received fields, in their order, each kept, changed or dropped by its id; then what is ours. The
 * room for the result is computed first, a little too large, so that writing it is nothing but copying. Lines that stay
 * as they were received, the start line included, are copied in runs: mostly there is one. */
#include "liteginx/http/forward.h"

#include "liteginx/base/ensure.h"
#include "liteginx/http/trailer.h"

struct writer {
  char *start, *at, *end;
  struct str run; /* received lines to be copied as they stand, as soon as something else is written */
};

/* What a pass over a request has found out and written. */
struct pass {
  const struct forward_request *request;
  bool names_fields;                           /* a Connection field names more than what is dropped anyway */
  unsigned last_forwarded_for, last_forwarded; /* index of the field to extend; count of fields: none */
  uint32_t sent;                               /* ids of the fields written */
};

enum { FIXED_BYTES = 320 }; /* start line, names and numbers of our own */

static bool hop_by_hop(enum field_id id);
static bool names_fields(const struct head *head);
ENSURE_APART static bool connection_names_fields(const struct head *head);
ENSURE_APART static bool connection_names_forbidden(const struct head *head, struct str *named);
static size_t fields_bytes(const struct head *head);
static void pass_trailer(struct writer *writer, const struct head *head, const struct field *field);
static void start_request(struct writer *writer, const struct forward_request *request);
static void pass_request_field(struct writer *writer, struct pass *pass, unsigned index);
static void extend_forwarded(struct writer *writer, const struct forward_request *request, struct str value);
static void extend_forwarded_for(struct writer *writer, const struct forward_request *request, struct str value);
static unsigned last_of(const struct head *head, enum field_id id);
static void add_forwarded_fields(struct writer *writer, const struct pass *pass);
static void add_connection(struct writer *writer, struct str upgrade, bool trailers, bool close);
static struct str upgrade_list(const struct head *head, bool without_http);
static void start_response(struct writer *writer, const struct head *head);
static void pass_response_field(struct writer *writer, const struct head *head, const struct field *field);

/* ---- writing ---- */

static inline void put_bytes(struct writer *writer, struct str s) {
  ENSURE(s.len <= (size_t)(writer->end - writer->at));
  memcpy(writer->at, s.ptr, s.len);
  writer->at += s.len;
}

static void end_run(struct writer *writer) {
  struct str run = writer->run;
  writer->run = (struct str){NULL, 0};
  put_bytes(writer, run);
}

static inline void put(struct writer *writer, struct str s) {
  if (writer->run.len) end_run(writer);
  if (s.len) put_bytes(writer, s);
}

/* A line as it was received. */
static void put_line(struct writer *writer, struct str line) {
  if (writer->run.len && line.ptr == writer->run.ptr + writer->run.len) {
    writer->run.len += line.len;
    return;
  }
  if (writer->run.len) end_run(writer);
  writer->run = line;
}

static void put_number(struct writer *writer, uint64_t value) {
  char digits[STR_DECIMAL_BYTES];
  put(writer, str_of_u64(digits, value));
}

/* `name` with the colon and space behind it. */
static inline void put_own(struct writer *writer, struct str name, struct str value) {
  put(writer, name);
  put(writer, value);
  put(writer, STR("\r\n"));
}

static void put_field(struct writer *writer, const struct field *field, struct str value) {
  if (field->plain && value.ptr == field->value.ptr && value.len == field->value.len) {
    put_line(writer, str_make(field->name.ptr, field->name.len + value.len + strlen(": \r\n")));
    return;
  }
  put(writer, field->name);
  put(writer, STR(": "));
  put(writer, value);
  put(writer, STR("\r\n"));
}

static void put_number_field(struct writer *writer, struct str name, uint64_t value) {
  put(writer, name);
  put(writer, STR(": "));
  put_number(writer, value);
  put(writer, STR("\r\n"));
}

/* Without needless zeros. */
static void put_length(struct writer *writer, const struct head *head, const struct field *field) {
  if (field->value.ptr[0] == '0') {
    put_number_field(writer, field->name, head->content_length);
  } else {
    put_field(writer, field, field->value);
  }
}

static bool writer_init(struct writer *writer, struct arena *arena, size_t bytes) {
  writer->start = writer->at = arena_alloc(arena, bytes);
  writer->end = writer->start ? writer->start + bytes : NULL;
  writer->run = (struct str){NULL, 0};
  return writer->start != NULL;
}

static struct str written(struct writer *writer) {
  if (writer->run.len) end_run(writer);
  return str_make(writer->start, (size_t)(writer->at - writer->start));
}

/* ---- both ways ---- */

/* Fields that are about one connection, or about a proxy's own authentication (RFC 9110 §7.6.1, §11.7). */
static bool hop_by_hop(enum field_id id) {
  const uint32_t ids = 1u << FIELD_CONNECTION | 1u << FIELD_KEEP_ALIVE | 1u << FIELD_PROXY_AUTHENTICATE |
                       1u << FIELD_PROXY_AUTHENTICATION_INFO | 1u << FIELD_PROXY_AUTHORIZATION |
                       1u << FIELD_PROXY_CONNECTION | 1u << FIELD_TE | 1u << FIELD_TRANSFER_ENCODING |
                       1u << FIELD_UPGRADE;
  return (ids >> id & 1u) != 0;
}

/* Mostly not, and then no field needs to be looked up in the lists. */
static bool names_fields(const struct head *head) {
  return head_has(head, FIELD_CONNECTION) && connection_names_fields(head);
}

static bool connection_names_fields(const struct head *head) {
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id != FIELD_CONNECTION) continue;
    struct str rest = head->fields[i].value, option;
    while (str_next(&rest, ',', &option)) {
      option = str_trim(option);
      if (option.len && !str_eq_nocase(option, STR("keep-alive")) && !str_eq_nocase(option, STR("close")) &&
          !hop_by_hop(field_id_of(option))) {
        return true;
      }
    }
  }
  return false;
}

bool forward_connection_forbidden(const struct head *head, struct str *named) {
  return head_has(head, FIELD_CONNECTION) && connection_names_forbidden(head, named);
}

static bool connection_names_forbidden(const struct head *head, struct str *named) {
  const uint32_t forbidden = 1u << FIELD_HOST | 1u << FIELD_CONTENT_LENGTH;
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id != FIELD_CONNECTION) continue;
    struct str rest = head->fields[i].value, option;
    while (str_next(&rest, ',', &option)) {
      option = str_trim(str_upto(option, str_find(option, ';')));
      if (forbidden >> field_id_of(option) & 1u) {
        *named = option;
        return true;
      }
    }
  }
  return false;
}

unsigned forward_passes(const struct head *request) {
  unsigned passes = 0;
  if (!head_has(request, FIELD_VIA)) return 0;
  for (unsigned i = 0; i < request->count; i++) {
    if (request->fields[i].id != FIELD_VIA) continue;
    struct str rest = request->fields[i].value, member;
    while (str_next(&rest, ',', &member)) {
      member = str_trim(member);
      passes += str_eq(str_trim(str_from(member, str_find(member, ' '))), STR("liteginx"));
    }
  }
  return passes;
}

static size_t fields_bytes(const struct head *head) {
  size_t bytes = 0;
  for (unsigned i = 0; i < head->count; i++) {
    bytes += head->fields[i].name.len + head->fields[i].value.len + strlen(": \r\n");
  }
  /* A list that is written anew has a space behind each comma. */
  return head_has(head, FIELD_TRAILER) ? 2 * bytes : bytes;
}

/* Announces what body.c passes on, and no more: a name of a framing or routing field there is said to make some take that
 * field from the trailers, or drop it from the head. */
static void pass_trailer(struct writer *writer, const struct head *head, const struct field *field) {
  struct str list = field->value, name;
  if (trailer_all_pass(head, list)) {
    put_field(writer, field, list);
    return;
  }
  bool any = false;
  while (trailer_next(head, &list, &name)) {
    if (!any) put(writer, field->name);
    put(writer, any ? STR(", ") : STR(": "));
    put(writer, name);
    any = true;
  }
  if (any) put(writer, STR("\r\n"));
}

static void add_connection(struct writer *writer, struct str upgrade, bool trailers, bool close) {
  struct str options[3];
  unsigned count = 0;
  if (upgrade.len) options[count++] = STR("upgrade");
  if (trailers) options[count++] = STR("TE");
  if (close) options[count++] = STR("close");
  for (unsigned i = 0; i < count; i++) {
    put(writer, i ? STR(", ") : STR("Connection: "));
    put(writer, options[i]);
  }
  if (count) put(writer, STR("\r\n"));
  if (upgrade.len) put_own(writer, STR("Upgrade: "), upgrade);
  if (trailers) put(writer, STR("TE: trailers\r\n"));
}

/* ---- request ---- */

struct str forward_request(const struct forward_request *request) {
  const struct head *head = request->head;
  struct str upgrade = forward_upgrade(head);
  if (!upgrade.ptr) return upgrade;
  struct pass pass = {.request = request,
                      .names_fields = names_fields(head),
                      .last_forwarded_for = last_of(head, FIELD_X_FORWARDED_FOR),
                      .last_forwarded = last_of(head, FIELD_FORWARDED)};
  struct writer writer;
  size_t bytes = FIXED_BYTES + head->method.len + request->path.len + request->parts->query.len +
                 2 * request->host.len + 2 * request->parts->host.len + 2 * request->client.len + request->prefix.len +
                 upgrade.len + fields_bytes(head);
  if (!writer_init(&writer, head->arena, bytes)) return (struct str){NULL, 0};
  start_request(&writer, request);
  for (unsigned i = 0; i < head->count; i++) pass_request_field(&writer, &pass, i);
  add_forwarded_fields(&writer, &pass);
  put(&writer, head->minor ? STR("Via: 1.1 liteginx\r\n") : STR("Via: 1.0 liteginx\r\n"));
  if (request->chunked) put(&writer, STR("Transfer-Encoding: chunked\r\n"));
  add_connection(&writer, upgrade, head->minor && head_has_token(head, FIELD_TE, STR("trailers")),
                 request->close && !upgrade.len);
  put(&writer, STR("\r\n"));
  return written(&writer);
}

static void start_request(struct writer *writer, const struct forward_request *request) {
  const struct head *head = request->head;
  bool same_target =
      request->path.ptr == head->target.ptr && request->path.len + request->parts->query.len == head->target.len;
  if (head->line.len && head->minor == 1 && same_target) {
    put_line(writer, head->line);
  } else {
    put(writer, head->method);
    put(writer, STR(" "));
    put(writer, request->path);
    put(writer, request->parts->query);
    put(writer, STR(" HTTP/1.1\r\n"));
  }
  if (!head_has(head, FIELD_HOST)) put_own(writer, STR("Host: "), request->host);
}

/* What a peer says about whom it forwards for. */
static bool about_client(enum field_id id) {
  const uint32_t ids = 1u << FIELD_FORWARDED | 1u << FIELD_X_FORWARDED | 1u << FIELD_X_FORWARDED_FOR |
                       1u << FIELD_X_FORWARDED_HOST | 1u << FIELD_X_FORWARDED_PORT | 1u << FIELD_X_FORWARDED_PREFIX |
                       1u << FIELD_X_FORWARDED_PROTO | 1u << FIELD_X_REAL_IP;
  return (ids >> id & 1u) != 0;
}

/* May a field of this id go up otherwise than as it came? Beside Host and Content-Length. */
static bool may_change(enum field_id id) {
  const uint32_t ids =
      1u << FIELD_TRAILER | 1u << FIELD_MAX_FORWARDS | 1u << FIELD_FORWARDED | 1u << FIELD_X_FORWARDED_FOR;
  return (ids >> id & 1u) != 0;
}

static void pass_request_field(struct writer *writer, struct pass *pass, unsigned index) {
  const struct forward_request *request = pass->request;
  const struct field *field = &request->head->fields[index];
  bool first = (pass->sent >> field->id & 1u) == 0;
  if (hop_by_hop(field->id) || (about_client(field->id) && !request->trusted)) return;
  if (field->id == FIELD_OTHER && field_is_alias(field->name)) return;
  if (field->id == FIELD_EXPECT && request->head->minor == 0) return; /* RFC 9110 §10.1.1 */
  if (field->id == FIELD_HOST) {
    if (first) put_field(writer, field, request->host);
  } else if (field->id == FIELD_CONTENT_LENGTH) {
    if (request->head->framing == FRAMING_LENGTH) put_length(writer, request->head, field);
  } else if (pass->names_fields && head_connection_names(request->head, field->name)) {
    return;
  } else if (!may_change(field->id)) {
    put_field(writer, field, field->value);
  } else if (field->id == FIELD_TRAILER) {
    pass_trailer(writer, request->head, field);
  } else if (field->id == FIELD_MAX_FORWARDS && request->max_forwards) {
    if (first) put_number_field(writer, field->name, request->max_forwards_left);
  } else if (index == pass->last_forwarded) {
    put(writer, field->name);
    extend_forwarded(writer, request, field->value);
  } else if (index == pass->last_forwarded_for) {
    put(writer, field->name);
    extend_forwarded_for(writer, request, field->value);
  } else {
    put_field(writer, field, field->value);
  }
  pass->sent |= 1u << field->id;
}

/* Index of the last field of that id; the count of fields where there is none. */
static unsigned last_of(const struct head *head, enum field_id id) {
  unsigned last = head->count;
  if (!head_has(head, id)) return last;
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id == id) last = i;
  }
  return last;
}

static void extend_forwarded_for(struct writer *writer, const struct forward_request *request, struct str value) {
  put(writer, STR(": "));
  put(writer, value);
  if (value.len && request->client.len) put(writer, STR(", "));
  put(writer, request->client);
  put(writer, STR("\r\n"));
}

/* RFC 7239 §4; what holds a colon is quoted. Who has no address is "unknown" (§6.2). */
static void extend_forwarded(struct writer *writer, const struct forward_request *request, struct str value) {
  bool ipv6 = str_find(request->client, ':') < request->client.len;
  put(writer, STR(": "));
  put(writer, value);
  if (value.len) put(writer, STR(", "));
  put(writer, ipv6 ? STR("for=\"[") : STR("for="));
  put(writer, request->client.len ? request->client : STR("unknown"));
  put(writer, ipv6 ? STR("]\"") : STR(""));
  if (request->parts->host.len) {
    put(writer, STR(";host=\""));
    put(writer, request->parts->host);
    put(writer, STR("\""));
  }
  put(writer, STR(";proto=http\r\n"));
}

static void add_forwarded_fields(struct writer *writer, const struct pass *pass) {
  const struct forward_request *request = pass->request;
  uint32_t sent = pass->sent;
  if (!(sent >> FIELD_X_FORWARDED_FOR & 1u) && request->client.len) {
    put_own(writer, STR("X-Forwarded-For: "), request->client);
  }
  if (!(sent >> FIELD_X_FORWARDED_PROTO & 1u)) put(writer, STR("X-Forwarded-Proto: http\r\n"));
  if (!(sent >> FIELD_X_FORWARDED_HOST & 1u) && request->parts->host.len) {
    put_own(writer, STR("X-Forwarded-Host: "), request->parts->host);
  }
  if (!(sent >> FIELD_X_FORWARDED_PORT & 1u) && request->port) {
    put_number_field(writer, STR("X-Forwarded-Port"), request->port);
  }
  if (!(sent >> FIELD_X_FORWARDED_PREFIX & 1u) && request->prefix.len) {
    put_own(writer, STR("X-Forwarded-Prefix: "), request->prefix);
  }
}

/* ---- upgrade (RFC 9110 §7.8) ---- */

struct str forward_upgrade(const struct head *request) {
  bool wanted = request->minor >= 1 && head_has(request, FIELD_UPGRADE) &&
                head_has_token(request, FIELD_CONNECTION, STR("upgrade"));
  return wanted ? upgrade_list(request, true) : STR("");
}

/* Behind these is HTTP again, whose requests would pass by every route and every check. Asking for them is asking us,
 * not upstream, for another form of this hop (RFC 2817 §5.2), and Upgrade may be ignored. */
static bool is_http(struct str protocol_name) {
  static const struct str names[] = {STR_INIT("h2c"), STR_INIT("h2"), STR_INIT("h3"), STR_INIT("HTTP"),
                                     STR_INIT("TLS")};
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (str_eq_nocase(protocol_name, names[i])) return true;
  }
  return false;
}

/* protocol-name ["/" protocol-version] */
static bool is_protocol(struct str s, bool without_http) {
  size_t slash = str_find(s, '/');
  struct str name = str_upto(s, slash), version = str_from(s, slash + 1);
  if (name.len == 0 || head_token_length(name) < name.len || head_token_length(version) < version.len) return false;
  if (slash < s.len && version.len == 0) return false;
  return !without_http || !is_http(name);
}

/* The protocols that all Upgrade fields list, as one list in the arena. */
static struct str upgrade_list(const struct head *head, bool without_http) {
  size_t bytes = 0;
  for (unsigned i = 0; i < head->count; i++) {
    /* Each element gets a space, and is at least one character and a comma long. */
    if (head->fields[i].id == FIELD_UPGRADE) bytes += 2 * (head->fields[i].value.len + 1);
  }
  struct writer writer;
  if (!writer_init(&writer, head->arena, bytes)) return (struct str){NULL, 0};
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id != FIELD_UPGRADE) continue;
    struct str rest = head->fields[i].value, protocol;
    while (str_next(&rest, ',', &protocol)) {
      protocol = str_trim(protocol);
      if (!is_protocol(protocol, without_http)) continue;
      if (writer.at > writer.start) put(&writer, STR(", "));
      put(&writer, protocol);
    }
  }
  return written(&writer);
}

static bool list_has(struct str list, struct str wanted) {
  struct str element;
  while (str_next(&list, ',', &element)) {
    if (str_eq_nocase(str_trim(element), wanted)) return true;
  }
  return false;
}

bool forward_upgrade_accepted(struct str upgrade, const struct head *response) {
  bool any = false;
  for (unsigned i = 0; i < response->count; i++) {
    if (response->fields[i].id != FIELD_UPGRADE) continue;
    struct str rest = response->fields[i].value, protocol;
    while (str_next(&rest, ',', &protocol)) {
      protocol = str_trim(protocol);
      if (protocol.len == 0) continue;
      if (!list_has(upgrade, protocol)) return false;
      any = true;
    }
  }
  return any;
}

/* ---- response ---- */

struct str forward_response(const struct forward_response *response) {
  const struct head *head = response->head;
  struct writer writer;
  /* 426 must say to what (RFC 9110 §15.5.22); HTTP by another name is none that would pass. */
  bool required = head->status == 426 && !response->old;
  struct str upgrade = response->upgrade || required ? upgrade_list(head, required) : (struct str){NULL, 0};
  size_t bytes = FIXED_BYTES + head->reason.len + response->date.len + upgrade.len + fields_bytes(head);
  if (!writer_init(&writer, head->arena, bytes)) return (struct str){NULL, 0};
  start_response(&writer, head);
  bool named = names_fields(head), dated = head->status < 200;
  for (unsigned i = 0; i < head->count; i++) {
    const struct field *field = &head->fields[i];
    if (named && field->id != FIELD_CONTENT_LENGTH && head_connection_names(head, field->name)) continue;
    pass_response_field(&writer, head, field);
    dated |= field->id == FIELD_DATE;
  }
  if (!dated && response->date.len) put_own(&writer, STR("Date: "), response->date);
  if (response->chunked) put(&writer, STR("Transfer-Encoding: chunked\r\n"));
  add_connection(&writer, upgrade, false, response->close);
  put(&writer, STR("\r\n"));
  return written(&writer);
}

static void start_response(struct writer *writer, const struct head *head) {
  if (head->minor == 1 && head->line.len == strlen("HTTP/1.1 200 \r\n") + head->reason.len) {
    put_line(writer, head->line);
    return;
  }
  put(writer, STR("HTTP/1.1 "));
  put_number(writer, head->status);
  put(writer, STR(" "));
  put(writer, head->reason);
  put(writer, STR("\r\n"));
}

static void pass_response_field(struct writer *writer, const struct head *head, const struct field *field) {
  const uint32_t changed = 1u << FIELD_TRAILER | 1u << FIELD_CONTENT_LENGTH;
  if (hop_by_hop(field->id)) return;
  if ((changed >> field->id & 1u) == 0) {
    put_field(writer, field, field->value);
    return;
  }
  if (field->id == FIELD_TRAILER) {
    pass_trailer(writer, head, field);
    return;
  }
  /* Without a body the length is that of another answer (HEAD, 304), or must not be said (RFC 9110 §8.6). */
  bool allowed =
      head->framing == FRAMING_LENGTH || (head->framing == FRAMING_NONE && head->status >= 200 && head->status != 204);
  if (allowed) put_length(writer, head, field);
}
