/* A path that begins with what the client sees is taken for one that the target has been told of (X-Forwarded-Prefix), and
 * stays; unless what stands for the target begins so itself. */
#include "liteginx/http/relocate.h"

#include "liteginx/http/request_target.h"

static struct str without_slash(struct str prefix);
static bool is_below(struct str path, struct str prefix);
static bool maps(const struct relocate *relocate, struct str path);
static struct str mapped(const struct relocate *relocate, struct arena *arena, struct str before, struct str path,
                         struct str behind);
static struct str mapped_path(const struct relocate *relocate, struct arena *arena, struct str path);
static bool same_prefix(const struct relocate *relocate);
static const char *scheme_of(const struct relocate *relocate);
static bool is_own(const struct relocate *relocate, struct str authority, struct str standard);
static bool leads_to_target(const struct relocate *relocate, struct str authority, struct str standard);
static bool is_loopback(struct str name);
static struct str port_of(struct str authority, struct str standard);

struct str relocate_uri(const struct relocate *relocate, struct arena *arena, struct str uri) {
  struct str scheme = STR("");
  struct str http = STR("http:"), https = STR("https:");
  if (str_eq_nocase(str_upto(uri, http.len), http)) scheme = str_upto(uri, http.len);
  if (str_eq_nocase(str_upto(uri, https.len), https)) scheme = str_upto(uri, https.len);
  struct str rest = str_from(uri, scheme.len);
  if (!str_starts_with(rest, STR("//"))) {
    bool path = scheme.len == 0 && str_starts_with(rest, STR("/"));
    return path && maps(relocate, rest) ? mapped_path(relocate, arena, rest) : uri;
  }
  size_t end = 2;
  while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?' && rest.ptr[end] != '#') end++;
  struct str authority = str_from(str_upto(rest, end), 2), path = str_from(rest, end);
  struct str standard = scheme.len == https.len ? STR("443") : STR("80");
  bool own = is_own(relocate, authority, standard), same = same_prefix(relocate);
  if (relocate->host.len == 0 || (!own && !leads_to_target(relocate, authority, standard))) return uri;
  if (own ? !maps(relocate, path) : !same && !maps(relocate, path)) return uri;
  struct str before =
      own ? str_upto(uri, scheme.len + end)
          : arena_printf(arena, "%s//%.*s", scheme.len ? scheme_of(relocate) : "", STR_ARG(relocate->host));
  return before.ptr ? mapped(relocate, arena, before, path, STR("")) : before;
}

/* Lenient as browsers are (HTML, "shared declarative refresh steps"): `url=` may be missing, the address may stand in
 * quotes, and spaces around all of it. */
struct str relocate_refresh(const struct relocate *relocate, struct arena *arena, struct str value) {
  size_t at = str_find(value, ';');
  if (at == value.len) at = str_find(value, ',');
  struct str rest = str_trim(str_from(value, at + 1));
  struct str behind = str_trim(str_from(rest, 3));
  if (at >= value.len) return value;
  if (str_eq_nocase(str_upto(rest, 3), STR("url")) && str_starts_with(behind, STR("="))) {
    rest = str_trim(str_from(behind, 1));
  }
  if (rest.len && (rest.ptr[0] == '"' || rest.ptr[0] == '\'')) {
    char quote = rest.ptr[0];
    rest = str_from(rest, 1);
    rest = str_upto(rest, str_find(rest, quote));
  }
  struct str uri = relocate_uri(relocate, arena, rest);
  if (!uri.ptr || uri.ptr == rest.ptr) return uri.ptr ? value : uri;
  size_t before = (size_t)(rest.ptr - value.ptr);
  return arena_printf(arena, "%.*s%.*s%.*s", STR_ARG(str_upto(value, before)), STR_ARG(uri),
                      STR_ARG(str_from(value, before + rest.len)));
}

/* Of several paths the last one counts. Of a name that begins with __Host- it must be "/": such a cookie is the whole host's. */
struct str relocate_cookie(const struct relocate *relocate, struct arena *arena, struct str value) {
  struct str rest = value, part, path = {NULL, 0};
  if (str_eq_nocase(str_upto(str_trim(value), 7), STR("__Host-"))) return value;
  (void)str_next(&rest, ';', &part); /* name and value */
  while (str_next(&rest, ';', &part)) {
    size_t equals = str_find(part, '=');
    if (equals < part.len && str_eq_nocase(str_trim(str_upto(part, equals)), STR("path"))) {
      path = str_trim(str_from(part, equals + 1));
    }
  }
  if (path.len == 0 || path.ptr[0] != '/' || !maps(relocate, path)) return value;
  size_t before = (size_t)(path.ptr - value.ptr);
  struct str behind = str_from(value, before + path.len), hidden = without_slash(relocate->hidden);
  /* "/two/" would leave out "/two" itself (RFC 6265 §5.1.4). */
  bool whole = path.len == hidden.len + 1 && path.ptr[hidden.len] == '/';
  return mapped(relocate, arena, str_upto(value, before), whole ? hidden : path, behind);
}

bool relocate_holds(struct str name) {
  return str_eq_nocase(name, STR("Location")) || str_eq_nocase(name, STR("Content-Location")) ||
         str_eq_nocase(name, STR("Refresh")) || str_eq_nocase(name, STR("Set-Cookie"));
}

struct str relocate_field(const struct relocate *relocate, struct arena *arena, struct str name, struct str value) {
  if (str_eq_nocase(name, STR("Location")) || str_eq_nocase(name, STR("Content-Location"))) {
    return relocate_uri(relocate, arena, value);
  }
  if (str_eq_nocase(name, STR("Refresh"))) return relocate_refresh(relocate, arena, value);
  if (str_eq_nocase(name, STR("Set-Cookie"))) return relocate_cookie(relocate, arena, value);
  return value;
}

/* --- paths --- */

static struct str without_slash(struct str prefix) {
  return prefix.len && prefix.ptr[prefix.len - 1] == '/' ? str_upto(prefix, prefix.len - 1) : prefix;
}

/* Up to the border of a segment, or all of it. */
static bool is_below(struct str path, struct str prefix) {
  if (!str_starts_with(path, prefix)) return false;
  return path.len == prefix.len || path.ptr[prefix.len] == '/' || path.ptr[prefix.len] == '?' ||
         path.ptr[prefix.len] == '#';
}

/* Is no part of the path exchanged? */
static bool same_prefix(const struct relocate *relocate) {
  return str_eq(without_slash(relocate->shown), without_slash(relocate->hidden));
}

static bool maps(const struct relocate *relocate, struct str path) {
  struct str shown = without_slash(relocate->shown), hidden = without_slash(relocate->hidden);
  if (same_prefix(relocate) || !is_below(path, hidden)) return false;
  if (relocate->exact && str_starts_with(str_from(path, hidden.len), STR("/"))) return false;
  return hidden.len > shown.len || !is_below(path, shown);
}

/* `before`, the path with the one beginning instead of the other, `behind`. */
static struct str mapped(const struct relocate *relocate, struct arena *arena, struct str before, struct str path,
                         struct str behind) {
  struct str shown = without_slash(relocate->shown), rest = path;
  if (!same_prefix(relocate)) rest = str_from(path, without_slash(relocate->hidden).len);
  if (same_prefix(relocate)) shown = STR("");
  bool bare = shown.len == 0 && !str_starts_with(rest, STR("/"));
  return arena_printf(arena, "%.*s%.*s%s%.*s%.*s", STR_ARG(before), STR_ARG(shown), bare ? "/" : "", STR_ARG(rest),
                      STR_ARG(behind));
}

/* A path without authority. What browsers take for slashes, or for nothing between them, must not make a host of what
 * follows (WHATWG URL, "relative slash state"). */
static struct str mapped_path(const struct relocate *relocate, struct arena *arena, struct str path) {
  struct str made = mapped(relocate, arena, STR(""), path, STR(""));
  size_t slashes = 0;
  while (slashes < made.len && (made.ptr[slashes] == '/' || made.ptr[slashes] == '\\' || made.ptr[slashes] == '\t'))
    slashes++;
  return slashes > 1 ? arena_printf(arena, "/%.*s", STR_ARG(str_from(made, slashes))) : made;
}

/* --- authorities --- */

/* What an address of another host becomes: the client's own scheme. */
static const char *scheme_of(const struct relocate *relocate) {
  return relocate->secure ? "https:" : "http:";
}

/* Does it name the client's own Host? A port may be left out where it is the scheme's. */
static bool is_own(const struct relocate *relocate, struct str authority, struct str standard) {
  struct str host = relocate->host;
  if (str_eq_nocase(authority, host)) return true;
  return str_eq_nocase(request_target_host_name(authority), request_target_host_name(host)) &&
         str_eq(port_of(authority, standard), port_of(host, relocate->secure ? STR("443") : STR("80")));
}

/* By its own address, by another name of this machine with the target's port, by the client's name for us or the one that
 * we told it with the target's port, as nginx makes them up, or by all that we told it. */
static bool leads_to_target(const struct relocate *relocate, struct str authority, struct str standard) {
  struct str name = request_target_host_name(authority), port = port_of(authority, standard);
  struct str target = request_target_host_name(relocate->target), sent = request_target_host_name(relocate->sent);
  bool told = sent.len && str_eq_nocase(name, sent);
  if (told && str_eq(port, port_of(relocate->sent, STR("80")))) return true;
  if (target.len == 0 || !str_eq(port, port_of(relocate->target, STR("")))) return false;
  return told || str_eq_nocase(name, target) || str_eq_nocase(name, request_target_host_name(relocate->host)) ||
         (is_loopback(name) && is_loopback(target));
}

static bool is_loopback(struct str name) {
  return str_eq_nocase(name, STR("localhost")) || str_eq(name, STR("127.0.0.1")) || str_eq(name, STR("[::1]")) ||
         str_eq(name, STR("0.0.0.0"));
}

static struct str port_of(struct str authority, struct str standard) {
  struct str port = str_from(authority, request_target_host_name(authority).len + 1);
  return port.len ? port : standard;
}
