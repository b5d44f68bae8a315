/* The loop that moves bytes: peek, filter, send, consume, until input or receiver has no more. Reads begin small and
 * double while they come back full and go through: a large body is cheapest in large reads, but what a receiver does
 * not take of one has to be held. */
#include "liteginx/net/relay.h"

enum { PIECE_FIRST_BYTES = 128 * 1024, PIECE_LONG_BYTES = 256 * 1024, PIECE_DIRECT_BYTES = 32 * 1024 };

/* Where it pays to move bytes unread, by measurement (docs/PERFORMANCE.md): where so much of a body is left, or so much
 * came in full reads in a row. It has ceased to pay when so little comes each time, several times in a row. */
enum {
  DIRECT_BODY_BYTES = 384 * 1024,
  DIRECT_STREAK_BYTES = 1024 * 1024,
  DIRECT_FEW_BYTES = 32 * 1024,
  DIRECT_FEW_MAX = 4
};

static bool is_broken(struct relay *relay);
static uint64_t quiet_ms(struct relay *relay);
static enum relay_step step(struct relay *relay, struct str in, size_t *used, struct slices *out);
static void adapt(struct relay *relay, size_t moved, bool queued);
static uint64_t plain(const struct relay *relay);
static void begin_direct(struct relay *relay);
static int move(struct relay *relay);

void relay_init(struct relay *relay, struct stream *source, struct stream *sink, const struct relay_filter *filter,
                void *filter_owner, struct str prefix) {
  ENSURE(!stream_is_direct(source));
  *relay = (struct relay){.source = source,
                          .sink = sink,
                          .filter = filter,
                          .filter_owner = filter_owner,
                          .prefix = prefix,
                          .half_closes = filter == NULL,
                          .moved_ms = loop_now_ms(source->loop)};
  /* Of a long body what is read before it is moved is copied in vain; one that cannot be moved is read in large pieces at once. */
  bool is_long = filter && plain(relay) >= DIRECT_BODY_BYTES, soon_direct = is_long && stream_may_move(source, sink);
  size_t piece = soon_direct ? PIECE_DIRECT_BYTES : is_long ? PIECE_LONG_BYTES : PIECE_FIRST_BYTES;
  if (soon_direct || source->input.piece_max < piece) stream_bound(source, source->input.stash_max, piece);
}

enum relay_result relay_run(struct relay *relay) {
  struct slices slices;
  if (is_broken(relay)) return RELAY_BROKEN;
  while (!relay->ended) {
    if (stream_queued(relay->sink)) {
      stream_read(relay->source, false);
      return RELAY_WAITS;
    }
    if (stream_is_direct(relay->source)) {
      int moved = move(relay);
      if (moved < 0) return RELAY_BROKEN;
      if (moved == STREAM_QUEUED) continue;
      if (stream_is_direct(relay->source)) break;
    }
    slices_clear(&slices);
    slices_add(&slices, relay->prefix);
    struct str in = stream_peek(relay->source);
    size_t used = 0;
    enum relay_step next = step(relay, in, &used, &slices);
    if (next == RELAY_REFUSE) return RELAY_BAD_INPUT;
    int sent = relay->soon ? stream_send_soon(relay->sink, &slices) : stream_send(relay->sink, &slices);
    /* Sent or not: the filter has moved on, and what it took must not be read as anything else. */
    stream_consume(relay->source, used);
    if (sent < 0) {
      relay->bytes += used;
      relay->status = sent;
      return RELAY_BROKEN;
    }
    relay->prefix = (struct str){NULL, 0};
    relay->ended = next == RELAY_END;
    adapt(relay, used, sent == STREAM_QUEUED);
    /* Not where nothing was read: what cannot be moved, an end for one, is to be read. */
    if (next == RELAY_MORE && used > 0) begin_direct(relay);
    if (next == RELAY_MORE && sent == STREAM_SENT) break;
  }
  if (relay->ended && relay->half_closes) stream_half_close(relay->sink);
  if (relay->ended) return RELAY_ENDED;
  stream_read(relay->source, true);
  return RELAY_WAITS;
}

enum relay_result relay_finish(struct relay *relay) {
  struct slices slices;
  if (is_broken(relay)) return RELAY_BROKEN;
  if (relay->ended) return RELAY_ENDED;
  slices_clear(&slices);
  slices_add(&slices, relay->prefix);
  if (relay->filter && relay->filter->finish(relay->filter_owner, &slices) != RELAY_END) return RELAY_BAD_INPUT;
  int sent = stream_send(relay->sink, &slices);
  if (sent < 0) {
    relay->status = sent;
    return RELAY_BROKEN;
  }
  relay->prefix = (struct str){NULL, 0};
  relay->ended = true;
  if (relay->half_closes) stream_half_close(relay->sink);
  return is_broken(relay) ? RELAY_BROKEN : RELAY_ENDED;
}

void relay_close(struct relay *relay) {
  if (relay->source) stream_end_direct(relay->source);
}

uint64_t relay_quiet_ms(struct relay *up, struct relay *down) {
  uint64_t up_ms = quiet_ms(up), down_ms = quiet_ms(down);
  return up_ms < down_ms ? up_ms : down_ms;
}

uint64_t relay_look_ms(uint64_t idle_ms, uint64_t quiet_ms) {
  if (idle_ms == 0) return 0;
  ENSURE(quiet_ms < idle_ms);
  uint64_t quarter_ms = (idle_ms + 3) / 4, left_ms = idle_ms - quiet_ms;
  return left_ms < quarter_ms ? left_ms : quarter_ms;
}

/* Sending has failed, or what was to be sent soon was lost. */
static bool is_broken(struct relay *relay) {
  if (relay->status == 0) relay->status = stream_lost(relay->sink);
  return relay->status < 0;
}

static uint64_t quiet_ms(struct relay *relay) {
  if (!relay) return UINT64_MAX;
  uint64_t now_ms = loop_now_ms(relay->sink->loop);
  size_t unsent = stream_unsent(relay->sink);
  if (unsent != relay->unsent) relay->moved_ms = now_ms;
  relay->unsent = unsent;
  return now_ms - relay->moved_ms;
}

static enum relay_step step(struct relay *relay, struct str in, size_t *used, struct slices *out) {
  if (relay->filter) return relay->filter->pass(relay->filter_owner, in, used, out);
  slices_add(out, in);
  *used = in.len;
  return RELAY_MORE;
}

static void adapt(struct relay *relay, size_t moved, bool queued) {
  struct stream *source = relay->source;
  size_t piece = source->input.piece_max;
  relay->bytes += moved;
  if (moved) relay->moved_ms = loop_now_ms(source->loop);
  bool full = moved >= piece / 4 * 3; /* a head may have been in front */
  relay->streak_bytes = full ? relay->streak_bytes + moved : 0;
  if (!queued && full && piece * 2 <= LOOP_READ_BYTES) stream_bound(source, source->input.stash_max, piece * 2);
}

/* --- bytes that nobody needs to see --- */

/* How many of the next ones. */
static uint64_t plain(const struct relay *relay) {
  if (!relay->filter) return UINT64_MAX;
  return relay->filter->plain ? relay->filter->plain(relay->filter_owner) : 0;
}

static void begin_direct(struct relay *relay) {
  bool runs = relay->streak_bytes >= DIRECT_STREAK_BYTES || (relay->filter && !relay->slow);
  if (runs && plain(relay) >= DIRECT_BODY_BYTES && stream_begin_direct(relay->source, relay->sink)) relay->few = 0;
}

/* STREAM_SENT and not direct any more: go on reading. */
static int move(struct relay *relay) {
  uint64_t most = plain(relay), moved = 0;
  bool told = relay->source->direct.state ==
              DIRECT_READY; /* else it is run for another reason, which says nothing of what comes */
  int status = most > 0 ? stream_move(relay->source, relay->sink, most, &moved) : STREAM_SENT;
  if (moved > 0 && relay->filter) relay->filter->skip(relay->filter_owner, moved);
  relay->bytes += moved;
  if (moved > 0) relay->moved_ms = loop_now_ms(relay->source->loop);
  if (status < 0) relay->status = status;
  bool enough = moved >= DIRECT_FEW_BYTES || status != STREAM_SENT;
  relay->few = enough ? 0 : told ? relay->few + 1 : relay->few;
  if (relay->few > DIRECT_FEW_MAX) relay->slow = true;
  if (most == moved || relay->few > DIRECT_FEW_MAX) {
    relay->streak_bytes = 0;
    stream_end_direct(relay->source);
  }
  return status;
}
