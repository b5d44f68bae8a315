/* The thread that empties every worker's log ring into stdout and stderr, so that a terminal or pipe that takes nothing
 * never stops a loop. It writes in batches: the first line after silence leaves at once, what follows is gathered for
 * LOG_WRITER_PAUSE_MS. A channel that is gone for good is given up; the other one goes on. Of a full disk behind stdout
 * stderr tells twice: when lines begin to be lost, and how many were when there is room again. */
#ifndef LITEGINX_SERVER_LOG_WRITER_H
#define LITEGINX_SERVER_LOG_WRITER_H

#include <uv.h>

#include "liteginx/base/log.h"

enum { LOG_WRITER_PAUSE_MS = 20, LOG_WRITER_STOP_MS = 1000 };

struct log_writer {
  int descriptors[2]; /* by enum log_channel */
  bool notes_local;   /* as in struct log */
  bool gone[2];       /* the thread's own, as the next two */
  bool torn[2];       /* the disk became full in the middle of a line */
  uint64_t unkept[2]; /* lines that a full disk has taken no more */
  struct log *const *logs;
  unsigned count;
  char *block;
  uv_thread_t thread;
  uv_sem_t wake;
  uv_mutex_t mutex; /* for the two below */
  uv_cond_t changed;
  bool stopping, ended;
};

/* Sets up; no thread yet. `notes_local` as in struct log. 0 or a libuv code. */
ENSURE_CHECKED int log_writer_init(struct log_writer *writer, int out_descriptor, int err_descriptor, bool notes_local);

/* The logs' `wake`, with the writer as its owner. */
void log_writer_wake(void *writer);

/* Starts the thread on `count` logs, which must live until log_writer_stop. 0 or a libuv code. */
ENSURE_CHECKED int log_writer_start(struct log_writer *writer, struct log *const *logs, unsigned count);

/* Writes what the rings hold and ends the thread. Nobody may write to the logs any more. False: after
 * LOG_WRITER_STOP_MS a channel still takes nothing; the thread then hangs in it for ever, with the logs and the writer
 * in its hands, so that the process can only leave by _Exit. */
ENSURE_CHECKED bool log_writer_stop(struct log_writer *writer);

/* After log_writer_stop, or without a log_writer_start. */
void log_writer_free(struct log_writer *writer);

#endif
