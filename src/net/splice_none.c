/* Not here: what is to be moved is read and written. */
#include "liteginx/net/splice.h"

void splices_shed(struct loop *loop) {
  (void)loop;
}

struct splice *splice_take(struct loop *loop, struct stream *source) {
  (void)loop;
  (void)source;
  return NULL;
}

/* Without a pipe nothing calls these. */

void splice_give(struct loop *loop, struct splice *pipe) {
  (void)loop;
  (void)pipe;
  ENSURE_UNREACHABLE();
}

int splice_fill(struct loop *loop, struct splice *pipe, uv_os_sock_t from, size_t max) {
  (void)loop;
  (void)pipe;
  (void)from;
  (void)max;
  ENSURE_UNREACHABLE();
}

int splice_drain(struct loop *loop, struct splice *pipe, uv_os_sock_t to) {
  (void)loop;
  (void)pipe;
  (void)to;
  ENSURE_UNREACHABLE();
}

size_t splice_read(struct splice *pipe, char *bytes, size_t room) {
  (void)pipe;
  (void)bytes;
  (void)room;
  ENSURE_UNREACHABLE();
}
