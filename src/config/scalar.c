/* The small languages of single values. */
#include "liteginx/config/scalar.h"

#include "liteginx/base/filename.h"
#include "liteginx/base/ip.h"

static const struct str LOCAL_SCHEME = STR_INIT("unix:");

enum { NAME_BYTES = 253, LABEL_BYTES = 63 };

static bool split_port(struct str text, struct str *host, struct str *port);
static size_t put_root(char *path, struct str *name);
static bool next_part(struct str *rest, struct str *part);
static bool is_name(struct str text);

/* Cuts the digits off the front of *text. */
static struct str take_digits(struct str *text) {
  size_t count = 0;
  while (count < text->len && str_is_digit(text->ptr[count])) count++;
  struct str digits = str_upto(*text, count);
  *text = str_from(*text, count);
  return digits;
}

bool scalar_duration(struct str text, uint64_t *milliseconds) {
  static const struct unit {
    struct str name;
    uint64_t milliseconds;
  } units[] = {{STR_INIT("ms"), 1}, {STR_INIT("s"), 1000}, {STR_INIT("m"), 60 * 1000}, {STR_INIT("h"), 3600 * 1000}};
  uint64_t sum = 0;
  int parts = 0;
  for (; text.len; parts++) {
    struct str digits = take_digits(&text);
    uint64_t number;
    if (parts == 4 || digits.len > 5 || !str_to_u64(digits, &number)) return false;
    size_t unit = 0;
    while (unit < 4 && !str_starts_with(text, units[unit].name)) unit++;
    if (unit == 4) return false;
    text = str_from(text, units[unit].name.len);
    sum += number * units[unit].milliseconds;
  }
  if (parts == 0) return false;
  *milliseconds = sum;
  return true;
}

bool scalar_size(struct str text, uint64_t *bytes) {
  uint64_t number, unit;
  struct str digits = take_digits(&text);
  if (!str_to_u64(digits, &number)) return false;
  if (text.len == 0 || str_eq(text, STR("B"))) {
    unit = 1;
  } else if (str_eq(text, STR("KiB"))) {
    unit = 1024;
  } else if (str_eq(text, STR("MiB"))) {
    unit = 1024 * 1024;
  } else if (str_eq(text, STR("GiB"))) {
    unit = 1024 * 1024 * 1024;
  } else {
    return false;
  }
  if (number > INT64_MAX / unit) return false;
  *bytes = number * unit;
  return true;
}

bool scalar_number(struct str text, unsigned least, unsigned most, unsigned *number) {
  uint64_t value;
  if (!str_to_u64(text, &value) || value < least || value > most) return false;
  *number = (unsigned)value;
  return true;
}

bool scalar_bool(struct str text, bool *value) {
  bool is_true = str_eq_nocase(text, STR("true"));
  if (!is_true && !str_eq_nocase(text, STR("false"))) return false;
  *value = is_true;
  return true;
}

bool scalar_address(struct str text, struct config_network *address) {
  struct config_network result = {.family = 4, .bits = 32};
  if (!ip_read_v4(text, result.bytes)) {
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (!ip_read_v6(text, result.bytes)) return false;
    if (memcmp(result.bytes, mapped, sizeof mapped) == 0) {
      memmove(result.bytes, result.bytes + 12, 4);
      memset(result.bytes + 4, 0, 12);
    } else {
      result.family = 6;
      result.bits = 128;
    }
  }
  *address = result;
  return true;
}

bool scalar_network(struct str text, struct config_network *network) {
  if (str_eq(text, LOCAL_SCHEME)) {
    *network = (struct config_network){.family = 1};
    return true;
  }
  size_t slash = str_find(text, '/');
  struct config_network result;
  if (!scalar_address(str_upto(text, slash), &result)) return false;
  if (slash < text.len) {
    bool mapped = result.family == 4 && str_find(text, ':') < slash;
    unsigned before = mapped ? 96 : 0, bits;
    if (!scalar_number(str_from(text, slash + 1), before, before + result.bits, &bits)) return false;
    result.bits = bits - before;
  }
  *network = result;
  return true;
}

bool scalar_network_mask(struct config_network *network) {
  bool changed = false;
  for (unsigned i = 0; i < 16; i++) {
    unsigned kept = network->bits > i * 8 ? network->bits - i * 8 : 0;
    unsigned char mask = kept >= 8 ? 0xff : (unsigned char)(0xff00u >> kept);
    if ((network->bytes[i] & mask) != network->bytes[i]) changed = true;
    network->bytes[i] &= mask;
  }
  return changed;
}

bool scalar_listen(struct str text, enum config_scope bare, struct config_address *address) {
  struct config_address result = {.scope = bare, .text = text};
  struct str host = {NULL, 0}, port = text;
  unsigned number;
  if (str_starts_with(text, LOCAL_SCHEME)) {
    *address = (struct config_address){.scope = SCOPE_LOCAL, .text = text, .path = str_from(text, LOCAL_SCHEME.len)};
    return true;
  }
  if (str_find(text, ':') < text.len && !split_port(text, &host, &port)) return false;
  if (!scalar_number(port, 0, UINT16_MAX, &number)) return false;
  result.port = (uint16_t)number;
  if (host.ptr && str_eq(host, STR("*"))) {
    result.scope = SCOPE_ALL;
  } else if (host.ptr) {
    struct config_network network;
    bool bracketed = host.len > 2 && host.ptr[0] == '[';
    if (bracketed) host = str_make(host.ptr + 1, host.len - 2);
    if (bracketed == (str_find(host, ':') == host.len) || !scalar_address(host, &network)) return false;
    result.scope = network.family == 4 ? SCOPE_IPV4 : SCOPE_IPV6;
    memcpy(result.bytes, network.bytes, sizeof result.bytes);
  }
  *address = result;
  return true;
}

/* At the ':' behind the host, which may be in brackets that have to match. False: there is none, or there are too many; host
 * and port stay as they are. */
static bool split_port(struct str text, struct str *host, struct str *port) {
  bool bracketed = text.len && text.ptr[0] == '[';
  size_t end = bracketed ? str_find(text, ']') + 1 : str_find(text, ':');
  if (end >= text.len || text.ptr[end] != ':') return false;
  struct str behind = str_from(text, end + 1);
  if (str_find(behind, ':') < behind.len) return false;
  *host = str_upto(text, end);
  *port = behind;
  return true;
}

/* ".." stays: where the folder in front of it is a link it does not lead back. */
struct str scalar_path(struct arena *arena, struct str file, struct str text) {
  bool relative = text.len && filename_root(text) == 0;
  struct str parts[] = {relative ? filename_folder(file) : STR(""), text}, part;
  char *path = arena_alloc(arena, parts[0].len + text.len + 1);
  size_t len = 0, root = 0;
  if (!path) return (struct str){NULL, 0};
  for (unsigned i = 0; i < 2; i++) {
    root += put_root(path + len, &parts[i]);
    if (len < root) len = root;
    while (next_part(&parts[i], &part)) {
      if (part.len == 0 || str_eq(part, STR("."))) continue;
      bool on_drive = len == root && root && path[root - 1] == ':';
      if (len && path[len - 1] != '/' && !on_drive) path[len++] = '/';
      memcpy(path + len, part.ptr, part.len);
      len += part.len;
    }
  }
  struct str last = str_from(text, filename_folder(text).len);
  bool nameless = last.len == 0 || str_eq(last, STR(".")) || str_eq(last, STR(".."));
  if (nameless && len && path[len - 1] != '/') path[len++] = '/';
  return str_make(path, len);
}

/* Moves the beginning of *name into `path`, each separator as one '/', but for the two in front of a server. How many bytes
 * that makes. */
static size_t put_root(char *path, struct str *name) {
  size_t root = filename_root(*name), len = 0;
  for (size_t i = 0; i < root; i++) {
    bool separates = filename_separates(name->ptr[i]);
    bool server = i == 1 && root > 2 && !filename_separates(name->ptr[2]);
    if (separates && len && path[len - 1] == '/' && !server) continue;
    path[len++] = separates ? '/' : name->ptr[i];
  }
  *name = str_from(*name, root);
  return len;
}

/* The next of the names between separators, which may be empty. False: there is none. */
static bool next_part(struct str *rest, struct str *part) {
  size_t len = 0;
  if (rest->len == 0) return false;
  while (len < rest->len && !filename_separates(rest->ptr[len])) len++;
  *part = str_upto(*rest, len);
  *rest = str_from(*rest, len < rest->len ? len + 1 : len);
  return true;
}

/* The part of a path up to its last '/', with it. */
static struct str folder_of(struct str path) {
  size_t len = path.len;
  while (len && path.ptr[len - 1] != '/') len--;
  return str_upto(path, len);
}

/* Each part stands with a '/' behind it until all are there. */
struct str scalar_socket_normal(struct arena *arena, struct str path) {
  struct str rest = path, part;
  size_t root = str_starts_with(path, STR("/")), len = root;
  char *normal = arena_alloc(arena, path.len + 1);
  if (!normal) return (struct str){NULL, 0};
  if (root) normal[0] = '/';
  while (rest.len && str_next(&rest, '/', &part)) {
    size_t parent = len > root ? folder_of(str_make(normal, len - 1)).len : len;
    bool up = str_eq(part, STR("..")),
         inside = len > root && !str_eq(str_make(normal + parent, len - parent), STR("../"));
    if (up && inside) len = parent;
    if (part.len == 0 || str_eq(part, STR(".")) || (up && (inside || root))) continue;
    memcpy(normal + len, part.ptr, part.len);
    len += part.len;
    normal[len++] = '/';
  }
  return str_make(normal, len > root ? len - 1 : len);
}

/* How many bytes of a token (RFC 9110 §5.6.2) it begins with. */
static size_t token_length(struct str text) {
  size_t len = 0;
  while (len < text.len) {
    char c = str_lower_char(text.ptr[len]);
    if (!(c >= 'a' && c <= 'z') && !str_is_digit(c) && (!c || !strchr("!#$%&'*+-.^_`|~", c))) break;
    len++;
  }
  return len;
}

bool scalar_media_type(struct arena *arena, struct str text, struct str *type) {
  size_t kind = token_length(text);
  struct str behind = str_from(text, kind + 1);
  size_t sort = token_length(behind), blanks = sort;
  *type = arena_dup(arena, text);
  if (kind == 0 || sort == 0 || text.ptr[kind] != '/' || !type->ptr) return false;
  if (sort == behind.len) return true;
  while (blanks < behind.len && behind.ptr[blanks] == ' ') blanks++;
  bool printable = str_upto(str_from(behind, blanks), 1).len == 1 && behind.ptr[blanks] == ';';
  for (size_t i = blanks; i < behind.len; i++) printable = printable && behind.ptr[i] >= ' ' && behind.ptr[i] < 0x7f;
  return printable && behind.len > blanks + 1 && behind.ptr[behind.len - 1] != ' ';
}

/* `text` in lower case. */
static bool lower_case(struct arena *arena, struct str text, struct str *lower) {
  char *copy = arena_alloc(arena, text.len);
  for (size_t i = 0; copy && i < text.len; i++) copy[i] = str_lower_char(text.ptr[i]);
  *lower = str_make(copy, copy ? text.len : 0);
  return copy != NULL;
}

static bool is_bracketed_ipv6(struct str text) {
  unsigned char bytes[16];
  return text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']' &&
         ip_read_v6(str_make(text.ptr + 1, text.len - 2), bytes);
}

bool scalar_target_host(struct arena *arena, struct str text, struct str *host) {
  unsigned char bytes[16];
  if (is_bracketed_ipv6(text)) text = str_make(text.ptr + 1, text.len - 2);
  if (!is_name(text) && !ip_read_v4(text, bytes) && !ip_read_v6(text, bytes)) return false;
  return lower_case(arena, text, host);
}

bool scalar_route_host(struct arena *arena, struct str text, struct str *host) {
  struct str name = text, port;
  unsigned number;
  unsigned char bytes[4];
  if (split_port(text, &name, &port) && !scalar_number(port, 0, UINT16_MAX, &number)) return false;
  if (!is_bracketed_ipv6(name) && !ip_read_v4(name, bytes)) {
    bool wild = str_starts_with(name, STR("*."));
    if (!is_name(str_from(name, wild ? 2 : 0))) return false;
  }
  return lower_case(arena, name, host);
}

static bool is_label(struct str label) {
  if (label.len == 0 || label.len > LABEL_BYTES) return false;
  for (size_t i = 0; i < label.len; i++) {
    char c = str_lower_char(label.ptr[i]);
    bool inner = i > 0 && i + 1 < label.len;
    if (!(c >= 'a' && c <= 'z') && !str_is_digit(c) && c != '_' && !(c == '-' && inner)) return false;
  }
  return true;
}

/* A last label of digits alone would be read as a part of an address by some resolvers (WHATWG URL, "ends in a
 * number"). */
static bool is_name(struct str text) {
  struct str rest = text, label = {"", 0};
  if (text.len == 0 || text.len > NAME_BYTES) return false;
  while (str_next(&rest, '.', &label)) {
    if (!is_label(label)) return false;
  }
  return take_digits(&label).len == 0 || label.len > 0;
}

/* The part in front of `separator`, which goes; `text` stays whole and the part empty where there is none. */
static struct str cut_front(struct str *text, struct str separator) {
  for (size_t i = 0; i + separator.len <= text->len; i++) {
    if (!str_starts_with(str_from(*text, i), separator)) continue;
    struct str front = str_upto(*text, i);
    *text = str_from(*text, i + separator.len);
    return front;
  }
  return str_make(text->ptr, 0);
}

static bool is_one_of(struct str word, const char *const *words) {
  while (*words && !str_eq_nocase(word, str_of(*words))) words++;
  return *words != NULL;
}

static enum scalar_target_form scheme_form(struct str scheme) {
  static const char *const plain[] = {"http", "tcp", "ws", NULL}, *const secure[] = {"https", "wss", "tls", "ssl",
                                                                                     NULL};
  if (is_one_of(scheme, secure)) return TARGET_SECURE;
  return scheme.len == 0 || is_one_of(scheme, plain) ? TARGET_PLAIN : TARGET_SCHEME;
}

/* Where the path begins: nginx' variables for it stand right behind the port, too. */
static size_t find_path(struct str text) {
  size_t at = 0;
  for (; at < text.len; at++) {
    struct str rest = str_from(text, at);
    if (strchr("/?#", text.ptr[at]) && text.ptr[at]) break;
    if (str_starts_with(rest, STR("$uri")) || str_starts_with(rest, STR("$request_uri"))) break;
  }
  return at;
}

static bool is_ipv6(struct str text) {
  unsigned char bytes[16];
  return ip_read_v6(text, bytes);
}

enum scalar_target_form scalar_split_target(struct str text, struct scalar_target *target) {
  *target = (struct scalar_target){.path = STR_INIT("")};
  if (str_starts_with(text, LOCAL_SCHEME)) {
    target->path = str_from(text, LOCAL_SCHEME.len);
    return TARGET_SOCKET;
  }
  bool words = str_find(text, ' ') < text.len || str_find(text, ',') < text.len || str_find(text, ';') < text.len;
  if (text.len == 0 || words) return TARGET_WORDS;
  if (str_starts_with(text, STR("://"))) text = str_from(text, 1);
  bool no_scheme = str_starts_with(text, STR("//"));
  bool dots = str_starts_with(text, STR("./")) || str_starts_with(text, STR("../"));
  if (dots || (text.ptr[0] == '/' && !no_scheme)) return TARGET_BARE_PATH;
  target->scheme = no_scheme ? str_upto(text, 0) : cut_front(&text, STR("://"));
  if (no_scheme) text = str_from(text, 2);
  enum scalar_target_form form = no_scheme ? TARGET_SCHEME : scheme_form(target->scheme);
  size_t path = find_path(text), user = str_find(str_upto(text, path), '@');
  target->path = str_from(text, path);
  text = str_upto(text, path);
  if (user < text.len) {
    text = str_from(text, user + 1);
    if (form == TARGET_PLAIN) form = TARGET_USER;
  }
  target->host = text;
  struct str bare = str_from(text, text.len > 0 && text.ptr[0] == ':'), rest = bare;
  if (target->scheme.len == 0 && take_digits(&rest).len && rest.len == 0) {
    target->host = STR("localhost");
    target->port = bare;
  } else if (!split_port(text, &target->host, &target->port)) {
    size_t colon = str_find(text, ':');
    bool has_port = str_eq_nocase(target->scheme, STR("http")) || str_eq_nocase(target->scheme, STR("ws"));
    target->host = text;
    target->port = has_port ? STR("80") : STR("");
    if (is_ipv6(text)) return TARGET_BRACKETS;
    if (colon < text.len && text.ptr[0] != '[') {
      target->host = str_upto(text, colon);
      target->port = str_from(text, colon + 1);
      return TARGET_COLONS;
    }
  }
  if (is_bracketed_ipv6(target->host)) target->host = str_make(target->host.ptr + 1, target->host.len - 2);
  if (form != TARGET_PLAIN) return form;
  if (target->path.len && !str_eq(target->path, STR("/"))) return TARGET_PATH;
  return target->port.len ? TARGET_PLAIN : TARGET_NO_PORT;
}

bool scalar_field_name(struct arena *arena, struct str text, struct str *kept) {
  *kept = arena_dup(arena, text);
  return kept->ptr && text.len > 0 && token_length(text) == text.len;
}

bool scalar_host_header(struct arena *arena, struct str text, struct str *kept) {
  struct str host = STR("");
  *kept = arena_dup(arena, text);
  if (!kept->ptr) return false;
  bool good = scalar_route_host(arena, text, &host);
  if (!host.ptr) *kept = host;
  return host.ptr && good && text.ptr[0] != '*';
}
