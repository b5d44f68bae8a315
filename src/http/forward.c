/* Most fields go as they came, which one look at a set of ids tells; the others are told apart by their id. What is ours
 * follows. */
#include "liteginx/http/forward.h"

#include "liteginx/base/ensure.h"
#include "liteginx/http/trailer.h"

enum { OWN_BYTES = 320 }; /* names and numbers of our own */

static enum forward_verdict look_at_request(struct forward *forward, unsigned index, struct str *value);
static enum forward_verdict change_request(struct forward *forward, unsigned index, struct str *value);
static enum forward_verdict look_at_response(struct forward *forward, unsigned index, struct str *value);
static inline bool response_drops(const struct head *head, const struct field *field, const struct rules *rules,
                                  bool names);
static enum forward_verdict pass_length(struct forward *forward, const struct field *field, struct str *value);
static enum forward_verdict pass_address(struct forward *forward, const struct field *field, struct str *value);
static enum forward_verdict pass_trailer(struct forward *forward, const struct field *field, struct str *value);
static enum forward_verdict change_to(struct forward *forward, struct str text, struct str *value);
static struct str extended_forwarded(const struct forward_request *request, struct str value);
static struct str extended_forwarded_for(const struct forward_request *request, struct str value);
static bool names_fields(const struct head *head);
ENSURE_APART static bool connection_names_fields(const struct head *head);
ENSURE_APART static bool connection_names_forbidden(const struct head *head, struct str *named);
static size_t fields_bytes(const struct head *head);
ENSURE_APART static size_t changes_bytes(const struct forward_response *response);
static unsigned last_of(const struct head *head, enum field_id id);
static struct str upgrade_list(const struct head *head, bool without_http);

/* Fields that are about one connection, or about a proxy's own authentication (RFC 9110 §7.6.1, §11.7). */
static const uint32_t hop_by_hop = 1u << FIELD_CONNECTION | 1u << FIELD_KEEP_ALIVE | 1u << FIELD_PROXY_AUTHENTICATE |
                                   1u << FIELD_PROXY_AUTHENTICATION_INFO | 1u << FIELD_PROXY_AUTHORIZATION |
                                   1u << FIELD_PROXY_CONNECTION | 1u << FIELD_TE | 1u << FIELD_TRANSFER_ENCODING |
                                   1u << FIELD_UPGRADE;

/* What only we may say to a target. */
static const uint32_t ours_alone = 1u << FIELD_X_CLIENT_CERT_SUBJECT;

/* What a peer says about whom it forwards for. */
static const uint32_t about_client = 1u << FIELD_FORWARDED | 1u << FIELD_X_FORWARDED | 1u << FIELD_X_FORWARDED_FOR |
                                     1u << FIELD_X_FORWARDED_HOST | 1u << FIELD_X_FORWARDED_PORT |
                                     1u << FIELD_X_FORWARDED_PREFIX | 1u << FIELD_X_FORWARDED_PROTO |
                                     1u << FIELD_X_REAL_IP;

static bool has(uint32_t ids, enum field_id id) {
  return (ids >> id & 1u) != 0;
}

/* ---- both ways ---- */

enum forward_verdict forward_received(struct forward *forward, unsigned index, struct str *value) {
  const struct field *field = &forward->head->fields[index];
  *value = field->value;
  if (!has(forward->watched, field->id)) return FORWARD_KEEP;
  return forward->request ? look_at_request(forward, index, value) : look_at_response(forward, index, value);
}

static size_t fields_bytes(const struct head *head) {
  size_t bytes = 0;
  for (unsigned i = 0; i < head->count; i++) {
    bytes += head->fields[i].name.len + head->fields[i].value.len + strlen(": \r\n");
  }
  /* A list that is written anew has a space behind each comma. */
  return head_has(head, FIELD_TRAILER) ? 2 * bytes : bytes;
}

/* Without needless zeros. */
static enum forward_verdict pass_length(struct forward *forward, const struct field *field, struct str *value) {
  if (field->value.ptr[0] != '0') return FORWARD_KEEP;
  return change_to(forward, str_of_u64(forward->digits, forward->head->content_length), value);
}

/* Announces what passes behind the content, and no more: a name of a framing or routing field there is said to make some take
 * that field from the trailers, or drop it from the head. */
static enum forward_verdict pass_trailer(struct forward *forward, const struct field *field, struct str *value) {
  const struct head *head = forward->head;
  struct str list = field->value, name;
  if (!forward->rules && trailer_all_pass(head, list)) return FORWARD_KEEP;
  char *text = arena_alloc(head->arena, 2 * list.len + 1);
  size_t len = 0;
  while (text && trailer_next(head, &list, &name)) {
    if (forward->rules && rules_take_alias(forward->rules, name)) continue;
    if (len) text[len++] = ',';
    if (len) text[len++] = ' ';
    memcpy(text + len, name.ptr, name.len);
    len += name.len;
  }
  return text && len == 0 ? FORWARD_DROP : change_to(forward, str_make(text, len), value);
}

/* A text without ptr: out of memory. */
static enum forward_verdict change_to(struct forward *forward, struct str text, struct str *value) {
  forward->failed |= !text.ptr;
  *value = text.ptr ? text : STR("");
  return FORWARD_CHANGE;
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
          !has(hop_by_hop, field_id_of(option))) {
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
      if (has(forbidden, field_id_of(option))) {
        *named = option;
        return true;
      }
    }
  }
  return false;
}

/* ---- request ---- */

void forward_begin_request(struct forward *forward, const struct forward_request *request) {
  const uint32_t watched = hop_by_hop | ours_alone | about_client | 1u << FIELD_OTHER | 1u << FIELD_EXPECT |
                           1u << FIELD_HOST | 1u << FIELD_CONTENT_LENGTH | 1u << FIELD_TRAILER |
                           1u << FIELD_MAX_FORWARDS | 1u << FIELD_X_REQUEST_ID;
  const struct head *head = request->head;
  forward->head = head;
  forward->request = request;
  forward->response = NULL;
  forward->failed = false;
  forward->names_fields = names_fields(head);
  forward->rules = request->rules;
  forward->watched = forward->names_fields || request->rules ? UINT32_MAX : watched;
  forward->sent = request->rules ? rules_taken(request->rules) : 0;
  forward->last_forwarded_for = last_of(head, FIELD_X_FORWARDED_FOR);
  forward->last_forwarded = last_of(head, FIELD_FORWARDED);
}

size_t forward_request_bytes(const struct forward_request *request) {
  return OWN_BYTES + 2 * request->host.len + 2 * request->parts->host.len + 2 * request->client.len +
         request->prefix.len + request->request_id.len + request->client_cert.len + fields_bytes(request->head) +
         (request->rules ? rules_bytes(request->rules) : 0);
}

static enum forward_verdict look_at_request(struct forward *forward, unsigned index, struct str *value) {
  const struct forward_request *request = forward->request;
  const struct field *field = &forward->head->fields[index];
  if (has(hop_by_hop | ours_alone, field->id) || (has(about_client, field->id) && !request->trusted))
    return FORWARD_DROP;
  if (field->id == FIELD_OTHER && field_is_alias(field->name)) return FORWARD_DROP;
  if (field->id == FIELD_EXPECT && forward->head->minor == 0) return FORWARD_DROP; /* RFC 9110 §10.1.1 */
  bool framed_or_routed = field->id == FIELD_HOST || field->id == FIELD_CONTENT_LENGTH;
  if (!framed_or_routed && forward->names_fields && head_connection_names(forward->head, field->name)) {
    return FORWARD_DROP;
  }
  if (forward->rules && rules_take_alias(forward->rules, field->name)) return FORWARD_DROP;
  if (field->id == FIELD_X_REQUEST_ID && field->value.len == 0) return FORWARD_DROP; /* it names nothing */
  enum forward_verdict verdict = change_request(forward, index, value);
  forward->sent |= 1u << field->id;
  return verdict;
}

static enum forward_verdict change_request(struct forward *forward, unsigned index, struct str *value) {
  const struct forward_request *request = forward->request;
  const struct field *field = &forward->head->fields[index];
  bool first = !has(forward->sent, field->id);
  switch (field->id) {
  case FIELD_HOST:
    *value = request->host;
    if (!first) return FORWARD_DROP;
    return value->ptr == field->value.ptr && value->len == field->value.len ? FORWARD_KEEP : FORWARD_CHANGE;
  case FIELD_CONTENT_LENGTH:
    return forward->head->framing == FRAMING_LENGTH ? pass_length(forward, field, value) : FORWARD_DROP;
  case FIELD_TRAILER:
    return pass_trailer(forward, field, value);
  case FIELD_MAX_FORWARDS:
    if (!request->max_forwards) return FORWARD_KEEP;
    return first ? change_to(forward, str_of_u64(forward->digits, request->max_forwards_left), value) : FORWARD_DROP;
  case FIELD_FORWARDED:
    if (index != forward->last_forwarded) return FORWARD_KEEP;
    return change_to(forward, extended_forwarded(request, field->value), value);
  case FIELD_X_FORWARDED_FOR:
    if (index != forward->last_forwarded_for) return FORWARD_KEEP;
    return change_to(forward, extended_forwarded_for(request, field->value), value);
  default:
    return FORWARD_KEEP;
  }
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

static struct str extended_forwarded_for(const struct forward_request *request, struct str value) {
  bool both = value.len && request->client.len;
  return arena_printf(request->head->arena, "%.*s%s%.*s", STR_ARG(value), both ? ", " : "", STR_ARG(request->client));
}

/* RFC 7239 §4; what holds a colon is quoted. Who has no address is "unknown" (§6.2). */
static struct str extended_forwarded(const struct forward_request *request, struct str value) {
  bool ipv6 = str_find(request->client, ':')<request->client.len, host = request->parts->host.len> 0;
  struct str client = request->client.len ? request->client : STR("unknown");
  return arena_printf(request->head->arena, "%.*s%sfor=%s%.*s%s%s%.*s%s;proto=%.*s", STR_ARG(value),
                      value.len ? ", " : "", ipv6 ? "\"[" : "", STR_ARG(client), ipv6 ? "]\"" : "",
                      host ? ";host=\"" : "", STR_ARG(request->parts->host), host ? "\"" : "", STR_ARG(request->proto));
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

/* ---- response ---- */

void forward_begin_response(struct forward *forward, const struct forward_response *response) {
  const uint32_t watched = hop_by_hop | 1u << FIELD_CONTENT_LENGTH | 1u << FIELD_TRAILER | 1u << FIELD_DATE;
  const struct head *head = response->head;
  forward->head = head;
  forward->request = NULL;
  forward->response = response;
  forward->failed = false;
  forward->names_fields = names_fields(head);
  forward->rules = response->changes ? &response->changes->rules : NULL;
  forward->watched = forward->names_fields || response->changes ? UINT32_MAX : watched;
  forward->sent = head->status < 200 ? 1u << FIELD_DATE : 0; /* an interim response needs none */
  if (forward->rules) forward->sent |= rules_taken(forward->rules);
}

size_t forward_response_bytes(const struct forward_response *response) {
  size_t bytes = OWN_BYTES + response->date.len + fields_bytes(response->head);
  return response->changes ? bytes + changes_bytes(response) : bytes;
}

/* Each address may get another host and another beginning. */
static size_t changes_bytes(const struct forward_response *response) {
  const struct forward_changes *changes = response->changes;
  const struct relocate *relocate = changes->relocate;
  size_t bytes = rules_bytes(&changes->rules) + rules_bytes(&changes->cors);
  for (unsigned i = 0; relocate && i < response->head->count; i++) {
    if (!relocate_holds(response->head->fields[i].name)) continue;
    bytes += relocate->host.len + relocate->shown.len + strlen("https:///");
  }
  return bytes;
}

static enum forward_verdict pass_address(struct forward *forward, const struct field *field, struct str *value) {
  struct str changed =
      relocate_field(forward->response->changes->relocate, forward->head->arena, field->name, field->value);
  return changed.ptr == field->value.ptr ? FORWARD_KEEP : change_to(forward, changed, value);
}

static inline bool response_drops(const struct head *head, const struct field *field, const struct rules *rules,
                                  bool names) {
  if (has(hop_by_hop, field->id)) return true;
  if (field->id == FIELD_CONTENT_LENGTH) {
    /* Without content the length is that of another answer (HEAD, 304), or must not be said (RFC 9110 §8.6). */
    bool other = head->framing == FRAMING_NONE && head->status >= 200 && head->status != 204;
    return head->framing != FRAMING_LENGTH && !other;
  }
  return (names && head_connection_names(head, field->name)) || (rules && rules_take(rules, field->name));
}

bool forward_response_goes(const struct forward_response *response, unsigned index) {
  const struct head *head = response->head;
  const struct rules *rules = response->changes ? &response->changes->rules : NULL;
  return !response_drops(head, &head->fields[index], rules, names_fields(head));
}

static enum forward_verdict look_at_response(struct forward *forward, unsigned index, struct str *value) {
  const struct field *field = &forward->head->fields[index];
  if (response_drops(forward->head, field, forward->rules, forward->names_fields)) return FORWARD_DROP;
  if (field->id == FIELD_CONTENT_LENGTH) return pass_length(forward, field, value);
  forward->sent |= 1u << field->id;
  if (field->id == FIELD_TRAILER) return pass_trailer(forward, field, value);
  return forward->response->changes && forward->response->changes->relocate ? pass_address(forward, field, value)
                                                                            : FORWARD_KEEP;
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
  char *list = arena_alloc(head->arena, bytes + 1), *at = list;
  if (!list) return (struct str){NULL, 0};
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id != FIELD_UPGRADE) continue;
    struct str rest = head->fields[i].value, protocol;
    while (str_next(&rest, ',', &protocol)) {
      protocol = str_trim(protocol);
      if (!is_protocol(protocol, without_http)) continue;
      if (at > list) *at++ = ',';
      if (at > list) *at++ = ' ';
      memcpy(at, protocol.ptr, protocol.len);
      at += protocol.len;
    }
  }
  return str_make(list, (size_t)(at - list));
}

struct str forward_upgrade_of(const struct head *response, bool foreign) {
  return upgrade_list(response, foreign);
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
