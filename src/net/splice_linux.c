/* Linux. A pipe of less than what is asked for costs more than copying does, so a size refused is a pipe refused: the
 * kernel has a limit per user (pipe-user-pages-soft), of which others want their part too. */
#define _GNU_SOURCE /* pipe2, splice, F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "liteginx/net/splice.h"

enum { SPARE_MAX = 4, SPARE_MS = 1000, RETRY_MS = 1000 };

static struct splice *make(struct loop *loop);
static struct splice *open_pipe(void);
static void destroy(struct loop *loop, struct splice *pipe);
static int refused(struct loop *loop, int error);
static void on_spare_due(struct deadline *deadline);

void splices_shed(struct loop *loop) {
  deadline_clear(&loop->deadlines, &loop->splices.spare_due);
  LIST_EACH(node, &loop->splices.spare) {
    loop->splices.spare_count--;
    destroy(loop, container_of(node, struct splice, node));
  }
}

struct splice *splice_take(struct loop *loop, struct stream *source) {
  struct splices *splices = &loop->splices;
  struct splice *pipe;
  if (splices->refused) return NULL;
  splices->taken = true;
  if (!list_empty(&splices->spare)) {
    pipe = container_of(splices->spare.next, struct splice, node);
    list_remove(&pipe->node);
    splices->spare_count--;
  } else {
    pipe = make(loop);
    if (!pipe) return NULL;
  }
  pipe->source = source;
  list_append(&splices->held, &pipe->node);
  return pipe;
}

void splice_give(struct loop *loop, struct splice *pipe) {
  struct splices *splices = &loop->splices;
  if (pipe->bytes > 0 || splices->spare_count >= SPARE_MAX || splices->closing) {
    destroy(loop, pipe);
    return;
  }
  list_remove(&pipe->node);
  pipe->source = NULL;
  splices->spare_count++;
  list_prepend(&splices->spare, &pipe->node);
  if (deadline_armed(&splices->spare_due)) return;
  splices->taken = false;
  deadline_set(&loop->deadlines, &splices->spare_due, SPARE_MS, on_spare_due);
}

static void on_spare_due(struct deadline *deadline) {
  struct loop *loop = container_of(deadline, struct loop, splices.spare_due);
  if (!loop->splices.taken) {
    splices_shed(loop);
    return;
  }
  loop->splices.taken = false;
  deadline_set(&loop->deadlines, deadline, SPARE_MS, on_spare_due);
}

/* Its place is taken before it is made: of two loops that both see the last one free, one would make one too many. */
static struct splice *make(struct loop *loop) {
  struct splices *splices = &loop->splices;
  uint64_t now_ms = loop_now_ms(loop);
  bool scarce = atomic_load_explicit(loop->dialled, memory_order_relaxed) + 2 > loop->dialled_max / 2;
  if (scarce || now_ms < splices->retry_ms) return NULL;
  bool full = atomic_fetch_add_explicit(splices->all_open, 1, memory_order_relaxed) >= SPLICES_MAX;
  struct splice *pipe = full ? NULL : open_pipe();
  if (!pipe) {
    atomic_fetch_sub_explicit(splices->all_open, 1, memory_order_relaxed);
    if (!full) splices->retry_ms = now_ms + RETRY_MS;
    return NULL;
  }
  splices->open++;
  loop->shed = splices_shed;
  atomic_fetch_add_explicit(loop->dialled, 2, memory_order_relaxed);
  return pipe;
}

static struct splice *open_pipe(void) {
  int ends[2];
  struct splice *pipe = malloc(sizeof *pipe);
  if (!pipe) return NULL;
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
    free(pipe);
    return NULL;
  }
  if (fcntl(ends[1], F_SETPIPE_SZ, SPLICE_MAX_BYTES) < SPLICE_MAX_BYTES) {
    close(ends[0]);
    close(ends[1]);
    free(pipe);
    return NULL;
  }
  *pipe = (struct splice){.in = ends[1], .out = ends[0]};
  list_init(&pipe->node);
  return pipe;
}

static void destroy(struct loop *loop, struct splice *pipe) {
  list_remove(&pipe->node);
  close(pipe->in);
  close(pipe->out);
  free(pipe);
  loop->splices.open--;
  atomic_fetch_sub_explicit(loop->splices.all_open, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(loop->dialled, 2, memory_order_relaxed);
}

int splice_fill(struct loop *loop, struct splice *pipe, uv_os_sock_t from, size_t max) {
  ENSURE(pipe->bytes == 0);
  ssize_t moved = splice(from, NULL, pipe->in, NULL, max, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  if (moved < 0) return refused(loop, errno);
  pipe->bytes = (size_t)moved;
  return (int)moved;
}

int splice_drain(struct loop *loop, struct splice *pipe, uv_os_sock_t to) {
  ssize_t moved = splice(pipe->out, NULL, to, NULL, pipe->bytes, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  if (moved < 0) return refused(loop, errno);
  pipe->bytes -= (size_t)moved;
  return (int)moved;
}

size_t splice_read(struct splice *pipe, char *bytes, size_t room) {
  ssize_t taken = pipe->bytes ? read(pipe->out, bytes, room < pipe->bytes ? room : pipe->bytes) : 0;
  ENSURE(taken > 0 || pipe->bytes == 0);
  pipe->bytes -= (size_t)taken;
  return (size_t)taken;
}

/* What stands in the way of splicing alone, and not of reading and writing, is never seen by the connection's owner. */
static int refused(struct loop *loop, int error) {
  switch (error) {
  case EAGAIN:
  case EINTR:
    return UV_EAGAIN;
  case EINVAL:
  case ENOSYS:
  case EPERM: /* a filter of system calls */
    loop->splices.refused = true;
    return UV_ENOTSUP;
  case ENOMEM:
    return UV_ENOTSUP;
  default:
    return uv_translate_sys_error(error);
  }
}
