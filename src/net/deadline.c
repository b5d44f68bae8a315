/* The timing wheel. Time is cut into ticks; the wheel has six levels of 64 slots, a slot of level n standing for 64^n
 * ticks. A deadline is filed by the highest six-bit digit in which its tick differs from `now_tick`: whatever is filed
 * on a level comes before everything on the levels above it, so the next thing to do is one bit search away. When time
 * enters a slot of a higher level, what it holds is filed anew, nearer.
 *
 * A deadline that moves later stays where it is filed and is filed anew only when its slot comes up: connections that
 * push their idle timeout forward with every request pay one store for it. The timer is set to the next slot in use,
 * not to every tick: a deadline costs one wake-up per level at most, be it a second or a year away. */
#include "liteginx/net/deadline.h"

#include <stddef.h>

enum { DIGIT_BITS = 6, DIGIT_MASK = DEADLINE_SLOTS - 1 };

_Static_assert((int)DEADLINE_SLOTS == 1 << DIGIT_BITS && DEADLINE_SLOTS <= 64,
               "a level's slots are one digit, and bits");

/* Half of what the wheel holds, four years: far enough that the top level can be a ring. */
#define MAX_AHEAD_MS (UINT64_C(1) << (DIGIT_BITS * DEADLINE_LEVELS - 1) << 2)

static void on_timer(uv_timer_t *timer);
static void serve_slot(struct deadlines *deadlines, struct list *slot);
static void serve_deadline(struct deadlines *deadlines, struct deadline *deadline);
static uint64_t file_deadline(struct deadlines *deadlines, struct deadline *deadline);
static void unfile_deadline(struct deadlines *deadlines, struct deadline *deadline);
static void mark_empty(struct deadlines *deadlines, const struct list *head);
static struct list *next_slot(struct deadlines *deadlines, uint64_t *tick);
static void set_timer(struct deadlines *deadlines, uint64_t due_ms);
static void stop_timer(struct deadlines *deadlines);
static uint64_t tick_of(uint64_t due_ms);
static unsigned first_bit(uint64_t bits);

void deadlines_init(struct deadlines *deadlines, uv_loop_t *uv) {
  int status = uv_timer_init(uv, &deadlines->timer);
  ENSURE(status == 0);
  deadlines->now_tick = uv_now(uv) / DEADLINE_TICK_MS;
  deadlines->timer_ms = 0;
  deadlines->armed = 0;
  for (unsigned level = 0; level < DEADLINE_LEVELS; level++) {
    deadlines->occupied[level] = 0;
    for (unsigned i = 0; i < DEADLINE_SLOTS; i++) list_init(&deadlines->slots[level][i]);
  }
}

void deadlines_close(struct deadlines *deadlines) {
  ENSURE(deadlines->armed == 0);
  uv_handle_t *handle = (uv_handle_t *)&deadlines->timer;
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t in_ms,
                  void (*on_due)(struct deadline *deadline)) {
  if (in_ms == 0) {
    deadline_clear(deadlines, deadline);
    return;
  }
  uint64_t now_ms = uv_now(deadlines->timer.loop);
  uint64_t due_ms = now_ms + (in_ms < MAX_AHEAD_MS ? in_ms : MAX_AHEAD_MS);
  bool armed = deadline_armed(deadline);
  deadline->on_due = on_due;
  if (armed && due_ms >= deadline->filed_ms) {
    deadline->due_ms = due_ms;
    return;
  }
  if (armed) unfile_deadline(deadlines, deadline);
  if (!armed) deadlines->armed++;
  deadline->due_ms = due_ms;
  /* No slot in use begins before the timer fires: until then time may be taken as served without looking. */
  if (deadlines->timer_ms == 0 || now_ms < deadlines->timer_ms) deadlines->now_tick = now_ms / DEADLINE_TICK_MS;
  uint64_t wake_ms = file_deadline(deadlines, deadline);
  if (deadlines->timer_ms == 0 || wake_ms < deadlines->timer_ms) set_timer(deadlines, wake_ms);
}

void deadline_clear(struct deadlines *deadlines, struct deadline *deadline) {
  if (!deadline_armed(deadline)) return;
  unfile_deadline(deadlines, deadline);
  deadline->due_ms = 0;
  ENSURE(deadlines->armed > 0);
  if (--deadlines->armed == 0) stop_timer(deadlines);
}

/* While this runs `timer_ms` is in the past: what callbacks arm is filed, and the timer set once at the end. */
static void on_timer(uv_timer_t *timer) {
  struct deadlines *deadlines = container_of(timer, struct deadlines, timer);
  uint64_t until_tick = uv_now(timer->loop) / DEADLINE_TICK_MS;
  uint64_t tick = 0;
  struct list *slot = next_slot(deadlines, &tick);
  while (slot && tick <= until_tick) {
    deadlines->now_tick = tick;
    serve_slot(deadlines, slot);
    slot = next_slot(deadlines, &tick);
  }
  if (deadlines->now_tick < until_tick) deadlines->now_tick = until_tick;
  if (slot) {
    set_timer(deadlines, tick * DEADLINE_TICK_MS);
  } else {
    stop_timer(deadlines);
  }
}

/* Deadlines leave the slot before any callback runs, since callbacks file into the wheel; they can still be moved and
 * disarmed by one another from the list they are in meanwhile. */
static void serve_slot(struct deadlines *deadlines, struct list *slot) {
  struct list serving;
  list_init(&serving);
  list_insert(slot, &serving);
  list_remove(slot);
  mark_empty(deadlines, slot);
  while (!list_empty(&serving)) {
    struct deadline *deadline = container_of(serving.next, struct deadline, node);
    list_remove(&deadline->node);
    serve_deadline(deadlines, deadline);
  }
}

static void serve_deadline(struct deadlines *deadlines, struct deadline *deadline) {
  if (tick_of(deadline->due_ms) > deadlines->now_tick) {
    (void)file_deadline(deadlines, deadline);
    return;
  }
  deadline->due_ms = 0;
  deadlines->armed--;
  deadline->on_due(deadline);
}

/* Puts it into its slot and returns when that slot comes up. */
static uint64_t file_deadline(struct deadlines *deadlines, struct deadline *deadline) {
  uint64_t tick = tick_of(deadline->due_ms);
  uint64_t differs = tick ^ deadlines->now_tick;
  ENSURE(tick > deadlines->now_tick);
  unsigned level = 0;
  while (level < DEADLINE_LEVELS - 1 && differs >> (DIGIT_BITS * (level + 1)) != 0) level++;
  unsigned shift = DIGIT_BITS * level;
  unsigned index = (unsigned)(tick >> shift) & DIGIT_MASK;
  list_append(&deadlines->slots[level][index], &deadline->node);
  deadlines->occupied[level] |= UINT64_C(1) << index;
  deadline->filed_ms = (tick >> shift << shift) * DEADLINE_TICK_MS;
  return deadline->filed_ms;
}

static void unfile_deadline(struct deadlines *deadlines, struct deadline *deadline) {
  struct list *next = deadline->node.next;
  list_remove(&deadline->node);
  if (list_empty(next)) mark_empty(deadlines, next);
}

/* `head` is a slot's, or the one in serve_slot, which lies outside of the wheel. */
static void mark_empty(struct deadlines *deadlines, const struct list *head) {
  uintptr_t offset = (uintptr_t)head - (uintptr_t)&deadlines->slots[0][0];
  if (offset >= sizeof deadlines->slots) return;
  size_t index = offset / sizeof(struct list);
  deadlines->occupied[index / DEADLINE_SLOTS] &= ~(UINT64_C(1) << (index % DEADLINE_SLOTS));
}

/* The slot in use that comes up first, and its tick. NULL: nothing is filed. */
static struct list *next_slot(struct deadlines *deadlines, uint64_t *tick) {
  for (unsigned level = 0; level < DEADLINE_LEVELS; level++) {
    uint64_t occupied = deadlines->occupied[level];
    if (occupied == 0) continue;
    uint64_t digits = deadlines->now_tick >> (DIGIT_BITS * level);
    unsigned from = (unsigned)(digits + 1) & DIGIT_MASK;
    uint64_t ring = from ? occupied >> from | occupied << (DEADLINE_SLOTS - from) : occupied;
    digits += 1 + first_bit(ring);
    *tick = digits << (DIGIT_BITS * level);
    return &deadlines->slots[level][digits & DIGIT_MASK];
  }
  return NULL;
}

static void set_timer(struct deadlines *deadlines, uint64_t due_ms) {
  uint64_t now_ms = uv_now(deadlines->timer.loop);
  int status = uv_timer_start(&deadlines->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
  ENSURE(status == 0);
  deadlines->timer_ms = due_ms;
}

static void stop_timer(struct deadlines *deadlines) {
  (void)uv_timer_stop(&deadlines->timer);
  deadlines->timer_ms = 0;
}

/* The first tick that is not before due_ms. */
static uint64_t tick_of(uint64_t due_ms) {
  return (due_ms + DEADLINE_TICK_MS - 1) / DEADLINE_TICK_MS;
}

static unsigned first_bit(uint64_t bits) {
#if defined(__GNUC__)
  return (unsigned)__builtin_ctzll(bits);
#else
  unsigned at = 0;
  while ((bits >> at & 1) == 0) at++;
  return at;
#endif
}
