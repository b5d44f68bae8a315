/* Fields in the order they came. The id of a name costs one look at its length, one at a character, one comparison:
 * of the names we know few share a length, and one or two of their characters tell them apart. */
#include "liteginx/http/head.h"

#include <limits.h>

enum { FIRST_ROOM = 16 };

static enum field_id candidate(struct str name);
static bool is_spelled(struct str name, struct str known);
static bool is_word_spelled(const char *name, const char *known);
static bool next_element(const struct head *head, enum field_id id, unsigned *at, struct str *rest,
                         struct str *element);

static const struct str field_names[FIELD_ID_COUNT] = {
#define FIELD_ROW(name, text) [name] = STR_INIT(text),
    FIELD_TABLE(FIELD_ROW)
#undef FIELD_ROW
};

void head_init(struct head *head, struct arena *arena) {
  *head = (struct head){.arena = arena};
}

enum field_id field_id_of(struct str name) {
  enum field_id id = candidate(name);
  if (id != FIELD_OTHER && is_spelled(name, field_names[id])) return id;
  struct str prefix = field_names[FIELD_X_FORWARDED];
  return name.len > prefix.len && str_eq_nocase(str_upto(name, prefix.len), prefix) ? FIELD_X_FORWARDED : FIELD_OTHER;
}

/* In any case? In the names we know there are but letters and hyphens, so a bit is all that tells capital from small:
 * the one other character that it turns into a hyphen, CR, stands in no name. */
static bool is_spelled(struct str name, struct str known) {
  const size_t word = sizeof(uint64_t);
  if (name.len != known.len) return false;
  if (name.len >= word) {
    /* The last word may overlap the one before. */
    for (size_t at = 0; at + word < name.len; at += word) {
      if (!is_word_spelled(name.ptr + at, known.ptr + at)) return false;
    }
    return is_word_spelled(name.ptr + name.len - word, known.ptr + name.len - word);
  }
  for (size_t i = 0; i < name.len; i++) {
    if ((name.ptr[i] | 0x20) != known.ptr[i]) return false;
  }
  return true;
}

static bool is_word_spelled(const char *name, const char *known) {
  uint64_t a, b;
  memcpy(&a, name, sizeof a);
  memcpy(&b, known, sizeof b);
  return (a | UINT64_C(0x2020202020202020)) == b;
}

/* The only id that a name of this length and with these letters can have. */
static enum field_id candidate(struct str name) {
  char first = name.len ? str_lower_char(name.ptr[0]) : '\0';
  switch (name.len) {
  case 2:
    return FIELD_TE;
  case 3:
    return FIELD_VIA;
  case 4:
    return first == 'h' ? FIELD_HOST : FIELD_DATE;
  case 6:
    return first == 'a' ? FIELD_ACCEPT : FIELD_EXPECT;
  case 7:
    return first == 't' ? FIELD_TRAILER : FIELD_UPGRADE;
  case 9:
    return first == 'f' ? FIELD_FORWARDED : FIELD_X_REAL_IP;
  case 10:
    return first == 'c' ? FIELD_CONNECTION : FIELD_KEEP_ALIVE;
  case 12:
    if (first == 'c') return FIELD_CONTENT_TYPE;
    return first == 'm' ? FIELD_MAX_FORWARDS : FIELD_X_REQUEST_ID;
  case 13:
    return FIELD_AUTHORIZATION;
  case 14:
    return FIELD_CONTENT_LENGTH;
  case 15:
    return FIELD_X_FORWARDED_FOR;
  case 16:
    if (first == 'p') return FIELD_PROXY_CONNECTION;
    if (first == 'w') return FIELD_WWW_AUTHENTICATE;
    return str_lower_char(name.ptr[12]) == 'h' ? FIELD_X_FORWARDED_HOST : FIELD_X_FORWARDED_PORT;
  case 17:
    return first == 't' ? FIELD_TRANSFER_ENCODING : FIELD_X_FORWARDED_PROTO;
  case 18:
    return first == 'p' ? FIELD_PROXY_AUTHENTICATE : FIELD_X_FORWARDED_PREFIX;
  case 19:
    return FIELD_PROXY_AUTHORIZATION;
  case 21:
    return FIELD_X_CLIENT_CERT_SUBJECT;
  case 25:
    return FIELD_PROXY_AUTHENTICATION_INFO;
  default:
    return FIELD_OTHER;
  }
}

bool field_is_alias(struct str name) {
  char dashed[32];
  if (str_find(name, '_') == name.len) return false;
  name = str_upto(name, sizeof dashed); /* longer ones are told by how they begin */
  for (size_t i = 0; i < name.len; i++) dashed[i] = name.ptr[i] == '_' ? '-' : name.ptr[i];
  enum field_id id = field_id_of(str_make(dashed, name.len));
  bool only_read = id == FIELD_CONTENT_TYPE || id == FIELD_WWW_AUTHENTICATE;
  return id != FIELD_OTHER && !only_read;
}

bool head_reserve(struct head *head, unsigned count) {
  if (count <= head->room) return true;
  struct field *grown =
      arena_grow(head->arena, head->fields, head->count * sizeof *grown, (size_t)count * sizeof *grown);
  if (!grown) return false;
  head->fields = grown;
  head->room = count;
  return true;
}

bool head_add(struct head *head, struct str name, struct str value) {
  struct field *field = head_push(head, field_id_of(name));
  if (!field) return false;
  field->name = name;
  field->value = value;
  field->plain = false;
  return true;
}

struct field *head_push(struct head *head, enum field_id id) {
  if (head->count == head->room) {
    ENSURE(head->room <= UINT_MAX / 2);
    if (!head_reserve(head, head->room ? 2 * head->room : FIRST_ROOM)) return NULL;
  }
  struct field *field = &head->fields[head->count++];
  field->id = id;
  if (id != FIELD_OTHER) head->present |= UINT32_C(1) << id;
  return field;
}

const struct field *head_find(const struct head *head, enum field_id id) {
  if (id == FIELD_OTHER || !head_has(head, id)) return NULL;
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id == id) return &head->fields[i];
  }
  return NULL;
}

bool head_find_token(const struct head *head, enum field_id id, struct str token) {
  unsigned at = 0;
  struct str rest = {NULL, 0}, element;
  while (next_element(head, id, &at, &rest, &element)) {
    if (str_eq_nocase(str_trim(str_upto(element, str_find(element, ';'))), token)) return true;
  }
  return false;
}

/* Walks the comma-separated elements of all fields of that id; begin with `at` 0 and an empty `rest`. */
static bool next_element(const struct head *head, enum field_id id, unsigned *at, struct str *rest,
                         struct str *element) {
  while (!str_next(rest, ',', element)) {
    while (*at < head->count && head->fields[*at].id != id) ++*at;
    if (*at == head->count) return false;
    *rest = head->fields[(*at)++].value;
  }
  return true;
}

bool head_connection_names(const struct head *head, struct str name) {
  return head_has_token(head, FIELD_CONNECTION, name);
}

/* Each element begins with a scheme, or is a parameter of the one before. What stands in quotes is taken for an element
 * as well: then a connection is kept from others that need not be. */
bool head_names_login(const struct head *head) {
  static const enum field_id ids[] = {FIELD_AUTHORIZATION, FIELD_WWW_AUTHENTICATE};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    unsigned at = 0;
    struct str rest = {NULL, 0}, element;
    if (!head_has(head, ids[i])) continue;
    while (next_element(head, ids[i], &at, &rest, &element)) {
      element = str_trim(element);
      struct str scheme = str_upto(element, head_token_length(element));
      if (str_eq_nocase(scheme, STR("ntlm")) || str_eq_nocase(scheme, STR("negotiate"))) return true;
    }
  }
  return false;
}

bool head_is_event_stream(const struct head *head) {
  const struct field *type = head_find(head, FIELD_CONTENT_TYPE);
  return type && str_eq_nocase(str_trim(str_upto(type->value, str_find(type->value, ';'))), STR("text/event-stream"));
}

size_t head_token_length(struct str s) {
  /* What RFC 9110 §5.6.2 lists. */
  static const char kinds[256] = "                                " /* control characters */
                                 " t ttttt  tt tt tttttttttt      " /*  !"#$%&'()*+,-./0123456789:;<=>? */
                                 " tttttttttttttttttttttttttt   tt" /* @ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_ */
                                 "ttttttttttttttttttttttttttt t t " /* `abcdefghijklmnopqrstuvwxyz{|}~  */;
  size_t len = 0;
  while (len < s.len && kinds[(unsigned char)s.ptr[len]] == 't') len++;
  return len;
}
