/* Who speaks another protocol may never send a line end, so the beginning of a line is judged before the line is whole;
 * where the next byte decides what the last one was, it is waited for. */
#include "liteginx/wire/fault.h"

static bool is_proxy_protocol(struct str rest);
static enum cause begins_request(struct str line, bool whole, struct str *what);
static enum cause begins_status(struct str line, bool whole, struct str *what);
static enum cause broken_line(struct str line, bool tabs);
static size_t control_at(struct str line, bool tabs);
static enum cause spaces(struct str line, struct str target, struct str *what);
static enum cause name_of_field(struct str line, size_t len);

/* ---- request line ---- */

enum cause fault_of_request_line(struct str line, bool whole, struct str *what) {
  if (line.len == 0) return CAUSE_NONE;
  ENSURE(line.ptr);
  enum cause cause = begins_request(line, whole, what);
  if (cause != CAUSE_NONE || !whole) return cause;
  struct str method = str_upto(line, head_token_length(line));
  struct str target = str_from(line, method.len + 1);
  if (str_eq(method, STR("PRI"))) return CAUSE_HTTP2_PREFACE;
  if (str_eq(method, STR("PROXY")) && is_proxy_protocol(target)) return CAUSE_PROXY_PROTOCOL;
  cause = broken_line(target, false);
  *what = str_upto(line, method.len + 1 + control_at(target, false));
  if (cause != CAUSE_NONE) return cause;
  line = fault_shown(line);
  target = fault_shown(target);
  *what = line;
  if (target.len == 0 || fault_is_version(target)) return CAUSE_NO_REQUEST_LINE;
  return spaces(line, target, what);
}

/* TLS begins with a record: handshake, of a version 3 (RFC 8446 §5.1). */
static bool is_tls(struct str bytes) {
  return bytes.len >= 2 && (bytes.ptr[0] == 0x15 || bytes.ptr[0] == 0x16) && bytes.ptr[1] == 0x03;
}

/* What stands behind "PROXY " in its first version. */
static bool is_proxy_protocol(struct str rest) {
  return str_starts_with(rest, STR("TCP4 ")) || str_starts_with(rest, STR("TCP6 ")) ||
         str_starts_with(rest, STR("UNKNOWN"));
}

static enum cause begins_request(struct str line, bool whole, struct str *what) {
  size_t len = head_token_length(line);
  *what = fault_shown(line);
  if (len == line.len) return CAUSE_NONE;
  struct str rest = str_from(line, len);
  switch (rest.ptr[0]) {
  case ' ':
    return len ? CAUSE_NONE : CAUSE_NOT_HTTP;
  case '\n':
    return CAUSE_BARE_LF;
  case '\r':
    if (rest.len == 1) return whole ? CAUSE_BARE_CR : CAUSE_NONE;
    *what = str_upto(line, len);
    return len && rest.ptr[1] == '\n' ? CAUSE_NO_REQUEST_LINE : CAUSE_BARE_CR;
  default:
    if (len) return CAUSE_METHOD;
    if (is_tls(line)) return CAUSE_TLS;
    bool may_be_tls = line.len == 1 && line.ptr[0] == 0x16;
    bool may_be_proxy = str_eq(line, str_upto(STR("\0\r"), line.len)); /* of the second version: the parser knows */
    return (may_be_tls || may_be_proxy) && !whole ? CAUSE_NONE : CAUSE_NOT_HTTP;
  }
}

/* `target`: what is behind the method, in a line without control characters and with something wrong about its spaces or
 * its version. */
static enum cause spaces(struct str line, struct str target, struct str *what) {
  size_t last = target.len;
  while (last && target.ptr[last - 1] != ' ') last--;
  struct str version = str_from(target, last);
  bool two = target.ptr[0] == ' ';
  for (size_t i = 1; i < target.len; i++) two |= target.ptr[i] == ' ' && target.ptr[i - 1] == ' ';
  *what = version;
  if (two) return CAUSE_TWO_SPACES;
  if (last == 0) return CAUSE_NO_VERSION;
  if (version.len == 0) {
    struct str before = str_upto(line, line.len - 1);
    return fault_is_version(str_from(before, before.len > 8 ? before.len - 8 : 0)) ? CAUSE_SPACE_AT_END
                                                                                   : CAUSE_NO_VERSION;
  }
  if (!fault_is_version(version)) return CAUSE_BAD_VERSION;
  return str_find(target, ' ') + 1 < last ? CAUSE_SPACE_IN_TARGET : CAUSE_VERSION;
}

/* ---- status line ---- */

enum cause fault_of_status_line(struct str line, bool whole, struct str *what) {
  if (line.len == 0) return CAUSE_NONE;
  ENSURE(line.ptr);
  enum cause cause = begins_status(line, whole, what);
  if (cause != CAUSE_NONE || !whole) return cause;
  cause = broken_line(line, true);
  *what = str_upto(line, control_at(line, true));
  if (cause != CAUSE_NONE) return cause == CAUSE_CONTROL_IN_LINE ? CAUSE_CONTROL_IN_STATUS_LINE : cause;
  line = fault_shown(line);
  *what = str_upto(line, str_find(line, ' '));
  if (fault_is_version(*what) && what->ptr[7] > '1') return CAUSE_ANSWER_VERSION;
  *what = line;
  return CAUSE_STATUS_LINE;
}

/* What the first frame of HTTP/2 begins with: a SETTINGS frame of less than 256 bytes (RFC 9113 §3.4, §6.5). */
static bool is_http2(struct str bytes) {
  return bytes.len >= 4 && bytes.ptr[0] == 0 && bytes.ptr[1] == 0 && bytes.ptr[3] == 4;
}

static enum cause begins_status(struct str line, bool whole, struct str *what) {
  *what = fault_shown(line);
  if (what->len == 0) return CAUSE_ANSWER_EMPTY_LINE;
  if (str_starts_with(line, str_upto(STR("HTTP/1."), line.len))) return CAUSE_NONE;
  if (str_starts_with(line, STR("HTTP/"))) {
    what->len = str_find(str_upto(line, str_find(line, '\r')), ' ');
    return CAUSE_ANSWER_VERSION;
  }
  if (is_tls(line)) return CAUSE_ANSWER_TLS;
  if (is_http2(line)) return CAUSE_ANSWER_HTTP2;
  bool may_be_tls = line.len == 1 && (line.ptr[0] == 0x15 || line.ptr[0] == 0x16);
  bool may_be_http2 = line.len < 4 && line.ptr[0] == 0 && (line.len < 2 || line.ptr[1] == 0);
  bool may_be_empty = str_eq(line, STR("\r"));
  return (may_be_tls || may_be_http2 || may_be_empty) && !whole ? CAUSE_NONE : CAUSE_ANSWER_NOT_HTTP;
}

/* ---- what both have in common ---- */

struct str fault_shown(struct str line) {
  if (line.len == 0 || line.ptr[line.len - 1] != '\n') return line;
  line.len--;
  return str_upto(line, line.len && line.ptr[line.len - 1] == '\r' ? line.len - 1 : line.len);
}

/* Where the first control character is; line.len: nowhere but in the line's end. */
static size_t control_at(struct str line, bool tabs) {
  size_t at = 0;
  while (at < line.len) {
    unsigned char c = (unsigned char)line.ptr[at];
    bool end = c == '\r' && at + 2 == line.len && line.ptr[at + 1] == '\n';
    if (end) return line.len;
    if ((c < 0x20 && !(tabs && c == '\t')) || c == 0x7f) break;
    at++;
  }
  return at;
}

/* Of a line with its LF: CAUSE_NONE: it ends as it should and holds no control character. */
static enum cause broken_line(struct str line, bool tabs) {
  size_t at = control_at(line, tabs);
  if (at == line.len) return CAUSE_NONE;
  return line.ptr[at] == '\n' ? CAUSE_BARE_LF : line.ptr[at] == '\r' ? CAUSE_BARE_CR : CAUSE_CONTROL_IN_LINE;
}

/* ---- fields ---- */

enum cause fault_of_field_line(struct str lines, struct str *what) {
  ENSURE(lines.ptr && lines.len);
  struct str line = str_upto(lines, str_find(lines, '\n') + 1);
  size_t len = head_token_length(line);
  *what = fault_shown(line);
  if (line.ptr[len] != ':' || len == 0) return name_of_field(line, len);
  struct str value = str_from(line, len + 1);
  enum cause cause = broken_line(value, true);
  return cause == CAUSE_CONTROL_IN_LINE ? CAUSE_FIELD_CONTROL : cause;
}

/* `len` bytes are a token, and no colon is behind it. */
static enum cause name_of_field(struct str line, size_t len) {
  struct str rest = str_from(line, len);
  char next = rest.ptr[0];
  if (next == '\n') return CAUSE_BARE_LF;
  if (next == '\r' && rest.ptr[1] != '\n') return CAUSE_BARE_CR;
  if (next == '\r') return CAUSE_NO_COLON;
  if (len == 0 && next == ':') return CAUSE_NO_FIELD_NAME;
  if (len == 0 && (next == ' ' || next == '\t')) return CAUSE_FOLDED;
  size_t blanks = 0;
  while (rest.ptr[blanks] == ' ' || rest.ptr[blanks] == '\t') blanks++;
  if (blanks && rest.ptr[blanks] == ':') return CAUSE_SPACE_BEFORE_COLON;
  return str_find(rest, ':') < rest.len ? CAUSE_FIELD_NAME : CAUSE_NO_COLON;
}

enum cause fault_of_length(struct str value) {
  for (size_t i = 0; i < value.len; i++) {
    if (!str_is_digit(value.ptr[i])) return CAUSE_BAD_LENGTH;
  }
  return value.len ? CAUSE_LENGTH_TOO_LARGE : CAUSE_BAD_LENGTH;
}
