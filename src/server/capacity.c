/* A connection needs two descriptors, and the rest of the process some. */
#include "liteginx/server/capacity.h"

#include "liteginx/server/system.h"

/* Descriptors of the process itself: what it should have, what it cannot do without besides its listening sockets
 * (standard streams, signals, name look-ups, the first worker's loop), and each further loop's (event queue,
 * wake-ups). */
enum { OWN_DESCRIPTORS = 64, LEAST_DESCRIPTORS = 16, LOOP_DESCRIPTORS = 5, LEAST_CONNECTIONS = 8 };

static void warn_of_descriptors(struct config_report *report, unsigned wanted, unsigned possible, unsigned descriptors);
static void warn_of_workers(struct config_report *report, unsigned wanted, unsigned count);

unsigned capacity_workers(unsigned wanted, unsigned cores, bool deals, unsigned descriptors, unsigned listening) {
  if (!deals) return 1;
  if (wanted != 0) return wanted;
  unsigned affordable = descriptors / 2 / (LOOP_DESCRIPTORS + listening);
  if (affordable > CONFIG_MAX_WORKERS) affordable = CONFIG_MAX_WORKERS;
  if (affordable == 0) affordable = 1;
  return cores < affordable ? cores : affordable;
}

unsigned capacity_connections(unsigned wanted, unsigned descriptors, unsigned listening, unsigned workers) {
  unsigned own = LEAST_DESCRIPTORS + LOOP_DESCRIPTORS * (workers - 1) + listening * workers;
  /* With few of them a second address that is dialled meanwhile counts. */
  unsigned least = descriptors > own ? (descriptors - own) / 3 : 0;
  if (least > LEAST_CONNECTIONS) least = LEAST_CONNECTIONS;
  if (least == 0) least = 1;
  if (own < OWN_DESCRIPTORS) own = OWN_DESCRIPTORS;
  unsigned possible = descriptors > own ? (descriptors - own) / 2 : 0;
  if (possible < least) possible = least;
  return wanted != 0 && wanted < possible ? wanted : possible;
}

unsigned capacity_sockets(const struct snapshot *snapshot) {
  unsigned count = 0;
  for (unsigned i = 0; i < snapshot->listener_count; i++) {
    enum config_scope scope = snapshot->listeners[i].config->address.scope;
    count += scope == SCOPE_LOOPBACK || scope == SCOPE_ALL ? 2 : 1;
  }
  return count;
}

void capacity_warn(struct config_report *report, const struct config_settings *settings, unsigned workers,
                   unsigned possible, unsigned descriptors) {
  warn_of_workers(report, settings->workers, workers);
  warn_of_descriptors(report, settings->max_connections, possible, descriptors);
}

static void warn_of_descriptors(struct config_report *report, unsigned wanted, unsigned possible,
                                unsigned descriptors) {
  if (wanted > possible) {
    config_report_add(report, false, (struct config_place){0},
                      "max_connections is %u, but %u %s are enough for %u only", wanted, descriptors,
                      system_descriptors_word(), possible);
  } else if (wanted == 0 && possible < LEAST_CONNECTIONS) {
    config_report_add(report, false, (struct config_place){0}, "%u %s are enough for %u connection%s at once only",
                      descriptors, system_descriptors_word(), possible, possible == 1 ? "" : "s");
  }
}

static void warn_of_workers(struct config_report *report, unsigned wanted, unsigned count) {
  if (wanted <= count) return;
  config_report_add(report, false, (struct config_place){0},
                    "workers is %u, but this system does not deal connections out to several of them: one serves",
                    wanted);
}
