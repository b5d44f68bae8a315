/* Heads are collected line by line in the arena and only whole lines are looked at, there: so a field is always one
 * slice, and what is refused, and as what, never depends on how the bytes were cut into reads. Fields are told apart
 * here; llhttp gets those that mean something to it, which are those that decide where the message ends. Of a start
 * line llhttp gets what it has to know, method or status, with stand-ins for the rest, which is checked here and
 * elsewhere. Bodies: chunks go through llhttp; lengths are counted here. */
#include "liteginx/wire/parser.h"

#include "liteginx/wire/fault.h"

/* What a scan for line ends found. */
struct lines {
  size_t taken; /* bytes to take from the input */
  size_t whole; /* of them, up to the end of the last whole line */
  size_t first; /* of them, up to the end of the first one */
  unsigned count;
  bool bare; /* the last one ends in a bare LF */
  bool end;  /* it is the empty line */
};

/* What a chunk's size line waits for: 1*HEXDIG *( ";" name [ "=" ( token / quoted-string ) ] ) CR LF. Behind a chunk's bytes:
 * SIZE_LF behind the CR. */
enum size_line {
  SIZE_START, /* the first digit */
  SIZE_DIGITS,
  SIZE_BLANK, /* behind the digits */
  SIZE_NAME_START,
  SIZE_NAME,
  SIZE_VALUE_START,
  SIZE_VALUE,
  SIZE_QUOTED,
  SIZE_ESCAPED,
  SIZE_QUOTED_END,
  SIZE_LF
};

static enum wire_status failed(struct parser *parser, enum cause cause);
static enum cause over_the_limit(struct parser *parser);
static size_t empty_lines_bytes(const struct parser *parser);
static struct str largest_field(const struct parser *parser);
static struct str begun_field(const struct parser *parser);
static size_t allowance(const struct parser *parser, struct str in);
static bool skip_empty_lines(struct parser *parser, struct str in, size_t *used);
static struct lines scan_lines(const struct parser *parser, struct str in);
static bool append_text(struct parser *parser, struct str s, bool mended, bool last);
static struct head *collecting_head(const struct parser *parser);
static void move_fields(struct head *head, const char *from, char *to);
static enum cause start_line(struct parser *parser, struct str line, bool whole);
static enum cause start_of_line(struct parser *parser, struct str line);
static bool is_known_version(struct str s);
static enum cause request_line(struct parser *parser, struct str line);
static enum cause status_line(struct parser *parser, struct str line);
static enum cause take_lines(struct parser *parser, struct str in, size_t *used, bool *end);
static enum cause field_lines(struct parser *parser, size_t until, bool end);
static enum cause field_line(struct parser *parser, struct str *lines);
ENSURE_APART static enum cause fault_of_line(struct parser *parser, struct str lines);
static enum cause known_field_fault(struct parser *parser, struct str name, struct str value, enum field_id id);
ENSURE_APART static enum cause one_length(struct parser *parser, struct str *value, bool *again);
static bool feed_field(struct parser *parser, struct str value, struct str line);
static bool is_number(struct str s);
static bool is_value_byte(char c);
static size_t value_length(struct str s);
static enum cause add_field(struct parser *parser, struct str name, struct str value, enum field_id id, bool plain);
static enum cause count_field(struct parser *parser);
static bool feed_end(struct parser *parser);
static bool take_end(struct parser *parser);
static enum cause finish_head(struct parser *parser);
static enum cause check_codings(struct parser *parser);
static enum cause decide_framing(struct parser *parser);
static bool keeps_alive(const struct parser *parser);
static enum wire_status length_body(struct parser *parser, struct str in, size_t *used, struct str *span);
ENSURE_APART static enum wire_status chunked_body(struct parser *parser, struct str in, size_t *used, struct str *span);
static enum cause chunk_bytes(struct parser *parser, struct str in, size_t *used);
static enum cause size_bytes(struct parser *parser, struct str in, size_t *used);
static bool feed_chunked(struct parser *parser, struct str in, bool pauses);
static enum cause fault_of_size_line(const struct parser *parser, char c);
static int behind_size_byte(struct parser *parser, char c);
static int on_chunk_header(llhttp_t *llhttp);
static int on_body(llhttp_t *llhttp, const char *at, size_t len);
static int on_chunk_complete(llhttp_t *llhttp);
static int on_message_complete(llhttp_t *llhttp);

/* Only callbacks that llhttp allows to pause do so. */
static const llhttp_settings_t settings = {
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_chunk_complete = on_chunk_complete,
    .on_message_complete = on_message_complete,
};

void parser_init(struct parser *parser, enum parser_kind kind, const struct wire_limits *limits) {
  *parser = (struct parser){.kind = kind, .limits = *limits, .state = PARSER_END};
  llhttp_init(&parser->llhttp, kind == PARSER_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
}

void parser_begin(struct parser *parser, struct head *head, struct arena *arena) {
  head_init(head, arena);
  parser->head = head;
  parser->trailers = NULL;
  parser->fault = CAUSE_NONE;
  parser->culprit = (struct str){NULL, 0};
  parser->forgiven = 0;
  parser->no_body = false;
  parser->state = PARSER_START;
  parser->counted = 0;
  parser->fields = 0;
  parser->text = NULL;
  parser->text_bytes = parser->text_room = parser->text_parsed = 0;
  parser->span = (struct str){NULL, 0};
  parser->size_line = SIZE_START;
  parser->size_digits = 0;
  parser->body_left = 0;
}

void parser_begin_response(struct parser *parser, struct head *head, struct arena *arena, struct str method) {
  ENSURE(parser->kind == PARSER_RESPONSE);
  parser_begin(parser, head, arena);
  parser->no_body = str_eq(method, STR("HEAD"));
}

enum wire_status parser_head(struct parser *parser, struct str in, size_t *used) {
  *used = 0;
  if (parser->state == PARSER_BROKEN) return WIRE_FAILED;
  ENSURE(parser->state == PARSER_START || parser->state == PARSER_FIELDS);
  if (!skip_empty_lines(parser, in, used)) return failed(parser, CAUSE_BARE_CR);
  bool end = false;
  size_t taken = 0;
  enum cause cause = CAUSE_NONE;
  do {
    cause = take_lines(parser, str_from(in, *used), &taken, &end);
    *used += taken;
  } while (!end && cause == CAUSE_NONE && taken && *used < in.len);
  if (cause == CAUSE_NONE && end) cause = finish_head(parser);
  if (cause != CAUSE_NONE) return failed(parser, cause);
  if (end) return WIRE_DONE;
  if (*used == in.len) return WIRE_MORE;
  return failed(parser, over_the_limit(parser));
}

struct str parser_begun(const struct parser *parser) {
  struct str text = str_make(parser->text, parser->text_bytes);
  return fault_shown(str_upto(text, str_find(text, '\n') + 1));
}

/* Notes it. False: it is a request, which is forgiven nothing. */
static bool forgive(struct parser *parser, enum forgiven what) {
  if (parser->kind == PARSER_REQUEST) return false;
  parser->forgiven |= (uint8_t)(1u << what);
  return true;
}

static enum wire_status failed(struct parser *parser, enum cause cause) {
  parser->state = PARSER_BROKEN;
  parser->fault = cause;
  return WIRE_FAILED;
}

/* More comes of a head than may. */
static enum cause over_the_limit(struct parser *parser) {
  struct str begun = {NULL, 0};
  if (parser->state != PARSER_START) {
    begun = begun_field(parser);
    parser->culprit = largest_field(parser);
    if (begun.len < parser->culprit.len) return CAUSE_HEAD_TOO_LARGE;
    parser->culprit = begun;
  }
  if (begun.len) return CAUSE_FIELD_TOO_LARGE;
  if (parser->kind == PARSER_RESPONSE) return CAUSE_STATUS_LINE_TOO_LONG;
  return empty_lines_bytes(parser) < parser->text_bytes ? CAUSE_TARGET_TOO_LONG : CAUSE_EMPTY_LINES;
}

/* How much was skipped in front of the request line that is begun. */
static size_t empty_lines_bytes(const struct parser *parser) {
  return parser->counted - parser->text_bytes;
}

/* What has come of a line that is not whole, without the CR of its end; empty: nothing. */
static struct str begun_field(const struct parser *parser) {
  struct str begun = str_make(parser->text + parser->text_parsed, parser->text_bytes - parser->text_parsed);
  if (begun.len && begun.ptr[begun.len - 1] == '\r') begun.len--;
  return begun;
}

/* Of those that have come whole; empty: there is none. */
static struct str largest_field(const struct parser *parser) {
  const struct head *head = parser->head;
  struct str largest = {NULL, 0};
  for (unsigned i = 0; i < head->count; i++) {
    const struct field *field = &head->fields[i];
    size_t len = (size_t)(field->value.ptr + field->value.len - field->name.ptr);
    if (len > largest.len) largest = str_make(field->name.ptr, len);
  }
  return largest;
}

/* How much of `in` may still come before the limit. */
static size_t allowance(const struct parser *parser, struct str in) {
  size_t left = parser->limits.max_head_bytes - parser->counted;
  return in.len < left ? in.len : left;
}

/* Before a request line (RFC 9112 §2.2). False: a CR that no LF follows. A CR at the end of the input waits in the
 * text. */
static bool skip_empty_lines(struct parser *parser, struct str in, size_t *used) {
  if (parser->state != PARSER_START || parser->kind != PARSER_REQUEST) return true;
  size_t left = allowance(parser, in);
  if (parser->text_bytes == 1 && parser->text[0] == '\r' && left) {
    if (in.ptr[0] != '\n') return false;
    parser->text_bytes = 0;
    *used = 1;
  }
  if (parser->text_bytes == 0) {
    while (*used + 2 <= left && in.ptr[*used] == '\r' && in.ptr[*used + 1] == '\n') *used += 2;
  }
  parser->counted += *used;
  return true;
}

/* Takes `in` up to the empty line, a line that ends in a bare LF, or the limit, and has the whole lines parsed. */
static enum cause take_lines(struct parser *parser, struct str in, size_t *used, bool *end) {
  struct lines lines = scan_lines(parser, str_upto(in, allowance(parser, in)));
  *end = lines.end;
  bool mended = lines.bare && forgive(parser, FORGIVEN_LINE_FEED);
  if (!append_text(parser, str_upto(in, lines.taken), mended, *end)) return CAUSE_NO_MEMORY;
  *used = lines.taken;
  parser->counted += lines.taken;
  unsigned others = 1; /* lines that are no fields: the empty one, the start line */
  if (parser->state == PARSER_START) {
    size_t behind = lines.count ? lines.taken - lines.first + (mended && lines.count > 1) : 0;
    size_t len = parser->text_bytes - behind;
    enum cause cause = start_line(parser, str_make(parser->text, len), lines.count > 0);
    if (cause != CAUSE_NONE || lines.count == 0) return cause;
    others++;
  }
  if (lines.count == 0) return CAUSE_NONE;
  struct head *head = collecting_head(parser);
  if (*end && head && !head_reserve(head, head->count + lines.count - others)) return CAUSE_NO_MEMORY;
  enum cause cause = field_lines(parser, parser->text_bytes - (lines.taken - lines.whole), *end);
  return cause == CAUSE_NONE && lines.bare && parser->kind == PARSER_REQUEST ? CAUSE_BARE_LF : cause;
}

/* Where the fields go that are read now; NULL: nowhere. */
static struct head *collecting_head(const struct parser *parser) {
  return parser->state == PARSER_TRAILERS ? parser->trailers : parser->head;
}

/* Looks for the empty line; stops behind it, or behind a line that ends in a bare LF. */
static struct lines scan_lines(const struct parser *parser, struct str in) {
  struct lines lines = {0};
  size_t carried = parser->text_bytes - parser->text_parsed;
  char before = carried ? parser->text[parser->text_bytes - 1] : '\0';
  while (lines.whole < in.len) {
    const char *line = in.ptr + lines.whole;
    const char *lf = memchr(line, '\n', in.len - lines.whole);
    if (!lf) break;
    size_t len = (size_t)(lf - line);
    if (len) before = lf[-1];
    lines.whole += len + 1;
    if (lines.count++ == 0) lines.first = lines.whole;
    if (before != '\r' || carried + len == 1) {
      lines.bare = before != '\r';
      lines.end = carried + len == !lines.bare;
      break;
    }
    carried = 0;
    before = '\0';
  }
  lines.taken = lines.bare || lines.end ? lines.whole : in.len;
  return lines;
}

/* `last`: no more will come. Slices into the text follow it when it moves. `mended`: a bare LF at the end gets its CR, so
 * that nothing else needs to know of it. */
static bool append_text(struct parser *parser, struct str s, bool mended, bool last) {
  enum { FIRST_ROOM = 256 };
  struct head *head = collecting_head(parser);
  size_t need = parser->text_bytes + s.len + mended;
  if (need > parser->text_room) {
    size_t most = parser->limits.max_head_bytes;
    size_t room = last ? need : need < FIRST_ROOM ? FIRST_ROOM : 2 * need < most ? 2 * need : most;
    if (room < need) room = need + FIRST_ROOM; /* the CRs that were missing do not count */
    char *grown = arena_grow(head ? head->arena : parser->head->arena, parser->text, parser->text_bytes, room);
    if (!grown) return false;
    if (head && parser->text && grown != parser->text) move_fields(head, parser->text, grown);
    parser->text = grown;
    parser->text_room = room;
  }
  if (s.len) memcpy(parser->text + parser->text_bytes, s.ptr, s.len);
  if (mended) memcpy(parser->text + need - 2, "\r\n", 2);
  parser->text_bytes = need;
  return true;
}

static void move_fields(struct head *head, const char *from, char *to) {
  struct str *start_line[] = {&head->line, &head->method, &head->request_target, &head->reason};
  for (size_t i = 0; i < sizeof start_line / sizeof *start_line; i++) {
    if (start_line[i]->ptr) start_line[i]->ptr = to + (start_line[i]->ptr - from);
  }
  for (unsigned i = 0; i < head->count; i++) {
    struct field *field = &head->fields[i];
    field->name.ptr = to + (field->name.ptr - from);
    field->value.ptr = to + (field->value.ptr - from);
  }
}

/* ---- start line ---- */

static enum cause start_line(struct parser *parser, struct str line, bool whole) {
  if (!whole) return start_of_line(parser, line);
  enum cause cause = parser->kind == PARSER_REQUEST ? request_line(parser, line) : status_line(parser, line);
  if (cause == CAUSE_NONE) parser->state = PARSER_FIELDS;
  parser->head->line = line;
  parser->text_parsed = line.len;
  return cause;
}

/* Who speaks another protocol may never send a line end: it is told at the first wrong byte. */
static enum cause start_of_line(struct parser *parser, struct str line) {
  enum { CHECKED_BYTES = 32 }; /* so that a request line in many small pieces costs no more */
  line = str_upto(line, CHECKED_BYTES);
  return parser->kind == PARSER_RESPONSE ? fault_of_status_line(line, false, &parser->culprit)
                                         : fault_of_request_line(line, false, &parser->culprit);
}

/* Has llhttp begin a message with the line begin + rest; `rest` is a constant. */
static bool feed_start_line(struct parser *parser, struct str begin, struct str rest) {
  char line[PARSER_LINE_BYTES];
  parser->told = false;
  if (str_eq(begin, str_make(parser->line, parser->line_bytes)) && rest.ptr == parser->line_rest) return true;
  if (begin.len + rest.len > sizeof line) return false;
  memcpy(line, begin.ptr, begin.len);
  memcpy(line + begin.len, rest.ptr, rest.len);
  llhttp_reset(&parser->llhttp);
  if (llhttp_execute(&parser->llhttp, line, begin.len + rest.len) != HPE_OK) return false;
  parser->behind_line = parser->llhttp;
  memcpy(parser->line, begin.ptr, begin.len);
  parser->line_bytes = begin.len;
  parser->line_rest = rest.ptr;
  parser->line_ends = false;
  return true;
}

/* Before llhttp is told of what is behind the start line. */
static void tell(struct parser *parser) {
  if (!parser->told) parser->llhttp = parser->behind_line;
  parser->told = true;
}

/* HTTP/1.0 or HTTP/1.1. */
static bool is_known_version(struct str s) {
  return s.len == 8 && memcmp(s.ptr, "HTTP/1.", 7) == 0 && (s.ptr[7] == '0' || s.ptr[7] == '1');
}

/* method SP target SP version CR LF: RFC 9112 §3. */
static enum cause request_line(struct parser *parser, struct str line) {
  struct str method = str_upto(line, head_token_length(line));
  struct str target = str_from(line, method.len + 1);
  size_t len = 0;
  while (len < target.len && (unsigned char)target.ptr[len] > 0x20 && target.ptr[len] != 0x7f) len++;
  struct str version = str_upto(str_from(target, len + 1), strlen("HTTP/1.1"));
  bool right = method.len && line.ptr[method.len] == ' ' && len && target.ptr[len] == ' ' &&
               is_known_version(version) && str_eq(str_from(target, len + 9), STR("\r\n")) &&
               !str_eq(method, STR("PRI"));
  /* The PROXY protocol's second version begins with \r\n \r\n \0 \r\n QUIT \n. */
  if (str_eq(line, STR("\0\r\n")) && empty_lines_bytes(parser) >= strlen("\r\n\r\n")) return CAUSE_PROXY_PROTOCOL;
  if (!right) return fault_of_request_line(line, true, &parser->culprit);
  target.len = len;
  parser->head->method = method;
  parser->head->request_target = target;
  parser->head->minor = (unsigned)(version.ptr[7] - '0');
  /* Each token is a method (RFC 9110 §9.1), but llhttp knows only some. To where a message ends CONNECT alone makes a
   * difference, so it is given that or GET. */
  if (str_eq(method, STR("CONNECT"))) {
    struct str rest = parser->head->minor ? STR(" a:1 HTTP/1.1\r\n") : STR(" a:1 HTTP/1.0\r\n");
    return feed_start_line(parser, method, rest) ? CAUSE_NONE : CAUSE_UNCLEAR;
  }
  struct str rest = parser->head->minor ? STR(" / HTTP/1.1\r\n") : STR(" / HTTP/1.0\r\n");
  return feed_start_line(parser, STR("GET"), rest) ? CAUSE_NONE : CAUSE_UNCLEAR;
}

/* version SP status [SP reason] CR LF: RFC 9112 §4; the second space is missing in the answers of many. */
static enum cause status_line(struct parser *parser, struct str line) {
  struct str whole = line;
  line.len -= line.len > 1 && line.ptr[line.len - 2] == '\r' ? strlen("\r\n") : 1;
  bool right = whole.len - line.len == 2 && line.len >= 12 && is_known_version(str_upto(line, 8)) && line.ptr[8] == ' ';
  uint64_t status = 0;
  right = right && str_to_u64(str_make(line.ptr + 9, 3), &status) && status >= 100;
  struct str reason = str_from(line, 12);
  right = right && (reason.len == 0 || reason.ptr[0] == ' ') && value_length(reason) == reason.len;
  if (!right) return fault_of_status_line(whole, true, &parser->culprit);
  parser->head->minor = (unsigned)(line.ptr[7] - '0');
  parser->head->status = (unsigned)status;
  parser->head->reason = str_from(reason, 1);
  struct str begin = str_upto(line, 12);
  if (status > 599) { /* llhttp is given one that it knows, with the same framing */
    forgive(parser, FORGIVEN_STATUS);
    begin = parser->head->minor ? STR("HTTP/1.1 200") : STR("HTTP/1.0 200");
  }
  return feed_start_line(parser, begin, STR(" \r\n")) ? CAUSE_NONE : CAUSE_UNCLEAR;
}

/* ---- fields ---- */

/* The whole lines of the text that have not been looked at. `end`: the empty line is the last. */
static enum cause field_lines(struct parser *parser, size_t until, bool end) {
  struct str lines = str_make(parser->text + parser->text_parsed, until - parser->text_parsed);
  size_t last = end ? strlen("\r\n") : 0;
  parser->text_parsed = until;
  while (lines.len > last) {
    enum cause cause = field_line(parser, &lines);
    if (cause != CAUSE_NONE) return cause;
  }
  return CAUSE_NONE;
}

/* token ":" OWS value OWS CR LF: RFC 9112 §5. No space in front of the colon; a line that begins with one, which once
 * continued the line before, has no token. `lines` ends in LF; the first one is taken off it. */
static enum cause field_line(struct parser *parser, struct str *lines) {
  const uint32_t known = 1u << FIELD_CONNECTION | 1u << FIELD_CONTENT_LENGTH | 1u << FIELD_PROXY_CONNECTION |
                         1u << FIELD_TRANSFER_ENCODING | 1u << FIELD_UPGRADE;
  struct str name = str_upto(*lines, head_token_length(*lines));
  if (name.len == 0 || lines->ptr[name.len] != ':') return fault_of_line(parser, *lines);
  struct str value = str_from(*lines, name.len + 1);
  value.len = value_length(value);
  struct str line = str_upto(*lines, name.len + 1 + value.len + strlen("\r\n"));
  if (line.ptr[line.len - 2] != '\r' || line.ptr[line.len - 1] != '\n') return fault_of_line(parser, *lines);
  *lines = str_from(*lines, line.len);
  enum field_id id = field_id_of(name);
  struct str trimmed = str_trim(value);
  bool plain = trimmed.len + 1 == value.len && value.ptr[0] == ' ';
  if (known >> id & 1u) {
    if (parser->state == PARSER_TRAILERS && (id == FIELD_CONTENT_LENGTH || id == FIELD_TRANSFER_ENCODING)) {
      parser->culprit = name;
      return CAUSE_FRAMING_TRAILER;
    }
    bool several = id == FIELD_CONTENT_LENGTH && parser->kind == PARSER_RESPONSE &&
                   (head_has(parser->head, id) || !is_number(trimmed));
    if (several) {
      struct str all = trimmed;
      bool again = false;
      enum cause cause = one_length(parser, &trimmed, &again);
      if (cause != CAUSE_NONE) return cause;
      if (again) return count_field(parser);
      plain = plain && trimmed.len == all.len;
    }
    if (!feed_field(parser, trimmed, line)) return known_field_fault(parser, name, trimmed, id);
  }
  return add_field(parser, name, trimmed, id, plain);
}

static enum cause fault_of_line(struct parser *parser, struct str lines) {
  enum cause cause = fault_of_field_line(lines, &parser->culprit);
  return cause == CAUSE_FOLDED && parser->state == PARSER_TRAILERS ? CAUSE_FOLDED_TRAILER : cause;
}

/* Why llhttp refuses a field of the head. */
static enum cause known_field_fault(struct parser *parser, struct str name, struct str value, enum field_id id) {
  const struct head *head = parser->head;
  const struct field *length = head_find(head, FIELD_CONTENT_LENGTH);
  bool coded = head_has(head, FIELD_TRANSFER_ENCODING);
  parser->culprit = value;
  if (id == FIELD_CONTENT_LENGTH) {
    if (coded) return CAUSE_LENGTH_AND_CODING;
    if (length) return str_eq(length->value, value) ? CAUSE_LENGTH_TWICE : CAUSE_LENGTHS_DIFFER;
    return fault_of_length(value);
  }
  enum cause cause = CAUSE_NONE;
  if (id == FIELD_TRANSFER_ENCODING) {
    if (length) return CAUSE_LENGTH_AND_CODING;
    cause = head_add(parser->head, name, value) ? check_codings(parser) : CAUSE_NO_MEMORY;
  }
  return cause == CAUSE_NONE ? CAUSE_UNCLEAR : cause;
}

/* A response may say its one length several times, in a list or in several fields (RFC 9110 §8.6). `value` becomes the
 * first of its list; *again: an earlier field has said it. */
static enum cause one_length(struct parser *parser, struct str *value, bool *again) {
  const struct field *known = head_find(parser->head, FIELD_CONTENT_LENGTH);
  struct str first = str_trim(str_upto(*value, str_find(*value, ',')));
  uint64_t length = 0, other = 0;
  struct str rest = *value, element;
  parser->culprit = *value;
  if (!str_to_u64(known ? known->value : first, &length)) return fault_of_length(*value);
  while (str_next(&rest, ',', &element)) {
    if (!str_to_u64(str_trim(element), &other)) return fault_of_length(*value);
    if (other != length) return CAUSE_LENGTHS_DIFFER;
  }
  forgive(parser, FORGIVEN_LENGTHS);
  *again = known != NULL;
  *value = first;
  return CAUSE_NONE;
}

/* Whitespace behind a value is no part of it (RFC 9110 §5.5), but behind a length or a coding llhttp knows only
 * spaces. What else of a list of lengths is behind the first is none of its business, either. */
static bool feed_field(struct parser *parser, struct str value, struct str line) {
  const char *end = value.ptr + value.len;
  size_t behind = (size_t)(line.ptr + line.len - strlen("\r\n") - end);
  if (behind) memset(parser->text + (end - parser->text), ' ', behind);
  tell(parser);
  return llhttp_execute(&parser->llhttp, line.ptr, line.len) == HPE_OK;
}

/* Digits alone? What is no list is one of them, nearly always: looking for the comma would cost more. */
static bool is_number(struct str s) {
  size_t digits = 0;
  while (digits < s.len && str_is_digit(s.ptr[digits])) digits++;
  return digits == s.len;
}

/* May `c` be in a value? Neither control characters, TAB excepted, nor DEL (RFC 9110 §5.5). */
static bool is_value_byte(char c) {
  return ((unsigned char)c >= 0x20 && c != 0x7f) || c == '\t';
}

/* Is one of these eight bytes below 0x20, or 0x7f? */
static bool has_control(const char *bytes) {
  const uint64_t each = UINT64_C(0x0101010101010101);
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  uint64_t without_del = word ^ each * 0x7f;
  return ((((word - each * 0x20) & ~word) | ((without_del - each) & ~without_del)) & each * 0x80) != 0;
}

/* How many bytes at the start of `s` may be in a value. */
static size_t value_length(struct str s) {
  size_t len = 0;
  while (s.len - len >= sizeof(uint64_t) && !has_control(s.ptr + len)) len += sizeof(uint64_t);
  while (len < s.len && is_value_byte(s.ptr[len])) len++;
  return len;
}

static enum cause add_field(struct parser *parser, struct str name, struct str value, enum field_id id, bool plain) {
  struct head *head = collecting_head(parser);
  enum cause cause = count_field(parser);
  if (cause != CAUSE_NONE || !head) return cause;
  struct field *field = head_push(head, id);
  if (!field) return CAUSE_NO_MEMORY;
  field->name = name;
  field->value = value;
  field->plain = plain;
  return CAUSE_NONE;
}

static enum cause count_field(struct parser *parser) {
  if (++parser->fields <= parser->limits.max_fields) return CAUSE_NONE;
  parser->culprit = largest_field(parser);
  return parser->state == PARSER_TRAILERS ? CAUSE_TOO_MANY_TRAILERS : CAUSE_TOO_MANY_FIELDS;
}

/* The empty line. Behind a start line alone it is the same as the last time. */
static bool feed_end(struct parser *parser) {
  if (parser->told) return take_end(parser);
  if (!parser->line_ends) {
    tell(parser);
    parser->line_ends = take_end(parser);
  }
  return parser->line_ends;
}

/* The two pauses come with the end of a message that has no body, or of one's trailers. */
static bool take_end(struct parser *parser) {
  static const char line[] = "\r\n";
  llhttp_errno_t error = llhttp_execute(&parser->llhttp, line, 2);
  if (error == HPE_OK) return true;
  bool pause = error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE;
  return pause && llhttp_get_error_pos(&parser->llhttp) == line + 2;
}

/* ---- framing (RFC 9112 §6) ---- */

static enum cause finish_head(struct parser *parser) {
  struct head *head = parser->head;
  enum cause cause = decide_framing(parser);
  if (cause != CAUSE_NONE) return cause;
  if (!feed_end(parser)) return CAUSE_UNCLEAR;
  head->keep_alive = keeps_alive(parser);
  switch (head->framing) {
  case FRAMING_NONE:
    parser->state = PARSER_END;
    break;
  case FRAMING_LENGTH:
    parser->state = head->content_length ? PARSER_LENGTH : PARSER_END;
    parser->body_left = head->content_length;
    break;
  case FRAMING_CHUNKED:
    if (llhttp_get_errno(&parser->llhttp) != HPE_OK) return CAUSE_UNCLEAR;
    parser->state = PARSER_SIZE;
    parser->counted = 0;
    break;
  case FRAMING_CLOSE:
    parser->state = PARSER_CLOSE;
    break;
  }
  return CAUSE_NONE;
}

static enum cause decide_framing(struct parser *parser) {
  struct head *head = parser->head;
  const struct field *length = head_find(head, FIELD_CONTENT_LENGTH);
  bool coded = head_has(head, FIELD_TRANSFER_ENCODING);
  bool request = parser->kind == PARSER_REQUEST;
  if (coded) {
    if (length) return CAUSE_LENGTH_AND_CODING;
    if (head->minor == 0) return CAUSE_CODING_IN_HTTP_1_0;
    enum cause cause = check_codings(parser);
    if (cause != CAUSE_NONE) return cause;
  }
  if (length && (!str_to_u64(length->value, &head->content_length) || head->content_length > INT64_MAX)) {
    parser->culprit = length->value;
    return fault_of_length(length->value);
  }
  bool no_body = request ? str_eq(head->method, STR("CONNECT"))
                         : parser->no_body || head->status < 200 || head->status == 204 || head->status == 304;
  if (no_body) {
    head->framing = FRAMING_NONE;
  } else if (coded) {
    head->framing = FRAMING_CHUNKED;
  } else if (length) {
    head->framing = FRAMING_LENGTH;
  } else {
    head->framing = request ? FRAMING_NONE : FRAMING_CLOSE;
  }
  return CAUSE_NONE;
}

/* Exactly one coding, `chunked`, without parameters. Before it another: not implemented; anything else: not HTTP. */
static enum cause check_codings(struct parser *parser) {
  const struct head *head = parser->head;
  unsigned codings = 0, chunked = 0;
  bool last_chunked = false;
  struct str other = {NULL, 0};
  for (unsigned i = 0; i < head->count; i++) {
    if (head->fields[i].id != FIELD_TRANSFER_ENCODING) continue;
    struct str rest = head->fields[i].value, coding;
    while (str_next(&rest, ',', &coding)) {
      coding = str_trim(coding);
      parser->culprit = head->fields[i].value;
      if (head_token_length(coding) == 0) return CAUSE_BAD_CODING;
      last_chunked = str_eq_nocase(coding, STR("chunked"));
      codings++;
      chunked += last_chunked;
      if (!last_chunked) other = coding;
    }
  }
  parser->culprit = other;
  if (chunked > 1) return CAUSE_CHUNKED_TWICE;
  if (!last_chunked) return CAUSE_CODING_NOT_LAST;
  return codings == 1 ? CAUSE_NONE : CAUSE_UNKNOWN_CODING;
}

/* RFC 9112 §9.3; and never where the sender and this parser might not agree on where the message ended. */
static bool keeps_alive(const struct parser *parser) {
  const struct head *head = parser->head;
  if (head_has_token(head, FIELD_CONNECTION, STR("close"))) return false;
  if (head->minor == 0 && !head_has_token(head, FIELD_CONNECTION, STR("keep-alive"))) return false;
  if (parser->kind == PARSER_REQUEST) return !str_eq(head->method, STR("CONNECT"));
  if (head->status == 101 || head->framing == FRAMING_CLOSE) return false;
  bool never_body = head->status < 200 || head->status == 204;
  return !never_body || (!head_has(head, FIELD_TRANSFER_ENCODING) && head->content_length == 0);
}

/* ---- body ---- */

enum wire_status parser_body(struct parser *parser, struct str in, size_t *used, struct str *span) {
  *used = 0;
  *span = (struct str){NULL, 0};
  switch (parser->state) {
  case PARSER_LENGTH:
    return length_body(parser, in, used, span);
  case PARSER_SIZE:
  case PARSER_CHUNK:
  case PARSER_TRAILERS:
    return chunked_body(parser, in, used, span);
  case PARSER_CLOSE:
    *used = in.len;
    *span = in;
    return in.len ? WIRE_SPAN : WIRE_MORE;
  case PARSER_END:
    return WIRE_DONE;
  case PARSER_BROKEN:
    return WIRE_FAILED;
  case PARSER_START:
  case PARSER_FIELDS:
    break;
  }
  ENSURE_UNREACHABLE();
}

static enum wire_status length_body(struct parser *parser, struct str in, size_t *used, struct str *span) {
  if (in.len == 0) return WIRE_MORE;
  *span = in.len < parser->body_left ? in : str_upto(in, (size_t)parser->body_left);
  *used = span->len;
  parser->body_left -= span->len;
  if (parser->body_left == 0) parser->state = PARSER_END;
  return WIRE_SPAN;
}

uint64_t parser_plain(const struct parser *parser) {
  return parser->state == PARSER_LENGTH ? parser->body_left : 0;
}

void parser_skip(struct parser *parser, uint64_t len) {
  ENSURE(len <= parser_plain(parser));
  if (len == 0) return;
  parser->body_left -= len;
  if (parser->body_left == 0) parser->state = PARSER_END;
}

static enum wire_status chunked_body(struct parser *parser, struct str in, size_t *used, struct str *span) {
  parser->span = (struct str){NULL, 0};
  while (*used < in.len) {
    struct str rest = str_from(in, *used);
    bool end = false;
    size_t taken = 0;
    enum cause cause = CAUSE_NONE;
    if (parser->state != PARSER_CHUNK && allowance(parser, rest) == 0) {
      cause = parser->state == PARSER_TRAILERS ? CAUSE_TRAILERS_TOO_LARGE : CAUSE_EXTENSION_TOO_LARGE;
    } else if (parser->state == PARSER_TRAILERS) {
      cause = take_lines(parser, rest, &taken, &end);
    } else {
      cause = chunk_bytes(parser, rest, &taken);
    }
    *used += taken;
    if (cause != CAUSE_NONE) failed(parser, cause);
    if (parser->span.len) {
      /* Before a fault, too: what came ahead of it is the same however it was cut into reads. */
      *span = parser->span;
      return WIRE_SPAN;
    }
    if (cause != CAUSE_NONE) return WIRE_FAILED;
    if (end) {
      /* llhttp must have seen the end of the message at the same place. */
      bool agrees = feed_end(parser) && llhttp_get_errno(&parser->llhttp) == HPE_PAUSED;
      if (!agrees) return failed(parser, CAUSE_UNCLEAR);
      parser->state = PARSER_END;
      return WIRE_DONE;
    }
  }
  return WIRE_MORE;
}

/* Up to the end of a size line, or of a chunk. */
static enum cause chunk_bytes(struct parser *parser, struct str in, size_t *used) {
  if (parser->state == PARSER_SIZE) return size_bytes(parser, str_upto(in, allowance(parser, in)), used);
  uint64_t left = parser->llhttp.content_length; /* of the chunk */
  bool bare = left < in.len && in.ptr[left] == '\n' && parser->size_line != SIZE_LF;
  if (bare && forgive(parser, FORGIVEN_LINE_FEED)) {
    *used = (size_t)left + 1;
    bool right = feed_chunked(parser, str_upto(in, (size_t)left), false) && feed_chunked(parser, STR("\r\n"), true);
    return right ? CAUSE_NONE : CAUSE_CHUNK_END;
  }
  llhttp_errno_t error = llhttp_execute(&parser->llhttp, in.ptr, in.len);
  *used = in.len;
  if (error != HPE_OK && error != HPE_PAUSED) return CAUSE_CHUNK_END;
  if (error == HPE_PAUSED) {
    *used = (size_t)(llhttp_get_error_pos(&parser->llhttp) - in.ptr);
    llhttp_resume(&parser->llhttp);
  } else if (left < in.len) {
    parser->size_line = SIZE_LF;
  }
  return CAUSE_NONE;
}

/* RFC 9112 §7.1, §7.1.1. Of its grammar llhttp checks little more than the characters; it does not see what is forgiven. */
static enum cause size_bytes(struct parser *parser, struct str in, size_t *used) {
  size_t fed = 0, at = 0;
  bool end = false, bare = false, right = true;
  while (at < in.len && !end) {
    char c = in.ptr[at];
    int next = behind_size_byte(parser, c);
    if (next < 0) return fault_of_size_line(parser, c);
    bare = c == '\n' && parser->size_line != SIZE_LF;
    bool blank = c == ' ' || c == '\t';
    bool unseen = bare || (blank && (next == SIZE_START || next == SIZE_BLANK));
    parser->size_line = (uint8_t)next;
    end = c == '\n';
    if (unseen) {
      forgive(parser, bare ? FORGIVEN_LINE_FEED : FORGIVEN_CHUNK_BLANKS);
      right = right && feed_chunked(parser, str_make(in.ptr + fed, at - fed), false);
      fed = at + 1;
    }
    at++;
  }
  *used = at;
  right = right && feed_chunked(parser, str_make(in.ptr + fed, at - fed), end && !bare);
  if (bare) right = right && feed_chunked(parser, STR("\r\n"), true);
  if (parser->state == PARSER_SIZE) parser->counted += at;
  return right ? CAUSE_NONE : CAUSE_UNCLEAR;
}

/* `pauses`: at its end is that of a size line or of a chunk, and nowhere before. */
static bool feed_chunked(struct parser *parser, struct str in, bool pauses) {
  if (in.len == 0) return !pauses;
  llhttp_errno_t error = llhttp_execute(&parser->llhttp, in.ptr, in.len);
  if (!pauses) return error == HPE_OK;
  if (error != HPE_PAUSED || llhttp_get_error_pos(&parser->llhttp) != in.ptr + in.len) return false;
  llhttp_resume(&parser->llhttp);
  return true;
}

/* `c` may not stand where it does. Bare line feeds and blanks in a response are forgiven where they are all that is wrong. */
static enum cause fault_of_size_line(const struct parser *parser, char c) {
  bool request = parser->kind == PARSER_REQUEST, blank = c == ' ' || c == '\t';
  if (c == '\n' && request) return CAUSE_BARE_LF;
  if (parser->size_line == SIZE_LF) return CAUSE_BARE_CR;
  if (parser->size_line > SIZE_BLANK) return CAUSE_CHUNK_EXTENSION;
  if (blank && request) return parser->size_line == SIZE_START ? CAUSE_CHUNK_BLANK_BEFORE : CAUSE_CHUNK_BLANK_BEHIND;
  return parser->size_line == SIZE_DIGITS && str_hex_value(c) >= 0 ? CAUSE_CHUNK_TOO_LARGE : CAUSE_CHUNK_SIZE;
}

/* What comes behind a size, a name or a value; -1: nothing that may. */
static int behind_extension(const struct parser *parser, char c) {
  if (c == '\n' && parser->kind == PARSER_RESPONSE) return SIZE_START;
  return c == ';' ? SIZE_NAME_START : c == '\r' ? SIZE_LF : -1;
}

/* The same in front of a size and behind it, where blanks may be forgiven. */
static int around_size(const struct parser *parser, char c) {
  bool start = parser->size_line == SIZE_START;
  if (parser->kind == PARSER_RESPONSE && (c == ' ' || c == '\t')) return start ? SIZE_START : SIZE_BLANK;
  return start ? -1 : behind_extension(parser, c);
}

/* The state behind `c`; -1: it may not stand there. */
static int behind_size_byte(struct parser *parser, char c) {
  enum { MOST_DIGITS = 16 };
  bool token = head_token_length(str_make(&c, 1)) == 1;
  switch ((enum size_line)parser->size_line) {
  case SIZE_START:
  case SIZE_DIGITS:
    if (str_hex_value(c) < 0) return around_size(parser, c);
    if (c != '0' || parser->size_digits) parser->size_digits++;
    return parser->size_digits > MOST_DIGITS ? -1 : SIZE_DIGITS;
  case SIZE_BLANK:
    return around_size(parser, c);
  case SIZE_NAME_START:
    return token ? SIZE_NAME : -1;
  case SIZE_NAME:
    return token ? SIZE_NAME : c == '=' ? SIZE_VALUE_START : behind_extension(parser, c);
  case SIZE_VALUE_START:
    return token ? SIZE_VALUE : c == '"' ? SIZE_QUOTED : -1;
  case SIZE_VALUE:
    return token ? SIZE_VALUE : behind_extension(parser, c);
  case SIZE_QUOTED:
    return !is_value_byte(c) ? -1 : c == '"' ? SIZE_QUOTED_END : c == '\\' ? SIZE_ESCAPED : SIZE_QUOTED;
  case SIZE_ESCAPED:
    return is_value_byte(c) ? SIZE_QUOTED : -1;
  case SIZE_QUOTED_END:
    return behind_extension(parser, c);
  case SIZE_LF:
    return c == '\n' ? SIZE_START : -1;
  }
  ENSURE_UNREACHABLE();
}

static struct parser *parser_of(llhttp_t *llhttp) {
  return (struct parser *)(void *)((char *)llhttp - offsetof(struct parser, llhttp));
}

static int on_chunk_header(llhttp_t *llhttp) {
  struct parser *parser = parser_of(llhttp);
  parser->state = llhttp->content_length ? PARSER_CHUNK : PARSER_TRAILERS;
  parser->counted = 0;
  parser->fields = 0;
  parser->text = NULL;
  parser->text_bytes = parser->text_room = parser->text_parsed = 0;
  return HPE_PAUSED;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t len) {
  parser_of(llhttp)->span = str_make(at, len);
  return 0;
}

static int on_chunk_complete(llhttp_t *llhttp) {
  struct parser *parser = parser_of(llhttp);
  if (parser->state == PARSER_TRAILERS) return 0;
  parser->state = PARSER_SIZE;
  parser->counted = 0;
  parser->size_line = SIZE_START;
  parser->size_digits = 0;
  return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *llhttp) {
  (void)llhttp;
  return HPE_PAUSED;
}

enum wire_status parser_finish(struct parser *parser) {
  if (parser->state == PARSER_END) return WIRE_DONE;
  if (parser->state == PARSER_BROKEN) return WIRE_FAILED;
  if (parser->state != PARSER_CLOSE) return failed(parser, CAUSE_UPSTREAM_CUT);
  parser->state = PARSER_END;
  return WIRE_DONE;
}
