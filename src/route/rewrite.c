/* Rewrites: the pieces of a template with their parameters numbered. A result is a normal path again, but for dot
 * segments that parameters bring in: `/{id}` with `img-{id}` matched by `img-..` would climb, so it is refused. */
#include "liteginx/route/rewrite.h"

#include "liteginx/route/path.h"

static void drop_trailing_slash(struct rewrite *rewrite);
static bool has_params(const struct rewrite *rewrite);

bool rewrite_parse(struct arena *arena, struct str text, const struct pattern *pattern, struct rewrite *rewrite,
                   struct template_fault *fault) {
  struct template parsed;
  if (!template_parse(arena, text, &parsed, fault)) return false;
  *rewrite = (struct rewrite){.pieces = arena_alloc(arena, parsed.count * sizeof *rewrite->pieces)};
  if (!rewrite->pieces) return false;
  for (unsigned i = 0; i < parsed.count; i++) {
    const struct template_piece *piece = &parsed.pieces[i];
    int param = piece->name.len ? pattern_param(pattern, piece->name) : -1;
    if (piece->tail) return template_refuse(fault, piece->offset, "a rewrite uses a tail as {name}, without the '*'");
    if (piece->name.len && param < 0) {
      return template_refuse(fault, piece->offset, "the path has no parameter of this name");
    }
    rewrite->pieces[rewrite->count++] = (struct rewrite_piece){.literal = piece->literal, .param = param};
  }
  bool has_tail = pattern->count && pattern->segments[pattern->count - 1].kind == SEGMENT_CATCH_ALL;
  rewrite->joins = pattern->match == PATTERN_PREFIX && !has_tail;
  if (rewrite->joins) drop_trailing_slash(rewrite);
  return true;
}

enum rewrite_status rewrite_apply(struct arena *arena, const struct rewrite *rewrite, const struct str *params,
                                  struct str rest, struct str *path) {
  size_t len = rewrite->joins ? rest.len : 0;
  for (unsigned i = 0; i < rewrite->count; i++) {
    const struct rewrite_piece *piece = &rewrite->pieces[i];
    len += piece->param < 0 ? piece->literal.len : params[piece->param].len;
  }
  char *bytes = arena_alloc(arena, len + 1);
  if (!bytes) return REWRITE_NO_MEMORY;
  size_t filled = 0;
  for (unsigned i = 0; i < rewrite->count; i++) {
    const struct rewrite_piece *piece = &rewrite->pieces[i];
    struct str part = piece->param < 0 ? piece->literal : params[piece->param];
    memcpy(bytes + filled, part.ptr, part.len);
    filled += part.len;
  }
  if (rewrite->joins && rest.len) memcpy(bytes + filled, rest.ptr, rest.len);
  if (len == 0) bytes[len++] = '/';
  *path = str_make(bytes, len);
  return has_params(rewrite) && path_has_dots(*path) ? REWRITE_DOT_SEGMENT : REWRITE_OK;
}

static void drop_trailing_slash(struct rewrite *rewrite) {
  struct rewrite_piece *last = &rewrite->pieces[rewrite->count - 1];
  if (last->param >= 0 || last->literal.ptr[last->literal.len - 1] != '/') return;
  last->literal.len--;
  if (last->literal.len == 0) rewrite->count--;
}

static bool has_params(const struct rewrite *rewrite) {
  for (unsigned i = 0; i < rewrite->count; i++) {
    if (rewrite->pieces[i].param >= 0) return true;
  }
  return false;
}
