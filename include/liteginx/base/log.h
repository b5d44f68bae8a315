/* Log lines on their way to the terminal: a bounded ring with one writer (a worker) and one reader (the thread that
 * empties it), so that a terminal that does not take them never stops a loop. Full: the line is dropped and counted.
 * No lock, no system call, no allocation per line. */
#ifndef LITEGINX_BASE_LOG_H
#define LITEGINX_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

enum log_channel { LOG_OUT, LOG_ERR }; /* the access log; everything else */

/* Longest line; what is longer is cut and ends in "…". */
enum { LOG_LINE_MAX = 16 * 1024 };

struct log {
  char *ring;
  size_t capacity;                /* a power of two */
  _Atomic size_t head, tail;      /* read up to, written up to: they only grow */
  _Atomic uint64_t dropped;       /* lines since the reader last asked */
  _Atomic bool reader_sleeps;     /* then the writer calls `wake` */
  void (*wake)(void *wake_owner); /* from the writer's thread; must not block */
  void *wake_owner;
  bool notes_local; /* notes carry the local time: they go to a terminal */
};

/* 0, or -1 when memory is out. `capacity` is a power of two, at least 2 * LOG_LINE_MAX. */
int log_init(struct log *log, size_t capacity, void (*wake)(void *wake_owner), void *wake_owner);
void log_free(struct log *log);

/* Adds `line` (without its newline). False: dropped. Writer's thread only. */
bool log_write(struct log *log, enum log_channel channel, struct str line);

/* printf as one line. Writer's thread only. */
void log_printf(struct log *log, enum log_channel channel, const char *format, ...) ENSURE_PRINTF(3, 4);

/* What the program has to say while it serves: the time, "liteginx: ", then printf, as one line of LOG_ERR. Writer's thread
 * only. */
void log_note(struct log *log, const char *format, ...) ENSURE_PRINTF(2, 3);

/* Moves whole lines of one channel, each with its newline, into `into`; stops at a change of channel or when the next
 * does not fit. Returns the bytes; 0: the ring is empty. Reader's thread only. `size` > LOG_LINE_MAX. */
size_t log_read(struct log *log, enum log_channel *channel, char *into, size_t size);

/* Lines dropped since the last call. Reader's thread only. */
uint64_t log_take_dropped(struct log *log);

/* Declares the reader asleep unless lines wait; true: it may block until `wake`. */
bool log_reader_sleep(struct log *log);

/* Appends `s` to `out` (at most `room` bytes) with control characters, DEL, backslash and bytes that are not UTF-8
 * as \xHH; returns the bytes written, always whole sequences. For everything that a peer may have sent. */
size_t log_escape(char *out, size_t room, struct str s);

#endif
