/* A pipe of the kernel's, through which bytes go from one socket to another without passing through this program:
 * splice_linux.c. Elsewhere, and wherever the system refuses, there is none to be had (splice_none.c), and who asks
 * reads and writes instead.
 *
 * A pipe is two descriptors. It is taken for a moment and given back; only one whose bytes the receiver does not take
 * yet stays with its source. A loop keeps a few spare ones for a second or two, so that what moves steadily makes
 * none.
 *
 * How many there may be is one number for the whole process, however many loops it has: the system counts what a user's
 * pipes hold, and a program that takes all of it takes it from the user's other programs. It is not cut into shares:
 * with 16 workers each would be down to two, which two paused readers hold. So who comes first is served first, and
 * what comes then is copied. */
#ifndef LITEGINX_NET_SPLICE_H
#define LITEGINX_NET_SPLICE_H

#include "liteginx/net/loop.h"

/* Closes the spare ones: others need the descriptors. */
void splices_shed(struct loop *loop);

/* An empty one for `source`, or NULL: copy. The latter also while SPLICES_MAX are open in all, and while descriptors are
 * scarce: each pipe counts as two in loop->dialled, and takes none of the second half of loop->dialled_max. */
struct splice *splice_take(struct loop *loop, struct stream *source);

/* Gives it back; bytes that are in it are lost. */
void splice_give(struct loop *loop, struct splice *pipe);

/* At most `max` bytes (no more than SPLICE_MAX_BYTES) from a socket into an empty pipe. How many; 0: the end;
 * UV_EAGAIN: none is here; UV_ENOTSUP: it is to be read instead; or the error that the connection has met, told only
 * this once. */
int splice_fill(struct loop *loop, struct splice *pipe, uv_os_sock_t from, size_t max);

/* From the pipe into a socket. How many; UV_EAGAIN: it takes none; UV_ENOTSUP: they are to be written instead; or what
 * the connection has met. */
int splice_drain(struct loop *loop, struct splice *pipe, uv_os_sock_t to);

/* Takes up to `room` bytes out of the pipe. How many, which is not 0 unless it is empty. */
size_t splice_read(struct splice *pipe, char *bytes, size_t room);

#endif
