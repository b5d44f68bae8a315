/* Whole exchanges over a wire without text (memory_wire.h): what service, proxy and plan do, whichever wire it is. */
#include "memory_wire.h"

static const struct memory_words get = {.method = "GET", .path = "/a?b=c", .fields = {{"Host", "shop.localhost"}}};
static const struct memory_words post = {
    .method = "POST",
    .path = "/a",
    .framing = FRAMING_LENGTH,
    .length = 5,
    .fields = {{"Host", "a"}, {"Content-Length", "5"}},
};
static const struct memory_words ok = {.status = 200,
                                       .framing = FRAMING_LENGTH,
                                       .length = 2,
                                       .fields = {{"Content-Length", "2"}}};
static const struct memory_words endless = {.status = 200, .framing = FRAMING_CHUNKED};

static void assert_heard(const struct stream *stream, const char *content) {
  struct str all = heard(fake_peer_of(stream));
  if (!str_eq(all, str_of(content))) fail_msg("heard '%.*s' instead of '%s'", STR_ARG(all), content);
}

static void assert_over(const struct memory_client *client, enum ending_reason reason, enum exchange_outcome outcome) {
  assert_true(memory_is_over(client));
  assert_string_equal(ending_label(client->exchange.ending.reason), ending_label(reason));
  assert_int_equal(client->exchange.outcome, outcome);
}

static void request_and_answer_pass(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *target = memory_target();
  assert_true(str_eq(target->told.head.method, STR("GET")) && str_eq(target->told.path, STR("/a?b=c")));
  assert_string_equal(memory_field(&target->told.head, "Host"), "shop.localhost");
  assert_string_equal(memory_field(&target->told.head, "X-Forwarded-For"), "192.0.2.1");
  assert_string_equal(memory_field(&target->told.head, "X-Forwarded-Port"), "80");
  assert_string_equal(memory_field(&target->told.head, "Via"), "1.1 liteginx");
  assert_true(fake_peer_of(target->stream)->shut); /* that it has no content */
  memory_says(target, &ok);
  assert_int_equal(client->told.head.status, 200);
  assert_string_not_equal(memory_field(&client->told.head, "Date"), "");
  memory_gives(target->stream, "ok");
  next_turn();
  assert_heard(client->wire.stream, "ok");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  assert_true(client->peer->shut && fake_peer_of(target->stream)->closing);
  memory_leave(client);
}

/* What a route does to fields is done by whichever wire. */
static void fields_of_a_route_change(void **state) {
  static const struct memory_words asks = {.method = "GET",
                                           .path = "/changed/x",
                                           .listener = 2,
                                           .fields = {{"Host", "a"}, {"Cookie", "secret"}}};
  static const struct memory_words says = {.status = 302, .fields = {{"Location", "/y"}, {"Server", "x"}}};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&asks);
  struct memory_target *target = memory_target();
  assert_true(str_eq(target->told.path, STR("/x")));
  assert_string_equal(memory_field(&target->told.head, "Host"), "127.0.0.1:5");
  assert_string_equal(memory_field(&target->told.head, "X-Path"), "/changed/x");
  assert_string_equal(memory_field(&target->told.head, "Cookie"), "");
  memory_says(target, &says);
  assert_string_equal(memory_field(&client->told.head, "Location"), "/changed/y");
  assert_string_equal(memory_field(&client->told.head, "Server"), "");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* What is about one connection is not told to the next one. */
static void hop_by_hop_fields_stay(void **state) {
  static const struct memory_words words = {
      .method = "GET",
      .path = "/",
      .fields = {{"Host", "a"}, {"Connection", "x-mine"}, {"X-Mine", "1"}, {"X-Too", "2"}}};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&words);
  struct memory_target *target = memory_target();
  assert_string_equal(memory_field(&target->told.head, "X-Mine"), "");
  assert_string_equal(memory_field(&target->told.head, "Connection"), "");
  assert_string_equal(memory_field(&target->told.head, "X-Too"), "2");
  static const struct memory_words says = {
      .status = 200, .fields = {{"Connection", "x-yours"}, {"X-Yours", "1"}, {"Keep-Alive", "x"}, {"X-Too", "2"}}};
  memory_says(target, &says);
  assert_string_equal(memory_field(&client->told.head, "X-Yours"), "");
  assert_string_equal(memory_field(&client->told.head, "Keep-Alive"), "");
  assert_string_equal(memory_field(&client->told.head, "X-Too"), "2");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* Both know a request by it; the client's own goes before ours. */
static void request_has_an_id(void **state) {
  static const struct memory_words named = {.method = "GET",
                                            .path = "/",
                                            .fields = {{"Host", "a"}, {"X-Request-Id", "mine"}}};
  (void)state;
  for (unsigned own = 0; own < 2; own++) {
    begin_memory();
    struct memory_client *client = memory_ask(own ? &named : &get);
    const char *id = memory_field(&memory_target()->told.head, "X-Request-Id");
    if (own) assert_string_equal(id, "mine");
    if (!own) assert_int_equal(strlen(id), 36);
    memory_leave(client);
  }
}

static const struct memory_words asks_for_echo = {
    .method = "GET", .path = "/", .fields = {{"Host", "a"}, {"Connection", "upgrade"}, {"Upgrade", "echo"}}};
static const struct memory_words switches = {.status = 101, .fields = {{"Connection", "upgrade"}, {"Upgrade", "echo"}}};

static void tunnel_carries_what_both_say(void **state) {
  (void)state;
  begin_memory();
  memory.keeps = true;
  struct memory_client *client = memory_ask(&asks_for_echo);
  struct memory_target *target = memory_target();
  memory_says(target, &switches);
  assert_int_equal(client->told.head.status, 101);
  memory_gives(client->wire.stream, "there");
  memory_gives(target->stream, "back");
  next_turn();
  assert_heard(target->stream, "there");
  assert_heard(client->wire.stream, "back");
  assert_true(client->exchange.endless && !memory_is_over(client));
  memory_ends(client->wire.stream);
  next_turn();
  assert_true(fake_peer_of(target->stream)->shut && !memory_is_over(client));
  memory_ends(target->stream);
  next_turn();
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

static void switch_that_nobody_asked_for_is_refused(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  memory_says(memory_target(), &switches);
  assert_int_equal(client->told.head.status, 502);
  assert_int_equal(client->exchange.ending.cause, CAUSE_SWITCH_UNASKED);
  assert_over(client, ENDING_UPSTREAM_NONSENSE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* A drain does not wait for it. */
static void event_stream_has_no_end(void **state) {
  static const struct memory_words events = {.status = 200,
                                             .framing = FRAMING_CHUNKED,
                                             .fields = {{"Content-Type", "text/event-stream"}}};
  (void)state;
  for (unsigned endless_over = 0; endless_over < 2; endless_over++) {
    begin_memory();
    sessions.endless_over = endless_over;
    struct memory_client *client = memory_ask(&get);
    struct memory_target *target = memory_target();
    memory_says(target, &events);
    if (endless_over) {
      assert_over(client, ENDING_DRAIN, OUTCOME_BROKEN);
    } else {
      memory_gives(target->stream, "data");
      next_turn();
      assert_heard(client->wire.stream, "data");
      assert_true(client->exchange.endless && !memory_is_over(client));
    }
    sessions.endless_over = false;
    memory_leave(client);
  }
}

static void interim_heads_come_first(void **state) {
  static const struct memory_words hints = {.status = 103, .fields = {{"Link", "</x>"}}};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *target = memory_target();
  memory_says(target, &hints);
  assert_int_equal(client->told.head.status, 103);
  assert_string_equal(memory_field(&client->told.head, "Link"), "</x>");
  memory_says(target, &ok);
  memory_gives(target->stream, "ok");
  assert_int_equal(client->told.heads, 2);
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* Content of unknown length, and fields behind it, both ways; those that may not stand there are left out. */
static void trailers_pass_both_ways(void **state) {
  static const struct memory_words asks = {.method = "POST",
                                           .path = "/",
                                           .framing = FRAMING_CHUNKED,
                                           .fields = {{"Host", "a"}},
                                           .trailers = {{"X-Sum", "1"}, {"Host", "b"}}};
  static const struct memory_words says = {.status = 200,
                                           .framing = FRAMING_CHUNKED,
                                           .trailers = {{"X-Sum", "2"}, {"Set-Cookie", "c"}}};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&asks);
  struct memory_target *target = memory_target();
  memory_gives(client->wire.stream, "up");
  memory_ends(client->wire.stream);
  next_turn();
  assert_heard(target->stream, "up");
  assert_string_equal(memory_field(&target->told.trailers, "X-Sum"), "1");
  assert_string_equal(memory_field(&target->told.trailers, "Host"), "");
  memory_says(target, &says);
  memory_gives(target->stream, "down");
  memory_ends(target->stream);
  next_turn();
  assert_heard(client->wire.stream, "down");
  assert_string_equal(memory_field(&client->told.trailers, "X-Sum"), "2");
  assert_string_equal(memory_field(&client->told.trailers, "Set-Cookie"), "");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* The wire may show what there is of it; that it lacks its end it must tell in its own way. */
static void answer_that_is_cut_is_told_cut(void **state) {
  (void)state;
  for (unsigned breaks = 0; breaks < 2; breaks++) {
    begin_memory();
    struct memory_client *client = memory_ask(&get);
    struct memory_target *target = memory_target();
    memory_says(target, &ok);
    memory_gives(target->stream, "o");
    next_turn();
    if (breaks) fake_break(fake_peer_of(target->stream));
    memory_ends(target->stream);
    assert_heard(client->wire.stream, "o");
    assert_over(client, ENDING_UPSTREAM_CUT, OUTCOME_CUT);
    assert_false(client->peer->shut); /* that would be a proper end */
    memory_leave(client);
  }
}

static void target_that_leaves_is_asked_once_more(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *first = memory_target();
  memory_ends(first->stream);
  pass(100);
  struct memory_target *second = memory_target();
  assert_true(str_eq(second->told.path, STR("/a?b=c")));
  memory_says(second, &ok);
  memory_gives(second->stream, "ok");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  assert_int_equal(client->exchange.proxy.retries, 1);
  memory_leave(client);
}

/* What its method promises counts, not that there is content which is gone. */
static void post_is_not_asked_twice(void **state) {
  static const struct memory_words empty = {.method = "POST", .path = "/a", .fields = {{"Host", "a"}}};
  (void)state;
  for (unsigned content = 0; content < 2; content++) {
    begin_memory();
    struct memory_client *client = memory_ask(content ? &post : &empty);
    struct memory_target *target = memory_target();
    if (content) memory_gives(client->wire.stream, "hello");
    memory_ends(target->stream);
    pass(100);
    assert_int_equal(fake.dialling, 0);
    assert_int_equal(client->told.head.status, 502);
    assert_over(client, ENDING_UPSTREAM_LEFT, OUTCOME_COMPLETE);
    memory_leave(client);
  }
}

static void connection_serves_the_next_request(void **state) {
  static const struct memory_words stays = {.status = 200, .keeps = true};
  (void)state;
  begin_memory();
  memory.keeps = true;
  struct memory_client *first = memory_ask(&get);
  struct memory_target *target = memory_target();
  memory_says(target, &stays);
  assert_over(first, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_part(first);
  struct memory_client *second = memory_ask(&post);
  memory_gives(second->wire.stream, "hello");
  next_turn();
  assert_true(fake.dialling == 0 && target->told.heads == 2);
  assert_heard(target->stream, "hello");
  memory_says(target, &ok); /* which does not keep it */
  memory_gives(target->stream, "ok");
  assert_over(second, ENDING_COMPLETE, OUTCOME_COMPLETE);
  assert_true(fake_peer_of(target->stream)->closing);
  memory_leave(second);
}

/* An upload that the target does not take waits, and nothing more of it is read. */
static void upload_waits_for_its_target(void **state) {
  static const struct memory_words large = {.method = "POST",
                                            .path = "/",
                                            .framing = FRAMING_CHUNKED,
                                            .fields = {{"Host", "a"}}};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&large);
  struct memory_target *target = memory_target();
  fake_peer_of(target->stream)->room = 2;
  memory_gives(client->wire.stream, "hello");
  next_turn();
  assert_heard(target->stream, "he");
  assert_false(client->peer->reading);
  fake_written(fake_peer_of(target->stream), 0);
  assert_heard(target->stream, "hello");
  assert_true(client->peer->reading);
  memory_leave(client);
}

static void body_beyond_its_bound_is_refused(void **state) {
  static const struct memory_words asks = {.method = "POST",
                                           .path = "/",
                                           .framing = FRAMING_CHUNKED,
                                           .fields = {{"Host", "a"}}};
  static char much[MAX_BODY + 2];
  (void)state;
  memset(much, 'x', sizeof much - 1);
  begin_memory();
  struct memory_client *client = memory_ask(&asks);
  struct memory_target *target = memory_target();
  for (unsigned i = 0; i < 8 && !memory_is_over(client); i++)
    memory_gives(client->wire.stream, much + i * (MAX_BODY / 8));
  assert_int_equal(client->told.head.status, 413);
  assert_over(client, ENDING_BODY_TOO_LARGE, OUTCOME_COMPLETE);
  assert_true(client->exchange.unreadable && fake_peer_of(target->stream)->closing);
  memory_leave(client);
}

/* Behind an early answer the rest of the upload still goes up. */
static void early_answer_does_not_cost_the_upload(void **state) {
  static const struct memory_words empty = {.status = 202, .keeps = true};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&post);
  struct memory_target *target = memory_target();
  memory_gives(client->wire.stream, "he");
  memory_says(target, &empty);
  assert_int_equal(client->told.head.status, 202);
  assert_true(client->peer->shut && !memory_is_over(client));
  memory_gives(client->wire.stream, "llo");
  next_turn();
  assert_heard(target->stream, "hello");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* The answer is whole, but nothing can follow it: what is still to come of the request is not known to end. */
static void upload_that_stops_behind_its_answer_costs_the_connection(void **state) {
  static const struct memory_words empty = {.status = 202, .keeps = true};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&post);
  struct memory_target *target = memory_target();
  memory_gives(client->wire.stream, "he");
  memory_says(target, &empty);
  assert_false(memory_is_over(client));
  for (unsigned i = 0; i < 10 && !memory_is_over(client); i++) (void)fake_pass(2000);
  assert_over(client, ENDING_IDLE, OUTCOME_COMPLETE);
  assert_true(client->exchange.unreadable && fake_peer_of(target->stream)->closing);
  memory_leave(client);
}

static void no_route_is_answered_here(void **state) {
  static const struct memory_words wrong = {.method = "GET", .path = "relative", .fields = {{"Host", "a"}}};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&wrong);
  assert_int_equal(client->told.head.status, 400);
  assert_string_equal(memory_field(&client->told.head, "Content-Type"), "application/json");
  assert_true(heard(client->peer).len > 0 && client->peer->shut);
  assert_over(client, client->exchange.plan.ending.reason, OUTCOME_COMPLETE);
  memory_leave(client);
}

static void nonsense_is_a_bad_gateway(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  memory_refuses(memory_target(), CAUSE_FIELD_NAME);
  assert_int_equal(client->told.head.status, 502);
  assert_int_equal(client->exchange.ending.cause, CAUSE_FIELD_NAME);
  assert_over(client, ENDING_UPSTREAM_NONSENSE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* The head still waits for the first content, which is none: the client is told so instead. */
static void nonsense_behind_a_head_that_waits_is_a_bad_gateway(void **state) {
  static const struct memory_words bad = {.status = 200, .framing = FRAMING_CHUNKED, .nonsense = true};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *target = memory_target();
  client->head = "head";
  fake_append(&fake_peer_of(target->stream)->in, "x", 1);
  target->says = &bad;
  fake_say(fake_peer_of(target->stream), SIZE_MAX);
  assert_int_equal(client->told.head.status, 502);
  assert_int_equal(client->exchange.ending.cause, CAUSE_CHUNK_SIZE);
  assert_over(client, ENDING_UPSTREAM_NONSENSE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* An interim head waits in the client's queue; the next one is not even read. */
static void interim_heads_wait_for_their_client(void **state) {
  static const struct memory_words hints = {.status = 103};
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *target = memory_target();
  client->interim = "hint";
  client->peer->room = 2;
  memory_says(target, &hints);
  memory_says(target, &hints);
  next_turn();
  assert_heard(client->wire.stream, "hi");
  assert_int_equal(client->told.heads, 1);
  fake_written(client->peer, 0);
  next_turn();
  assert_int_equal(client->told.heads, 2);
  memory_leave(client);
}

/* Without memory for any head there is one answer that needs none. */
static void answer_without_memory_is_the_last_resort(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *target = memory_target();
  client->headless = true;
  memory_says(target, &ok);
  assert_int_equal(client->told.head.status, 503);
  assert_int_equal(client->told.heads, 0);
  assert_over(client, ENDING_NO_MEMORY, OUTCOME_COMPLETE);
  assert_int_equal(client->exchange.ending.cause, CAUSE_NO_MEMORY);
  memory_leave(client);
}

static void silent_target_is_given_up(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  (void)memory_target();
  pass(6000);
  assert_int_equal(client->told.head.status, 504);
  assert_over(client, ENDING_RESPONSE_TIMEOUT, OUTCOME_COMPLETE);
  memory_leave(client);
}

static void request_is_held_while_its_target_refuses(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  fake_answer_dial(0, false);
  assert_int_equal(client->exchange.proxy.connector.state, CONNECTOR_HOLD);
  pass(300);
  struct memory_target *target = memory_target();
  memory_says(target, &ok);
  memory_gives(target->stream, "ok");
  assert_over(client, ENDING_COMPLETE, OUTCOME_COMPLETE);
  memory_leave(client);
}

/* A client stops reading when the whole answer is here, queued for it, and the target's connection was given back. */
static void reader_that_stops_before_the_last_bytes_is_idle(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&get);
  struct memory_target *target = memory_target();
  client->peer->room = 0;
  memory_says(target, &endless);
  memory_gives(target->stream, "much");
  memory_ends(target->stream);
  next_turn();
  for (unsigned i = 0; i < 10 && !memory_is_over(client); i++) (void)fake_pass(2000);
  assert_over(client, ENDING_IDLE, OUTCOME_BROKEN);
  memory_leave(client);
}

/* Whose fault it is that a begun answer could not be sent: the log tells. */
static void lost_answer_is_logged(void **state) {
  static const struct {
    int error;
    enum cause cause;
  } rows[] = {{UV_ECONNRESET, CAUSE_CLIENT_LEFT}, {UV_ENOBUFS, CAUSE_NO_MEMORY}};
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    static char lines[LOG_BYTES];
    enum log_channel channel;
    begin_memory();
    struct memory_client *client = memory_ask(&get);
    struct memory_target *target = memory_target();
    memory_says(target, &endless);
    client->peer->write_error = rows[i].error;
    memory_gives(target->stream, "begun");
    next_turn();
    (void)fake_pass(10);
    assert_true(memory_is_over(client) && client->exchange.outcome == OUTCOME_BROKEN);
    size_t len = log_read(&world.log, &channel, lines, sizeof lines - 1);
    lines[len] = '\0';
    assert_non_null(strstr(lines, cause_sentence(rows[i].cause)));
    memory_leave(client);
  }
}

/* No memory to send content: an answer at once, not a wait for one of a target that lives and has nothing to answer. */
static void request_that_finds_no_memory_is_answered_at_once(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&post);
  struct memory_target *target = memory_target();
  fake_peer_of(target->stream)->write_error = UV_ENOBUFS;
  memory_gives(client->wire.stream, "hello");
  assert_int_equal(client->told.head.status, 503);
  assert_true(fake_peer_of(target->stream)->closing && !fake_peer_of(target->stream)->failed);
  assert_over(client, ENDING_NO_MEMORY, OUTCOME_COMPLETE);
  memory_leave(client);
}

static void client_that_leaves_takes_its_request_along(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&post);
  struct memory_target *target = memory_target();
  memory_gives(client->wire.stream, "he");
  fake_break(client->peer);
  assert_over(client, ENDING_CLIENT_LEFT, OUTCOME_BROKEN);
  assert_true(fake_peer_of(target->stream)->closing);
  memory_leave(client);
}

/* A request that ends before its length is over is one whose client has left. */
static void request_that_is_cut_is_not_whole(void **state) {
  (void)state;
  begin_memory();
  struct memory_client *client = memory_ask(&post);
  struct memory_target *target = memory_target();
  memory_gives(client->wire.stream, "he");
  memory_ends(client->wire.stream);
  next_turn();
  assert_false(fake_peer_of(target->stream)->shut);
  assert_over(client, ENDING_CLIENT_LEFT, OUTCOME_BROKEN);
  memory_leave(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(request_and_answer_pass),
      cmocka_unit_test(fields_of_a_route_change),
      cmocka_unit_test(hop_by_hop_fields_stay),
      cmocka_unit_test(request_has_an_id),
      cmocka_unit_test(tunnel_carries_what_both_say),
      cmocka_unit_test(switch_that_nobody_asked_for_is_refused),
      cmocka_unit_test(event_stream_has_no_end),
      cmocka_unit_test(interim_heads_come_first),
      cmocka_unit_test(trailers_pass_both_ways),
      cmocka_unit_test(answer_that_is_cut_is_told_cut),
      cmocka_unit_test(target_that_leaves_is_asked_once_more),
      cmocka_unit_test(post_is_not_asked_twice),
      cmocka_unit_test(connection_serves_the_next_request),
      cmocka_unit_test(upload_waits_for_its_target),
      cmocka_unit_test(body_beyond_its_bound_is_refused),
      cmocka_unit_test(early_answer_does_not_cost_the_upload),
      cmocka_unit_test(upload_that_stops_behind_its_answer_costs_the_connection),
      cmocka_unit_test(no_route_is_answered_here),
      cmocka_unit_test(nonsense_is_a_bad_gateway),
      cmocka_unit_test(nonsense_behind_a_head_that_waits_is_a_bad_gateway),
      cmocka_unit_test(interim_heads_wait_for_their_client),
      cmocka_unit_test(answer_without_memory_is_the_last_resort),
      cmocka_unit_test(silent_target_is_given_up),
      cmocka_unit_test(request_is_held_while_its_target_refuses),
      cmocka_unit_test(reader_that_stops_before_the_last_bytes_is_idle),
      cmocka_unit_test(lost_answer_is_logged),
      cmocka_unit_test(request_that_finds_no_memory_is_answered_at_once),
      cmocka_unit_test(client_that_leaves_takes_its_request_along),
      cmocka_unit_test(request_that_is_cut_is_not_whole),
  };
  return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
