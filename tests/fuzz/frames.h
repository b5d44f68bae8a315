/* Frames of HTTP/2 by hand, for stories in memory; and a judge of what a client was told: frames that are whole and not too long, a head
 * before its content, nothing behind the end of a stream. */
#ifndef LITEGINX_TESTS_FUZZ_FRAMES_H
#define LITEGINX_TESTS_FUZZ_FRAMES_H

#include "story.h"

enum frame_kind {
  FRAME_DATA,
  FRAME_HEADERS,
  FRAME_PRIORITY,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_PUSH_PROMISE,
  FRAME_PING,
  FRAME_GOAWAY,
  FRAME_WINDOW_UPDATE,
  FRAME_CONTINUATION
};

enum {
  FRAME_END_STREAM = 1,
  FRAME_ACK = 1,
  FRAME_END_HEADERS = 4,
  FRAME_HEAD_BYTES = 9,
  FRAME_BYTES_MAX = 16384,
  FRAME_STREAMS = 512
};

static void add_frame(struct fake_peer *peer, unsigned kind, unsigned flags, uint32_t stream, struct str payload) {
  char head[FRAME_HEAD_BYTES] = {
      (char)(payload.len >> 16), (char)(payload.len >> 8), (char)payload.len,   (char)kind,  (char)flags,
      (char)(stream >> 24),      (char)(stream >> 16),     (char)(stream >> 8), (char)stream};
  fake_append(&peer->in, head, sizeof head);
  fake_append(&peer->in, payload.ptr, payload.len);
}

static void add_preface(struct fake_peer *peer) {
  struct str preface = STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  fake_append(&peer->in, preface.ptr, preface.len);
  add_frame(peer, FRAME_SETTINGS, 0, 0, STR(""));
}

/* What the client knows of one of its streams. */
struct told_stream {
  bool headed, ended, reset;
  size_t bytes;
};

struct told_frames {
  struct told_stream streams[FRAME_STREAMS]; /* by number, of those that a client begins */
  unsigned goaways;
};

static void judge_frame(struct told_frames *told, unsigned kind, unsigned flags, uint32_t id, size_t len) {
  ENSURE(len <= FRAME_BYTES_MAX && kind <= FRAME_CONTINUATION && kind != FRAME_PUSH_PROMISE);
  told->goaways += kind == FRAME_GOAWAY;
  if (kind == FRAME_SETTINGS || kind == FRAME_PING || kind == FRAME_GOAWAY) ENSURE(id == 0);
  if (id == 0) return;
  ENSURE(id % 2 == 1);
  if (id / 2 >= FRAME_STREAMS) return;
  struct told_stream *stream = &told->streams[id / 2];
  ENSURE(!stream->reset);
  if (kind == FRAME_HEADERS || kind == FRAME_DATA) {
    ENSURE(!stream->ended && (kind == FRAME_HEADERS || stream->headed));
    stream->headed = true;
    stream->ended = (flags & FRAME_END_STREAM) != 0;
    if (kind == FRAME_DATA) stream->bytes += len;
  }
  if (kind == FRAME_RST_STREAM) stream->reset = true;
}

static void judge_frames(const struct fake_peer *peer, struct told_frames *told) {
  struct str rest = heard(peer);
  *told = (struct told_frames){.goaways = 0};
  while (rest.len >= FRAME_HEAD_BYTES) {
    const unsigned char *head = (const unsigned char *)rest.ptr;
    size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    uint32_t id = (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
    judge_frame(told, head[3], head[4], id, len);
    if (rest.len - FRAME_HEAD_BYTES < len) break;
    rest = str_from(rest, FRAME_HEAD_BYTES + len);
  }
}

/* Whatever came, what goes up is HTTP/1 as our own parser knows it, and says by which version it came. */
static void judge_upwards(const struct fake_peer *peer) {
  struct story passed, answered;
  tell_requests(&passed, heard(peer), &own_limits);
  tell_responses(&answered, said(peer), &limits, peer->end_sent, &passed);
  bool tunnel = answered.count && answered.messages[answered.count - 1].tunnel;
  ENSURE(tunnel || !passed.broken);
  for (unsigned i = 0; i < passed.count && !tunnel; i++) ENSURE(passed.messages[i].target.len > 0);
  forget_story(&answered);
  forget_story(&passed);
}

static void end_frames(unsigned habits) {
  static struct told_frames told;
  fall_silent(habits);
  reception_close(&sessions);
  fake_close_all();
  ENSURE(world.loop.streams == 0 && world.loop.deadlines.armed == 0 && fake.dialling == 0 &&
         atomic_load(world.loop.dialled) == 0 && list_empty(&world.loop.hooks));
  print_story();
  for (unsigned i = 0; i < fake.count; i++) {
    if (fake.peers[i]->role == FAKE_CLIENT_HTTP) judge_frames(fake.peers[i], &told);
    if (fake.peers[i]->role == FAKE_TARGET) judge_upwards(fake.peers[i]);
  }
  leave_world();
}

#endif
