/* The routing tree. A node is a sequence of segments that some pattern begins with, so a node is reached in one way
 * only, and a search that tries the better child first and steps back from dead ends finds the best route first and
 * sees no node twice.
 *
 *   root of a host ── "a" ── "b"            one hash table for the children of all nodes: key is (owner, bytes)
 *                  ├─ shape img-{}.png      parameters with literals, grouped by the lengths of prefix and suffix: per
 *                  ├─ {}                    group one more lookup, best group first, however many siblings there are
 *                  └─ exact, prefix, catch-all: routes that end here
 *
 * Nodes, keys and slots refer to each other by index: half as large as pointers, and 10,000 routes fit a cache. */
#include "liteginx/route/router.h"

#include <stdlib.h>

#define NONE UINT32_MAX

enum { HOST_MAX_BYTES = 255 };

/* Owners that are no node: hosts are found in the same table. Nodes own even numbers, shapes odd ones. */
#define OWNER_HOST     (UINT32_MAX - 1)
#define OWNER_WILDCARD (UINT32_MAX - 2)

struct node {
  uint32_t owner, key, key_len;      /* whose child it is, its bytes: a segment, or a parameter's prefix and suffix */
  uint32_t bare;                     /* child {name} */
  uint32_t shapes;                   /* first of the parameters with literals, best first */
  uint32_t exact, prefix, catch_all; /* routes that end here */
};

/* The parameters below one node whose prefixes and whose suffixes have these lengths; they own odd numbers. */
struct shape {
  uint32_t prefix_len, suffix_len, next;
};

struct slot {
  uint32_t tag, node;
};

struct router {
  struct arena arena; /* owns everything below */
  struct node *nodes;
  struct shape *shapes;
  struct slot *slots;
  char *keys;
  size_t *wildcard_lengths; /* of the names behind "*.", longest first, each once */
  uint32_t node_count, shape_count, keys_len, slot_mask, any_host;
  unsigned wildcard_count, host_count;
};

struct search {
  const struct router *router;
  struct router_match *match;
  struct str path;
};

static bool reserve(struct router *router, const struct router_entry *entries, unsigned count);
static void add_entry(struct router *router, const struct router_entry *entries, uint32_t route);
static uint32_t add_host(struct router *router, struct str host);
static void add_wildcard_length(struct router *router, size_t len);
static uint32_t add_segment(struct router *router, uint32_t parent, const struct segment *segment);
static uint32_t add_shape(struct router *router, uint32_t parent, const struct segment *segment);
static uint32_t add_child(struct router *router, uint32_t owner, struct str head, struct str tail);
static uint32_t add_node(struct router *router, uint32_t owner, struct str head, struct str tail);

static uint64_t hash_start(uint32_t owner);
static uint64_t hash_more(uint64_t hash, struct str s);
static uint64_t hash_end(uint64_t hash);
static uint32_t find_child(const struct router *router, uint32_t owner, uint64_t hash, struct str head,
                           struct str tail);
static bool find_by_host(const struct search *search, struct str host);
static bool find_below(const struct search *search, uint32_t at, size_t pos, unsigned params);
static bool find_by_shape(const struct search *search, const struct node *node, struct str segment, size_t end,
                          unsigned params);
static bool found(const struct search *search, uint32_t route, size_t matched, unsigned params);

struct router *router_build(const struct router_entry *entries, unsigned count) {
  struct router *router = malloc(sizeof *router);
  if (!router) return NULL;
  *router = (struct router){.any_host = NONE};
  arena_init(&router->arena, NULL, SIZE_MAX / 2);
  if (!reserve(router, entries, count)) {
    router_free(router);
    return NULL;
  }
  for (unsigned i = 0; i < count; i++) add_entry(router, entries, i);
  return router;
}

void router_free(struct router *router) {
  if (!router) return;
  arena_reset(&router->arena);
  free(router);
}

bool router_find(const struct router *router, struct str host, struct str path, struct router_match *match) {
  struct search search = {router, match, path};
  match->visited = 0;
  if (path.len == 0 || path.ptr[0] != '/') return false;
  if (router->host_count && host.len && find_by_host(&search, host)) return true;
  return router->any_host != NONE && find_below(&search, router->any_host, 0, 0);
}

/* Building: everything is counted first, so that afterwards nothing can fail. */

static bool reserve(struct router *router, const struct router_entry *entries, unsigned count) {
  uint64_t nodes = 1, keys = 1, slots = 16;
  for (unsigned i = 0; i < count; i++) {
    const struct pattern *pattern = entries[i].pattern;
    nodes += 2u + pattern->count;
    keys += entries[i].host.len;
    for (unsigned j = 0; j < pattern->count; j++) {
      keys += pattern->segments[j].literal.len + pattern->segments[j].suffix.len;
    }
  }
  if (nodes > UINT32_MAX / 8 || keys > UINT32_MAX / 2) return false;
  while (slots < 2 * nodes) slots *= 2;
  router->nodes = arena_alloc(&router->arena, (size_t)nodes * sizeof *router->nodes);
  router->shapes = arena_alloc(&router->arena, (size_t)nodes * sizeof *router->shapes);
  router->slots = arena_alloc(&router->arena, (size_t)slots * sizeof *router->slots);
  router->keys = arena_alloc(&router->arena, (size_t)keys);
  router->wildcard_lengths = arena_alloc(&router->arena, (count + (size_t)1) * sizeof *router->wildcard_lengths);
  if (!router->nodes || !router->shapes || !router->slots || !router->keys || !router->wildcard_lengths) return false;
  router->slot_mask = (uint32_t)(slots - 1);
  for (size_t i = 0; i < slots; i++) router->slots[i] = (struct slot){0, NONE};
  return true;
}

static void add_entry(struct router *router, const struct router_entry *entries, uint32_t route) {
  const struct pattern *pattern = entries[route].pattern;
  bool exact = pattern->match == PATTERN_EXACT;
  uint32_t at = add_host(router, entries[route].host);
  bool tail = false;
  for (unsigned i = 0; i < pattern->count; i++) {
    tail = pattern->segments[i].kind == SEGMENT_CATCH_ALL;
    if (!tail) at = add_segment(router, at, &pattern->segments[i]);
  }
  /* The path "/" is one empty segment, which is what the exact pattern "/" stands for. */
  if (exact && pattern->count == 0) at = add_child(router, 2 * at, STR(""), STR(""));
  struct node *node = &router->nodes[at];
  uint32_t *place = tail ? &node->catch_all : exact ? &node->exact : &node->prefix;
  /* Exact and prefix mean the same behind a tail, and there alone they meet in one place. */
  bool better = *place == NONE || (exact && entries[*place].pattern->match == PATTERN_PREFIX);
  if (better) *place = route;
}

static uint32_t add_host(struct router *router, struct str host) {
  if (host.len == 0) {
    if (router->any_host == NONE) router->any_host = add_node(router, 0, STR(""), STR(""));
    return router->any_host;
  }
  router->host_count++;
  bool wildcard = str_starts_with(host, STR("*."));
  struct str name = wildcard ? str_from(host, 2) : host;
  if (wildcard) add_wildcard_length(router, name.len);
  return add_child(router, wildcard ? OWNER_WILDCARD : OWNER_HOST, name, STR(""));
}

static void add_wildcard_length(struct router *router, size_t len) {
  size_t *lengths = router->wildcard_lengths;
  unsigned at = 0;
  while (at < router->wildcard_count && lengths[at] > len) at++;
  if (at < router->wildcard_count && lengths[at] == len) return;
  memmove(lengths + at + 1, lengths + at, (router->wildcard_count - at) * sizeof *lengths);
  lengths[at] = len;
  router->wildcard_count++;
}

static uint32_t add_segment(struct router *router, uint32_t parent, const struct segment *segment) {
  if (segment->kind == SEGMENT_STATIC) return add_child(router, 2 * parent, segment->literal, STR(""));
  if (segment->literal.len || segment->suffix.len) {
    uint32_t shape = add_shape(router, parent, segment);
    return add_child(router, 2 * shape + 1, segment->literal, segment->suffix);
  }
  if (router->nodes[parent].bare == NONE) {
    uint32_t child = add_node(router, 0, STR(""), STR(""));
    router->nodes[parent].bare = child;
  }
  return router->nodes[parent].bare;
}

/* Finds or adds the shape of `segment`, in order: more literal bytes, then the longer prefix. */
static uint32_t add_shape(struct router *router, uint32_t parent, const struct segment *segment) {
  uint32_t prefix_len = (uint32_t)segment->literal.len, suffix_len = (uint32_t)segment->suffix.len;
  uint32_t *link = &router->nodes[parent].shapes;
  for (; *link != NONE; link = &router->shapes[*link].next) {
    const struct shape *here = &router->shapes[*link];
    uint32_t total = here->prefix_len + here->suffix_len;
    if (here->prefix_len == prefix_len && here->suffix_len == suffix_len) return *link;
    if (total < prefix_len + suffix_len || (total == prefix_len + suffix_len && here->prefix_len < prefix_len)) break;
  }
  router->shapes[router->shape_count] = (struct shape){prefix_len, suffix_len, *link};
  return *link = router->shape_count++;
}

/* The child of `owner` with the key head + tail, found or added. */
static uint32_t add_child(struct router *router, uint32_t owner, struct str head, struct str tail) {
  uint64_t hash = hash_end(hash_more(hash_more(hash_start(owner), head), tail));
  uint32_t child = find_child(router, owner, hash, head, tail);
  if (child != NONE) return child;
  child = add_node(router, owner, head, tail);
  uint32_t at = (uint32_t)hash & router->slot_mask;
  while (router->slots[at].node != NONE) at = (at + 1) & router->slot_mask;
  router->slots[at] = (struct slot){(uint32_t)(hash >> 32), child};
  return child;
}

static uint32_t add_node(struct router *router, uint32_t owner, struct str head, struct str tail) {
  uint32_t key = router->keys_len;
  if (head.len) memcpy(router->keys + key, head.ptr, head.len);
  if (tail.len) memcpy(router->keys + key + head.len, tail.ptr, tail.len);
  uint32_t key_len = (uint32_t)(head.len + tail.len);
  router->keys_len += key_len;
  router->nodes[router->node_count] = (struct node){
      .owner = owner,
      .key = key,
      .key_len = key_len,
      .bare = NONE,
      .shapes = NONE,
      .exact = NONE,
      .prefix = NONE,
      .catch_all = NONE,
  };
  return router->node_count++;
}

/* Searching. */

static uint64_t hash_start(uint32_t owner) {
  return (owner + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
}

static uint64_t hash_more(uint64_t hash, struct str s) {
  for (size_t i = 0; i < s.len; i++) hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
  return hash;
}

static uint64_t hash_end(uint64_t hash) {
  hash ^= hash >> 29;
  hash *= UINT64_C(0x94d049bb133111eb);
  return hash ^ hash >> 32;
}

static uint32_t find_child(const struct router *router, uint32_t owner, uint64_t hash, struct str head,
                           struct str tail) {
  uint32_t tag = (uint32_t)(hash >> 32);
  for (uint32_t at = (uint32_t)hash & router->slot_mask;; at = (at + 1) & router->slot_mask) {
    const struct slot *slot = &router->slots[at];
    if (slot->node == NONE) return NONE;
    if (slot->tag != tag) continue;
    const struct node *node = &router->nodes[slot->node];
    if (node->owner != owner || node->key_len != head.len + tail.len) continue;
    const char *key = router->keys + node->key;
    if (str_eq(str_make(key, head.len), head) && str_eq(str_make(key + head.len, tail.len), tail)) return slot->node;
  }
}

static bool find_by_host(const struct search *search, struct str host) {
  const struct router *router = search->router;
  if (host.ptr[host.len - 1] == '.') host.len--;
  if (host.len == 0 || host.len > HOST_MAX_BYTES) return false;
  char lower[HOST_MAX_BYTES];
  for (size_t i = 0; i < host.len; i++) lower[i] = str_lower_char(host.ptr[i]);
  host.ptr = lower;
  uint64_t hash = hash_end(hash_more(hash_start(OWNER_HOST), host));
  uint32_t root = find_child(router, OWNER_HOST, hash, host, STR(""));
  if (root != NONE && find_below(search, root, 0, 0)) return true;
  for (unsigned i = 0; i < router->wildcard_count; i++) {
    size_t len = router->wildcard_lengths[i];
    /* At least one byte of label, and the dot. */
    if (host.len < len + 2 || host.ptr[host.len - len - 1] != '.') continue;
    struct str name = str_from(host, host.len - len);
    hash = hash_end(hash_more(hash_start(OWNER_WILDCARD), name));
    root = find_child(router, OWNER_WILDCARD, hash, name, STR(""));
    if (root != NONE && find_below(search, root, 0, 0)) return true;
  }
  return false;
}

/* The best route below node `at`, which stands for path[0..pos) with `params` parameters. Recursion ends with the
 * tree: no pattern is deeper than PATTERN_MAX_SEGMENTS. */
static bool find_below(const struct search *search, uint32_t at, size_t pos, unsigned params) {
  const struct router *router = search->router;
  const struct node *node = &router->nodes[at];
  search->match->visited++;
  if (pos == search->path.len) {
    return found(search, node->exact, pos, params) || found(search, node->prefix, pos, params);
  }
  struct str rest = str_from(search->path, pos + 1);
  uint64_t hash = hash_start(2 * at);
  size_t len = 0;
  for (; len < rest.len && rest.ptr[len] != '/'; len++) {
    hash = (hash ^ (unsigned char)rest.ptr[len]) * UINT64_C(0x100000001b3);
  }
  struct str segment = str_upto(rest, len);
  size_t end = pos + 1 + len;
  uint32_t child = find_child(router, 2 * at, hash_end(hash), segment, STR(""));
  if (child != NONE && find_below(search, child, end, params)) return true;
  if (node->shapes != NONE && find_by_shape(search, node, segment, end, params)) return true;
  if (node->bare != NONE && len) {
    search->match->params[params] = segment;
    if (find_below(search, node->bare, end, params + 1)) return true;
  }
  if (node->catch_all != NONE && rest.len) {
    search->match->params[params] = rest;
    return found(search, node->catch_all, search->path.len, params + 1);
  }
  return found(search, node->prefix, pos, params);
}

/* A suffix may not begin inside a percent-encoded character: `{x}2F` does not match `a%2F`. */
static bool cuts_character(struct str value) {
  return value.ptr[value.len - 1] == '%' || (value.len > 1 && value.ptr[value.len - 2] == '%');
}

static bool find_by_shape(const struct search *search, const struct node *node, struct str segment, size_t end,
                          unsigned params) {
  const struct router *router = search->router;
  for (uint32_t i = node->shapes; i != NONE; i = router->shapes[i].next) {
    const struct shape *shape = &router->shapes[i];
    if (shape->prefix_len + shape->suffix_len >= segment.len) continue;
    struct str head = str_upto(segment, shape->prefix_len);
    struct str tail = str_from(segment, segment.len - shape->suffix_len);
    struct str value = str_make(segment.ptr + head.len, segment.len - head.len - tail.len);
    if (tail.len && cuts_character(value)) continue;
    uint64_t hash = hash_end(hash_more(hash_more(hash_start(2 * i + 1), head), tail));
    uint32_t child = find_child(router, 2 * i + 1, hash, head, tail);
    if (child == NONE) continue;
    search->match->params[params] = value;
    if (find_below(search, child, end, params + 1)) return true;
  }
  return false;
}

static bool found(const struct search *search, uint32_t route, size_t matched, unsigned params) {
  if (route == NONE) return false;
  struct router_match *match = search->match;
  match->route = route;
  match->count = params;
  match->matched = str_upto(search->path, matched);
  match->rest = str_from(search->path, matched);
  return true;
}
