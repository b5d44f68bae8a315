/* What differs from system to system: system_unix.c with system_linux.c or system_macos.c, or system_windows.c. */
#ifndef LITEGINX_SERVER_SYSTEM_H
#define LITEGINX_SERVER_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <uv.h>

#include "liteginx/base/ensure.h"

enum { SYSTEM_STOP_SIGNALS = 2 };

/* --- the process and its terminal --- */

/* Opens what of stdin, stdout, stderr is closed on nothing, so that no connection takes its place and gets the log. What is
 * written to them leaves as it is, and is UTF-8. To be called first of all. */
void system_guard_standard_streams(void);

/* The arguments of main() in UTF-8, with a NULL behind them; `argv` itself where they are that already. They live as long as
 * the process. */
char **system_arguments(int *argc, char **argv);

/* Is `descriptor` a terminal, or what stands for one? */
bool system_is_terminal(int descriptor);

/* Is it one that understands ECMA-48's colours? Where a terminal has to be told so, it is told now. */
bool system_shows_colors(int descriptor);

/* Ends the process now, whatever its other threads do, and leaves the terminal as it was. */
noreturn void system_leave_at_once(int status);

/* Is there a controlling terminal right now? */
bool system_has_terminal(void);

/* A write to a closed pipe or connection fails from now on instead of killing the process. */
void system_ignore_broken_pipe(void);

/* libuv's code for what the C library left in errno, which uv_translate_sys_error takes for the system's own on Windows. */
int system_code(int error);

/* --- signals --- */

/* Those that stop the program, SYSTEM_STOP_SIGNALS of them, as libuv knows them. */
const int *system_stop_signals(void);

/* What a hang-up (SIGHUP) means: true: stop, and no later than *within_ms from now, or the system ends the process; UINT64_MAX:
 * it leaves time. False: somebody asks for a reload. `had_terminal`: there was one at the start. */
bool system_hangup_stops(bool had_terminal, uint64_t *within_ms);

/* Was the process started with hang-ups ignored (nohup)? */
bool system_hangup_ignored(void);

/* Like uv_thread_create. The thread leaves the signals that stop or reload the program to the first one: no system call
 * of a worker is interrupted for them, and they wake the loop that handles them. */
ENSURE_CHECKED int system_thread_create(uv_thread_t *thread, uv_thread_cb run, void *owner);

/* --- what there is of descriptors and processors --- */

/* From now on this thread has descriptors 0 to 2 for itself and no others, not even the one that libuv tells of signals
 * by: it must be one of system_thread_create. Where the rest of the process is one thread, as with one worker, the
 * system then need not count who holds a connection in each call: 1 or 2 % of a small request. Where it is not possible
 * nothing happens. */
void system_part_descriptors(void);

/* Raises the limit of open descriptors as far as this process may. Returns the limit that holds now. */
unsigned system_raise_descriptors(void);

/* How many the system gives to one process at most, whatever its limit says. For system_unix.c alone, and its systems. */
unsigned system_descriptors_most(void);

/* What is limited there, with the way to change it: "open files (`ulimit -n`)". */
const char *system_descriptors_word(void);

/* Processors that this process may run on; no more than its quota of their time is worth (quota.h). At least 1. */
unsigned system_cores(void);

/* --- ports --- */

/* Does the system deal new connections out evenly to several listeners of one process on one address? */
bool system_deals_connections(void);

/* May a socket be bound in silence beside another program's that listens on an address that overlaps? Then who wants to
 * bind asks system_port_owner first. */
bool system_binds_beside_others(void);

/* Which process listens on `address`, or on one that overlaps it: "NAME (process N)" in `text`. False: none, or it cannot be
 * told, for want of rights or of a way to ask. */
bool system_port_owner(const struct sockaddr *address, char *text, size_t room);

/* Why a port may not be bound (UV_EACCES), and what to do, as the end of a sentence. */
void system_denied_port_advice(unsigned port, char *text, size_t room);

/* Do the modes of files say who may read them? */
bool system_files_have_modes(void);

#endif
