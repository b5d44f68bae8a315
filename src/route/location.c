/* Locations. Parameters come from a normal path, so their bytes are a URI's already, but some mean more in a query than in a
 * path. Two slashes at the front would make a host of what follows them: a location without origin keeps one. */
#include "liteginx/route/location.h"

#include "liteginx/base/ip.h"
#include "liteginx/route/path.h"

/* What stands where in the text. */
struct parts {
  struct str origin, path, query, fragment;
};

static bool cut(struct str text, struct parts *parts, struct template_fault *fault);
static bool check_origin(struct str text, struct str authority, struct template_fault *fault);
static bool check_host(struct str text, struct str host, struct template_fault *fault);
static bool add_part(struct arena *arena, struct str text, struct str part, const struct pattern *pattern,
                     struct location *location, struct template_fault *fault);
static size_t most_bytes(const struct location *location, const struct str *params, struct str query);
static void put_pieces(const struct location *location, unsigned from, unsigned to, const struct str *params,
                       char *bytes, size_t *len);
static size_t encode(struct str s, const char *plain, char *out);

/* Beside letters, digits and "-._~", which are themselves everywhere (RFC 3986): what a query may hold, and what of it
 * divides nothing where a query is read as a form. */
static const char query_bytes[] = "!$&'()*+,;=:@/?", value_bytes[] = ":@/";

bool location_parse(struct arena *arena, struct str text, const struct pattern *pattern, struct location *location,
                    struct template_fault *fault) {
  struct parts parts = {.origin = {NULL, 0}};
  *fault = (struct template_fault){0};
  *location = (struct location){.count = 0};
  if (!cut(text, &parts, fault)) return false;
  location->origin = arena_dup(arena, parts.origin);
  if (!location->origin.ptr || !add_part(arena, text, parts.path, pattern, location, fault)) return false;
  location->query = location->count;
  if (!add_part(arena, text, parts.query, pattern, location, fault)) return false;
  location->fragment = location->count;
  return add_part(arena, text, parts.fragment, pattern, location, fault);
}

struct str location_of(struct arena *arena, struct str scheme, struct str host, struct str path, struct str query) {
  const struct str parts[] = {scheme, host, path};
  size_t len = 0;
  char *bytes = arena_alloc(arena, scheme.len + host.len + path.len + 3 * query.len);
  if (!bytes) return (struct str){NULL, 0};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (parts[i].len) memcpy(bytes + len, parts[i].ptr, parts[i].len);
    len += parts[i].len;
  }
  len += encode(query, query_bytes, bytes + len);
  return str_make(bytes, len);
}

enum location_status location_apply(struct arena *arena, const struct location *location, const struct str *params,
                                    struct str query, struct str *uri) {
  char *bytes = arena_alloc(arena, most_bytes(location, params, query));
  size_t len = location->origin.len, start = len;
  if (!bytes) return LOCATION_NO_MEMORY;
  if (len) memcpy(bytes, location->origin.ptr, len);
  put_pieces(location, 0, location->query, params, bytes, &len);
  struct str path = str_make(bytes + start, len - start);
  if (location->has_params && path.len && path_has_dots(path)) return LOCATION_DOT_SEGMENT;
  size_t slashes = 0;
  while (start == 0 && slashes < len && bytes[slashes] == '/') slashes++;
  if (slashes > 1) {
    memmove(bytes + 1, bytes + slashes, len - slashes);
    len -= slashes - 1;
  }
  bool own = location->query < location->fragment;
  put_pieces(location, location->query, location->fragment, params, bytes, &len);
  if (!own) len += encode(query, query_bytes, bytes + len);
  put_pieces(location, location->fragment, location->count, params, bytes, &len);
  *uri = str_make(bytes, len);
  return LOCATION_OK;
}

static size_t scheme_length(struct str text) {
  static const struct str schemes[] = {STR_INIT("http://"), STR_INIT("https://")};
  for (size_t i = 0; i < 2; i++) {
    if (str_eq_nocase(str_upto(text, schemes[i].len), schemes[i])) return schemes[i].len;
  }
  return 0;
}

static bool cut(struct str text, struct parts *parts, struct template_fault *fault) {
  size_t scheme = scheme_length(text), end = scheme;
  if (!scheme && (text.len == 0 || text.ptr[0] != '/')) {
    return template_refuse(fault, 0, "it must begin with '/', http:// or https://");
  }
  if (str_starts_with(text, STR("//"))) {
    return template_refuse(fault, 0, "what follows '//' is a host for browsers: write https:// in front of one");
  }
  while (scheme && end < text.len && !memchr("/?#", text.ptr[end], 3)) end++;
  if (scheme && !check_origin(text, str_make(text.ptr + scheme, end - scheme), fault)) return false;
  struct str rest = str_from(text, end);
  parts->origin = str_upto(text, end);
  parts->fragment = str_from(rest, str_find(rest, '#'));
  rest = str_upto(rest, str_find(rest, '#'));
  parts->query = str_from(rest, str_find(rest, '?'));
  parts->path = str_upto(rest, str_find(rest, '?'));
  return true;
}

static size_t offset_in(struct str text, struct str part) {
  return (size_t)(part.ptr - text.ptr);
}

/* RFC 3986 §3.2, without user-info: nobody wants to tell a password to whoever is redirected. */
static bool check_origin(struct str text, struct str authority, struct template_fault *fault) {
  size_t at = offset_in(text, authority), brace = str_find(authority, '{'), colon = authority.len;
  if (brace < authority.len) return template_refuse(fault, at + brace, "a parameter cannot be a part of the host");
  if (str_find(authority, '@') < authority.len) return template_refuse(fault, at, "a user has no place here");
  for (size_t i = authority.len; i > 0 && authority.ptr[i - 1] != ']'; i--) {
    if (authority.ptr[i - 1] == ':') colon = i - 1;
  }
  struct str port = str_from(authority, colon + 1);
  uint64_t number = 0;
  if (port.len && (!str_to_u64(port, &number) || number > UINT16_MAX)) {
    return template_refuse(fault, at + colon + 1, "a port is a number up to 65535");
  }
  return check_host(text, str_upto(authority, colon), fault);
}

static bool check_host(struct str text, struct str host, struct template_fault *fault) {
  unsigned char bytes[16];
  size_t at = offset_in(text, host);
  if (host.len == 0) return template_refuse(fault, at, "there is no host");
  if (host.ptr[0] == '[') {
    bool good =
        host.len > 2 && host.ptr[host.len - 1] == ']' && ip_read_v6(str_make(host.ptr + 1, host.len - 2), bytes);
    return good || template_refuse(fault, at, "this is no IPv6 address");
  }
  for (size_t i = 0; i < host.len; i++) {
    char c = str_lower_char(host.ptr[i]);
    bool fits = (c >= 'a' && c <= 'z') || str_is_digit(c) || c == '-' || c == '.' || c == '_';
    if (!fits) {
      return template_refuse(fault, at + i, "a host has letters, digits, '-' and '.' (with others: its xn-- form)");
    }
  }
  return true;
}

/* The path, or what stands behind it, which has its '?' or '#' in front. */
static bool add_part(struct arena *arena, struct str text, struct str part, const struct pattern *pattern,
                     struct location *location, struct template_fault *fault) {
  struct template parsed;
  bool path = part.len > 0 && part.ptr[0] == '/';
  struct str inner = path ? part : str_from(part, 1);
  size_t at = offset_in(text, inner), size = sizeof *location->pieces;
  if (part.len == 0) return true;
  bool good = path ? template_parse(arena, inner, &parsed, fault) : template_parse_behind(arena, inner, &parsed, fault);
  fault->offset += at;
  if (!good) return false;
  location->pieces =
      arena_grow(arena, location->pieces, location->count * size, (location->count + parsed.count + 1) * size);
  struct str sign = arena_dup(arena, str_upto(part, 1));
  if (!location->pieces || !sign.ptr) return false;
  if (!path) location->pieces[location->count++] = (struct location_piece){.literal = sign, .param = -1};
  for (unsigned i = 0; i < parsed.count; i++) {
    const struct template_piece *piece = &parsed.pieces[i];
    int param = piece->name.len ? pattern_param(pattern, piece->name) : -1;
    if (piece->tail) return template_refuse(fault, at + piece->offset, "a tail is used as {name}, without the '*'");
    if (piece->name.len && param < 0) {
      return template_refuse(fault, at + piece->offset, "the path has no parameter of this name");
    }
    location->pieces[location->count++] = (struct location_piece){.literal = piece->literal, .param = param};
    location->has_params |= param >= 0;
  }
  return true;
}

/* Each byte of a parameter or of the query may become three. */
static size_t most_bytes(const struct location *location, const struct str *params, struct str query) {
  size_t most = location->origin.len + PATH_GROWTH * query.len + 1;
  for (unsigned i = 0; i < location->count; i++) {
    const struct location_piece *piece = &location->pieces[i];
    most += piece->param < 0 ? piece->literal.len : PATH_GROWTH * params[piece->param].len;
  }
  return most;
}

static void put_pieces(const struct location *location, unsigned from, unsigned to, const struct str *params,
                       char *bytes, size_t *len) {
  for (unsigned i = from; i < to; i++) {
    const struct location_piece *piece = &location->pieces[i];
    struct str part = piece->param < 0 ? piece->literal : params[piece->param];
    if (piece->param >= 0 && i >= location->query) {
      *len += encode(part, value_bytes, bytes + *len);
    } else {
      memcpy(bytes + *len, part.ptr, part.len);
      *len += part.len;
    }
  }
}

static bool is_sequence(struct str s) {
  return s.len >= 3 && str_hex_value(s.ptr[1]) >= 0 && str_hex_value(s.ptr[2]) >= 0;
}

/* All but `plain` and what is itself everywhere becomes a percent sequence; what is one stays. */
static size_t encode(struct str s, const char *plain, char *out) {
  static const char digits[] = "0123456789ABCDEF";
  size_t filled = 0;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char byte = (unsigned char)s.ptr[i], lower = (unsigned char)str_lower_char(s.ptr[i]);
    bool itself = (lower >= 'a' && lower <= 'z') || str_is_digit(s.ptr[i]) || (byte && strchr("-._~", byte));
    if (itself || (byte && strchr(plain, byte)) || (byte == '%' && is_sequence(str_from(s, i)))) {
      out[filled++] = (char)byte;
    } else {
      out[filled++] = '%';
      out[filled++] = digits[byte >> 4];
      out[filled++] = digits[byte & 15];
    }
  }
  return filled;
}
