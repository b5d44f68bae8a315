/* No wake-up is lost: who is turned away says so and tries again, who leaves makes room and then looks whether anybody
 * said so; both in one total order (sequentially consistent). */
#include "liteginx/server/admission.h"

#include "liteginx/base/ensure.h"

static bool try_to_take(struct admission *admission);

void admission_init(struct admission *admission, unsigned max, const struct admission_events *events, void *owner) {
  atomic_init(&admission->open, 0);
  atomic_init(&admission->wanted, false);
  atomic_init(&admission->was_full, false);
  admission->max = max;
  admission->events = events;
  admission->owner = owner;
}

bool admission_take(struct admission *admission) {
  if (try_to_take(admission)) return true;
  atomic_store(&admission->wanted, true);
  if (try_to_take(admission)) return true;
  if (!atomic_exchange(&admission->was_full, true)) admission->events->on_full(admission->owner);
  return false;
}

bool admission_is_ample(const struct admission *admission) {
  unsigned open = admission_open(admission);
  return open < admission->max && admission->max - open >= ADMISSION_AMPLE;
}

void admission_give(struct admission *admission) {
  unsigned before = atomic_fetch_sub(&admission->open, 1);
  ENSURE(before > 0);
  if (atomic_load(&admission->wanted) && atomic_exchange(&admission->wanted, false)) {
    admission->events->on_room(admission->owner);
  }
}

bool admission_was_full(struct admission *admission) {
  return atomic_exchange(&admission->was_full, false);
}

unsigned admission_open(const struct admission *admission) {
  return atomic_load_explicit(&admission->open, memory_order_relaxed);
}

/* Not "add, then look": the one too many would for a moment hide room from a third. */
static bool try_to_take(struct admission *admission) {
  unsigned open = atomic_load(&admission->open);
  while (open < admission->max) {
    if (atomic_compare_exchange_weak(&admission->open, &open, open + 1)) return true;
  }
  return false;
}
