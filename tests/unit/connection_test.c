/* What the connection fuzzer and the torture have found, each as the story that it was, told in memory
 * (tests/fuzz/story.h). Every test ends in the fuzzer's own judgement: no request upstream that no client asked, no
 * whole answer that no target gave, no end that nobody sent, and nothing left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fuzz/story.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum { NOBODY_ACTS = 0 };

static void says(struct fake_peer *peer, const char *text) {
  fake_append(&peer->in, text, strlen(text));
  fake_say(peer, SIZE_MAX);
  assert_int_equal(peer->delivered, peer->in.len);
}

static struct fake_peer *new_client(void) {
  open_client(false);
  return fake.peers[fake.count - 1];
}

/* The connection upstream that was asked for last is made. */
static struct fake_peer *new_target(void) {
  assert_int_equal(fake.dialling, 1);
  fake_answer_dial(0, true);
  return fake.peers[fake.count - 1];
}

/* The beginning of most stories: a client has asked, and the connection to the target for it is made. */
static void begin_request(struct fake_peer **client, struct fake_peer **target) {
  begin_story();
  *client = new_client();
  says(*client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  *target = new_target();
}

/* The same over TCP: nothing is said yet. */
static void begin_session(struct fake_peer **client, struct fake_peer **target) {
  begin_story();
  open_client(true);
  *client = fake.peers[fake.count - 1];
  *target = new_target();
}

static bool heard_text(const struct fake_peer *peer, const char *text) {
  struct str all = heard(peer);
  for (size_t at = 0; at < all.len; at++) {
    if (begins_with(str_from(all, at), str_of(text))) return true;
  }
  return false;
}

static void assert_logged(const char *text) {
  static char lines[LOG_BYTES];
  enum log_channel channel;
  size_t len = log_read(&world.log, &channel, lines, sizeof lines - 1);
  lines[len] = '\0';
  if (!strstr(lines, text)) fail_msg("'%s' says nothing of '%s'", lines, text);
}

/* The target answers while the body still comes, and then writing to it fails: its answer is passed on, and the
 * client's next bytes are a request. What the parser had taken of the body stayed in the stream, and was read as the
 * next request. */
static void body_that_could_not_be_written_is_no_request(void **state) {
  (void)state;
  begin_story();
  struct fake_peer *client = new_client();
  says(client, "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\n");
  struct fake_peer *target = new_target();
  target->write_error = UV_EPIPE;
  says(client, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n");
  says(target, ANSWER);
  next_turn();
  assert_true(heard_text(client, "200 OK"));
  for (unsigned i = 0; i < 4; i++) fake_answer_dial(0, true);
  for (unsigned i = 0; i < fake.count; i++) assert_false(heard_text(fake.peers[i], "smuggled"));
  end_story(NOBODY_ACTS);
}

/* A connection that has served before dies as a POST is sent on it, and has something to say that nobody asked for: the
 * POST, of which no byte was sent, is answered with a 502. What the target had said was taken for its answer. */
static void what_a_dying_connection_says_answers_nothing(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  says(target, ANSWER);
  next_turn();
  assert_true(heard_text(client, "200 OK"));
  target->write_error = UV_EPIPE;
  says(client, "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  if (!target->closing) says(target, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nno");
  assert_false(heard_text(client, "201 Created"));
  assert_true(heard_text(client, "502 Bad Gateway"));
  end_story(NOBODY_ACTS);
}

/* Where the system is asked again within a turn, as on Windows, an answer may come in the turn of its request: a connection that
 * was read from in that turn is a living one. The PUT went up twice. */
static void answer_of_the_same_turn_is_the_requests_own(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  next_turn();
  says(client, "PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  says(target, ANSWER);
  assert_true(heard_text(target, "PUT /p"));
  says(target, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nno");
  next_turn();
  assert_true(heard_text(client, "201 Created"));
  assert_false(target->closing);
  end_story(NOBODY_ACTS);
}

/* A client stops reading before an answer so small that it waits for the turn's end: then the next request waits for it to be
 * taken, and who takes nothing in a keep_alive (75 s), which is seen when the next one is over, is reset. */
static void reader_that_stops_before_a_small_answer_is_reset(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  client->room = 20;
  says(target, ANSWER);
  assert_int_equal(client->out.len, 0);
  next_turn();
  assert_int_equal(client->out.len, 20);
  assert_true(client->writing.len > 0);
  says(client, "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  next_turn();
  assert_false(heard_text(target, "/next"));
  for (unsigned i = 0; i < 100 && !client->closing; i++) (void)fake_pass(2000);
  assert_true(client->closing && client->reset);
  end_story(NOBODY_ACTS);
}

/* A GET waits for the end of the turn in which its connection, used before, dies: none of it was sent, so what the
 * target has said is no answer to it, and it goes out once more. */
static void get_that_was_never_sent_is_not_answered(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  says(target, ANSWER);
  next_turn();
  says(client, "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  target->write_error = UV_EPIPE;
  next_turn();
  says(target, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
  next_turn();
  assert_false(heard_text(client, "wrong"));
  for (unsigned i = 0; i < 10 && fake.dialling == 0; i++) (void)fake_pass(100);
  struct fake_peer *fresh = new_target();
  next_turn();
  assert_true(heard_text(fresh, "GET /next"));
  says(fresh, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
  next_turn();
  assert_true(heard_text(client, "fresh"));
  end_story(NOBODY_ACTS);
}

/* The same for want of memory: an answer soon, not when the target's time is over. */
static void get_that_found_no_memory_is_answered_soon(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  target->write_error = UV_ENOBUFS;
  next_turn();
  (void)fake_pass(10);
  assert_true(heard_text(client, "503 Service Unavailable"));
  assert_true(target->closing && target->reset);
  end_story(NOBODY_ACTS);
}

/* No answer is taken from a target that has not been sent the request yet. */
static void request_goes_before_its_answer_is_read(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  assert_int_equal(target->out.len, 0);
  says(target, ANSWER);
  assert_true(heard_text(target, "GET /"));
  next_turn();
  assert_true(heard_text(client, "200 OK"));
  end_story(NOBODY_ACTS);
}

/* An answer cannot be sent: the connection goes, and with it the request behind. */
static void client_that_takes_no_answer_gets_no_other(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  says(target, ANSWER);
  client->write_error = UV_ECONNRESET;
  says(client, "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  next_turn();
  (void)fake_pass(10);
  assert_true(client->closing);
  assert_false(heard_text(target, "/next"));
  end_story(NOBODY_ACTS);
}

/* A target has half-closed, so that no reading tells of it any more, and takes nothing either: the session ends at
 * once, and what the target said before stays the client's. */
static void session_whose_silent_target_takes_nothing_ends(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_session(&client, &target);
  says(target, "bye");
  fake_end(target);
  assert_true(heard_text(client, "bye") && client->shut);
  target->write_error = UV_EPIPE;
  says(client, "bytes");
  next_turn();
  (void)fake_pass(10);
  assert_true(client->closing && !client->reset && target->closing);
  end_story(NOBODY_ACTS);
}

/* The same while the client is slow to take what the target said last: it gets all of it before the session ends. */
static void session_ends_behind_the_last_bytes_of_its_target(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_session(&client, &target);
  client->room = 0;
  says(target, "bye");
  fake_end(target);
  assert_int_equal(client->out.len, 0);
  target->write_error = UV_EPIPE;
  says(client, "bytes");
  next_turn();
  (void)fake_pass(10);
  assert_false(client->closing);
  fake_written(client, 0);
  assert_true(heard_text(client, "bye"));
  assert_true(client->closing && !client->reset && target->closing);
  end_story(NOBODY_ACTS);
}

/* Small pieces of one turn leave together, in order, and before whatever is sent at once. */
static void pieces_of_one_turn_leave_in_order(void **state) {
  (void)state;
  begin_story();
  struct fake_peer *client = new_client();
  says(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
  struct fake_peer *target = new_target();
  says(target, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\non");
  says(target, "e,");
  assert_true(heard_text(client, "one,HTTP/1.1 400"));
  end_story(NOBODY_ACTS);
}

/* A client has ended, too, when its small answer still waits for the turn's end, and has no room for it: it gets it, and
 * only then the end. */
static void half_closed_client_gets_its_small_answer(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  client->room = 0;
  says(target, ANSWER);
  fake_end(client);
  next_turn();
  assert_false(client->closing);
  fake_written(client, 0);
  assert_true(heard_text(client, "200 OK") && client->closing && !client->reset);
  end_story(NOBODY_ACTS);
}

/* A request that is cut off behind a small answer does not take it along. */
static void half_a_request_does_not_cost_the_answer_before_it(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  client->room = 0;
  says(target, ANSWER);
  says(client, "GET /ne");
  fake_end(client);
  next_turn();
  assert_false(client->closing);
  fake_written(client, 0);
  assert_true(heard_text(client, "200 OK") && client->closing);
  end_story(NOBODY_ACTS);
}

/* Towards HTTP/1.0 the end of the connection is the end of the body: who takes nothing of its small last piece in the
 * idle time of the route (5 s) is not told an end. */
static void last_piece_that_is_not_taken_is_no_end(void **state) {
  (void)state;
  begin_story();
  struct fake_peer *client = new_client();
  says(client, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  struct fake_peer *target = new_target();
  says(target, "HTTP/1.1 200 OK\r\n\r\nbegun, ");
  next_turn();
  assert_true(heard_text(client, "begun, "));
  client->room = 0;
  says(target, "ended");
  fake_end(target);
  for (unsigned i = 0; i < 10 && !client->closing; i++) {
    next_turn();
    (void)fake_pass(2000);
  }
  assert_true(client->closing && client->reset);
  end_story(NOBODY_ACTS);
}

/* A client that takes what the system holds for it, slowly, gets its answer: a keep_alive (75 s) in which it takes
 * something is none in which it does nothing. */
static void slow_reader_gets_its_small_answer(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  client->room = 0;
  client->held = 1000;
  says(target, ANSWER);
  next_turn();
  for (unsigned i = 0; i < 100; i++) {
    (void)fake_pass(2000);
    client->held--;
  }
  assert_false(client->closing);
  fake_written(client, 0);
  assert_true(heard_text(client, "200 OK"));
  end_story(NOBODY_ACTS);
}

/* A tunnel's last small piece finds no memory, and an end is behind it: both sides are reset, at once. */
static void tunnel_whose_last_piece_finds_no_memory_is_reset(void **state) {
  (void)state;
  begin_story();
  struct fake_peer *client = new_client();
  says(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  struct fake_peer *target = new_target();
  says(target, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  next_turn();
  assert_true(heard_text(client, "101 Switching"));
  target->write_error = UV_ENOBUFS;
  says(client, "last");
  fake_end(client);
  next_turn();
  (void)fake_pass(10);
  assert_true(client->closing && client->reset && target->closing && target->reset);
  end_story(NOBODY_ACTS);
}

/* What cannot be sent twice goes before what waits: between the look whether its connection stands and its first byte
 * nothing happens. */
static void long_post_goes_before_what_waits(void **state) {
  (void)state;
  begin_story();
  struct fake_peer *first = new_client();
  says(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  struct fake_peer *idle = new_target();
  struct fake_peer *second = new_client();
  says(second, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  struct fake_peer *busy = new_target();
  says(idle, ANSWER);
  next_turn();
  says(busy, ANSWER);
  char post[1500];
  int head_len = snprintf(post, sizeof post, "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1200\r\n\r\n");
  memset(post + head_len, 'x', 1200);
  post[head_len + 1200] = '\0';
  says(first, post);
  struct fake_peer *posted = heard_text(idle, "POST /p") ? idle : busy;
  assert_true(heard_text(posted, "POST /p") && heard_text(second, "200 OK"));
  assert_true(posted->written_at < second->written_at);
  end_story(NOBODY_ACTS);
}

/* Between the look whether a used connection stands and the first byte over it nothing may happen: what cannot be
 * repeated, for its method or its body, does not wait for the turn's end. */
static void request_that_cannot_be_repeated_goes_at_once(void **state) {
  static const char *const requests[] = {
      "POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
      "PUT /once HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
  };
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    begin_story();
    struct fake_peer *client = new_client();
    says(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct fake_peer *target = new_target();
    says(target, ANSWER);
    next_turn();
    says(client, requests[i]);
    assert_true(heard_text(target, "/once"));
    end_story(NOBODY_ACTS);
  }
}

/* A target may have answered before it stopped listening, even where none of the GET was sent over the fresh
 * connection: that answer counts. The connection rests for nobody: a POST over it would be lost. */
static void connection_that_took_no_request_gets_no_other(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  target->write_error = UV_EPIPE;
  says(target, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\nno");
  next_turn();
  assert_true(heard_text(client, "408 Request Timeout"));
  assert_true(target->closing);
  says(client, "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  assert_true(heard_text(new_target(), "POST /p"));
  end_story(NOBODY_ACTS);
}

/* The client takes its last answer slowly, the last because it said so itself or because liteginx is being stopped: all
 * of it is told before the end. */
static void last_answer_is_told_whole(void **state) {
  (void)state;
  for (unsigned stopped = 0; stopped < 2; stopped++) {
    begin_story();
    struct fake_peer *client = new_client();
    says(client,
         stopped ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n" : "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    struct fake_peer *target = new_target();
    client->room = 20;
    says(target, ANSWER);
    if (stopped) reception_drain(&sessions);
    next_turn();
    assert_false(client->closing);
    fake_written(client, 0);
    assert_true(heard_text(client, "ok"));
    assert_true((client->shut || client->closing) && !client->reset);
    end_story(NOBODY_ACTS);
  }
}

/* A stop finds a connection idle. Where nobody knows whether its last answer has arrived, a young one gets the time that it
 * would get on its way: closed at once, a late byte of the client would make a reset of it. */
static void young_answer_has_its_time_where_nobody_knows(void **state) {
  static const struct {
    bool secretive, lingers;
    uint64_t age_ms;
  } cases[] = {{false, false, 0}, {true, true, 0}, {true, true, 1900}, {true, false, 2100}};
  (void)state;
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct fake_peer *client, *target;
    begin_request(&client, &target);
    fake.secretive = cases[i].secretive;
    says(target, ANSWER);
    next_turn();
    pass(cases[i].age_ms);
    reception_drain(&sessions);
    assert_true(heard_text(client, "ok"));
    assert_true(client->closing == !cases[i].lingers && client->shut == cases[i].lingers && !client->reset);
    reception_cut(&sessions);
    assert_true(client->closing && !client->reset);
    fake.secretive = false;
    end_story(NOBODY_ACTS);
  }
}

/* Who has not asked yet waits for nothing. */
static void fresh_client_is_closed_at_once(void **state) {
  (void)state;
  begin_story();
  fake.secretive = true;
  struct fake_peer *client = new_client();
  reception_drain(&sessions);
  assert_true(client->closing && !client->reset);
  fake.secretive = false;
  end_story(NOBODY_ACTS);
}

/* A begun answer that could not be sent at its turn's end must not look whole, whosever fault it is (exchange_test has whose). */
static void lost_answer_is_reset(void **state) {
  static const int errors[] = {UV_ECONNRESET, UV_ENOBUFS};
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    begin_story();
    struct fake_peer *client = new_client();
    says(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct fake_peer *target = new_target();
    says(target, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun");
    client->write_error = errors[i];
    next_turn();
    (void)fake_pass(10);
    assert_true(client->closing && client->reset && target->closing);
    end_story(NOBODY_ACTS);
  }
}

/* Bytes over TCP and through a tunnel wait for the turn's end both ways. */
static void bytes_of_a_session_wait_for_the_turns_end(void **state) {
  (void)state;
  for (unsigned tcp = 0; tcp < 2; tcp++) {
    begin_story();
    open_client(tcp);
    struct fake_peer *client = fake.peers[fake.count - 1];
    if (!tcp) says(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    struct fake_peer *target = new_target();
    if (!tcp) says(target, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    next_turn();
    says(client, "there");
    says(target, "back");
    assert_false(heard_text(target, "there") || heard_text(client, "back"));
    next_turn();
    assert_true(heard_text(target, "there") && heard_text(client, "back"));
    end_story(NOBODY_ACTS);
  }
}

/* Writing what was queued for a target fails after it has half-closed. The client gets all that the target said, and the
 * end; where memory is to blame, a reset. */
static void session_whose_silent_target_breaks_ends(void **state) {
  static const struct {
    int error;
    enum cause cause;
  } rows[] = {{UV_EPIPE, CAUSE_RESET_BY_TARGET}, {UV_ENOBUFS, CAUSE_NO_MEMORY}};
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    begin_story();
    open_client(true);
    struct fake_peer *client = fake.peers[fake.count - 1];
    struct fake_peer *target = new_target();
    target->room = 1;
    says(client, "bytes");
    next_turn();
    assert_true(target->writing.len > 0);
    client->room = 0;
    says(target, "bye");
    fake_end(target);
    fake_written(target, rows[i].error);
    if (rows[i].error == UV_EPIPE) {
      assert_false(client->closing);
      fake_written(client, 0);
      assert_true(heard_text(client, "bye"));
    }
    assert_true(client->closing && target->closing);
    assert_int_equal(client->reset, rows[i].error == UV_ENOBUFS);
    assert_logged(cause_sentence(rows[i].cause));
    end_story(NOBODY_ACTS);
  }
}

/* A pause is judged by itself: a client that took as much as it could of one answer has not stopped before the next. */
static void slow_reader_may_be_as_slow_again(void **state) {
  (void)state;
  begin_story();
  struct fake_peer *client = new_client();
  for (unsigned i = 0; i < 2; i++) {
    says(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct fake_peer *target = new_target(); /* the one before has rested too long */
    client->room = 0;
    says(target, ANSWER);
    next_turn();
    pass(80 * 1000);
    assert_false(client->closing);
    fake_written(client, 0);
  }
  end_story(NOBODY_ACTS);
}

/* Who has ended, and stops taking the last answer, is given 30 s, and as many again to take something. Then it is
 * reset. */
static void who_does_not_take_the_last_answer_is_reset(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  client->room = 0;
  says(target, ANSWER);
  fake_end(client);
  next_turn();
  pass(40 * 1000);
  assert_false(client->closing);
  pass(30 * 1000);
  assert_true(client->closing && client->reset);
  end_story(NOBODY_ACTS);
}

/* Each side of a session ends in its own time, and what was queued for the other goes before the session ends. */
static void session_ends_when_both_sides_have(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_session(&client, &target);
  target->room = 1;
  says(client, "question");
  fake_end(client);
  next_turn();
  assert_false(client->closing || target->shut);
  says(target, "answer");
  next_turn();
  assert_true(heard_text(client, "answer") && !client->closing);
  fake_end(target);
  assert_false(client->closing);
  fake_written(target, 0);
  assert_true(heard_text(target, "question") && target->closing && !target->reset);
  assert_true(client->closing && !client->reset);
  end_story(NOBODY_ACTS);
}

/* A target that breaks off before its end takes the client along. */
static void session_whose_target_breaks_is_reset(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_session(&client, &target);
  says(target, "begun");
  fake_break(target);
  assert_true(client->closing && client->reset && target->closing);
  end_story(NOBODY_ACTS);
}

/* A target takes no more, says its last words, and ends: the client gets them, and a reset, since its own bytes have
 * nowhere to go. */
static void session_whose_target_takes_nothing_and_ends_is_reset(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_session(&client, &target);
  target->write_error = UV_EPIPE;
  says(client, "bytes");
  next_turn();
  pass(10);
  says(client, "more");
  says(target, "last");
  next_turn();
  assert_true(heard_text(client, "last") && !client->closing);
  stream_deliver_end(&target->stream);
  assert_true(client->closing && client->reset && target->closing);
  end_story(NOBODY_ACTS);
}

/* A target gives up an idle connection, and says so, in the very turn in which a GET is sent on it: the GET is sent
 * once more on a fresh connection. Its words were passed on as the answer. */
static void words_before_the_question(uint64_t turn_ms) {
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  says(target, ANSWER);
  next_turn();
  says(client, "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  fake.now_ms += turn_ms;
  says(target, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  assert_false(heard_text(client, "408"));
  for (unsigned i = 0; i < 10 && fake.dialling == 0; i++) (void)fake_pass(100);
  next_turn();
  struct fake_peer *fresh = new_target();
  next_turn();
  assert_true(heard_text(fresh, "GET /next"));
  says(fresh, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
  next_turn();
  assert_true(heard_text(client, "fresh"));
  end_story(NOBODY_ACTS);
}

static void words_before_the_question_are_no_answer(void **state) {
  (void)state;
  words_before_the_question(0);
}

/* The same in a turn so long that libuv asks the system again, before the GET has gone. */
static void words_in_a_long_turn_are_no_answer(void **state) {
  (void)state;
  words_before_the_question(1);
}

/* With more than 1,024 events libuv asks the system several times in one turn: what comes behind a request that did not
 * wait for the turn's end can be its answer. With 3,000 connections every other request was sent twice. */
static void answer_in_a_long_turn_is_one(void **state) {
  (void)state;
  struct fake_peer *client, *target;
  begin_request(&client, &target);
  says(target, ANSWER);
  next_turn();
  char request[1024];
  (void)snprintf(request, sizeof request, "GET /%0900d HTTP/1.1\r\nHost: a\r\n\r\n", 1);
  says(client, request);
  assert_true(heard_text(target, "0001 HTTP/1.1"));
  fake.now_ms++;
  says(target, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlong");
  next_turn();
  assert_true(heard_text(client, "long"));
  end_story(NOBODY_ACTS);
}

/* No memory for bytes of a TCP session: both sides are reset, none waits for the other. */
static void session_that_finds_no_memory_is_reset(void **state) {
  (void)state;
  for (unsigned up = 0; up < 2; up++) {
    begin_story();
    open_client(true);
    struct fake_peer *client = fake.peers[fake.count - 1];
    struct fake_peer *target = new_target();
    struct fake_peer *from = up ? client : target, *to = up ? target : client;
    to->write_error = UV_ENOBUFS;
    says(from, "bytes");
    next_turn();
    (void)fake_pass(10);
    assert_true(client->closing && client->reset && target->closing && target->reset);
    end_story(NOBODY_ACTS);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(body_that_could_not_be_written_is_no_request),
      cmocka_unit_test(what_a_dying_connection_says_answers_nothing),
      cmocka_unit_test(answer_of_the_same_turn_is_the_requests_own),
      cmocka_unit_test(reader_that_stops_before_a_small_answer_is_reset),
      cmocka_unit_test(get_that_was_never_sent_is_not_answered),
      cmocka_unit_test(get_that_found_no_memory_is_answered_soon),
      cmocka_unit_test(request_goes_before_its_answer_is_read),
      cmocka_unit_test(client_that_takes_no_answer_gets_no_other),
      cmocka_unit_test(session_whose_silent_target_takes_nothing_ends),
      cmocka_unit_test(session_ends_behind_the_last_bytes_of_its_target),
      cmocka_unit_test(pieces_of_one_turn_leave_in_order),
      cmocka_unit_test(half_closed_client_gets_its_small_answer),
      cmocka_unit_test(half_a_request_does_not_cost_the_answer_before_it),
      cmocka_unit_test(last_piece_that_is_not_taken_is_no_end),
      cmocka_unit_test(slow_reader_gets_its_small_answer),
      cmocka_unit_test(tunnel_whose_last_piece_finds_no_memory_is_reset),
      cmocka_unit_test(long_post_goes_before_what_waits),
      cmocka_unit_test(request_that_cannot_be_repeated_goes_at_once),
      cmocka_unit_test(connection_that_took_no_request_gets_no_other),
      cmocka_unit_test(last_answer_is_told_whole),
      cmocka_unit_test(young_answer_has_its_time_where_nobody_knows),
      cmocka_unit_test(fresh_client_is_closed_at_once),
      cmocka_unit_test(lost_answer_is_reset),
      cmocka_unit_test(bytes_of_a_session_wait_for_the_turns_end),
      cmocka_unit_test(session_whose_silent_target_breaks_ends),
      cmocka_unit_test(slow_reader_may_be_as_slow_again),
      cmocka_unit_test(who_does_not_take_the_last_answer_is_reset),
      cmocka_unit_test(session_ends_when_both_sides_have),
      cmocka_unit_test(session_whose_target_breaks_is_reset),
      cmocka_unit_test(session_whose_target_takes_nothing_and_ends_is_reset),
      cmocka_unit_test(words_before_the_question_are_no_answer),
      cmocka_unit_test(words_in_a_long_turn_are_no_answer),
      cmocka_unit_test(answer_in_a_long_turn_is_one),
      cmocka_unit_test(session_that_finds_no_memory_is_reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
