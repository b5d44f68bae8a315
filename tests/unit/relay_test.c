/* stream.c and relay.c on a transport in memory whose receiver takes only as many bytes as the test grants: what is
 * told when, that no byte is lost or doubled, that reading rests exactly while nothing more fits, and that at most one
 * read is held in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "liteginx/net/relay.h"

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
  struct relay *relay;
  size_t take; /* consumed per on_bytes where there is no relay */
  int last_result;
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
    memcpy(fake->out + fake->out_len, slices->at[i].ptr, fits);
    fake->out_len += fits;
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
  return !stream->ended;
}

static const struct stream_ops fake_ops = {fake_read_start, fake_read_stop, fake_try_write, fake_write,
                                           fake_shutdown,   fake_close,     fake_quiet,     fake_unsent};

static void on_bytes(void *owner) {
  struct fake *fake = owner;
  fake->bytes_events++;
  if (fake->relay) {
    fake->last_result = (int)relay_run(fake->relay);
    return;
  }
  size_t len = stream_peek(&fake->stream).len;
  stream_consume(&fake->stream, len < fake->take ? len : fake->take);
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

static const struct stream_events fake_events = {on_bytes, on_end, on_fail, on_drained, NULL};

static struct loop loop;

static struct fake *fake_new(void) {
  struct fake *fake = calloc(1, sizeof *fake);
  assert_non_null(fake);
  stream_init(&fake->stream, &fake_ops, &loop);
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
  fake_free(source);
  fake_free(sink);
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

static const struct relay_filter sentence = {pass_sentence, finish_sentence};

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

/* Random grants and deliveries from a fixed seed: what comes out is what went in, and no more than a read is held. */
static void random_traffic_arrives_whole(void **state) {
  (void)state;
  uint32_t seed = 1;
  for (int round = 0; round < 200; round++) {
    struct fake *source = fake_new(), *sink = fake_new();
    struct relay relay;
    relay_init(&relay, &source->stream, &sink->stream, NULL, NULL, (struct str){NULL, 0});
    source->relay = &relay;
    char sent[2048];
    size_t len = 0;
    while (len < sizeof sent) {
      seed = seed * 1103515245u + 12345u;
      size_t piece = seed >> 16 & 63;
      sink->room = seed >> 24 & 31;
      if (piece > sizeof sent - len) piece = sizeof sent - len;
      if (source->reading && piece) {
        for (size_t i = 0; i < piece; i++) sent[len + i] = (char)(len + i);
        stream_deliver(&source->stream, str_make(sent + len, piece));
        len += piece;
      } else if (sink->writing.len) {
        fake_written(sink);
        assert_int_equal(relay_run(&relay), RELAY_WAITS);
      }
      assert_true(buf_len(&sink->stream.flying) + buf_len(&sink->stream.queue) + buf_len(&source->stream.stash) <= 64);
    }
    stream_deliver_end(&source->stream);
    while (sink->writing.len) fake_written(sink);
    if (!relay.ended) assert_int_equal(relay_finish(&relay), RELAY_ENDED);
    assert_int_equal(sink->out_len, len);
    assert_memory_equal(sink->out, sent, len);
    fake_free(source);
    fake_free(sink);
  }
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

static void silence_is_looked_for_four_times(void **state) {
  (void)state;
  static const struct {
    uint64_t idle_ms, quiet_ms, in_ms;
  } rows[] = {{0, 0, 0}, {0, UINT64_MAX, 0}, {1000, 0, 250}, {1000, 750, 250}, {1000, 900, 100}, {1, 0, 1}, {5, 0, 2}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(relay_look_ms(rows[i].idle_ms, rows[i].quiet_ms), rows[i].in_ms);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(input_left_over_is_offered_again),
      cmocka_unit_test(reading_rests_while_the_stash_is_full),
      cmocka_unit_test(end_is_told_behind_the_last_byte),
      cmocka_unit_test(a_partial_write_is_queued_in_order),
      cmocka_unit_test(a_relay_stops_the_source_of_a_slow_sink),
      cmocka_unit_test(a_relay_says_when_the_sink_is_broken),
      cmocka_unit_test(a_filter_decides_where_the_message_ends),
      cmocka_unit_test(what_a_filter_took_is_consumed_though_sending_failed),
      cmocka_unit_test(a_filter_refuses),
      cmocka_unit_test(random_traffic_arrives_whole),
      cmocka_unit_test(a_read_that_cannot_start_is_told_soon),
      cmocka_unit_test(a_half_close_that_fails_is_told_soon),
      cmocka_unit_test(a_failure_is_forgotten_with_its_stream),
      cmocka_unit_test(silence_is_looked_for_four_times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
