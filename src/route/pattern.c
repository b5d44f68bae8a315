/* Patterns: the pieces of a template, regrouped by segment. */
#include "liteginx/route/pattern.h"

/* A pattern under construction. */
struct builder {
  struct pattern *pattern;
  struct template_fault *fault;
  size_t tail_offset; /* of the {*name} */
};

static unsigned count_slashes(const struct template *parsed);
static void add_literal(struct builder *builder, struct str literal);
static bool add_param(struct builder *builder, const struct template_piece *param);
static bool finish(struct builder *builder);
static void put(char *out, size_t *len, struct str s);

bool pattern_parse(struct arena *arena, struct str text, enum pattern_match match, struct pattern *pattern,
                   struct template_fault *fault) {
  struct template parsed;
  if (!template_parse(arena, text, &parsed, fault)) return false;
  unsigned slashes = count_slashes(&parsed);
  if (slashes > PATTERN_MAX_SEGMENTS) return template_refuse(fault, 0, "more than 256 segments");
  *pattern = (struct pattern){.match = match, .segments = arena_alloc(arena, slashes * sizeof *pattern->segments)};
  if (!pattern->segments) return false;
  struct builder builder = {.pattern = pattern, .fault = fault};
  for (unsigned i = 0; i < parsed.count; i++) {
    const struct template_piece *piece = &parsed.pieces[i];
    if (piece->name.len == 0) {
      add_literal(&builder, piece->literal);
    } else if (!add_param(&builder, piece)) {
      return false;
    }
  }
  return finish(&builder);
}

/* The text that pattern_parse would make the same pattern of, were it given names: a prefix that ends in an empty
 * segment needs one more slash, which is dropped again. */
struct str pattern_shape(struct arena *arena, const struct pattern *pattern) {
  size_t room = 2;
  for (unsigned i = 0; i < pattern->count; i++) {
    room += pattern->segments[i].literal.len + pattern->segments[i].suffix.len + sizeof "/{*}";
  }
  char *shape = arena_alloc(arena, room);
  if (!shape) return (struct str){NULL, 0};
  size_t len = 0;
  for (unsigned i = 0; i < pattern->count; i++) {
    const struct segment *segment = &pattern->segments[i];
    put(shape, &len, STR("/"));
    put(shape, &len, segment->literal);
    if (segment->kind == SEGMENT_PARAM) put(shape, &len, STR("{}"));
    if (segment->kind == SEGMENT_CATCH_ALL) put(shape, &len, STR("{*}"));
    put(shape, &len, segment->suffix);
  }
  bool ends_in_slash = len && shape[len - 1] == '/';
  if (len == 0 || (pattern->match == PATTERN_PREFIX && ends_in_slash)) put(shape, &len, STR("/"));
  return str_make(shape, len);
}

int pattern_param(const struct pattern *pattern, struct str name) {
  int index = 0;
  for (unsigned i = 0; i < pattern->count; i++) {
    if (pattern->segments[i].kind == SEGMENT_STATIC) continue;
    if (str_eq(pattern->segments[i].name, name)) return index;
    index++;
  }
  return -1;
}

static unsigned count_slashes(const struct template *parsed) {
  unsigned slashes = 0;
  for (unsigned i = 0; i < parsed->count; i++) {
    struct str literal = parsed->pieces[i].literal;
    for (size_t j = 0; j < literal.len; j++) slashes += literal.ptr[j] == '/';
  }
  return slashes;
}

static void add_literal(struct builder *builder, struct str literal) {
  struct pattern *pattern = builder->pattern;
  struct str rest = literal, part;
  for (bool first = true; str_next(&rest, '/', &part); first = false) {
    if (!first) {
      pattern->segments[pattern->count++] = (struct segment){.kind = SEGMENT_STATIC, .literal = part};
    } else if (part.len) {
      /* What stands before the literal's first '/' belongs to the parameter in front of it. */
      pattern->segments[pattern->count - 1].suffix = part;
    }
  }
}

static bool add_param(struct builder *builder, const struct template_piece *param) {
  struct pattern *pattern = builder->pattern;
  struct segment *segment = &pattern->segments[pattern->count - 1];
  if (segment->kind != SEGMENT_STATIC) {
    return template_refuse(builder->fault, param->offset, "a parameter must be the only one of its segment");
  }
  for (unsigned i = 0; i < pattern->count; i++) {
    if (str_eq(pattern->segments[i].name, param->name)) {
      return template_refuse(builder->fault, param->offset, "this parameter's name is taken already");
    }
  }
  if (pattern->params == PATTERN_MAX_PARAMS) {
    return template_refuse(builder->fault, param->offset, "more than 32 parameters");
  }
  pattern->params++;
  segment->kind = param->tail ? SEGMENT_CATCH_ALL : SEGMENT_PARAM;
  segment->name = param->name;
  if (param->tail) builder->tail_offset = param->offset;
  return true;
}

static bool finish(struct builder *builder) {
  struct pattern *pattern = builder->pattern;
  struct segment *last = &pattern->segments[pattern->count - 1];
  bool ends_in_slash = last->kind == SEGMENT_STATIC && last->literal.len == 0;
  if (ends_in_slash && (pattern->match == PATTERN_PREFIX || pattern->count == 1)) pattern->count--;
  for (unsigned i = 0; i < pattern->count; i++) {
    const struct segment *segment = &pattern->segments[i];
    if (segment->kind != SEGMENT_CATCH_ALL) continue;
    if (segment->literal.len || segment->suffix.len) {
      return template_refuse(builder->fault, builder->tail_offset, "a {*name} must be a whole segment");
    }
    if (i + 1 < pattern->count) {
      return template_refuse(builder->fault, builder->tail_offset, "a {*name} can only come last");
    }
  }
  return true;
}

static void put(char *out, size_t *len, struct str s) {
  if (s.len) memcpy(out + *len, s.ptr, s.len);
  *len += s.len;
}
