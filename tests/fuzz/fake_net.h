/* Clients and targets in memory, for one fuzzer's one .c file: a transport behind stream_ops that reads and writes
 * exactly what and when the fuzzer says, a dial that answers when told to, and a clock that stands still until moved.
 * What is defined here goes before the library's own. */
#ifndef LITEGINX_TESTS_FUZZ_FAKE_NET_H
#define LITEGINX_TESTS_FUZZ_FAKE_NET_H

#include <stdlib.h>

#include "liteginx/net/dial.h"
#include "liteginx/net/stream.h"

enum { FAKE_PEERS = 24, FAKE_DIALS = 256, FAKE_IN_MAX = 16 * 1024 };

enum fake_role { FAKE_CLIENT_HTTP, FAKE_CLIENT_TCP, FAKE_TARGET };

struct fake_bytes {
  char *bytes;
  size_t len;
};

/* When the bytes up to `end` came where they came: in the order of all that happens, and in which turn of the loop. */
struct fake_mark {
  size_t end;
  unsigned step, turn;
};

struct fake_marks {
  struct fake_mark *marks;
  unsigned count;
};

/* The other end of one stream. */
struct fake_peer {
  struct stream stream;
  enum fake_role role;
  uint16_t port;         /* of a target */
  struct fake_bytes in;  /* all that it has said or will say */
  size_t arrived;        /* of it, in our system */
  size_t waited;         /* of that, when the loop last looked: it is told of them in this turn */
  size_t delivered;      /* of them, read */
  size_t gulp;           /* a read is full with so many; 0: with as many as liteginx takes */
  struct fake_bytes out; /* all that it was told */
  struct fake_marks arrivals, deliveries, hearings; /* of `in`, of `in`, of `out` */
  size_t room;                                      /* bytes that it takes at once */
  size_t held;                                      /* bytes in its system's and ours that it has not taken yet */
  unsigned written_at;                              /* when it was last written to, as a count of all writes */
  int write_error;                                  /* of the next try_write */
  struct str writing;
  bool reading;          /* liteginx wants to hear it */
  bool end_sent, failed; /* it has ended, or broken off */
  bool break_told;
  bool shut; /* it was told the end */
  bool closing, closed, reset;
};

static struct {
  struct fake_peer *peers[FAKE_PEERS]; /* closed ones stay to be looked at */
  unsigned count;
  struct dial *dials[FAKE_DIALS]; /* in order */
  unsigned dialling;
  unsigned writes, steps;
  bool secretive;            /* what has arrived is not told, as on Windows */
  uint64_t now_ms, timer_ms; /* 0: the timer does not run */
  uv_timer_cb on_timer;
  uv_timer_t *timer;
} fake = {.now_ms = 1000};

static void fake_append(struct fake_bytes *to, const char *bytes, size_t len) {
  if (len == 0) return;
  char *grown = realloc(to->bytes, to->len + len);
  ENSURE(grown);
  memcpy(grown + to->len, bytes, len);
  to->bytes = grown;
  to->len += len;
}

static void fake_mark(struct fake_marks *marks, size_t end, unsigned turn) {
  marks->marks = realloc(marks->marks, (marks->count + 1) * sizeof *marks->marks);
  ENSURE(marks->marks);
  marks->marks[marks->count++] = (struct fake_mark){end, ++fake.steps, turn};
}

/* When the byte at that offset came. */
static struct fake_mark fake_when(const struct fake_marks *marks, size_t offset) {
  unsigned i = 0;
  while (i < marks->count && marks->marks[i].end <= offset) i++;
  ENSURE(i < marks->count);
  return marks->marks[i];
}

static struct fake_peer *fake_peer_of(const struct stream *stream) {
  return container_of((struct stream *)(uintptr_t)stream, struct fake_peer, stream);
}

/* --- the transport --- */

static int fake_read_start(struct stream *stream) {
  struct fake_peer *peer = fake_peer_of(stream);
  ENSURE(!peer->reading && !peer->closing);
  peer->reading = true;
  return 0;
}

static void fake_read_stop(struct stream *stream) {
  fake_peer_of(stream)->reading = false;
}

static int fake_try_write(struct stream *stream, const struct slices *slices) {
  struct fake_peer *peer = fake_peer_of(stream);
  ENSURE(!peer->closing && !peer->shut && peer->writing.len == 0);
  int error = peer->failed ? UV_EPIPE : peer->write_error;
  peer->write_error = 0;
  if (error) {
    peer->failed = peer->failed || error != UV_ENOBUFS; /* which is our own machine's trouble */
    return error;
  }
  size_t taken = 0;
  peer->written_at = ++fake.writes;
  /* A connection that rests has room: no target answers before it could hear a byte. */
  if (peer->role == FAKE_TARGET && peer->room == 0) peer->room = 1;
  for (unsigned i = 0; i < slices->count; i++) {
    size_t len = slices->at[i].len < peer->room ? slices->at[i].len : peer->room;
    fake_append(&peer->out, slices->at[i].ptr, len);
    peer->room -= len;
    taken += len;
  }
  if (taken) fake_mark(&peer->hearings, peer->out.len, stream->loop->turn);
  return (int)taken;
}

static int fake_write(struct stream *stream, struct str bytes) {
  struct fake_peer *peer = fake_peer_of(stream);
  ENSURE(!peer->closing && !peer->shut && peer->writing.len == 0 && bytes.len);
  peer->writing = bytes;
  return 0;
}

static int fake_shutdown(struct stream *stream) {
  struct fake_peer *peer = fake_peer_of(stream);
  ENSURE(!peer->closing && !peer->shut && peer->writing.len == 0);
  peer->shut = true;
  return 0;
}

static void fake_close(struct stream *stream, bool reset) {
  struct fake_peer *peer = fake_peer_of(stream);
  ENSURE(!peer->closing);
  peer->closing = true;
  peer->reset = reset;
}

static bool fake_quiet(const struct stream *stream) {
  const struct fake_peer *peer = fake_peer_of(stream);
  return !peer->failed && !peer->end_sent && peer->delivered == peer->arrived;
}

static size_t fake_unsent(const struct stream *stream) {
  return fake_peer_of(stream)->writing.len + fake_peer_of(stream)->held;
}

/* What has come by then and is not delivered waits in the fake kernel. */
static enum socket_peer fake_look(const struct stream *stream, size_t *waiting) {
  const struct fake_peer *peer = fake_peer_of(stream);
  *waiting = peer->arrived - peer->delivered;
  if (peer->failed) return SOCKET_PEER_GONE;
  return peer->end_sent ? SOCKET_PEER_ENDED : SOCKET_PEER_HERE;
}

static void fake_tell_peer(const struct stream *stream, struct peer *peer) {
  (void)stream;
  *peer = (struct peer){.text = "192.0.2.1", .bytes = {192, 0, 2, 1}, .family = 4, .port = 5};
}

static bool fake_tells_unsent(void) {
  return !fake.secretive;
}

static const struct stream_ops fake_ops = {
    .short_read_empties = true,
    .read_start = fake_read_start,
    .read_stop = fake_read_stop,
    .try_write = fake_try_write,
    .write = fake_write,
    .shutdown = fake_shutdown,
    .close = fake_close,
    .quiet = fake_quiet,
    .unsent = fake_unsent,
    .tells_unsent = fake_tells_unsent,
    .peer = fake_look,
    .facts = fake_tell_peer,
};

static struct fake_peer *fake_peer_new(struct loop *loop, enum fake_role role, uint16_t port) {
  if (fake.count == FAKE_PEERS) return NULL;
  struct fake_peer *peer = calloc(1, sizeof *peer);
  ENSURE(peer);
  peer->role = role;
  peer->port = port;
  peer->room = 1 << 20;
  stream_init(&peer->stream, &fake_ops, loop);
  fake.peers[fake.count++] = peer;
  return peer;
}

/* --- what a peer does --- */

/* The next `len` bytes that it says arrive; nobody is told of them yet. */
static void fake_arrive(struct fake_peer *peer, size_t len) {
  size_t coming = peer->in.len - peer->arrived;
  if (len > coming) len = coming;
  if (len == 0 || peer->closing) return;
  peer->arrived += len;
  fake_mark(&peer->arrivals, peer->arrived, peer->stream.loop->turn);
}

/* The loop tells that bytes are here: they are read, as many as liteginx takes at once. What it is given is freed at
 * once. */
static void fake_tell(struct fake_peer *peer) {
  size_t len = peer->arrived - peer->delivered;
  size_t room = peer->closing || !peer->reading ? 0 : stream_room(&peer->stream);
  uint32_t piece_max = peer->stream.input.piece_max;
  if (peer->gulp && peer->gulp < room) room = peer->stream.input.piece_max = (uint32_t)peer->gulp;
  if (len > room) len = room;
  if (len > 0) {
    char *piece = malloc(len);
    ENSURE(piece);
    memcpy(piece, peer->in.bytes + peer->delivered, len);
    peer->delivered += len;
    fake_mark(&peer->deliveries, peer->delivered, peer->stream.loop->turn);
    stream_deliver(&peer->stream, str_make(piece, len));
    free(piece);
  }
  if (peer->stream.input.piece_max == peer->gulp) peer->stream.input.piece_max = piece_max;
}

static void fake_say(struct fake_peer *peer, size_t len) {
  fake_arrive(peer, len);
  fake_tell(peer);
}

/* At the end of a turn: who had something here when the loop looked was told of it. */
static void fake_end_turn(void) {
  for (unsigned i = 0; i < fake.count; i++) {
    if (fake.peers[i]->delivered < fake.peers[i]->waited) fake_tell(fake.peers[i]);
  }
  for (unsigned i = 0; i < fake.count; i++) fake.peers[i]->waited = fake.peers[i]->arrived;
}

static void fake_end(struct fake_peer *peer) {
  if (peer->closing || !peer->reading || peer->end_sent || peer->failed || peer->delivered < peer->in.len) return;
  peer->end_sent = true;
  stream_deliver_end(&peer->stream);
}

/* Heard by who reads, once; else at the next write. */
static void fake_break(struct fake_peer *peer) {
  if (peer->closing) return;
  peer->failed = true;
  if (!peer->reading || peer->break_told) return;
  peer->reading = false;
  peer->break_told = true;
  stream_deliver_failure(&peer->stream, UV_ECONNRESET);
}

static void fake_written(struct fake_peer *peer, int status) {
  if (peer->closing || peer->writing.len == 0) return;
  if (peer->failed) status = UV_EPIPE;
  if (status < 0) peer->failed = true;
  if (status == 0) {
    fake_append(&peer->out, peer->writing.ptr, peer->writing.len);
    fake_mark(&peer->hearings, peer->out.len, peer->stream.loop->turn);
  }
  peer->writing.len = 0;
  stream_written(&peer->stream, status);
}

/* What libuv does at the end of a turn. */
static void fake_close_all(void) {
  for (unsigned i = 0; i < fake.count; i++) {
    struct fake_peer *peer = fake.peers[i];
    if (!peer->closing || peer->closed) continue;
    peer->closed = true;
    if (peer->writing.len) {
      peer->writing.len = 0;
      stream_written(&peer->stream, UV_ECANCELED);
    }
    stream_closed(&peer->stream);
  }
}

static void fake_free_all(void) {
  for (unsigned i = 0; i < fake.count; i++) {
    ENSURE(fake.peers[i]->closed);
    free(fake.peers[i]->arrivals.marks);
    free(fake.peers[i]->deliveries.marks);
    free(fake.peers[i]->hearings.marks);
    free(fake.peers[i]->in.bytes);
    free(fake.peers[i]->out.bytes);
    free(fake.peers[i]);
  }
  fake.count = fake.steps = 0;
}

/* --- dialling --- */

static void fake_forget_dial(struct dial *dial) {
  unsigned at = 0;
  while (at < fake.dialling && fake.dials[at] != dial) at++;
  ENSURE(at < fake.dialling);
  fake.dialling--;
  for (; at < fake.dialling; at++) fake.dials[at] = fake.dials[at + 1];
  deadline_clear(&dial->loop->deadlines, &dial->give_up);
  dial->state = DIAL_IDLE;
}

static void fake_dial_over(struct deadline *deadline) {
  struct dial *dial = container_of(deadline, struct dial, give_up);
  fake_forget_dial(dial);
  dial->on_done(dial, NULL, UV_ETIMEDOUT);
}

void dial_start(struct dial *dial, struct loop *loop, struct resolve_name *name, uint16_t port, uint64_t connect_ms,
                void (*on_done)(struct dial *dial, struct stream *stream, int status)) {
  ENSURE(dial->state == DIAL_IDLE && fake.dialling < FAKE_DIALS);
  dial->state = DIAL_CONNECT;
  dial->loop = loop;
  dial->name = name;
  dial->port = port;
  dial->on_done = on_done;
  fake.dials[fake.dialling++] = dial;
  deadline_set(&loop->deadlines, &dial->give_up, connect_ms, fake_dial_over);
}

void dial_cancel(struct dial *dial) {
  if (dial->state != DIAL_IDLE) fake_forget_dial(dial);
}

static void fake_answer_dial(unsigned at, bool good) {
  if (at >= fake.dialling) return;
  struct dial *dial = fake.dials[at];
  struct fake_peer *peer = good ? fake_peer_new(dial->loop, FAKE_TARGET, dial->port) : NULL;
  fake_forget_dial(dial);
  if (peer) {
    peer->stream.dialled = true;
    atomic_fetch_add(dial->loop->dialled, 1);
  }
  dial->on_done(dial, peer ? &peer->stream : NULL, peer ? 0 : UV_ECONNREFUSED);
}

/* --- the clock: the linker sends here who calls libuv's (--wrap), be that a shared library or a part of the program --- */

uint64_t __wrap_uv_now(const uv_loop_t *loop);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_timer, uint64_t in_ms, uint64_t repeat);
int __wrap_uv_timer_stop(uv_timer_t *timer);

uint64_t __wrap_uv_now(const uv_loop_t *loop) {
  (void)loop;
  return fake.now_ms;
}

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb on_timer, uint64_t in_ms, uint64_t repeat) {
  ENSURE(repeat == 0);
  fake.timer = timer;
  fake.on_timer = on_timer;
  fake.timer_ms = fake.now_ms + in_ms;
  return 0;
}

int __wrap_uv_timer_stop(uv_timer_t *timer) {
  (void)timer;
  fake.timer_ms = 0;
  return 0;
}

/* To the next deadline or by `ms`, whichever is less. False: nothing was due. */
static bool fake_pass(uint64_t ms) {
  if (fake.timer_ms == 0 || fake.timer_ms > fake.now_ms + ms) {
    fake.now_ms += ms;
    return false;
  }
  if (fake.now_ms < fake.timer_ms) fake.now_ms = fake.timer_ms;
  fake.timer_ms = 0;
  fake.on_timer(fake.timer);
  return true;
}

#endif
