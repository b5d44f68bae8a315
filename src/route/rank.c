/* Whether a route matches at all is asked of a router that has nothing else: so there is one answer to it in the program. */
#include "liteginx/route/rank.h"

#include "liteginx/base/ensure.h"

static struct rank compare(const struct router_entry *loser, const struct router_entry *winner);
static size_t host_rank(struct str host);
static size_t segment_rank(const struct pattern *pattern, unsigned at);
static int matches(struct router_entry entry, struct str host, struct str path);

struct rank rank_loss(const struct router_entry *loser, const struct router_entry *winner, struct str host,
                      struct str path) {
  struct router_entry anywhere = {.pattern = loser->pattern};
  int by_path = matches(anywhere, host, path), by_both = by_path > 0 ? matches(*loser, host, path) : 0;
  int by_host =
      by_path == 0 && loser->host.len
          ? matches((struct router_entry){loser->host, &(struct pattern){.match = PATTERN_PREFIX}}, host, STR("/"))
          : 1;
  if (by_path < 0 || by_both < 0 || by_host < 0) return (struct rank){.rule = RANK_NO_MEMORY};
  if (by_host == 0 || (by_path && !by_both)) return (struct rank){.rule = RANK_HOST_DIFFERS};
  if (!by_path) return (struct rank){.rule = RANK_PATH_DIFFERS};
  ENSURE(winner); /* who matches and does not win has lost to somebody */
  return compare(loser, winner);
}

/* Both match. */
static struct rank compare(const struct router_entry *loser, const struct router_entry *winner) {
  const struct pattern *mine = loser->pattern, *theirs = winner->pattern;
  if (host_rank(loser->host) != host_rank(winner->host)) {
    ENSURE(host_rank(loser->host) < host_rank(winner->host));
    return (struct rank){.rule = RANK_HOST};
  }
  for (unsigned i = 0; i < mine->count || i < theirs->count; i++) {
    size_t my_rank = segment_rank(mine, i), their_rank = segment_rank(theirs, i);
    ENSURE(my_rank <= their_rank);
    if (my_rank < their_rank) return (struct rank){RANK_SEGMENT, i + 1};
  }
  ENSURE(theirs->match == PATTERN_EXACT || mine->match == PATTERN_PREFIX);
  return (struct rank){.rule = mine->match == theirs->match ? RANK_ORDER : RANK_MATCH};
}

/* The larger, the more exact. */
static size_t host_rank(struct str host) {
  if (host.len == 0) return 0;
  return str_starts_with(host, STR("*.")) ? host.len : SIZE_MAX;
}

/* The larger, the more specific. Behind the last segment of a prefix there is none: 0. */
static size_t segment_rank(const struct pattern *pattern, unsigned at) {
  enum { CATCH_ALL = 1, BARE = 2, LITERAL = 3 };
  if (at >= pattern->count) return 0;
  const struct segment *segment = &pattern->segments[at];
  size_t total = segment->literal.len + segment->suffix.len;
  if (segment->kind == SEGMENT_STATIC) return SIZE_MAX;
  if (segment->kind == SEGMENT_CATCH_ALL) return CATCH_ALL;
  /* More literal bytes, then the longer prefix, which is no longer than all of them. */
  return total ? LITERAL + total * (total + 1) / 2 + segment->literal.len : BARE;
}

/* -1: out of memory. */
static int matches(struct router_entry entry, struct str host, struct str path) {
  struct router_match match;
  struct router *router = router_build(&entry, 1);
  if (!router) return -1;
  bool found = router_find(router, host, path, &match);
  router_free(router);
  return found;
}
