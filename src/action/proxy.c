/* Here are but the words: nothing is to be decided. */
#include "liteginx/action/proxy.h"

static struct str target_words(struct arena *arena, struct str list, const struct config_target *target, bool weighted);

/* "localhost:3000 ×1, [::1]:3001 ×2, … and 3 more". */
struct str proxy_words(struct arena *arena, const struct config_route *route) {
  bool weighted = false;
  struct str list = STR("");
  for (unsigned i = 0; i < route->target_count; i++) weighted = weighted || route->targets[i].weight != 1;
  for (unsigned i = 0; i < route->target_count && i < ACTION_SHOWN_TARGETS && list.ptr; i++) {
    list = target_words(arena, list, &route->targets[i], weighted);
  }
  if (!list.ptr || route->target_count <= ACTION_SHOWN_TARGETS) return list;
  return arena_printf(arena, "%.*s, … and %u more", STR_ARG(list), route->target_count - ACTION_SHOWN_TARGETS);
}

static struct str target_words(struct arena *arena, struct str list, const struct config_target *target,
                               bool weighted) {
  bool six = target->port && str_find(target->host, ':') < target->host.len;
  struct str host = action_shown(arena, target->host);
  if (!host.ptr) return host;
  list = arena_printf(arena, "%.*s%s%s%.*s%s", STR_ARG(list), list.len ? ", " : "", six ? "[" : "", STR_ARG(host),
                      six ? "]" : "");
  if (list.ptr && target->port) list = arena_printf(arena, "%.*s:%u", STR_ARG(list), target->port);
  if (list.ptr && weighted) list = arena_printf(arena, "%.*s ×%u", STR_ARG(list), target->weight);
  return list;
}
