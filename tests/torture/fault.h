/* The Nth allocation, the Nth libuv call, or the Nth call of the system that may be refused, of ours fails. The linker
 * sends every call that our objects (and libyaml and libcyaml, which are linked statically for this) make to a __wrap_
 * twin in fault.c; libuv lies in a shared library and is never refused memory, since it aborts by itself when its own
 * small allocations fail. */
#ifndef LITEGINX_TESTS_TORTURE_FAULT_H
#define LITEGINX_TESTS_TORTURE_FAULT_H

#include <stdbool.h>

/* malloc and its kin; pieces of an arena and of a bounded buffer, which would rarely be the ones that reach malloc;
 * libuv; what only spares work (pipes and splice), and a send that takes little: nothing may be seen of that. */
enum fault_kind { FAULT_ALLOC, FAULT_PIECE, FAULT_UV, FAULT_SYSTEM, FAULT_KINDS };

const char *fault_kind_name(enum fault_kind kind);

/* What has failed. */
struct fault_place {
  const char *name; /* the function; NULL: nothing yet */
  void *caller;     /* from where it was called */
};

/* From now on calls are counted, and the `number`th of `kind` fails, with the `burst` - 1 behind it; *place then tells
 * the last one. */
void fault_arm(enum fault_kind kind, unsigned number, unsigned burst, struct fault_place *place);

/* No further call fails. */
void fault_disarm(void);

/* From now on a terminal is where standard error goes, the program believes. */
void fault_show_terminal(void);

/* The calling thread is the test's own: what it does is not counted. */
void fault_spare_thread(void);

/* Calls so far. */
unsigned fault_count(enum fault_kind kind);

/* Before libuv's first call: what it allocates counts as ours from now on. It never fails. */
void fault_count_libuv(void);

/* Allocated minus freed blocks: ours and those of all libraries, but not what the C library allocates by itself. */
long fault_live(void);

#endif
