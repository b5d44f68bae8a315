/* How many downstream connections the whole process may have: one number that all workers share. A share of it for each
 * worker would turn clients away while another worker has room, since it is the system that deals connections out. */
#ifndef LITEGINX_SERVER_ADMISSION_H
#define LITEGINX_SERVER_ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>

struct admission {
  _Atomic unsigned open;
  unsigned max;
  _Atomic bool wanted; /* somebody was turned away since on_room was last called */
  void (*on_room)(void *owner);
  void *owner;
};

/* `on_room` is called from any worker's thread, within admission_give: there may be room for those who were turned
 * away. It must not take or give. */
void admission_init(struct admission *admission, unsigned max, void (*on_room)(void *owner), void *owner);

/* One more connection. False: no room; on_room will tell. */
bool admission_take(struct admission *admission);

/* One connection less. */
void admission_give(struct admission *admission);

/* Connections right now. */
unsigned admission_open(const struct admission *admission);

#endif
