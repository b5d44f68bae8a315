/* The loop that moves bytes: peek, filter, send, consume, until input or receiver has no more. Reads begin
 * small and double while they come back full and go through: a large body is cheapest in large reads, but what a receiver
 * does not take of one has to be held. */
#include "liteginx/net/relay.h"

enum { PIECE_FIRST_BYTES = 128 * 1024 };

static uint64_t quiet_ms(struct relay *relay);
static enum relay_step step(struct relay *relay, struct str in, size_t *used, struct slices *out);
static void adapt(struct relay *relay, size_t moved, bool queued);

void relay_init(struct relay *relay, struct stream *source, struct stream *sink, const struct relay_filter *filter,
                void *filter_owner, struct str prefix) {
  *relay = (struct relay){.source = source,
                          .sink = sink,
                          .filter = filter,
                          .filter_owner = filter_owner,
                          .prefix = prefix,
                          .moved_ms = loop_now_ms(source->loop)};
  if (source->piece_max < PIECE_FIRST_BYTES) stream_bound(source, source->stash_max, PIECE_FIRST_BYTES);
}

enum relay_result relay_run(struct relay *relay) {
  struct slices slices;
  if (relay->status < 0) return RELAY_BROKEN;
  while (!relay->ended) {
    if (stream_queued(relay->sink)) {
      stream_read(relay->source, false);
      return RELAY_WAITS;
    }
    slices_clear(&slices);
    slices_add(&slices, relay->prefix);
    struct str in = stream_peek(relay->source);
    size_t used = 0;
    enum relay_step next = step(relay, in, &used, &slices);
    if (next == RELAY_REFUSE) return RELAY_BAD_INPUT;
    int sent = stream_send(relay->sink, &slices);
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
    if (next == RELAY_MORE && sent == STREAM_SENT) break;
  }
  if (relay->ended) return RELAY_ENDED;
  stream_read(relay->source, true);
  return RELAY_WAITS;
}

enum relay_result relay_finish(struct relay *relay) {
  struct slices slices;
  if (relay->status < 0) return RELAY_BROKEN;
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
  if (!relay->filter) stream_half_close(relay->sink);
  return RELAY_ENDED;
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
  size_t piece = source->piece_max;
  relay->bytes += moved;
  if (moved) relay->moved_ms = loop_now_ms(source->loop);
  if (!queued && moved >= piece / 4 * 3 && piece * 2 <= LOOP_READ_BYTES) { /* a head may have been in front */
    stream_bound(source, source->stash_max, piece * 2);
  }
}
