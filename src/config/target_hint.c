/* Each form that other programs have gets a sentence of its own. What it says to write is made of the host and the port only
 * if both are good: otherwise it says no more than what a target looks like. */
#include "liteginx/config/target_hint.h"

#include "liteginx/base/ip.h"
#include "liteginx/base/socket_path.h"
#include "liteginx/config/habit.h"
#include "liteginx/route/template.h"

#define SUCH_AS   "write one such as 'localhost:3000'"
#define ALL_FORMS "write one such as 'localhost:3000', or '{host: localhost, port: 3000, weight: 1}'"

enum { MOST_ITEMS = 16 };

static struct str in_words(struct arena *arena, struct str text);
static struct str without_port(struct arena *arena, struct str text, struct str host);
static struct str hint_plain(struct arena *arena, struct str text, const struct scalar_target *target, struct str word);
static struct str hint_scheme(struct arena *arena, struct str text, const struct scalar_target *target,
                              struct str word);
static struct str hint_path(struct arena *arena, struct str text, const struct scalar_target *target, struct str word);
static struct str hint_colons(struct arena *arena, struct str text, const struct scalar_target *target);
static struct str hint_brackets(struct arena *arena, struct str text);

static bool is_port(struct str text) {
  unsigned number;
  return scalar_number(text, 1, UINT16_MAX, &number);
}

/* "localhost:3000" as it can stand in YAML; empty: one of the two is of no use. */
static struct str join(struct arena *arena, struct str host, struct str port) {
  struct str checked = STR("");
  unsigned char bytes[16];
  bool variable = str_starts_with(port, STR("${")) && str_ends_with(port, STR("}"));
  if (!scalar_target_host(arena, host, &checked)) return checked;
  if (!is_port(port) && !variable) return STR("");
  bool v6 = ip_read_v6(host, bytes);
  const char *quotes = v6 || variable ? "\"" : "";
  return arena_printf(arena, "%s%s%.*s%s:%.*s%s", quotes, v6 ? "[" : "", STR_ARG(host), v6 ? "]" : "", STR_ARG(port),
                      quotes);
}

/* "WHAT, got 'TEXT' (ADVICE)"; without a word that can be written the advice is what all targets look like. */
static struct str say(struct arena *arena, const char *what, struct str text, struct str word, const char *behind) {
  if (!word.ptr) return word;
  struct config_quote got = config_quote(text);
  if (word.len == 0) return arena_printf(arena, "%s, got '%s' (" SUCH_AS ")", what, got.text);
  return arena_printf(arena, "%s, got '%s' (write '%.*s'%s)", what, got.text, STR_ARG(word), behind);
}

struct str target_hint(struct arena *arena, struct str text, enum scalar_target_form form,
                       const struct scalar_target *target) {
  struct str word = join(arena, target->host, target->port.len ? target->port : STR("3000"));
  switch (form) {
  case TARGET_PLAIN:
    return hint_plain(arena, text, target, word);
  case TARGET_SECURE:
    if (!target->port.len || str_eq(target->port, STR("443"))) word = join(arena, target->host, STR("80"));
    if (word.ptr && word.len == 0) word = STR("localhost:80");
    return arena_printf(
        arena, "TLS to targets does not work yet, got '%s' (write a port that speaks plain HTTP, as in '%.*s')",
        config_quote(text).text, STR_ARG(word));
  case TARGET_SCHEME:
    return hint_scheme(arena, text, target, word);
  case TARGET_USER:
    return say(arena, "a target has no user and no password", text, word,
               ": clients send their own, and they pass through");
  case TARGET_PATH:
    return hint_path(arena, text, target, word);
  case TARGET_NO_PORT:
    return without_port(arena, text, target->host);
  case TARGET_COLONS:
    return hint_colons(arena, text, target);
  case TARGET_BRACKETS:
    return hint_brackets(arena, text);
  case TARGET_SOCKET:
    return STR("");
  case TARGET_BARE_PATH:
    if (socket_path_max() == 0) return in_words(arena, text);
    return arena_printf(arena, "a target must be HOST:PORT or unix:PATH, got '%s' (write 'unix:%s')",
                        config_quote(text).text, config_quote(text).text);
  case TARGET_WORDS:
    return in_words(arena, text);
  }
  ENSURE_UNREACHABLE();
}

static struct str hint_plain(struct arena *arena, struct str text, const struct scalar_target *target,
                             struct str word) {
  bool socket = str_eq_nocase(target->scheme, STR("ws"));
  if (!word.ptr || (target->path.len == 0 && !socket)) return word.ptr ? STR("") : word;
  struct config_quote got = config_quote(text);
  if (socket) {
    return arena_printf(arena, "in 'targets: %s': 'ws://' changes nothing (write '%.*s': WebSocket passes by itself)",
                        got.text, STR_ARG(word.len ? word : STR("localhost:3000")));
  }
  return arena_printf(arena,
                      "in 'targets: %s': the '/' at its end changes nothing (leave it out; 'rewrite: /' replaces what "
                      "'path' matched)",
                      got.text);
}

static struct str hint_scheme(struct arena *arena, struct str text, const struct scalar_target *target,
                              struct str word) {
  static const char *const newer[] = {"h2", "h2c", "http2", "grpc", "grpcs", "h3", NULL};
  if (target->scheme.len == 0) return say(arena, "a target must be HOST:PORT", text, word, "");
  for (size_t i = 0; newer[i]; i++) {
    if (!str_eq_nocase(target->scheme, str_of(newer[i]))) continue;
    return say(arena, "HTTP/2 to targets does not work yet", text, word, ", if HTTP/1.1 is spoken there, too");
  }
  return say(arena, "a target must be HOST:PORT", text, word, ", if plain HTTP or TCP is spoken there");
}

static struct str hint_path(struct arena *arena, struct str text, const struct scalar_target *target, struct str word) {
  struct template parsed;
  struct template_fault fault;
  struct str path = str_upto(target->path, str_find(target->path, '?'));
  bool literal = path.len > 1;
  for (size_t i = 0; i < path.len; i++) { /* what could be more than text is not made a rewrite of */
    char c = str_lower_char(path.ptr[i]);
    literal &= (c >= 'a' && c <= 'z') || str_is_digit(c) || (c && strchr("/-._~%", c));
  }
  if (!word.ptr || !word.len) return say(arena, "a target has no path", text, word, "");
  if (!literal || !template_parse(arena, path, &parsed, &fault)) {
    return say(arena, "a target has no path", text, word, "; the path of the request follows by itself");
  }
  return arena_printf(arena, "a target has no path, got '%s' (write '%.*s', and 'rewrite: %.*s' beside 'path')",
                      config_quote(text).text, STR_ARG(word), STR_ARG(path));
}

static struct str without_port(struct arena *arena, struct str text, struct str host) {
  static const char *const values[] = {"true", "false", "yes", "no", "on", "off", NULL};
  for (size_t i = 0; values[i]; i++) {
    if (str_eq_nocase(host, str_of(values[i]))) return say(arena, "a target must be HOST:PORT", text, STR(""), "");
  }
  return say(arena, "a target needs a port", text, join(arena, host, STR("3000")), ", with your port");
}

/* "x:3:4": one of the two is meant. */
static struct str hint_colons(struct arena *arena, struct str text, const struct scalar_target *target) {
  size_t colon = str_find(target->port, ':');
  struct str one = join(arena, target->host, str_upto(target->port, colon));
  struct str other = join(arena, target->host, str_from(target->port, colon + 1));
  if (!one.ptr || !other.ptr) return str_make(NULL, 0);
  if (!one.len || !other.len) return say(arena, "a target must be HOST:PORT", text, one.len ? one : other, "");
  return arena_printf(arena, "a target has one port, got '%s' (write '%.*s' or '%.*s')", config_quote(text).text,
                      STR_ARG(one), STR_ARG(other));
}

/* "::1:3000" is an address of its own, but hardly the one that is meant. */
static struct str hint_brackets(struct arena *arena, struct str text) {
  unsigned char bytes[16];
  size_t last = text.len;
  while (last > 0 && text.ptr[last - 1] != ':') last--;
  struct str port = str_from(text, last), host = str_upto(text, last - 1);
  if (port.len > 1 && is_port(port) && ip_read_v6(host, bytes)) {
    return say(arena, "an IPv6 address needs brackets", text, join(arena, host, port), "");
  }
  return say(arena, "an IPv6 address needs brackets", text, join(arena, text, STR("3000")), ", with your port");
}

static struct str with_weight(struct arena *arena, struct str text, struct str host, struct str port,
                              struct str weight) {
  unsigned number;
  struct config_quote got = config_quote(text);
  const char *quotes = str_find(host, ':') < host.len ? "\"" : "";
  if (!scalar_number(weight, 0, 1000, &number)) {
    return arena_printf(arena, "a target must be HOST:PORT, got '%s' (" ALL_FORMS ")", got.text);
  }
  return arena_printf(arena, "a target must be HOST:PORT, got '%s' (write '{host: %s%.*s%s, port: %.*s, weight: %u}')",
                      got.text, quotes, STR_ARG(host), quotes, STR_ARG(port), number);
}

/* Several words, or one with something behind it: nginx' "localhost:3000 weight=5;", "localhost: 3000", a list. */
static struct str in_words(struct arena *arena, struct str text) {
  struct config_quote got = config_quote(text);
  struct scalar_target target;
  if (str_find(text, ',') < text.len) {
    return arena_printf(arena, "a target must be HOST:PORT, got '%s' (make each one an item of its own)", got.text);
  }
  struct str line = str_upto(text, str_find(text, ';'));
  size_t blank = str_find(line, ' ');
  struct str first = str_upto(line, blank), second = str_trim(str_from(line, blank)), weight = STR("");
  if (str_starts_with(second, STR("weight="))) weight = str_from(second, 7);
  bool plain = scalar_split_target(first, &target) == TARGET_PLAIN, split = false;
  if (!plain && is_port(second)) {
    bool colon = first.len && first.ptr[first.len - 1] == ':';
    target.host = str_upto(first, first.len - colon);
    target.port = second;
    split = true;
  }
  struct str word = plain || split ? join(arena, target.host, target.port) : STR("");
  if (!word.ptr) return word;
  if (word.len && plain && weight.len) return with_weight(arena, text, target.host, target.port, weight);
  if (word.len && split) return say(arena, "a target must be HOST:PORT", text, word, ", without the blank");
  if (word.len && second.len == 0) return say(arena, "a target must be HOST:PORT", text, word, "");
  return arena_printf(arena, "a target must be HOST:PORT, got '%s' (" ALL_FORMS ")", got.text);
}

/* Is this child of a mapping a host with its port as the value? */
static bool is_pair(const struct yaml_node *child) {
  static const char *const keys[] = {"port", "unix", "weight", NULL};
  bool known = str_eq(child->key, STR("host")) || habit_key(STR("targets"), child->key);
  return child->kind == NODE_SCALAR && !child->reported && !known && !config_nearest(child->key, keys);
}

/* The only pair of a mapping that holds nothing else but a weight. NULL: there is none. */
static const struct yaml_node *find_pair(const struct yaml_node *mapping, const struct yaml_node **weight) {
  const struct yaml_node *pair = NULL;
  *weight = NULL;
  for (const struct yaml_node *child = mapping->first; child; child = child->next) {
    bool single = child->kind == NODE_SCALAR && !child->reported;
    if (single && !*weight && str_eq(child->key, STR("weight"))) {
      *weight = child;
    } else if (!pair && is_pair(child)) {
      pair = child;
    } else {
      return NULL;
    }
  }
  return pair;
}

/* "localhost:3000" of such a pair; empty: it is none. */
static struct str join_pair(struct arena *arena, const struct yaml_node *pair) {
  struct scalar_target target;
  struct str front = pair->key;
  if (str_ends_with(front, STR(":"))) front = str_upto(front, front.len - 1);
  enum scalar_target_form form = scalar_split_target(front, &target);
  bool host = form == TARGET_NO_PORT || (form == TARGET_PLAIN && target.scheme.len);
  return host ? join(arena, target.host, pair->is_null ? STR("3000") : pair->text) : STR("");
}

struct str target_hint_mapping(struct arena *arena, const struct yaml_node *mapping) {
  const struct yaml_node *weight, *pair = find_pair(mapping, &weight);
  if (!pair) return STR("");
  struct str word = join_pair(arena, pair);
  if (!word.ptr || !word.len) return word;
  if (pair->is_null) return say(arena, "a target needs a port", pair->key, word, ", with your port");
  struct str got = arena_printf(arena, "%.*s: %.*s", STR_ARG(pair->key), STR_ARG(pair->text));
  if (!got.ptr) return got;
  if (!weight) return say(arena, "a target must be HOST:PORT", got, word, ", without the blank");
  struct scalar_target target;
  (void)scalar_split_target(pair->key, &target);
  return with_weight(arena, got, target.host, pair->text, weight->text);
}

struct str target_hint_list(struct arena *arena, const struct yaml_node *mapping) {
  struct str list = STR("");
  unsigned count = 0;
  for (const struct yaml_node *child = mapping->first; child; child = child->next) {
    struct str word = is_pair(child) && !child->is_null ? join_pair(arena, child) : STR("");
    if (!word.ptr || !word.len || ++count > MOST_ITEMS) return word.ptr ? STR("") : word;
    list = arena_printf(arena, "%.*s%s%.*s", STR_ARG(list), list.len ? ", " : "", STR_ARG(word));
    if (!list.ptr) return list;
  }
  return list.len ? arena_printf(arena, "(write 'targets: [%.*s]', without the blank)", STR_ARG(list)) : list;
}
