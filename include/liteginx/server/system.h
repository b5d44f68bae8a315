/* What differs from system to system; one small source file each (system_unix.c). */
#ifndef LITEGINX_SERVER_SYSTEM_H
#define LITEGINX_SERVER_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "liteginx/base/ensure.h"

/* Opens what of stdin, stdout, stderr is closed on nothing, so that no connection takes its place and gets the log. */
void system_guard_standard_streams(void);

/* From now on this thread has descriptors 0 to 2 for itself and no others, not even the one that libuv tells of signals
 * by: it must be one of system_thread_create. Where the rest of the process is one thread, as with one worker, the
 * system then need not count who holds a connection in each call: 1 or 2 % of a small request. Where it is not possible
 * nothing happens. */
void system_part_descriptors(void);

/* Raises the limit of open descriptors as far as this process may. Returns the limit that holds now. */
unsigned system_raise_descriptors(void);

/* A write to a closed pipe or connection fails from now on instead of killing the process. */
void system_ignore_broken_pipe(void);

/* Like uv_thread_create. The thread leaves the signals that stop or reload the program to the first one: no system call
 * of a worker is interrupted for them, and they wake the loop that handles them. */
ENSURE_CHECKED int system_thread_create(uv_thread_t *thread, uv_thread_cb run, void *owner);

/* Is there a controlling terminal right now? */
bool system_has_terminal(void);

/* Was the process started with hang-ups ignored (nohup)? */
bool system_hangup_ignored(void);

/* Processors that this process may run on; no more than its quota of their time is worth (quota.h). At least 1. */
unsigned system_cores(void);

/* Does the system deal new connections out evenly to several listeners of one process on one address? */
bool system_deals_connections(void);

/* Which process listens on `address`, or on one that overlaps it: "NAME (process N)" in `text`. False: it cannot be
 * told, for want of rights or of a way to ask. */
bool system_port_owner(const struct sockaddr *address, char *text, size_t room);

/* The address by which other devices reach this machine, as text of at most `room` bytes: that of the interface that leads
 * out, else of one that is up. IPv4, since people have to type it. False: there is none. */
bool system_outward_address(char *text, size_t room);

/* How to be allowed to listen on a port that is kept for privileged programs, as the end of a sentence. */
void system_low_port_advice(unsigned port, char *text, size_t room);

#endif
