/* What the fuzzer of HTTP/2 has found, and what a socket cannot show for certain, each as the story that it was, told in memory
 * (tests/fuzz/frames.h). Every test ends in the fuzzer's own judgement, with nothing left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fuzz/frames.h"

#define GET              \
  "\x82\x86\x84\x01\x01" \
  "a"
#define POST             \
  "\x83\x86\x84\x01\x01" \
  "a"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { NOBODY_ACTS = 0, ALL_IS_WRITTEN = 1 };

static struct fake_peer *new_client(void) {
  begin_story();
  open_client(false);
  add_preface(fake.peers[0]);
  fake_say(fake.peers[0], SIZE_MAX);
  next_turn();
  return fake.peers[0];
}

static void asks(struct fake_peer *client, uint32_t stream, struct str block, unsigned flags) {
  add_frame(client, FRAME_HEADERS, FRAME_END_HEADERS | flags, stream, block);
  fake_say(client, SIZE_MAX);
}

static struct fake_peer *new_target(void) {
  assert_int_equal(fake.dialling, 1);
  fake_answer_dial(0, true);
  return fake.peers[fake.count - 1];
}

static void says(struct fake_peer *peer, const char *text) {
  fake_append(&peer->in, text, strlen(text));
  fake_say(peer, SIZE_MAX);
}

static struct told_stream told_of(const struct fake_peer *client, uint32_t stream) {
  static struct told_frames told;
  judge_frames(client, &told);
  return told.streams[stream / 2];
}

static void assert_logged(const char *text) {
  static char lines[LOG_BYTES];
  enum log_channel channel;
  size_t len = log_read(&world.log, &channel, lines, sizeof lines - 1);
  lines[len] = '\0';
  if (!strstr(lines, text)) fail_msg("'%s' says nothing of '%s'", lines, text);
}

/* All that is ready in one turn leaves in one write. */
static void answers_of_a_turn_leave_together(void **state) {
  (void)state;
  struct fake_peer *client = new_client();
  for (uint32_t stream = 1; stream <= 5; stream += 2) asks(client, stream, STR(GET), FRAME_END_STREAM);
  assert_int_equal(fake.dialling, 3);
  for (unsigned i = 0; i < 3; i++) fake_answer_dial(0, true);
  next_turn();
  unsigned writes = client->hearings.count;
  for (unsigned i = 1; i <= 3; i++) says(fake.peers[i], ANSWER);
  assert_int_equal(client->hearings.count, writes);
  next_turn();
  assert_int_equal(client->hearings.count, writes + 1);
  for (uint32_t stream = 1; stream <= 5; stream += 2) {
    assert_int_equal(told_of(client, stream).bytes, 2);
    assert_true(told_of(client, stream).ended);
  }
  end_frames(NOBODY_ACTS);
}

/* What the client's window does not let go waits, and is no reason to read on; others pass. */
static void window_holds_one_stream_alone(void **state) {
  static char big[100 * 1000];
  (void)state;
  memset(big, 'x', sizeof big);
  struct fake_peer *client = new_client();
  asks(client, 1, STR(GET), FRAME_END_STREAM);
  struct fake_peer *target = new_target();
  says(target, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
  fake_append(&target->in, big, sizeof big);
  fake_say(target, SIZE_MAX);
  next_turn();
  assert_int_equal(told_of(client, 1).bytes, 65535);
  add_frame(client, FRAME_WINDOW_UPDATE, 0, 0, STR("\0\1\0\0"));
  asks(client, 3, STR(GET), FRAME_END_STREAM);
  next_turn();
  says(target, ANSWER); /* all of the other answer has come: its connection serves again */
  next_turn();
  assert_true(told_of(client, 3).ended && !told_of(client, 1).ended);
  add_frame(client, FRAME_WINDOW_UPDATE, 0, 1, STR("\0\1\0\0"));
  fake_say(client, SIZE_MAX);
  next_turn();
  for (unsigned i = 0; i < 20; i++) {
    fake_say(target, SIZE_MAX);
    next_turn();
  }
  assert_int_equal(told_of(client, 1).bytes, 100000);
  assert_true(told_of(client, 1).ended);
  end_frames(NOBODY_ACTS);
}

/* What comes before there is a connection to a target waits, and goes up whole; no window opens for it. */
static void content_waits_for_its_target(void **state) {
  static char piece[1000];
  (void)state;
  struct fake_peer *client = new_client();
  asks(client, 1, STR(POST), 0);
  size_t heard_before = client->out.len;
  for (unsigned i = 0; i < 4; i++) add_frame(client, FRAME_DATA, 0, 1, str_make(piece, sizeof piece));
  fake_say(client, SIZE_MAX);
  next_turn();
  assert_int_equal(client->out.len, heard_before); /* nobody has read it: there is no connection yet */
  struct fake_peer *target = new_target();
  next_turn();
  assert_true(target->out.len > 4 * sizeof piece);
  end_frames(NOBODY_ACTS);
}

/* POST with Content-Length: 0, and no end of it: it is served all the same, after a while. It stayed for ever. */
static void empty_content_without_end_is_served_late(void **state) {
  (void)state;
  struct fake_peer *client = new_client();
  asks(client, 1,
       STR(POST "\x00\x0e"
                "content-length\x01"
                "0"),
       0);
  next_turn();
  assert_int_equal(fake.dialling, 0);
  pass(61 * 1000);
  next_turn();
  says(new_target(), ANSWER);
  next_turn();
  assert_true(told_of(client, 1).ended);
  end_frames(NOBODY_ACTS);
}

/* At a drain a client that takes nothing, and has no request: it stayed for ever. */
static void drain_ends_who_takes_nothing(void **state) {
  (void)state;
  struct fake_peer *client = new_client();
  client->room = 0;
  add_frame(client, FRAME_PING, 0, 0, STR("12345678"));
  fake_say(client, SIZE_MAX);
  next_turn();
  reception_drain(&sessions);
  end_frames(NOBODY_ACTS);
}

/* At a drain a head whose last piece never comes: it stayed for ever. */
static void drain_ends_half_a_head(void **state) {
  (void)state;
  struct fake_peer *client = new_client();
  add_frame(client, FRAME_HEADERS, FRAME_END_STREAM, 1, STR(GET));
  fake_say(client, SIZE_MAX);
  reception_drain(&sessions);
  for (unsigned i = 0; i < 8 && sessions.open; i++) {
    next_turn();
    pass(30 * 1000);
    fake_close_all();
  }
  assert_logged("the request head was not whole");
  end_frames(NOBODY_ACTS);
}

/* The client breaks off between a stream's end and its exchange's: nobody is left behind. */
static void reset_behind_the_last_goaway_ends_the_request(void **state) {
  (void)state;
  struct fake_peer *client = new_client();
  asks(client, 1, STR(GET), FRAME_END_STREAM);
  struct fake_peer *target = new_target();
  reception_drain(&sessions);
  next_turn();
  pass(1000);
  next_turn();
  add_frame(client, FRAME_RST_STREAM, 0, 1, STR("\0\0\0\10"));
  fake_say(client, SIZE_MAX);
  next_turn();
  assert_true(target->closing);
  assert_logged("GET :80/ 499");
  end_frames(ALL_IS_WRITTEN);
}

static void flood_is_named(void **state) {
  (void)state;
  struct fake_peer *client = new_client();
  for (unsigned i = 0; i < 501; i++) add_frame(client, FRAME_PING, 0, 0, STR("12345678"));
  fake_say(client, SIZE_MAX);
  next_turn();
  assert_logged("PRI :80 * 0");
  end_frames(NOBODY_ACTS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_of_a_turn_leave_together),
      cmocka_unit_test(window_holds_one_stream_alone),
      cmocka_unit_test(content_waits_for_its_target),
      cmocka_unit_test(empty_content_without_end_is_served_late),
      cmocka_unit_test(drain_ends_who_takes_nothing),
      cmocka_unit_test(drain_ends_half_a_head),
      cmocka_unit_test(reset_behind_the_last_goaway_ends_the_request),
      cmocka_unit_test(flood_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
