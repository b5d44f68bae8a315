/* Pattern, rewrite and request path, a line each, through all of route/: whatever the user and the client write, a
 * rewritten path is a normal path. The first byte says whether the pattern is exact. */
#include <stdint.h>

#include "liteginx/route/path.h"
#include "liteginx/route/pattern.h"
#include "liteginx/route/rewrite.h"
#include "liteginx/route/router.h"

enum { ROOM = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
static bool normalise(struct arena *arena, struct str path, struct str *normal);
static void check_shape(struct arena *arena, const struct pattern *pattern);
static void check_match(struct str path, const struct pattern *pattern, const struct router_match *match);
static void request(struct arena *arena, const struct pattern *pattern, const struct rewrite *rewrite, struct str path);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct str input = {(const char *)bytes, size}, path, to, requested;
  if (size == 0 || size > 16 * 1024) return 0;
  enum pattern_match match = bytes[0] & 1 ? PATTERN_EXACT : PATTERN_PREFIX;
  input = str_from(input, 1);
  if (!str_next(&input, '\n', &path) || !str_next(&input, '\n', &to) || !str_next(&input, '\n', &requested)) return 0;
  struct arena arena;
  arena_init(&arena, NULL, ROOM);
  struct pattern pattern;
  struct rewrite rewrite;
  struct template_fault fault;
  struct str normal;
  bool has_path = normalise(&arena, requested, &normal);
  if (!pattern_parse(&arena, path, match, &pattern, &fault)) {
    ENSURE(fault.what && (fault.offset < path.len || fault.offset == 0));
  } else {
    check_shape(&arena, &pattern);
    if (!rewrite_parse(&arena, to, &pattern, &rewrite, &fault)) {
      ENSURE(fault.what && (fault.offset < to.len || fault.offset == 0));
    } else if (has_path) {
      request(&arena, &pattern, &rewrite, normal);
    }
  }
  arena_reset(&arena);
  return 0;
}

/* A normal path begins with '/', has no dot segment, and is its own normal form. */
static bool normalise(struct arena *arena, struct str path, struct str *normal) {
  enum path_status status = path_normalise(arena, path, normal);
  ENSURE(status != PATH_NO_MEMORY);
  if (status != PATH_OK) return false;
  struct str again;
  ENSURE(normal->len && normal->ptr[0] == '/' && !path_has_dots(*normal));
  ENSURE(path_normalise(arena, *normal, &again) == PATH_OK && again.ptr == normal->ptr && again.len == normal->len);
  return true;
}

/* Put into words again, with names, the shape is the shape of the pattern it describes. */
static void check_shape(struct arena *arena, const struct pattern *pattern) {
  struct str shape = pattern_shape(arena, pattern);
  ENSURE(shape.ptr && shape.len && shape.ptr[0] == '/');
  char *named = arena_alloc(arena, 4 * shape.len);
  ENSURE(named);
  size_t len = 0;
  unsigned params = 0;
  for (size_t i = 0; i < shape.len; i++) {
    if (shape.ptr[i] == '}') {
      named[len++] = (char)('A' + params / 16);
      named[len++] = (char)('A' + params++ % 16);
    }
    named[len++] = shape.ptr[i];
  }
  struct pattern again;
  struct template_fault fault;
  ENSURE(pattern_parse(arena, str_make(named, len), pattern->match, &again, &fault));
  ENSURE(again.count == pattern->count && again.params == pattern->params);
  ENSURE(str_eq(pattern_shape(arena, &again), shape));
}

static void check_match(struct str path, const struct pattern *pattern, const struct router_match *match) {
  ENSURE(match->route == 0 && match->count == pattern->params);
  ENSURE(match->matched.ptr == path.ptr && match->matched.len + match->rest.len == path.len);
  ENSURE(match->rest.len == 0 || (match->rest.ptr[0] == '/' && pattern->match == PATTERN_PREFIX));
  ENSURE(match->visited <= pattern->count + 2);
  for (unsigned i = 0; i < match->count; i++) ENSURE(match->params[i].len > 0);
}

static void request(struct arena *arena, const struct pattern *pattern, const struct rewrite *rewrite,
                    struct str path) {
  struct router_entry entry = {.pattern = pattern};
  struct router *router = router_build(&entry, 1);
  ENSURE(router);
  struct router_match match;
  struct str upstream, again;
  if (router_find(router, STR("any.test"), path, &match)) {
    check_match(path, pattern, &match);
    enum rewrite_status status = rewrite_apply(arena, rewrite, match.params, match.rest, &upstream);
    ENSURE(status != REWRITE_NO_MEMORY);
    if (status == REWRITE_OK) {
      ENSURE(normalise(arena, upstream, &again) && again.ptr == upstream.ptr);
    } else {
      ENSURE(match.count > 0);
    }
  }
  router_free(router);
}
