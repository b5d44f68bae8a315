/* A stream's parts and relay.c on a transport in memory whose receiver takes only as many bytes as the test grants: what is
 * told when, that no byte is lost or doubled, that reading rests exactly while nothing more fits, and that at most one
 * read is held in between. What is said of both is run twice: with bytes that are read and written, and with bytes that
 * are moved through a pipe. */
#include "os.h"

#include "liteginx/net/relay.h"
#include "unit.h"

/* One end of a connection, seen from liteginx. */
struct fake {
  struct stream stream;
  bool reading, shut, closed, reset;
  size_t room; /* bytes that try_write takes */
  struct str writing;
  char out[1 << 16];
  size_t out_len;
  int write_error, read_error, shutdown_error, failure;
  unsigned bytes_events, ends, failures, drains;
  bool pumps;     /* within on_bytes */
  bool arrived;   /* there is more than was read */
  bool exhausted; /* as it was told within on_bytes */
  struct relay *relay;
  size_t take; /* consumed per on_bytes where there is no relay */
  int last_result;
  struct str coming; /* what the peer has sent and nobody has taken yet; behind it the end, if `over` */
  bool over;
  int drain_error;
  unsigned moves;
};

static int fake_read_start(struct stream *stream) {
  struct fake *fake = container_of(stream, struct fake, stream);
  fake->reading = fake->read_error == 0;
  return fake->read_error;
}

static void fake_read_stop(struct stream *stream) {
  container_of(stream, struct fake, stream)->reading = false;
}

static int fake_try_write(struct stream *stream, const struct slices *slices) {
  struct fake *fake = container_of(stream, struct fake, stream);
  size_t taken = 0;
  if (fake->write_error) return fake->write_error;
  for (unsigned i = 0; i < slices->count; i++) {
    size_t fits = fake->room < slices->at[i].len ? fake->room : slices->at[i].len;
    if (fake->out_len + fits > sizeof fake->out) fake->out_len = 0; /* a flood, that is not looked at */
    memcpy(fake->out + fake->out_len, slices->at[i].ptr, fits < sizeof fake->out ? fits : sizeof fake->out);
    fake->out_len += fits < sizeof fake->out ? fits : 0;
    fake->room -= fits;
    taken += fits;
  }
  return (int)taken;
}

static int fake_write(struct stream *stream, struct str bytes) {
  struct fake *fake = container_of(stream, struct fake, stream);
  assert_int_equal(fake->writing.len, 0);
  fake->writing = bytes;
  return 0;
}

static int fake_shutdown(struct stream *stream) {
  struct fake *fake = container_of(stream, struct fake, stream);
  assert_int_equal(fake->writing.len, 0);
  fake->shut = fake->shutdown_error == 0;
  return fake->shutdown_error;
}

static void fake_close(struct stream *stream, bool reset) {
  struct fake *fake = container_of(stream, struct fake, stream);
  fake->closed = true;
  fake->reset = reset;
}

static size_t fake_unsent(const struct stream *stream) {
  return container_of((struct stream *)(uintptr_t)stream, struct fake, stream)->writing.len;
}

static bool fake_quiet(const struct stream *stream) {
  return !stream_ended(stream) && !container_of((struct stream *)(uintptr_t)stream, struct fake, stream)->arrived;
}

/* The kernel's part in moving: in and out of the pipe by hand. */
static int fake_fill(struct stream *stream, size_t max) {
  struct fake *fake = container_of(stream, struct fake, stream);
  size_t len = max < fake->coming.len ? max : fake->coming.len;
  fake->moves++;
  assert_int_equal(stream->direct.pipe->bytes, 0);
  if (len == 0) return fake->over ? 0 : UV_EAGAIN;
  assert_int_equal(os_write(stream->direct.pipe->in, fake->coming.ptr, len), len);
  stream->direct.pipe->bytes = len;
  fake->coming = str_from(fake->coming, len);
  return (int)len;
}

static int fake_drain(struct stream *stream, struct splice *pipe) {
  struct fake *fake = container_of(stream, struct fake, stream);
  size_t len = fake->room < pipe->bytes ? fake->room : pipe->bytes;
  assert_int_equal(fake->writing.len, 0);
  if (fake->write_error) return fake->write_error;
  if (fake->drain_error) return fake->drain_error;
  if (len == 0) return UV_EAGAIN;
  assert_true(fake->out_len + len <= sizeof fake->out);
  assert_int_equal(splice_read(pipe, fake->out + fake->out_len, len), len);
  fake->out_len += len;
  fake->room -= len;
  return (int)len;
}

static enum socket_peer fake_peer(const struct stream *stream, size_t *waiting) {
  (void)stream;
  *waiting = 0;
  return SOCKET_PEER_HERE;
}

static const struct stream_ops copying_ops = {
    .short_read_empties = true,
    .read_start = fake_read_start,
    .read_stop = fake_read_stop,
    .try_write = fake_try_write,
    .write = fake_write,
    .shutdown = fake_shutdown,
    .close = fake_close,
    .quiet = fake_quiet,
    .unsent = fake_unsent,
    .peer = fake_peer,
};

static const struct stream_ops moving_ops = {
    .short_read_empties = true,
    .read_start = fake_read_start,
    .read_stop = fake_read_stop,
    .try_write = fake_try_write,
    .write = fake_write,
    .shutdown = fake_shutdown,
    .close = fake_close,
    .quiet = fake_quiet,
    .unsent = fake_unsent,
    .peer = fake_peer,
    .fill = fake_fill,
    .drain = fake_drain,
};

static void on_bytes(void *owner) {
  struct fake *fake = owner;
  fake->bytes_events++;
  if (fake->relay) {
    fake->last_result = (int)relay_run(fake->relay);
    return;
  }
  size_t len = stream_peek(&fake->stream).len;
  stream_consume(&fake->stream, len < fake->take ? len : fake->take);
  fake->exhausted = stream_exhausted(&fake->stream);
  if (fake->pumps) stream_pump(&fake->stream);
}

static void on_end(void *owner) {
  struct fake *fake = owner;
  fake->ends++;
  if (fake->relay) fake->last_result = (int)relay_finish(fake->relay);
}

static void on_fail(void *owner, int status) {
  struct fake *fake = owner;
  fake->failures++;
  fake->failure = status;
}

static void on_drained(void *owner) {
  struct fake *fake = owner;
  fake->drains++;
}

static const struct stream_events fake_events = {.on_bytes = on_bytes,
                                                 .on_end = on_end,
                                                 .on_fail = on_fail,
                                                 .on_drained = on_drained};

static struct loop loop;
static bool moving; /* this test's bytes are moved */

static struct fake *fake_new(void) {
  struct fake *fake = calloc(1, sizeof *fake);
  assert_non_null(fake);
  stream_init(&fake->stream, moving ? &moving_ops : &copying_ops, &loop);
  stream_own(&fake->stream, &fake_events, fake);
  stream_read(&fake->stream, true);
  fake->room = SIZE_MAX / 2;
  fake->take = SIZE_MAX;
  return fake;
}

static void fake_free(struct fake *fake) {
  stream_close(&fake->stream, false);
  stream_closed(&fake->stream);
  free(fake);
}

/* The kernel has taken what was being written. */
static void fake_written(struct fake *fake) {
  memcpy(fake->out + fake->out_len, fake->writing.ptr, fake->writing.len);
  fake->out_len += fake->writing.len;
  fake->writing.len = 0;
  stream_written(&fake->stream, 0);
}

/* The peer sends; liteginx takes what it wants of it now, in reads of at most `piece` bytes. */
static void say(struct fake *fake, struct str bytes, size_t piece) {
  fake->coming = bytes;
  while (fake->coming.len && fake->reading && !fake->closed) {
    size_t before = fake->coming.len, room = stream_room(&fake->stream);
    if (stream_is_direct(&fake->stream)) {
      stream_deliver_ready(&fake->stream);
      if (stream_is_direct(&fake->stream) && fake->coming.len == before) break;
    } else {
      struct str read = str_upto(fake->coming, piece < room ? piece : room);
      fake->coming = str_from(fake->coming, read.len);
      stream_deliver(&fake->stream, read);
    }
  }
}

/* It ends, behind what it has said: in two turns of the loop at most. */
static void end(struct fake *fake) {
  fake->over = true;
  assert_int_equal(fake->coming.len, 0);
  if (stream_is_direct(&fake->stream)) stream_deliver_ready(&fake->stream);
  assert_false(stream_is_direct(&fake->stream));
  stream_deliver_end(&fake->stream);
}

/* Where bytes are moved: from now on. */
static void begin(struct fake *source, struct fake *sink) {
  if (moving && !stream_waits(&source->stream)) assert_true(stream_begin_direct(&source->stream, &sink->stream));
}

static int set_up_copying(void **state) {
  (void)state;
  moving = false;
  return loop_init(&loop);
}

/* Where there are no pipes, there is nothing to see. */
static int set_up_moving(void **state) {
  (void)state;
  if (loop_init(&loop) != 0) return -1;
  struct splice *pipe = splice_take(&loop, NULL);
  moving = pipe != NULL;
  if (pipe) splice_give(&loop, pipe);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  moving = false;
  if (loop.streams > 0) return -1; /* the test has failed in the middle */
  loop_close(&loop);
  uv_run(&loop.uv, UV_RUN_DEFAULT);
  loop_free(&loop);
  return 0;
}

#define assert_out(fake, text)                            \
  do {                                                    \
    assert_int_equal((fake)->out_len, strlen(text));      \
    assert_memory_equal((fake)->out, text, strlen(text)); \
  } while (0)

static void input_left_over_is_offered_again(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  fake->take = 2;
  stream_deliver(&fake->stream, STR("abcde"));
  assert_true(str_eq(stream_peek(&fake->stream), STR("cde")));
  stream_deliver(&fake->stream, STR("fg"));
  assert_true(str_eq(stream_peek(&fake->stream), STR("efg")));
  fake->take = 9;
  stream_pump(&fake->stream);
  assert_int_equal(stream_peek(&fake->stream).len, 0);
  assert_int_equal(fake->bytes_events, 3);
  fake_free(fake);
}

/* A read that took less than it could is the last word where the transport says so; all others are asked about. */
static void exhausted_is_who_has_sent_nothing_more(void **state) {
  static struct stream_ops asking_ops;
  (void)state;
  asking_ops = copying_ops;
  asking_ops.short_read_empties = false;
  for (unsigned asks = 0; asks < 2; asks++) {
    struct fake *fake = fake_new();
    fake->stream.ops = asks ? &asking_ops : &copying_ops;
    stream_bound(&fake->stream, 4, 4);
    stream_deliver(&fake->stream, STR("abc"));
    assert_true(fake->exhausted);
    fake->arrived = true;
    stream_deliver(&fake->stream, STR("abc"));
    assert_true(fake->exhausted == !asks);
    stream_deliver(&fake->stream, STR("abcd")); /* as much as it could */
    assert_false(fake->exhausted);
    fake->arrived = false;
    stream_deliver(&fake->stream, STR("abcd"));
    assert_true(fake->exhausted);
    fake->take = 1;
    stream_deliver(&fake->stream, STR("ab"));
    assert_false(fake->exhausted); /* some of it waits here */
    fake->take = 4;
    stream_deliver_end(&fake->stream);
    stream_pump(&fake->stream);
    assert_true(fake->ends == 1 && !stream_exhausted(&fake->stream));
    fake_free(fake);
  }
}

static void reading_rests_while_the_stash_is_full(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  stream_bound(&fake->stream, 4, 4);
  fake->take = 0;
  stream_deliver(&fake->stream, STR("ab"));
  assert_true(fake->reading);
  assert_int_equal(stream_room(&fake->stream), 2);
  stream_deliver(&fake->stream, STR("cd"));
  assert_false(fake->reading);
  stream_consume(&fake->stream, 1);
  assert_true(fake->reading);
  stream_deliver(&fake->stream, STR("efghi")); /* a larger bound came before */
  assert_false(fake->reading);
  assert_int_equal(stream_room(&fake->stream), 0);
  fake_free(fake);
}

static void end_is_told_behind_the_last_byte(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  fake->take = 0;
  stream_deliver(&fake->stream, STR("x"));
  stream_deliver_end(&fake->stream);
  assert_true(stream_ended(&fake->stream));
  assert_int_equal(fake->ends, 0);
  fake->take = 1;
  stream_pump(&fake->stream);
  assert_int_equal(fake->ends, 1);
  stream_pump(&fake->stream);
  assert_int_equal(fake->ends, 1);
  fake_free(fake);
}

static void a_partial_write_is_queued_in_order(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  fake->room = 3;
  assert_int_equal(stream_send_str(&fake->stream, STR("hello ")), STREAM_QUEUED);
  assert_int_equal(stream_send_str(&fake->stream, STR("wor")), STREAM_QUEUED);
  assert_int_equal(stream_send_str(&fake->stream, STR("ld")), STREAM_QUEUED);
  stream_half_close(&fake->stream);
  assert_false(fake->shut);
  fake_written(fake);
  assert_int_equal(fake->drains, 0);
  fake_written(fake);
  assert_int_equal(fake->drains, 1);
  assert_true(fake->shut);
  assert_out(fake, "hello world");
  fake_free(fake);
}

/* However much one call brings is queued; behind much that is, nothing more. */
static void what_is_queued_has_a_bound(void **state) {
  enum { MUCH_BYTES = 8 << 20, ROUNDS_MOST = 3 };
  (void)state;
  struct fake *fake = fake_new();
  char *much = calloc(1, MUCH_BYTES);
  int status = STREAM_QUEUED;
  unsigned rounds = 0;
  assert_non_null(much);
  fake->room = 5;
  while (status == STREAM_QUEUED && rounds++ < ROUNDS_MOST) {
    status = stream_send_str(&fake->stream, str_make(much, MUCH_BYTES));
  }
  assert_int_equal(status, UV_ENOBUFS);
  assert_int_equal(rounds, ROUNDS_MOST); /* one is on its way, one waits */
  assert_int_equal(fake->writing.len, MUCH_BYTES - 5);
  free(much);
  fake_free(fake);
}

static void a_relay_stops_the_source_of_a_slow_sink(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, NULL, NULL, STR("head "));
  source->relay = &relay;
  sink->room = 7;
  stream_deliver(&source->stream, STR("body"));
  assert_false(source->reading);
  assert_int_equal(relay_run(&relay), RELAY_WAITS);
  fake_written(sink);
  assert_int_equal(relay_run(&relay), RELAY_WAITS);
  assert_true(source->reading);
  sink->room = 100;
  stream_deliver(&source->stream, STR(" more"));
  stream_deliver_end(&source->stream);
  assert_int_equal(source->last_result, RELAY_ENDED);
  assert_out(sink, "head body more");
  assert_true(sink->shut);
  assert_int_equal(relay.bytes, 9);
  fake_free(source);
  fake_free(sink);
}

static void a_relay_says_when_the_sink_is_broken(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, NULL, NULL, (struct str){NULL, 0});
  source->relay = &relay;
  sink->write_error = UV_EPIPE;
  stream_deliver(&source->stream, STR("x"));
  assert_int_equal(source->last_result, RELAY_BROKEN);
  assert_int_equal(relay.status, UV_EPIPE);
  assert_int_equal(relay_run(&relay), RELAY_BROKEN);
  assert_int_equal(relay_finish(&relay), RELAY_BROKEN);
  fake_free(source);
  fake_free(sink);
}

/* What a filter adds at the end, or a head that has waited for the first byte. */
static void a_relay_says_when_the_end_cannot_be_sent(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, NULL, NULL, STR("head"));
  source->relay = &relay;
  sink->write_error = UV_ECONNRESET;
  stream_deliver_end(&source->stream);
  assert_int_equal(source->last_result, RELAY_BROKEN);
  assert_int_equal(relay.status, UV_ECONNRESET);
  assert_false(relay.ended || sink->shut);
  fake_free(source);
  fake_free(sink);
}

/* Asked for while bytes are being told: they are told again, not from within. */
static void pumping_while_bytes_are_told_tells_them_again(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  fake->take = 1;
  fake->pumps = true;
  stream_deliver(&fake->stream, STR("abc"));
  assert_int_equal(fake->bytes_events, 3);
  assert_int_equal(stream_peek(&fake->stream).len, 0);
  fake_free(fake);
}

static void a_queued_write_that_fails_is_told(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  fake->room = 1;
  assert_int_equal(stream_send_str(&fake->stream, STR("abc")), STREAM_QUEUED);
  stream_written(&fake->stream, UV_EPIPE);
  assert_int_equal(fake->failures, 1);
  assert_int_equal(fake->failure, UV_EPIPE);
  assert_int_equal(fake->drains, 0);
  assert_false(fake->reading);
  fake_free(fake);
}

/* A filter that passes one byte at a time up to a full stop, and refuses '!'. */
static enum relay_step pass_sentence(void *owner, struct str in, size_t *used, struct slices *out) {
  (void)owner;
  *used = 0;
  if (in.len == 0) return RELAY_MORE;
  if (in.ptr[0] == '!') return RELAY_REFUSE;
  slices_add(out, str_upto(in, 1));
  *used = 1;
  return in.ptr[0] == '.' ? RELAY_END : RELAY_FULL;
}

static enum relay_step finish_sentence(void *owner, struct slices *out) {
  (void)owner;
  (void)out;
  return RELAY_REFUSE;
}

static const struct relay_filter sentence = {pass_sentence, finish_sentence, NULL, NULL};

static void a_filter_decides_where_the_message_ends(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, &sentence, NULL, STR("> "));
  source->relay = &relay;
  sink->room = 3;
  stream_deliver(&source->stream, STR("abc.rest"));
  assert_int_equal(source->last_result, RELAY_WAITS);
  fake_written(sink);
  sink->room = 100;
  assert_int_equal(relay_run(&relay), RELAY_ENDED);
  assert_out(sink, "> abc.");
  assert_false(sink->shut);
  assert_true(str_eq(stream_peek(&source->stream), STR("rest")));
  fake_free(source);
  fake_free(sink);
}

/* Or the rest of a body would be read as the next request. */
static void what_a_filter_took_is_consumed_though_sending_failed(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, &sentence, NULL, (struct str){NULL, 0});
  source->relay = &relay;
  sink->write_error = UV_EPIPE;
  stream_deliver(&source->stream, STR("ab.rest"));
  assert_int_equal(source->last_result, RELAY_BROKEN);
  assert_true(str_eq(stream_peek(&source->stream), STR("b.rest")));
  assert_int_equal(relay.bytes, 1);
  fake_free(source);
  fake_free(sink);
}

static void a_filter_refuses(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, &sentence, NULL, (struct str){NULL, 0});
  source->relay = &relay;
  stream_deliver(&source->stream, STR("a!"));
  assert_int_equal(source->last_result, RELAY_BAD_INPUT);
  stream_consume(&source->stream, stream_peek(&source->stream).len);
  assert_int_equal(relay_finish(&relay), RELAY_BAD_INPUT);
  fake_free(source);
  fake_free(sink);
}

/* --- copied and moved --- */

struct way {
  struct fake *source, *sink;
  struct relay relay;
};

static void way_open(struct way *way, const struct relay_filter *filter, void *owner, struct str prefix) {
  way->source = fake_new();
  way->sink = fake_new();
  relay_init(&way->relay, &way->source->stream, &way->sink->stream, filter, owner, prefix);
  way->source->relay = &way->relay;
}

static void way_close(struct way *way) {
  fake_free(way->source);
  fake_free(way->sink);
}

/* The sink's peer has read. */
static int way_drained(struct way *way, size_t room) {
  way->sink->room = room;
  fake_written(way->sink);
  return (int)relay_run(&way->relay);
}

static void a_slow_sink_gets_all_in_order_and_then_the_end(void **state) {
  (void)state;
  struct way way;
  way_open(&way, NULL, NULL, (struct str){NULL, 0});
  begin(way.source, way.sink);
  way.sink->room = 3;
  say(way.source, STR("0123456789"), 64);
  assert_int_equal(way.source->last_result, RELAY_WAITS);
  assert_false(way.source->reading);
  assert_true(stream_queued(&way.sink->stream));
  if (moving) assert_null(way.source->stream.direct.pipe); /* so few fit into the queue whole */
  assert_int_equal(way_drained(&way, 100), RELAY_WAITS);
  assert_true(way.source->reading);
  say(way.source, STR("abc"), 64);
  assert_int_equal(way.source->moves, moving ? 2 : 0);
  assert_false(way.sink->shut);
  end(way.source);
  assert_int_equal(way.source->last_result, RELAY_ENDED);
  assert_true(way.sink->shut);
  assert_out(way.sink, "0123456789abc");
  assert_int_equal(way.relay.bytes, 13);
  way_close(&way);
}

/* Random grants and deliveries from a fixed seed: what comes out is what went in, and no more than a read is held. */
static void random_traffic_arrives_whole(void **state) {
  (void)state;
  uint32_t seed = 1;
  for (int round = 0; round < 200; round++) {
    struct way way;
    way_open(&way, NULL, NULL, (struct str){NULL, 0});
    struct stream *in = &way.source->stream, *out = &way.sink->stream;
    char sent[2048];
    size_t len = 0;
    while (len < sizeof sent) {
      seed = seed * 1103515245u + 12345u;
      size_t piece = seed >> 16 & 63;
      way.sink->room = seed >> 24 & 31;
      if (piece > sizeof sent - len) piece = sizeof sent - len;
      if (way.source->reading && piece) {
        begin(way.source, way.sink);
        for (size_t i = 0; i < piece; i++) sent[len + i] = (char)(len + i);
        say(way.source, str_make(sent + len, piece), 64);
        len += piece - way.source->coming.len;
      } else if (way.sink->writing.len) {
        assert_int_equal(way_drained(&way, seed >> 24 & 31), RELAY_WAITS);
      }
      size_t piped = in->direct.pipe ? in->direct.pipe->bytes : 0;
      assert_true(buf_len(&out->output.flying) + buf_len(&out->output.queue) + buf_len(&in->input.stash) + piped <= 64);
    }
    while (way.sink->writing.len) assert_int_equal(way_drained(&way, 100), RELAY_WAITS);
    end(way.source);
    if (!way.relay.ended) assert_int_equal(relay_finish(&way.relay), RELAY_ENDED);
    assert_int_equal(way.sink->out_len, len);
    assert_memory_equal(way.sink->out, sent, len);
    assert_int_equal(way.source->moves > 0, moving);
    way_close(&way);
  }
}

/* More than the queue's first piece: 64 KiB, of which the sink takes 10,000 at first. */
static char flood[64 * 1024];

static void fill_flood(void) {
  for (size_t i = 0; i < sizeof flood; i++) flood[i] = (char)(i * 31 + i / 255);
}

static void what_is_held_is_bounded_and_comes_before_the_next(void **state) {
  (void)state;
  struct way way;
  fill_flood();
  way_open(&way, NULL, NULL, (struct str){NULL, 0});
  begin(way.source, way.sink);
  way.sink->room = 10000;
  say(way.source, str_make(flood, 60000), sizeof flood);
  assert_false(way.source->reading);
  assert_int_equal(way.source->coming.len, 0);
  size_t in_memory = buf_len(&way.sink->stream.output.flying) + buf_len(&way.sink->stream.output.queue);
  if (moving) {
    assert_int_equal(in_memory + way.source->stream.direct.pipe->bytes, 50000);
    assert_true(in_memory <= 4096);
    assert_true(stream_waits(&way.source->stream));
  }
  /* Each time the sink has room again. */
  while (way.sink->writing.len) assert_int_equal(way_drained(&way, 7777), RELAY_WAITS);
  assert_true(way.source->reading);
  assert_false(stream_waits(&way.source->stream));
  way.sink->room = sizeof flood;
  say(way.source, str_make(flood + 60000, sizeof flood - 60000), sizeof flood);
  assert_int_equal(way.sink->out_len, sizeof flood);
  assert_memory_equal(way.sink->out, flood, sizeof flood);
  assert_int_equal(way.relay.bytes, sizeof flood);
  way_close(&way);
}

/* A filter like the one of a body of known length. */
struct counted {
  uint64_t left;
  uint64_t seen;
};

static enum relay_step pass_counted(void *owner, struct str in, size_t *used, struct slices *out) {
  struct counted *counted = owner;
  struct str taken = str_upto(in, counted->left < in.len ? (size_t)counted->left : in.len);
  *used = taken.len;
  counted->left -= taken.len;
  counted->seen += taken.len;
  slices_add(out, taken);
  return counted->left ? RELAY_MORE : RELAY_END;
}

static enum relay_step finish_counted(void *owner, struct slices *out) {
  (void)out;
  return ((struct counted *)owner)->left ? RELAY_REFUSE : RELAY_END;
}

static uint64_t plain_counted(const void *owner) {
  return ((const struct counted *)owner)->left;
}

static void skip_counted(void *owner, uint64_t len) {
  struct counted *counted = owner;
  assert_true(len <= counted->left);
  counted->left -= len;
}

static const struct relay_filter counted_filter = {pass_counted, finish_counted, plain_counted, skip_counted};

static void nothing_behind_a_body_is_taken(void **state) {
  (void)state;
  struct way way;
  struct counted counted = {.left = 10};
  way_open(&way, &counted_filter, &counted, STR("head "));
  say(way.source, STR("01"), 64);
  begin(way.source, way.sink);
  say(way.source, STR("23456789next"), 64);
  assert_int_equal(way.source->last_result, RELAY_ENDED);
  assert_out(way.sink, "head 0123456789");
  assert_false(way.sink->shut);
  assert_false(stream_is_direct(&way.source->stream));
  assert_int_equal(counted.seen, moving ? 2 : 10);
  assert_int_equal(way.relay.bytes, 10);
  way.source->relay = NULL;
  way.source->take = 0;
  say(way.source, way.source->coming, 64);
  assert_true(str_eq(stream_peek(&way.source->stream), STR("next")));
  way_close(&way);
}

static void a_body_that_is_cut_is_refused(void **state) {
  (void)state;
  struct way way;
  struct counted counted = {.left = 10};
  way_open(&way, &counted_filter, &counted, (struct str){NULL, 0});
  begin(way.source, way.sink);
  say(way.source, STR("0123"), 64);
  end(way.source);
  assert_int_equal(way.source->last_result, RELAY_BAD_INPUT);
  assert_out(way.sink, "0123");
  way_close(&way);
}

static void a_broken_sink_takes_what_it_was_given_with_it(void **state) {
  (void)state;
  struct way way;
  struct counted counted = {.left = 10};
  way_open(&way, &counted_filter, &counted, (struct str){NULL, 0});
  begin(way.source, way.sink);
  way.sink->write_error = UV_EPIPE;
  say(way.source, STR("0123"), 64);
  assert_int_equal(way.source->last_result, RELAY_BROKEN);
  assert_int_equal(way.relay.status, UV_EPIPE);
  assert_int_equal(relay_run(&way.relay), RELAY_BROKEN);
  assert_int_equal(counted.left, 6);
  assert_int_equal(way.relay.bytes, 4);
  assert_false(stream_is_direct(&way.source->stream));
  way_close(&way);
}

/* --- moved only --- */

/* 60,000 bytes have come, 10,000 were taken, 4,096 are in the sink's queue: the rest is in the kernel. */
static void way_open_held(struct way *way) {
  fill_flood();
  way_open(way, NULL, NULL, (struct str){NULL, 0});
  begin(way->source, way->sink);
  way->sink->room = 10000;
  say(way->source, str_make(flood, 60000), sizeof flood);
  assert_int_equal(way->source->stream.direct.pipe->bytes, 50000 - 4096);
}

#define NO_PIPES "this system has no splice"

#define skip_without_pipes() \
  if (!moving) unit_skip(NO_PIPES)

static void closed_in_the_middle_its_rest_is_input_again(void **state) {
  (void)state;
  skip_without_pipes();
  struct way way;
  way_open_held(&way);
  stream_read(&way.source->stream, true);
  assert_false(way.source->reading);
  relay_close(&way.relay);
  assert_false(stream_is_direct(&way.source->stream));
  struct str rest = stream_peek(&way.source->stream);
  assert_int_equal(rest.len, 60000 - 14096);
  assert_memory_equal(rest.ptr, flood + 14096, rest.len);
  assert_int_equal(way.relay.bytes, 14096);
  assert_int_equal(loop.splices.spare_count, 1);
  way_close(&way);
}

/* The same for pipes that others need, and for a sink whose kernel refuses: it goes on, copied. */
static void what_waits_can_be_copied_on(void **state) {
  (void)state;
  skip_without_pipes();
  for (int refused = 0; refused < 2; refused++) {
    struct way way;
    way_open_held(&way);
    if (refused) {
      way.sink->drain_error = UV_ENOTSUP;
    } else {
      assert_true(stream_free_pipe(&loop));
      assert_false(stream_free_pipe(&loop));
      splices_shed(&loop);
      assert_int_equal(loop.splices.open, 0);
    }
    while (way.sink->writing.len) assert_int_equal(way_drained(&way, 9999), RELAY_WAITS);
    assert_false(stream_is_direct(&way.source->stream));
    assert_true(way.source->reading);
    way.sink->room = sizeof flood;
    say(way.source, str_make(flood + 60000, sizeof flood - 60000), sizeof flood);
    assert_int_equal(way.sink->out_len, sizeof flood);
    assert_memory_equal(way.sink->out, flood, sizeof flood);
    assert_int_equal(way.relay.bytes, sizeof flood);
    way_close(&way);
  }
}

static void a_closed_source_gives_its_pipe_back(void **state) {
  (void)state;
  skip_without_pipes();
  struct way way;
  way_open_held(&way);
  way_close(&way);
  splices_shed(&loop);
  assert_int_equal(loop.splices.open, 0);
}

/* Or the loop would be told of it for ever. */
static void input_that_nobody_moves_is_read(void **state) {
  (void)state;
  skip_without_pipes();
  struct way way;
  way_open(&way, NULL, NULL, (struct str){NULL, 0});
  begin(way.source, way.sink);
  way.source->relay = NULL;
  say(way.source, STR("abc"), 64);
  assert_false(stream_is_direct(&way.source->stream));
  assert_int_equal(way.source->bytes_events, 2);
  assert_int_equal(way.source->moves, 0);
  way_close(&way);
}

static void reads(struct way *way, size_t bytes, unsigned times) {
  static char block[LOOP_READ_BYTES];
  for (unsigned i = 0; i < times; i++) {
    way->sink->room = SIZE_MAX / 2;
    assert_true(bytes <= way->source->stream.input.piece_max);
    stream_deliver(&way->source->stream, str_make(block, bytes));
  }
}

static void a_long_run_of_full_reads_is_moved(void **state) {
  (void)state;
  skip_without_pipes();
  struct way way;
  way_open(&way, NULL, NULL, (struct str){NULL, 0});
  reads(&way, 32 * 1024, 100);
  assert_false(stream_is_direct(&way.source->stream));
  reads(&way, 128 * 1024, 1);
  reads(&way, 256 * 1024, 1);
  reads(&way, 512 * 1024, 1);
  assert_false(stream_is_direct(&way.source->stream));
  reads(&way, 512 * 1024, 1);
  assert_true(stream_is_direct(&way.source->stream));
  /* Until little comes, several times in a row. */
  for (unsigned i = 0; i < 4; i++) say(way.source, STR("few"), 64);
  assert_true(stream_is_direct(&way.source->stream));
  say(way.source, STR("few"), 64);
  assert_false(stream_is_direct(&way.source->stream));
  reads(&way, 32 * 1024, 1);
  assert_false(stream_is_direct(&way.source->stream));
  reads(&way, 512 * 1024, 2);
  assert_true(stream_is_direct(&way.source->stream));
  way_close(&way);
}

static void a_long_body_is_moved_from_its_first_bytes_on(void **state) {
  (void)state;
  skip_without_pipes();
  static const uint64_t lengths[] = {256 * 1024, 64 * 1024 * 1024};
  for (unsigned i = 0; i < 2; i++) {
    struct way way;
    struct counted counted = {.left = lengths[i]};
    way_open(&way, &counted_filter, &counted, STR("head"));
    assert_int_equal(relay_run(&way.relay), RELAY_WAITS);
    assert_false(stream_is_direct(&way.source->stream));
    reads(&way, 1, 1);
    assert_int_equal(stream_is_direct(&way.source->stream), i == 1);
    way_close(&way);
  }
}

/* A slow one is copied from then on, unless it picks up. */
static void a_long_body_in_small_pieces_is_copied(void **state) {
  (void)state;
  skip_without_pipes();
  struct way way;
  struct counted counted = {.left = 64 * 1024 * 1024};
  way_open(&way, &counted_filter, &counted, (struct str){NULL, 0});
  reads(&way, 1, 1);
  for (unsigned i = 0; i < 5; i++) say(way.source, STR("few"), 64);
  assert_false(stream_is_direct(&way.source->stream));
  reads(&way, 1, 10);
  assert_false(stream_is_direct(&way.source->stream));
  for (size_t bytes = 32 * 1024; bytes <= 512 * 1024; bytes *= 2) reads(&way, bytes, 1);
  assert_false(stream_is_direct(&way.source->stream));
  reads(&way, 512 * 1024, 1);
  assert_true(stream_is_direct(&way.source->stream));
  way_close(&way);
}

/* Each event of a session runs both of its relays: one that has no input then is not slow for that. */
static void to_be_run_for_nothing_changes_nothing(void **state) {
  (void)state;
  skip_without_pipes();
  struct way way;
  struct counted counted = {.left = 64 * 1024 * 1024};
  way_open(&way, &counted_filter, &counted, (struct str){NULL, 0});
  reads(&way, 1, 1);
  for (unsigned i = 0; i < 4; i++) say(way.source, STR("few"), 64);
  for (unsigned i = 0; i < 9; i++) assert_int_equal(relay_run(&way.relay), RELAY_WAITS);
  assert_true(stream_is_direct(&way.source->stream));
  say(way.source, STR("few"), 64);
  assert_false(stream_is_direct(&way.source->stream));
  way_close(&way);
}

/* What fails within a call of the owner's is told by the loop, once. */
static void run_loop(void) {
  uv_run(&loop.uv, UV_RUN_DEFAULT);
  assert_int_equal(loop.deadlines.armed, 0);
}

static void a_read_that_cannot_start_is_told_soon(void **state) {
  (void)state;
  assert_int_equal(loop_init(&loop), 0);
  struct fake *fake = fake_new(), *closed = fake_new();
  stream_read(&fake->stream, false);
  stream_read(&closed->stream, false);
  fake->read_error = closed->read_error = UV_ENOMEM;
  stream_read(&fake->stream, true);
  stream_read(&closed->stream, true);
  assert_int_equal(fake->failures, 0);
  fake_free(closed);
  run_loop();
  assert_int_equal(fake->failures, 1);
  assert_int_equal(fake->failure, UV_ENOMEM);
  stream_read(&fake->stream, true);
  run_loop();
  assert_int_equal(fake->failures, 1);
  fake_free(fake);
  loop_close(&loop);
  run_loop();
  loop_free(&loop);
}

/* Else the peer would wait for the end for ever; only one that is gone already is told by reading. */
static void a_half_close_that_fails_is_told_soon(void **state) {
  static const int codes[] = {UV_ENOMEM, UV_ENOTCONN};
  (void)state;
  assert_int_equal(loop_init(&loop), 0);
  for (unsigned i = 0; i < 2; i++) {
    struct fake *fake = fake_new();
    fake->shutdown_error = codes[i];
    stream_half_close(&fake->stream);
    assert_int_equal(fake->failures, 0);
    assert_int_equal(fake->reading, i == 1); /* what is read behind a failure may not be what follows */
    run_loop();
    assert_int_equal(fake->failures, i == 0);
    fake_free(fake);
  }
  loop_close(&loop);
  run_loop();
  loop_free(&loop);
}

/* One that is told while its stream closes of itself takes nothing with it. */
static void a_failure_is_forgotten_with_its_stream(void **state) {
  (void)state;
  assert_int_equal(loop_init(&loop), 0);
  struct fake *fake = fake_new();
  fake->shutdown_error = UV_ENOMEM;
  stream_half_close(&fake->stream);
  assert_int_equal(loop.deadlines.armed, 1);
  fake_free(fake);
  assert_int_equal(loop.deadlines.armed, 0);
  loop_close(&loop);
  run_loop();
  loop_free(&loop);
}

/* --- small output of one turn --- */

static int send_soon(struct fake *fake, struct str s) {
  struct slices slices;
  slices_clear(&slices);
  slices_add(&slices, s);
  return stream_send_soon(&fake->stream, &slices);
}

/* So that there is a turn. */
static void on_due(struct deadline *deadline) {
  (void)deadline;
}

static void small_output_waits_for_the_turns_end(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  assert_int_equal(send_soon(fake, STR("")), STREAM_SENT);
  assert_null(outbox_oldest(&loop.outbox));
  assert_int_equal(send_soon(fake, STR("one, ")), STREAM_SENT);
  assert_int_equal(send_soon(fake, STR("two")), STREAM_SENT);
  assert_false(stream_queued(&fake->stream));
  assert_int_equal(fake->out_len, 0);
  struct deadline deadline = {0};
  deadline_set(&loop.deadlines, &deadline, 1, on_due);
  while (uv_run(&loop.uv, UV_RUN_ONCE)) continue;
  assert_out(fake, "one, two");
  assert_int_equal(fake->drains, 0);
  fake_free(fake);
}

static void what_the_kernel_does_not_take_of_it_is_queued(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  fake->room = 4;
  assert_int_equal(send_soon(fake, STR("one, ")), STREAM_SENT);
  stream_flush_all(&loop);
  assert_int_equal(send_soon(fake, STR("two, ")), STREAM_QUEUED);
  fake->room = 100;
  assert_int_equal(send_soon(fake, STR("three")), STREAM_QUEUED);
  stream_half_close(&fake->stream);
  fake_written(fake);
  fake_written(fake);
  assert_int_equal(fake->drains, 1);
  assert_int_equal(stream_lost(&fake->stream), 0);
  assert_true(fake->shut);
  assert_out(fake, "one, two, three");
  fake_free(fake);
}

static void it_goes_before_what_is_sent_at_once(void **state) {
  (void)state;
  struct fake *fake = fake_new();
  assert_int_equal(send_soon(fake, STR("one, ")), STREAM_SENT);
  assert_int_equal(stream_send_str(&fake->stream, STR("two")), STREAM_SENT);
  assert_out(fake, "one, two");
  fake_free(fake);
}

/* What others have waiting is sent first: a long piece takes its time. */
static void it_waits_for_no_long_piece(void **state) {
  (void)state;
  static const char bytes[OUTBOX_PIECE_BYTES + 1];
  struct fake *small = fake_new(), *large = fake_new();
  assert_int_equal(send_soon(small, STR("small")), STREAM_SENT);
  assert_int_equal(send_soon(large, str_make(bytes, OUTBOX_PIECE_BYTES)), STREAM_SENT);
  assert_int_equal(small->out_len, 0);
  assert_int_equal(stream_send_str(&large->stream, str_make(bytes, OUTBOX_PIECE_BYTES)), STREAM_SENT);
  assert_int_equal(small->out_len, 0);
  assert_int_equal(stream_send_str(&large->stream, str_make(bytes, OUTBOX_PIECE_BYTES + 1)), STREAM_SENT);
  assert_out(small, "small");
  fake_free(small);
  fake_free(large);
}

/* A box that has no room for a piece is emptied: by its bytes, or by its pieces. */
static void it_waits_for_no_full_box(void **state) {
  (void)state;
  static const char bytes[OUTBOX_PIECE_BYTES];
  static struct fake *many[OUTBOX_PIECES + 1];
  struct fake *small = fake_new(), *large = fake_new();
  assert_int_equal(send_soon(small, STR("small")), STREAM_SENT);
  for (unsigned i = 1; i < OUTBOX_BYTES / OUTBOX_PIECE_BYTES; i++) {
    assert_int_equal(send_soon(large, str_make(bytes, sizeof bytes)), STREAM_SENT);
  }
  assert_int_equal(small->out_len + large->out_len, 0);
  assert_int_equal(send_soon(large, str_make(bytes, sizeof bytes)), STREAM_SENT);
  assert_out(small, "small");
  for (unsigned i = 0; i <= OUTBOX_PIECES; i++) {
    many[i] = fake_new();
    assert_int_equal(many[0]->out_len, 0);
    assert_int_equal(send_soon(many[i], STR("one")), STREAM_SENT);
  }
  assert_out(many[0], "one");
  assert_null(outbox_oldest(&loop.outbox));
  for (unsigned i = 0; i <= OUTBOX_PIECES; i++) fake_free(many[i]);
  fake_free(small);
  fake_free(large);
}

static void an_end_or_a_close_sends_it_first(void **state) {
  (void)state;
  struct fake *ended = fake_new(), *closed = fake_new();
  assert_int_equal(send_soon(ended, STR("last")), STREAM_SENT);
  stream_half_close(&ended->stream);
  assert_true(ended->shut);
  assert_out(ended, "last");
  assert_int_equal(send_soon(closed, STR("last")), STREAM_SENT);
  stream_close(&closed->stream, false);
  assert_out(closed, "last");
  assert_null(outbox_oldest(&loop.outbox));
  assert_false(closed->reset);
  fake_free(closed);
  fake_free(ended);
}

/* Though there were room again: nothing may come behind the gap, no end either. The owner is told once, by the loop. */
static void behind_what_is_lost_nothing_goes(void **state) {
  (void)state;
  struct fake *fake = fake_new(), *other = fake_new();
  fake->write_error = UV_ENOBUFS;
  assert_int_equal(send_soon(fake, STR("gap")), STREAM_SENT);
  stream_flush_all(&loop);
  assert_int_equal(stream_lost(&fake->stream), UV_ENOBUFS);
  assert_int_equal(stream_lost(&other->stream), 0);
  fake->write_error = 0;
  assert_int_equal(send_soon(fake, STR("small")), UV_ENOBUFS);
  assert_int_equal(stream_send_str(&fake->stream, STR("at once")), UV_ENOBUFS);
  assert_int_equal(fake->drains, 0);
  while (fake->drains == 0) uv_run(&loop.uv, UV_RUN_ONCE);
  stream_half_close(&fake->stream);
  while (uv_run(&loop.uv, UV_RUN_NOWAIT)) continue;
  assert_int_equal(fake->drains, 1);
  assert_int_equal(fake->failures, 0);
  assert_int_equal(other->drains, 0);
  assert_false(fake->shut);
  assert_int_equal(fake->out_len, 0);
  stream_close(&fake->stream, false);
  assert_true(fake->reset);
  fake_free(fake);
  fake_free(other);
}

/* One of two that failed and were lost is closed before either is told. */
static void a_stream_that_fails_and_is_lost_is_told_once(void **state) {
  (void)state;
  struct fake *fake = fake_new(), *closed = fake_new();
  struct fake *both[] = {fake, closed};
  for (unsigned i = 0; i < 2; i++) {
    both[i]->write_error = UV_EPIPE;
    both[i]->read_error = UV_ENOMEM;
    stream_read(&both[i]->stream, false);
    assert_int_equal(send_soon(both[i], STR("gap")), STREAM_SENT);
    stream_read(&both[i]->stream, true);
    stream_flush_all(&loop);
  }
  fake_free(closed);
  while (uv_run(&loop.uv, UV_RUN_NOWAIT)) continue;
  while (fake->failures == 0) uv_run(&loop.uv, UV_RUN_ONCE);
  assert_int_equal(fake->failures, 1);
  assert_int_equal(fake->drains, 0);
  assert_int_equal(loop.deadlines.armed, 0);
  fake_free(fake);
}

/* A relay that sends soon, over a sink that loses it, is broken, whatever comes next. */
static void a_relay_is_broken_by_what_is_lost(void **state) {
  (void)state;
  struct fake *source = fake_new(), *sink = fake_new();
  struct relay relay;
  relay_init(&relay, &source->stream, &sink->stream, NULL, NULL, (struct str){NULL, 0});
  relay.soon = true;
  source->relay = &relay;
  stream_deliver(&source->stream, STR("gap"));
  assert_int_equal(source->last_result, RELAY_WAITS);
  assert_int_equal(sink->out_len, 0);
  sink->write_error = UV_ECONNRESET;
  stream_flush_all(&loop);
  sink->write_error = 0;
  stream_deliver_end(&source->stream);
  assert_int_equal(source->last_result, RELAY_BROKEN);
  assert_int_equal(relay.status, UV_ECONNRESET);
  assert_int_equal(relay_run(&relay), RELAY_BROKEN);
  assert_false(relay.ended || sink->shut);
  fake_free(source);
  fake_free(sink);
}

/* Bytes that are moved go past the outbox: what waits in it, of any stream, goes first. */
static void what_waits_goes_before_what_is_moved(void **state) {
  (void)state;
  struct way way;
  uint64_t moved;
  way_open(&way, NULL, NULL, (struct str){NULL, 0});
  struct stream *in = &way.source->stream, *out = &way.sink->stream;
  struct fake *other = fake_new();
  if (!moving) {
    way_close(&way);
    fake_free(other);
    unit_skip(NO_PIPES);
  }
  assert_int_equal(send_soon(other, STR("small")), STREAM_SENT);
  assert_int_equal(send_soon(way.sink, STR("head ")), STREAM_SENT);
  begin(way.source, way.sink);
  say(way.source, STR("body"), 64);
  assert_out(way.sink, "head body");
  assert_out(other, "small");
  /* It fits in part. */
  assert_int_equal(send_soon(way.sink, STR(" head")), STREAM_SENT);
  way.sink->room = 2;
  in->direct.state = DIRECT_READY;
  assert_int_equal(stream_move(in, out, UINT64_MAX, &moved), STREAM_QUEUED);
  assert_int_equal(moved, 0);
  way.sink->room = 100;
  fake_written(way.sink);
  assert_out(way.sink, "head body head");
  /* It is lost. */
  assert_int_equal(send_soon(way.sink, STR(" gap")), STREAM_SENT);
  way.sink->write_error = UV_ENOBUFS;
  assert_int_equal(stream_move(in, out, UINT64_MAX, &moved), UV_ENOBUFS);
  assert_int_equal(moved, 0);
  way.sink->write_error = 0;
  assert_int_equal(relay_run(&way.relay), RELAY_BROKEN);
  assert_out(way.sink, "head body head");
  fake_free(other);
  way_close(&way);
}

static void silence_is_looked_for_four_times(void **state) {
  (void)state;
  static const struct {
    uint64_t idle_ms, quiet_ms, in_ms;
  } rows[] = {{0, 0, 0}, {0, UINT64_MAX, 0}, {1000, 0, 250}, {1000, 750, 250}, {1000, 900, 100}, {1, 0, 1}, {5, 0, 2}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(relay_look_ms(rows[i].idle_ms, rows[i].quiet_ms), rows[i].in_ms);
  }
}

#define COPYING(test) \
  { #test ", copied", test, set_up_copying, tear_down, NULL }
#define MOVING(test) \
  { #test ", moved", test, set_up_moving, tear_down, NULL }
#define TWICE(test) COPYING(test), MOVING(test)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(input_left_over_is_offered_again),
      cmocka_unit_test(exhausted_is_who_has_sent_nothing_more),
      cmocka_unit_test(reading_rests_while_the_stash_is_full),
      cmocka_unit_test(end_is_told_behind_the_last_byte),
      cmocka_unit_test(a_partial_write_is_queued_in_order),
      cmocka_unit_test(what_is_queued_has_a_bound),
      cmocka_unit_test(a_relay_stops_the_source_of_a_slow_sink),
      cmocka_unit_test(a_relay_says_when_the_sink_is_broken),
      cmocka_unit_test(a_relay_says_when_the_end_cannot_be_sent),
      cmocka_unit_test(pumping_while_bytes_are_told_tells_them_again),
      cmocka_unit_test(a_queued_write_that_fails_is_told),
      cmocka_unit_test(a_filter_decides_where_the_message_ends),
      cmocka_unit_test(what_a_filter_took_is_consumed_though_sending_failed),
      cmocka_unit_test(a_filter_refuses),
      cmocka_unit_test(a_read_that_cannot_start_is_told_soon),
      cmocka_unit_test(a_half_close_that_fails_is_told_soon),
      cmocka_unit_test(a_failure_is_forgotten_with_its_stream),
      cmocka_unit_test(silence_is_looked_for_four_times),
      COPYING(small_output_waits_for_the_turns_end),
      COPYING(what_the_kernel_does_not_take_of_it_is_queued),
      COPYING(it_goes_before_what_is_sent_at_once),
      COPYING(it_waits_for_no_long_piece),
      COPYING(it_waits_for_no_full_box),
      COPYING(an_end_or_a_close_sends_it_first),
      COPYING(behind_what_is_lost_nothing_goes),
      COPYING(a_stream_that_fails_and_is_lost_is_told_once),
      COPYING(a_relay_is_broken_by_what_is_lost),
      MOVING(what_waits_goes_before_what_is_moved),
      TWICE(a_slow_sink_gets_all_in_order_and_then_the_end),
      TWICE(random_traffic_arrives_whole),
      TWICE(what_is_held_is_bounded_and_comes_before_the_next),
      TWICE(nothing_behind_a_body_is_taken),
      TWICE(a_body_that_is_cut_is_refused),
      TWICE(a_broken_sink_takes_what_it_was_given_with_it),
      MOVING(closed_in_the_middle_its_rest_is_input_again),
      MOVING(what_waits_can_be_copied_on),
      MOVING(a_closed_source_gives_its_pipe_back),
      MOVING(input_that_nobody_moves_is_read),
      MOVING(a_long_run_of_full_reads_is_moved),
      MOVING(a_long_body_is_moved_from_its_first_bytes_on),
      MOVING(a_long_body_in_small_pieces_is_copied),
      MOVING(to_be_run_for_nothing_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
