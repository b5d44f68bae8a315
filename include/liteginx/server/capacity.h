/* How many workers serve, and how many connections there may be, by what the system grants the process. */
#ifndef LITEGINX_SERVER_CAPACITY_H
#define LITEGINX_SERVER_CAPACITY_H

#include "liteginx/config/report.h"
#include "liteginx/upstream/snapshot.h"

/* How many workers serve where `wanted` are; 0: one for each of the machine's `cores`, but no more than take half of
 * the `descriptors` with their `listening` sockets. 1 where the system does not deal connections out (`deals`). */
unsigned capacity_workers(unsigned wanted, unsigned cores, bool deals, unsigned descriptors, unsigned listening);

/* How many connections at once: `wanted`, but no more than `descriptors` allow, of which each connection needs one for
 * its target too, and the process some for itself, its `workers` and their `listening` sockets (of each); 0: as many as
 * possible. */
unsigned capacity_connections(unsigned wanted, unsigned descriptors, unsigned listening, unsigned workers);

/* Descriptors that each worker listens with. A bare port is bound for both families; of a Unix socket each has one, too. */
unsigned capacity_sockets(const struct snapshot *snapshot);

/* Tells where less is `possible` than the settings ask for, or hardly anything. */
void capacity_warn(struct config_report *report, const struct config_settings *settings, unsigned workers,
                   unsigned possible, unsigned descriptors);

#endif
