/* Three of the four forms of a request target, told apart by their first bytes. Whatever is not exactly one of them is
 * refused: a target that two servers read differently is the beginning of an attack. */
#include "liteginx/http/request_target.h"

#include "liteginx/base/ip.h"

static enum cause find_host(const struct head *request, struct request_target *parts, struct str *what);
static enum cause split_absolute(const struct head *request, struct request_target *parts, struct str *what);
static void split_path(struct str s, struct request_target *parts);
static bool valid_port(struct str port);
static struct str without_empty_port(struct str host);
static bool valid_reg_name(struct str name);

enum cause request_target_parse(const struct head *request, struct request_target *parts, struct str *what) {
  struct str target = request->request_target;
  *parts = (struct request_target){.form = FORM_ORIGIN};
  *what = target;
  ENSURE(target.len);
  /* Bytes that a URI may not hold but people send are encoded later. */
  if (str_find(target, '#') < target.len) return CAUSE_FRAGMENT;
  enum cause cause = find_host(request, parts, what);
  if (cause != CAUSE_NONE) return cause;
  *what = target;
  if (str_eq(target, STR("*"))) {
    parts->form = FORM_ASTERISK;
    parts->path = target;
    return str_eq(request->method, STR("OPTIONS")) ? CAUSE_NONE : CAUSE_ASTERISK;
  }
  if (target.ptr[0] != '/') return split_absolute(request, parts, what);
  split_path(target, parts);
  return CAUSE_NONE;
}

/* RFC 9112 §3.2: 400 for a missing, a second or an invalid Host, in absolute form too. */
static enum cause find_host(const struct head *request, struct request_target *parts, struct str *what) {
  const struct field *host = head_find(request, FIELD_HOST);
  if (!host) return request->minor == 0 ? CAUSE_NONE : CAUSE_NO_HOST;
  for (const struct field *next = host + 1; next < request->fields + request->count; next++) {
    if (next->id == FIELD_HOST) return CAUSE_TWO_HOSTS;
  }
  *what = host->value;
  parts->host = without_empty_port(host->value);
  return request_target_valid_host(host->value) ? CAUSE_NONE : CAUSE_BAD_HOST;
}

static enum cause split_absolute(const struct head *request, struct request_target *parts, struct str *what) {
  struct str plain = STR("http://"), secure = STR("https://"), target = request->request_target;
  bool is_plain = str_eq_nocase(str_upto(target, plain.len), plain);
  if (!is_plain && !str_eq_nocase(str_upto(target, secure.len), secure)) return CAUSE_TARGET_FORM;
  struct str rest = str_from(target, is_plain ? plain.len : secure.len);
  parts->scheme = is_plain ? SCHEME_HTTP : SCHEME_HTTPS;
  size_t slash = str_find(rest, '/'), question = str_find(rest, '?');
  size_t end = slash < question ? slash : question;
  struct str authority = *what = str_upto(rest, end);
  if (str_find(authority, '@') < authority.len) return CAUSE_USER_INFO;
  if (!request_target_valid_host(authority)) return CAUSE_TARGET_HOST;
  parts->host = without_empty_port(authority);
  parts->form = FORM_ABSOLUTE;
  if (end == rest.len && str_eq(request->method, STR("OPTIONS"))) {
    parts->form = FORM_ASTERISK; /* RFC 9112 §3.2.4 */
    parts->path = STR("*");
    return CAUSE_NONE;
  }
  split_path(str_from(rest, end), parts);
  return CAUSE_NONE;
}

static void split_path(struct str s, struct request_target *parts) {
  size_t question = str_find(s, '?');
  parts->path = question ? str_upto(s, question) : STR("/");
  parts->query = str_from(s, question);
}

bool request_target_valid_host(struct str host) {
  struct str name = request_target_host_name(host);
  struct str port = str_from(host, name.len);
  if (name.len == 0) return false;
  if (port.len && (port.ptr[0] != ':' || !valid_port(str_from(port, 1)))) return false;
  if (name.ptr[0] != '[') return valid_reg_name(name);
  unsigned char bytes[16];
  return name.ptr[name.len - 1] == ']' && ip_read_v6(str_make(name.ptr + 1, name.len - 2), bytes);
}

struct str request_target_host_name(struct str host) {
  if (host.len && host.ptr[0] == '[') return str_upto(host, str_find(host, ']') + 1);
  return str_upto(host, str_find(host, ':'));
}

/* RFC 3986 §6.2.3: "a:" is "a", and that is how it should be written. */
static struct str without_empty_port(struct str host) {
  return host.len && host.ptr[host.len - 1] == ':' ? str_upto(host, host.len - 1) : host;
}

static bool valid_port(struct str port) {
  uint64_t value = 0;
  if (port.len == 0) return true;
  return port.len <= 5 && str_to_u64(port, &value) && value <= 65535;
}

/* RFC 3986 §3.2.2: unreserved, percent-encoded, sub-delims. An IPv4 address is one, too. */
static bool valid_reg_name(struct str name) {
  static const char kinds[256] = "                                " /* control characters */
                                 " x  x%xxxxxxxxx xxxxxxxxxx x x  " /*  !"#$%&'()*+,-./0123456789:;<=>? */
                                 " xxxxxxxxxxxxxxxxxxxxxxxxxx    x" /* @ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_ */
                                 " xxxxxxxxxxxxxxxxxxxxxxxxxx   x " /* `abcdefghijklmnopqrstuvwxyz{|}~  */;
  for (size_t i = 0; i < name.len; i++) {
    char kind = kinds[(unsigned char)name.ptr[i]];
    if (kind == 'x') continue;
    if (kind != '%' || i + 2 >= name.len) return false;
    if (str_hex_value(name.ptr[i + 1]) < 0 || str_hex_value(name.ptr[i + 2]) < 0) return false;
    i += 2;
  }
  return true;
}
