/* Specs → listeners. All questions of the kind "was there one before?" go to one hash table whose keys begin with a
 * letter for the question:
 *   E  an address as a whole                    → the listener that has it
 *   P  one family's share of an address         → the first listener with that share
 *   F  a family and a port, whatever the address → the first listener
 *   R  listener, host, match, pattern's shape   → the route
 *   T  listener, target                         → the target
 *   S  a target's socket, in its normal form     → the name by which it came first
 * An address overlaps another one where they meet in one family: equal, or one of them every address. */
#include "liteginx/config/merge.h"

#include <stdio.h>

#include "liteginx/config/scalar.h"
#include "liteginx/config/share.h"
#include "liteginx/route/pattern.h"

struct route_draft {
  struct route_draft *next;
  struct config_route route;
};

struct target_draft {
  struct target_draft *next;
  struct config_target target;
};

/* One that a listener has. */
struct merge_tls {
  struct merge_tls *next;
  const struct config_tls *tls;
};

struct merge_draft {
  struct merge_draft *next;
  unsigned index;
  struct config_listener listener;
  struct route_draft *first_route, *last_route; /* http; tcp: the first whole spec */
  struct config_place hold_place, timeouts_place;
  struct target_draft *first_target, *last_target; /* tcp */
  unsigned target_count;
  struct merge_tls *first_tls, *last_tls;
};

struct merge_entry {
  struct merge_entry *next;
  uint64_t hash;
  struct str key;
  void *value;
};

static bool find_or_add(struct merge *merge, struct str key, void *value, void **found);
static bool grow_slots(struct merge *merge);
static bool name_sockets(struct merge *merge, const struct config_route *route);
static bool add_draft(struct merge *merge, const struct merge_spec *spec, struct merge_draft **draft);
static bool check_overlap(struct merge *merge, struct merge_draft *draft);
static bool add_tls(struct merge *merge, struct merge_draft *draft, const struct config_tls *tls);
static bool add_http_route(struct merge *merge, struct merge_draft *draft, const struct merge_spec *spec);
static bool add_tcp_spec(struct merge *merge, struct merge_draft *draft, const struct merge_spec *spec);

void merge_init(struct merge *merge, struct arena *scratch, struct arena *kept, struct config_report *report) {
  *merge = (struct merge){.scratch = scratch, .kept = kept, .report = report};
}

/* "FILE:LINE:COLUMN" of an earlier place, for a message about a later one. */
struct place_text {
  char text[256];
};

static struct place_text show_place(struct config_place place) {
  struct place_text shown;
  snprintf(shown.text, sizeof shown.text, "%.*s:%u:%u", STR_ARG(str_upto(place.file, 200)), place.line, place.column);
  return shown;
}

/* The key of one question in the making; false from arena_grow only without memory. */
struct question {
  struct arena *arena;
  char *bytes;
  size_t len;
  bool failed;
};

static void question_add(struct question *key, const void *bytes, size_t len) {
  char *grown = key->failed ? NULL : arena_grow(key->arena, key->bytes, key->len, key->len + len);
  key->failed = !grown;
  if (!grown) return;
  key->bytes = grown;
  if (len) memcpy(grown + key->len, bytes, len);
  key->len += len;
}

static struct question question_begin(struct arena *arena, char question) {
  struct question key = {.arena = arena};
  question_add(&key, &question, 1);
  return key;
}

/* The value that `key` already has, or else `value`, which it has from now on (if not NULL). False: out of memory. */
static bool question_settle(struct merge *merge, const struct question *key, void *value, void **found) {
  return !key->failed && find_or_add(merge, str_make(key->bytes, key->len), value, found);
}

static bool find_or_add(struct merge *merge, struct str key, void *value, void **found) {
  if (merge->entry_count * 2 >= merge->slot_count && !grow_slots(merge)) return false;
  uint64_t hash = str_hash(key);
  struct merge_entry **slot = &merge->slots[hash & (merge->slot_count - 1)];
  for (struct merge_entry *entry = *slot; entry; entry = entry->next) {
    if (entry->hash == hash && str_eq(entry->key, key)) {
      *found = entry->value;
      return true;
    }
  }
  *found = value;
  if (!value) return true;
  struct merge_entry *entry = arena_alloc(merge->scratch, sizeof *entry);
  if (!entry) return false;
  *entry = (struct merge_entry){.next = *slot, .hash = hash, .key = key, .value = value};
  *slot = entry;
  merge->entry_count++;
  return true;
}

static bool grow_slots(struct merge *merge) {
  size_t count = merge->slot_count ? merge->slot_count * 4 : 64;
  struct merge_entry **slots = arena_alloc(merge->scratch, count * sizeof(struct merge_entry *));
  if (!slots) return false;
  for (size_t i = 0; i < count; i++) slots[i] = NULL;
  for (size_t i = 0; i < merge->slot_count; i++) {
    for (struct merge_entry *entry = merge->slots[i], *next; entry; entry = next) {
      next = entry->next;
      entry->next = slots[entry->hash & (count - 1)];
      slots[entry->hash & (count - 1)] = entry;
    }
  }
  merge->slots = slots;
  merge->slot_count = count;
  return true;
}

bool merge_add(struct merge *merge, const struct merge_spec *spec) {
  struct merge_draft *draft;
  if (!add_draft(merge, spec, &draft)) return false;
  if (draft->listener.kind != spec->kind) {
    static const char *const names[] = {[KIND_HTTP] = "http", [KIND_TCP] = "tcp"};
    config_report_add(merge->report, true, spec->listen_place,
                      "'listen' %s is %s here, but %s at %s (an address is either)",
                      config_quote(spec->address.text).text, names[spec->kind], names[draft->listener.kind],
                      show_place(draft->listener.place).text);
    return true;
  }
  if (!spec->whole) return true;
  if (!name_sockets(merge, &spec->route) || !add_tls(merge, draft, spec->route.tls)) return false;
  return spec->kind == KIND_HTTP ? add_http_route(merge, draft, spec) : add_tcp_spec(merge, draft, spec);
}

/* Each once: a document's specs come one behind the other. */
static bool add_tls(struct merge *merge, struct merge_draft *draft, const struct config_tls *tls) {
  if (!tls || (draft->last_tls && draft->last_tls->tls == tls)) return true;
  struct merge_tls *fresh = arena_alloc(merge->scratch, sizeof *fresh);
  if (!fresh) return false;
  *fresh = (struct merge_tls){.tls = tls};
  if (draft->last_tls) {
    draft->last_tls->next = fresh;
  } else {
    draft->first_tls = fresh;
  }
  draft->last_tls = fresh;
  draft->listener.tls_count++;
  return true;
}

/* A socket that was a target before, in another spelling, gets the name that it had: one target has one state. */
static bool name_sockets(struct merge *merge, const struct config_route *route) {
  for (unsigned i = 0; i < route->target_count; i++) {
    struct str *host = &route->targets[i].host;
    if (!str_starts_with(*host, STR("unix:"))) continue;
    struct str normal = scalar_socket_normal(merge->scratch, str_from(*host, strlen("unix:")));
    struct question key = question_begin(merge->scratch, 'S');
    void *found;
    question_add(&key, normal.ptr, normal.len);
    if (!normal.ptr || !question_settle(merge, &key, host, &found)) return false;
    *host = *(const struct str *)found;
  }
  return true;
}

/* The listener with the spec's address, perhaps a new one. */
static bool add_draft(struct merge *merge, const struct merge_spec *spec, struct merge_draft **draft) {
  const struct config_address *address = &spec->address;
  struct str path = scalar_socket_normal(merge->scratch, address->path);
  unsigned char scope = (unsigned char)address->scope;
  struct question key = question_begin(merge->scratch, 'E');
  void *found;
  question_add(&key, &scope, 1);
  question_add(&key, address->bytes, sizeof address->bytes);
  question_add(&key, &address->port, sizeof address->port);
  question_add(&key, path.ptr, path.len);
  if (!path.ptr || !question_settle(merge, &key, NULL, &found)) return false;
  *draft = found;
  if (found) return true;
  struct merge_draft *fresh = *draft = arena_alloc(merge->scratch, sizeof *fresh);
  if (!fresh || !question_settle(merge, &key, fresh, &found)) return false;
  *fresh = (struct merge_draft){.index = merge->count++};
  fresh->listener = (struct config_listener){.kind = spec->kind, .address = *address, .place = spec->listen_place};
  fresh->listener.address.text = arena_dup(merge->kept, address->text);
  fresh->listener.address.path = arena_dup(merge->kept, address->path);
  if (!fresh->listener.address.text.ptr || !fresh->listener.address.path.ptr) return false;
  if (merge->last) {
    merge->last->next = fresh;
  } else {
    merge->first = fresh;
  }
  merge->last = fresh;
  /* Each port 0 becomes another port, and a path is no part of another one. */
  return address->port == 0 || check_overlap(merge, fresh);
}

static bool settle_share(struct merge *merge, const struct share *share, uint16_t port, struct merge_draft *draft,
                         void **found) {
  struct question key = question_begin(merge->scratch, 'P');
  question_add(&key, &share->family, 1);
  question_add(&key, &share->every, 1);
  question_add(&key, share->bytes, sizeof share->bytes);
  question_add(&key, &port, sizeof port);
  return question_settle(merge, &key, draft, found);
}

static bool settle_family(struct merge *merge, unsigned char family, uint16_t port, struct merge_draft *draft,
                          void **found) {
  struct question key = question_begin(merge->scratch, 'F');
  question_add(&key, &family, 1);
  question_add(&key, &port, sizeof port);
  return question_settle(merge, &key, draft, found);
}

/* Takes the shares of a new listener's address; the first earlier listener that has one of them is named. */
static bool check_overlap(struct merge *merge, struct merge_draft *draft) {
  struct share shares[SHARE_MOST];
  uint16_t port = draft->listener.address.port;
  unsigned count = share_find(&draft->listener.address, shares);
  const struct merge_draft *other = NULL;
  for (unsigned i = 0; i < count; i++) {
    struct share every = {.family = shares[i].family, .every = true};
    void *same, *same_port, *all;
    if (!settle_share(merge, &shares[i], port, draft, &same)) return false;
    if (!settle_family(merge, shares[i].family, port, draft, &same_port)) return false;
    if (!settle_share(merge, &every, port, NULL, &all)) return false;
    if (!other && same != draft) other = same;
    if (!other && all && all != draft) other = all;
    if (!other && shares[i].every && same_port != draft) other = same_port;
  }
  if (other) {
    config_report_add(merge->report, true, draft->listener.place,
                      "'listen' %s overlaps %s at %s (use one and the same address)",
                      config_quote(draft->listener.address.text).text, config_quote(other->listener.address.text).text,
                      show_place(other->listener.place).text);
  }
  return true;
}

static struct route_draft *draft_route(struct merge *merge, const struct config_route *route) {
  struct route_draft *fresh = arena_alloc(merge->scratch, sizeof *fresh);
  if (fresh) *fresh = (struct route_draft){.route = *route};
  return fresh;
}

static void link_route(struct merge_draft *draft, struct route_draft *fresh) {
  if (draft->last_route) {
    draft->last_route->next = fresh;
  } else {
    draft->first_route = fresh;
  }
  draft->last_route = fresh;
  draft->listener.route_count++;
}

static bool add_http_route(struct merge *merge, struct merge_draft *draft, const struct merge_spec *spec) {
  const struct config_route *route = &spec->route;
  struct route_draft *fresh = draft_route(merge, route);
  if (!fresh) return false;
  struct str shape = pattern_shape(merge->scratch, &route->pattern);
  unsigned char match = (unsigned char)route->pattern.match;
  struct question key = question_begin(merge->scratch, 'R');
  question_add(&key, &draft->index, sizeof draft->index);
  question_add(&key, &match, 1);
  question_add(&key, &route->host.len, sizeof route->host.len);
  question_add(&key, route->host.ptr, route->host.len);
  question_add(&key, shape.ptr, shape.len);
  void *found;
  if (!shape.ptr || !question_settle(merge, &key, fresh, &found)) return false;
  if (found == fresh) {
    link_route(draft, fresh);
    return true;
  }
  const struct config_route *first = &((struct route_draft *)found)->route;
  config_report_add(merge->report, false, route->place,
                    "this route is never used: the one at %s matches the same requests", show_place(first->place).text);
  return true;
}

static bool add_tcp_target(struct merge *merge, struct merge_draft *draft, const struct config_target *target,
                           struct config_place place) {
  struct target_draft *fresh = arena_alloc(merge->scratch, sizeof *fresh);
  struct question key = question_begin(merge->scratch, 'T');
  question_add(&key, &draft->index, sizeof draft->index);
  question_add(&key, &target->port, sizeof target->port);
  question_add(&key, target->host.ptr, target->host.len);
  void *found;
  if (!fresh || !question_settle(merge, &key, fresh, &found)) return false;
  if (found != fresh) {
    const struct config_target *first = &((struct target_draft *)found)->target;
    if (first->weight != target->weight) {
      char port[8] = "";
      if (target->port) snprintf(port, sizeof port, ":%u", target->port);
      config_report_add(merge->report, false, place, "target %s%s is here again: its first weight, %u, counts",
                        config_quote(target->host).text, port, first->weight);
    }
    return true;
  }
  *fresh = (struct target_draft){.target = *target};
  if (draft->last_target) {
    draft->last_target->next = fresh;
  } else {
    draft->first_target = fresh;
  }
  draft->last_target = fresh;
  draft->target_count++;
  return true;
}

static void report_difference(struct merge *merge, const char *key, struct config_place place,
                              struct config_place first) {
  config_report_add(merge->report, true, place, "'%s' differs from %s (tcp specs on one address share their targets)",
                    key, show_place(first).text);
}

static bool add_tcp_spec(struct merge *merge, struct merge_draft *draft, const struct merge_spec *spec) {
  const struct config_route *route = &spec->route;
  if (!draft->first_route) {
    struct route_draft *fresh = draft_route(merge, route);
    if (!fresh) return false;
    link_route(draft, fresh);
    draft->hold_place = spec->hold_place;
    draft->timeouts_place = spec->timeouts_place;
  }
  const struct config_route *first = &draft->first_route->route;
  const struct config_timeouts *ours = &route->timeouts, *theirs = &first->timeouts;
  if (!route->tls != !first->tls) {
    config_report_add(merge->report, true, spec->listen_place,
                      "'listen' %s is %s here, and %s at %s (nobody could tell which one a client means)",
                      config_quote(spec->address.text).text, route->tls ? "TLS" : "plain", first->tls ? "TLS" : "plain",
                      show_place(first->place).text);
  }
  if (route->hold_ms != first->hold_ms) report_difference(merge, "hold", spec->hold_place, draft->hold_place);
  if (ours->connect_ms != theirs->connect_ms || ours->response_ms != theirs->response_ms ||
      ours->idle_ms != theirs->idle_ms) {
    report_difference(merge, "timeouts", spec->timeouts_place, draft->timeouts_place);
  }
  for (unsigned i = 0; i < route->target_count; i++) {
    if (!add_tcp_target(merge, draft, &route->targets[i], route->place)) return false;
  }
  return true;
}

static bool finish_listener(const struct merge_draft *draft, struct arena *arena, struct config_listener *listener) {
  *listener = draft->listener;
  listener->routes = arena_alloc(arena, draft->listener.route_count * sizeof *listener->routes);
  listener->tls = arena_alloc(arena, draft->listener.tls_count * sizeof *listener->tls);
  if (!listener->routes || !listener->tls) return false;
  listener->tls_count = 0;
  for (const struct merge_tls *tls = draft->first_tls; tls; tls = tls->next)
    listener->tls[listener->tls_count++] = tls->tls;
  unsigned count = 0;
  for (const struct route_draft *route = draft->first_route; route; route = route->next) {
    listener->routes[count++] = route->route;
  }
  if (draft->listener.kind == KIND_HTTP || count == 0) return true;
  struct config_route *only = &listener->routes[0];
  only->targets = arena_alloc(arena, draft->target_count * sizeof *only->targets);
  if (!only->targets) return false;
  only->target_count = 0;
  for (const struct target_draft *target = draft->first_target; target; target = target->next) {
    only->targets[only->target_count++] = target->target;
  }
  return true;
}

bool merge_finish(struct merge *merge, struct config *config) {
  config->listeners = arena_alloc(&config->arena, merge->count * sizeof *config->listeners);
  if (!config->listeners) return false;
  for (const struct merge_draft *draft = merge->first; draft; draft = draft->next) {
    if (!finish_listener(draft, &config->arena, &config->listeners[config->listener_count])) return false;
    config->listener_count++;
  }
  return true;
}
