/* How many downstream connections the whole process may have: one number that all workers share. A share of it for each
 * worker would turn clients away while another worker has room, since it is the system that deals connections out. */
#ifndef LITEGINX_SERVER_ADMISSION_H
#define LITEGINX_SERVER_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>

/* As many places as could be taken in vain or in earnest while one accept() goes on in another worker, and more. */
enum { ADMISSION_AMPLE = 64 };

/* Both from any worker's thread, and neither may take or give. */
struct admission_events {
  void (*on_room)(void *owner); /* within admission_give: there may be room for those who were turned away */
  void (*on_full)(void *owner); /* within admission_take: the first one was turned away */
};

struct admission {
  _Atomic unsigned open;
  unsigned max;
  _Atomic bool wanted;   /* somebody was turned away since on_room was last called */
  _Atomic bool was_full; /* somebody was turned away since admission_was_full was last called */
  const struct admission_events *events;
  void *owner;
};

void admission_init(struct admission *admission, unsigned max, const struct admission_events *events, void *owner);

/* One more connection. False: no room; on_room will tell. */
bool admission_take(struct admission *admission);

/* Is there so much room that a place taken in vain is missed by nobody? To be asked by who takes one without knowing that
 * somebody waits: until it is given back others would be turned away, and told so, in front of a free place. Takes nothing. */
bool admission_is_ample(const struct admission *admission);

/* One connection less. */
void admission_give(struct admission *admission);

/* Was anybody turned away since this was last called? The next one who is will be an on_full again. */
bool admission_was_full(struct admission *admission);

/* Connections right now. */
unsigned admission_open(const struct admission *admission);

#endif
