/* Run-time state of targets. The atomics are relaxed: what they say is advice (whom to try first), never a promise. */
#include "liteginx/upstream/target.h"

#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/ensure.h"

static struct target *target_new(struct target_table *table, struct str host, uint16_t port);
static unsigned free_index(struct target_table *table);

void target_table_init(struct target_table *table) {
  list_init(&table->targets);
  table->indexes = 0;
}

struct target *target_acquire(struct target_table *table, struct str host, uint16_t port) {
  LIST_EACH(node, &table->targets) {
    struct target *target = container_of(node, struct target, node);
    if (target->port == port && str_eq(target->host, host)) {
      target->references++;
      return target;
    }
  }
  return target_new(table, host, port);
}

static struct target *target_new(struct target_table *table, struct str host, uint16_t port) {
  /* The text holds the host, so one block carries both: "[" host "]:65535". */
  size_t room = host.len + sizeof "[]:65535";
  struct target *target = calloc(1, sizeof *target + room);
  if (!target) return NULL;
  char *text = (char *)(target + 1);
  bool bracketed = port && str_find(host, ':') < host.len;
  int len = port ? snprintf(text, room, bracketed ? "[%.*s]:%u" : "%.*s:%u", STR_ARG(host), (unsigned)port)
                 : snprintf(text, room, "%.*s", STR_ARG(host));
  ENSURE(len > 0 && (size_t)len < room);
  target->text = str_make(text, (size_t)len);
  target->host = str_make(text + (bracketed ? 1 : 0), host.len);
  target->port = port;
  target->index = free_index(table);
  target->references = 1;
  list_append(&table->targets, &target->node);
  return target;
}

/* The lowest number not in use keeps the workers' arrays short over many reloads. */
static unsigned free_index(struct target_table *table) {
  unsigned live = 0;
  LIST_EACH(node, &table->targets) live++;
  if (live == table->indexes) return table->indexes++;
  for (unsigned index = 0;; index++) {
    bool taken = false;
    LIST_EACH(node, &table->targets) taken = taken || container_of(node, struct target, node)->index == index;
    if (!taken) return index;
  }
}

void target_release(struct target *target) {
  ENSURE(target->references > 0);
  if (--target->references > 0) return;
  list_remove(&target->node);
  free(target);
}

bool target_resting(const struct target *target, uint64_t now_ms) {
  return atomic_load_explicit(&target->rest_until_ms, memory_order_relaxed) > now_ms;
}

void target_failed(struct target *target, uint64_t now_ms) {
  uint64_t until_ms = atomic_load_explicit(&target->rest_until_ms, memory_order_relaxed);
  if (until_ms > now_ms) return;
  uint32_t last = atomic_load_explicit(&target->rest_ms, memory_order_relaxed);
  uint32_t rest = last == 0 ? TARGET_REST_MS : 2 * last;
  if (rest > TARGET_REST_MAX_MS) rest = TARGET_REST_MAX_MS;
  /* Of several workers that see one failure at the same time the first one counts. */
  if (!atomic_compare_exchange_strong_explicit(&target->rest_until_ms, &until_ms, now_ms + rest, memory_order_relaxed,
                                               memory_order_relaxed)) {
    return;
  }
  atomic_store_explicit(&target->rest_ms, rest, memory_order_relaxed);
}

void target_answered(struct target *target) {
  atomic_store_explicit(&target->rest_ms, 0, memory_order_relaxed);
  atomic_store_explicit(&target->rest_until_ms, 0, memory_order_relaxed);
}

bool target_wait(struct target *target, uint64_t now_ms) {
  uint64_t silent = 0;
  atomic_fetch_add_explicit(&target->waiting, 1, memory_order_relaxed);
  return atomic_compare_exchange_strong_explicit(&target->down_since_ms, &silent, now_ms, memory_order_relaxed,
                                                 memory_order_relaxed);
}

bool target_leave(struct target *target) {
  if (atomic_fetch_sub_explicit(&target->waiting, 1, memory_order_relaxed) > 1) return false;
  return atomic_exchange_explicit(&target->down_since_ms, 0, memory_order_relaxed) != 0;
}

/* Mostly all is known, and then no other worker's cache is disturbed. */
unsigned target_forgive(struct target *target, unsigned forgiven) {
  unsigned known = atomic_load_explicit(&target->forgiven, memory_order_relaxed);
  if ((forgiven & ~known) == 0) return 0;
  known = atomic_fetch_or_explicit(&target->forgiven, (uint8_t)forgiven, memory_order_relaxed);
  return forgiven & ~known;
}

bool target_found(struct target *target, uint64_t now_ms, uint64_t *down_ms) {
  uint64_t since_ms = atomic_exchange_explicit(&target->down_since_ms, 0, memory_order_relaxed);
  *down_ms = now_ms > since_ms ? now_ms - since_ms : 0;
  return since_ms != 0;
}
