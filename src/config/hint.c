/* Hints for single values. */
#include "liteginx/config/hint.h"

#include <stdio.h>

#include "liteginx/base/ip.h"
#include "liteginx/base/punycode.h"
#include "liteginx/config/report.h"
#include "liteginx/config/rule_hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/variable.h"

#define NO_HINT STR("")

static size_t find_text(struct str text, struct str wanted);

/* Cuts the digits off the front of *text. */
static struct str cut_digits(struct str *text) {
  size_t count = 0;
  while (count < text->len && str_is_digit(text->ptr[count])) count++;
  struct str digits = str_upto(*text, count);
  *text = str_from(*text, count);
  return digits;
}

/* Milliseconds of a word for a unit of time; 0: it is none. */
static uint64_t unit_ms(struct str word) {
  static const struct {
    const char *names;
    uint64_t ms;
  } units[] = {
      {"ms msec msecs millis millisecond milliseconds", 1},
      {"s sec secs second seconds", 1000},
      {"m min mins minute minutes", 60 * 1000},
      {"h hr hrs hour hours", 3600 * 1000},
      {"d day days", 24 * 3600 * 1000},
  };
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    struct str rest = str_of(units[i].names), name;
    while (str_next(&rest, ' ', &name)) {
      if (str_eq_nocase(name, word)) return units[i].ms;
    }
  }
  return 0;
}

/* The shortest form of one number and a unit. */
static struct str did_you_mean_ms(struct arena *arena, uint64_t ms) {
  static const struct {
    uint64_t ms;
    const char *name;
  } units[] = {{3600 * 1000, "h"}, {60 * 1000, "m"}, {1000, "s"}, {1, "ms"}};
  size_t unit = 0;
  while (ms % units[unit].ms) unit++;
  if (ms == 0) unit = 2;
  uint64_t count = ms / units[unit].ms;
  if (count > 99999) return NO_HINT;
  return arena_printf(arena, "(did you mean '%u%s'?)", (unsigned)count, units[unit].name);
}

struct str hint_duration(struct arena *arena, struct str text) {
  struct str rest = str_trim(text), whole = cut_digits(&rest), part = {NULL, 0};
  uint64_t number, thousandths = 0;
  if (whole.len > 5 || !str_to_u64(whole, &number)) return NO_HINT;
  if (rest.len == 0 && number > 0) {
    return arena_printf(arena, "(did you mean '%ums' or '%us'?)", (unsigned)number, (unsigned)number);
  }
  if (rest.len > 0 && (rest.ptr[0] == '.' || rest.ptr[0] == ',')) {
    rest = str_from(rest, 1);
    part = cut_digits(&rest);
    if (part.len == 0 || part.len > 3) return NO_HINT;
  }
  for (size_t i = 0; i < 3; i++) {
    thousandths = thousandths * 10 + (i < part.len ? (uint64_t)(part.ptr[i] - '0') : 0);
  }
  uint64_t ms = unit_ms(rest.len ? str_trim(rest) : STR("s")), total = number * ms + thousandths * ms / 1000;
  return ms && thousandths * ms % 1000 == 0 ? did_you_mean_ms(arena, total) : NO_HINT;
}

struct str hint_size(struct arena *arena, struct str text, uint64_t least, uint64_t most) {
  static const char units[] = "kmg";
  struct str rest = str_trim(text), digits = cut_digits(&rest);
  uint64_t number, bytes;
  if (digits.len == 0 || digits.len >= 19 || !str_to_u64(digits, &number)) return NO_HINT;
  rest = str_trim(rest);
  const char *unit = rest.len ? strchr(units, str_lower_char(rest.ptr[0])) : "k";
  bool spelled = str_eq_nocase(str_from(rest, 1), STR("b")) || str_eq_nocase(str_from(rest, 1), STR("ib"));
  if (!unit || !*unit || (rest.len > 1 && !spelled)) return NO_HINT;
  char right[32];
  int len = snprintf(right, sizeof right, "%.*s%ciB", STR_ARG(digits), "KMG"[unit - (rest.len ? units : unit)]);
  bool good = scalar_size(str_make(right, (size_t)len), &bytes) && bytes >= least && bytes <= most;
  return good ? arena_printf(arena, "(did you mean '%s'?)", right) : NO_HINT;
}

struct str hint_listen(struct arena *arena, struct str text) {
  size_t colon = str_find(text, ':');
  unsigned port;
  if (!scalar_number(str_from(text, colon + 1), 0, UINT16_MAX, &port)) return NO_HINT;
  if (str_eq_nocase(str_upto(text, colon), STR("localhost"))) {
    return arena_printf(arena, "(did you mean '%u'? it listens on localhost)", port);
  }
  return colon == 0 ? arena_printf(arena, "(did you mean '\"*:%u\"'?)", port) : NO_HINT;
}

/* A URL, or a host with what may stand around it, taken apart. */
struct parts {
  struct str host;
  struct str port; /* from the ':' on */
  struct str path; /* from the '/' on */
};

static struct parts take_apart(struct str text) {
  size_t scheme = find_text(text, STR("://"));
  if (scheme < text.len) text = str_from(text, scheme + 3);
  if (str_starts_with(text, STR("//"))) text = str_from(text, 2);
  size_t slash = str_find(text, '/');
  struct parts parts = {.path = str_from(text, slash)};
  text = str_upto(text, slash);
  size_t at = str_find(text, '@');
  if (at < text.len) text = str_from(text, at + 1);
  bool bracketed = text.len && text.ptr[0] == '[';
  size_t end = bracketed ? str_find(text, ']') + 1 : str_find(text, ':');
  parts.host = str_upto(text, end);
  parts.port = str_from(text, end);
  return parts;
}

static size_t find_text(struct str text, struct str wanted) {
  for (size_t i = 0; i + wanted.len <= text.len; i++) {
    if (str_starts_with(str_from(text, i), wanted)) return i;
  }
  return text.len;
}

static bool is_ascii(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    if ((unsigned char)text.ptr[i] >= 0x80) return false;
  }
  return true;
}

/* Quotes where YAML would read something else than a word. */
static const char *quotes_for(struct str text) {
  return text.len && strchr("*[", text.ptr[0]) ? "\"" : "";
}

/* For a name with letters that stand in no name on the wire. */
static struct str hint_wire_form(struct arena *arena, struct str name) {
  char wire[PUNYCODE_NAME_BYTES];
  size_t len;
  struct str checked;
  bool sure = punycode_name(name, wire, &len) && scalar_route_host(arena, str_make(wire, len), &checked);
  if (!sure) return STR("(only its form on the wire can stand here, which begins with 'xn--')");
  const char *quotes = quotes_for(name);
  return arena_printf(arena, "(write '%s%.*s%s', its form on the wire)", quotes, (int)len, wire, quotes);
}

static struct str hint_wildcard(struct arena *arena, struct str text) {
  struct str rest = text;
  while (rest.len && rest.ptr[0] == '*') rest = str_from(rest, 1);
  if (rest.len && rest.ptr[0] == '.') rest = str_from(rest, 1);
  struct str checked;
  bool name = rest.len < text.len && scalar_route_host(arena, rest, &checked) && str_find(rest, '*') == rest.len;
  if (!name) return STR("('*' can only stand for the first labels, as in '*.example.com')");
  if (text.ptr[0] == '*') return arena_printf(arena, "(write '\"*.%.*s\"')", STR_ARG(rest));
  return arena_printf(arena, "(write '\"*.%.*s\"'; '%.*s' alone takes a spec of its own)", STR_ARG(rest),
                      STR_ARG(rest));
}

static bool is_ipv6(struct str text) {
  unsigned char bytes[16];
  return ip_read_v6(text, bytes);
}

struct str hint_route_host(struct arena *arena, struct str text) {
  struct parts parts = take_apart(text);
  struct str checked, host = parts.host;
  if (text.len == 0 || str_eq(text, STR("*"))) return STR("(leave 'host' out to match every host)");
  struct str rule = rule_hint(arena, text);
  if (!rule.ptr || rule.len) return rule;
  if (text.ptr[0] == '~' || str_find(text, '^') < text.len || str_find(text, '(') < text.len) {
    return STR("(regular expressions are not known here: write a name, or '\"*.example.com\"')");
  }
  if (str_find(text, ' ') < text.len || str_find(text, ',') < text.len) {
    return STR("(write a spec of its own for each host)");
  }
  if (is_ipv6(text)) return arena_printf(arena, "(write '\"[%.*s]\"')", STR_ARG(text));
  if (!is_ascii(host)) return hint_wire_form(arena, host);
  if (str_find(text, '*') < text.len || text.ptr[0] == '.') return hint_wildcard(arena, host);
  bool several = str_find(str_from(parts.port, 1), ':') + 1 < parts.port.len; /* which of them is the port? */
  if (host.len == text.len || several || !scalar_route_host(arena, host, &checked)) return NO_HINT;
  if (hint_taken_host(arena, host).len) return hint_taken_host(arena, host);
  const char *quotes = quotes_for(host);
  return arena_printf(arena, "(write 'host: %s%.*s%s'%s)", quotes, STR_ARG(host), quotes,
                      parts.path.len > 1 ? "; what stands behind it belongs under 'path'" : "");
}

struct str hint_taken_host(struct arena *arena, struct str text) {
  (void)arena;
  if (str_eq(text, STR("_"))) return STR("(leave 'host' out to match every host)");
  if (str_eq(text, STR("0.0.0.0")) || str_eq(text, STR("[::]"))) {
    return STR("(leave it out, and write 'listen: \"*:5000\"' to listen on every interface)");
  }
  return NO_HINT;
}

struct str hint_target_host(struct arena *arena, struct str text) {
  struct scalar_target target;
  struct str checked;
  enum scalar_target_form form = scalar_split_target(text, &target);
  if (form == TARGET_SECURE) return STR("(TLS to targets does not work yet: write the name alone)");
  bool unclear = form == TARGET_SOCKET || form == TARGET_BARE_PATH || form == TARGET_WORDS || form == TARGET_COLONS ||
                 form == TARGET_BRACKETS;
  if (unclear) return NO_HINT;
  if (!is_ascii(target.host)) return hint_wire_form(arena, target.host);
  if (target.host.len == text.len || !scalar_target_host(arena, target.host, &checked)) return NO_HINT;
  bool written = target.port.len > 0 && (uintptr_t)target.port.ptr - (uintptr_t)text.ptr < text.len;
  unsigned number;
  bool has_port = written && scalar_number(target.port, 1, UINT16_MAX, &number);
  if (!has_port) return arena_printf(arena, "(write 'host: %.*s')", STR_ARG(target.host));
  return arena_printf(arena, "(write 'host: %.*s' and 'port: %.*s')", STR_ARG(target.host), STR_ARG(target.port));
}

static bool is_item(struct arena *arena, bool target, struct str text) {
  struct config_network network;
  struct scalar_target split;
  struct str host;
  if (!target) return scalar_network(text, &network);
  unsigned port;
  return scalar_split_target(text, &split) == TARGET_PLAIN && scalar_target_host(arena, split.host, &host) &&
         scalar_number(split.port, 1, UINT16_MAX, &port);
}

static struct str hint_list(struct arena *arena, const char *key, bool target, struct str text) {
  struct str rest = text, word, list = STR("");
  while (str_next(&rest, ',', &word)) {
    struct str item = str_trim(word);
    bool quoted = item.len && (item.ptr[0] == ':' || item.ptr[0] == '[');
    if (!is_item(arena, target, item)) {
      return arena_printf(arena, "(write '%s: [%s]', with your own)", key, target ? "localhost:3000" : "127.0.0.1");
    }
    list = arena_printf(arena, "%.*s%s%s%.*s%s", STR_ARG(list), list.len ? ", " : "", quoted ? "\"" : "", STR_ARG(item),
                        quoted ? "\"" : "");
    if (!list.ptr) return list;
  }
  return arena_printf(arena, "(write '%s: [%.*s]')", key, STR_ARG(list));
}

struct str hint_targets(struct arena *arena, struct str text) {
  return hint_list(arena, "targets", true, text);
}

struct str hint_networks(struct arena *arena, struct str text) {
  return hint_list(arena, "trusted_proxies", false, text);
}

/* "${X-y}" with a name that could be one. */
static bool split_braces(struct str stray, struct str *name, struct str *fallback) {
  size_t dash = str_find(stray, '-');
  *name = str_make(stray.ptr + 2, dash < stray.len ? dash - 2 : 0);
  *fallback = str_from(stray, dash + 1);
  bool plain = name->len > 0;
  for (size_t i = 0; i < name->len; i++) {
    char c = str_lower_char(name->ptr[i]);
    plain &= (c >= 'a' && c <= 'z') || c == '_' || (i > 0 && str_is_digit(c));
  }
  return plain;
}

struct str hint_dollar(struct arena *arena, struct str stray) {
  struct str name = str_from(stray, 1), fallback;
  if (!str_starts_with(stray, STR("${"))) {
    return arena_printf(arena, "(write '${%.*s}' for the variable, or '$$%.*s' for the text)", STR_ARG(name),
                        STR_ARG(name));
  }
  if (stray.ptr[stray.len - 1] != '}') return STR("(a '}' is missing; for the text itself write '$${')");
  if (!split_braces(stray, &name, &fallback)) {
    return STR("(only '${NAME}' and '${NAME:-default}' are known; for the text itself write '$${')");
  }
  return arena_printf(arena, "(write '${%.*s:-%.*s' for the variable)", STR_ARG(name), STR_ARG(fallback));
}

/* The first "$name" of any case. */
static bool find_name(struct str text, struct str *name) {
  for (size_t dollar; (dollar = str_find(text, '$')) < text.len;) {
    text = str_from(text, dollar + 1);
    size_t len = 0;
    while (len < text.len && (str_lower_char(text.ptr[len]) == '_' || str_is_digit(text.ptr[len]) ||
                              (str_lower_char(text.ptr[len]) >= 'a' && str_lower_char(text.ptr[len]) <= 'z'))) {
      len++;
    }
    *name = str_upto(text, len);
    if (len && !str_is_digit(text.ptr[0])) return true;
  }
  return false;
}

struct str hint_refused_dollar(struct arena *arena, struct str text) {
  struct str stray, name, fallback;
  bool found = variable_stray(text, &stray), braces = found && str_starts_with(stray, STR("${"));
  if (found && !braces) return arena_printf(arena, "(write '${%.*s}' for the variable)", STR_ARG(str_from(stray, 1)));
  if (!found)
    return find_name(text, &name) ? arena_printf(arena, "(write '${%.*s}' for the variable)", STR_ARG(name)) : NO_HINT;
  if (stray.ptr[stray.len - 1] != '}') return STR("(a '}' is missing)");
  if (split_braces(stray, &name, &fallback)) return hint_dollar(arena, stray);
  return STR("(only '${NAME}' and '${NAME:-default}' are known)");
}

struct str hint_bool(struct str text) {
  static const char *const yes[] = {"yes", "y", "on", "1", "enabled", "enable", "all", "*", NULL};
  static const char *const no[] = {"no", "n", "off", "0", "disabled", "disable", "none", NULL};
  for (size_t i = 0; yes[i]; i++) {
    if (str_eq_nocase(text, str_of(yes[i]))) return STR("(write 'true')");
  }
  for (size_t i = 0; no[i]; i++) {
    if (str_eq_nocase(text, str_of(no[i]))) return STR("(write 'false')");
  }
  return NO_HINT;
}

struct str hint_timeouts(struct arena *arena, struct str text) {
  uint64_t milliseconds;
  if (!scalar_duration(text, &milliseconds)) text = STR("30s");
  return arena_printf(arena, "(write 'timeouts: {response: %s}', or connect, or idle)", config_quote(text).text);
}

struct str hint_respond(struct arena *arena, struct str text) {
  unsigned status;
  struct str first = str_upto(text, str_find(text, ' ')), rest = str_trim(str_from(text, first.len));
  if (!scalar_number(first, 200, 599, &status)) {
    return arena_printf(arena, "(write 'respond: {body: \"%s\"}')", config_quote(text).text);
  }
  if (!rest.len) return arena_printf(arena, "(write 'respond: {status: %u}')", status);
  return arena_printf(arena, "(write 'respond: {status: %u, body: \"%s\"}')", status, config_quote(rest).text);
}

struct str hint_tls(struct arena *arena, struct str text) {
  static const char *const offs[] = {"false", "no", "off", "none", "disabled", NULL};
  (void)arena;
  for (size_t i = 0; offs[i]; i++) {
    if (str_eq_nocase(text, str_of(offs[i]))) return STR("(write 'tls: {enabled: false}', or leave 'tls' out)");
  }
  return STR("(write 'tls: {enabled: true}')");
}
