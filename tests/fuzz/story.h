/* Whole connections in memory: HTTP and TCP clients, the sessions that serve them, the targets behind; for the fuzzer
 * that drives them (connection_fuzz.c), and for the stories that it has found (tests/unit/connection_test.c).
 *
 * After what happened nobody does anything any more, and all must end by its own deadlines. What the peers were told is
 * judged at last: a target has seen nothing but requests that our parser accepts in what a client said, in full or cut;
 * what a client takes for a whole response is whole, and what a target said to this very request, after it had begun to
 * hear it; bytes over TCP are the ones that were sent, and their end is told
 * only where they have ended. */
#ifndef LITEGINX_TESTS_FUZZ_STORY_H
#define LITEGINX_TESTS_FUZZ_STORY_H

#include <stdio.h>

#include "fake_net.h"
#include "liteginx/config/load.h"
#include "liteginx/http/request_target.h"
#include "liteginx/route/path.h"
#include "liteginx/session/reception.h"
#include "liteginx/wire/parser.h"

enum { HTTP_TARGET = 1, HTTP_TARGETS = 3, TCP_TARGET = 4, CLIENTS_MAX = 4, MESSAGES_MAX = 64 };
enum { MAX_BODY = 4096, QUIET_MS = 400 * 1000, LOG_BYTES = 64 * 1024 };

/* What stays from story to story. */
static struct {
  bool made;
  struct loop loop;
  struct log log;
  struct target_table table;
  struct snapshot *snapshot;
} world;

static struct sessions sessions;

/* --- the world --- */

static const char config_text[] =
    "settings: {max_header_bytes: 1KiB, max_header_fields: 12, max_body_bytes: 4096, upstream_idle: 2}\n"
    "---\nname: web\nspec:\n"
    "  - {kind: http, listen: 80, path: /, hold: 1s, timeouts: {connect: 3s, response: 5s, idle: 5s},\n"
    "     targets: [{host: 127.0.0.1, port: 1}]}\n"
    "  - {kind: http, listen: 80, path: /two, hold: 0s, timeouts: {connect: 3s, response: 5s, idle: 5s},\n"
    "     targets: [{host: 127.0.0.1, port: 2}, {host: 127.0.0.1, port: 3}]}\n"
    "---\nname: tcp\nspec:\n"
    "  - {kind: tcp, listen: 90, hold: 1s, timeouts: {connect: 3s, idle: 5s}, targets: [{host: 127.0.0.1, port: 4}]}\n"
    "---\nname: changed\nspec:\n"
    "  - {kind: http, listen: 81, path: /changed, rewrite: /, cors: true, host_header: target,\n"
    "     headers: {request: {set: {X-Path: '{path}'}, remove: [Cookie]}, response: {remove: [Server]}},\n"
    "     targets: [{host: 127.0.0.1, port: 5}]}\n";

static const char *no_env(void *owner, const char *name) {
  (void)owner;
  (void)name;
  return NULL;
}

static void on_wake(void *owner) {
  (void)owner;
}

static void on_session_closed(void *owner) {
  (void)owner;
}

static void make_world(void) {
  struct config_text text = {STR("f.yaml"), str_of(config_text)};
  struct config_report report;
  if (world.made) return;
  world.made = true;
  config_report_init(&report);
  struct config *config = config_load(&text, 1, no_env, NULL, &report);
  ENSURE(config);
  config_report_free(&report);
  target_table_init(&world.table);
  world.snapshot = snapshot_new(config, &world.table);
  ENSURE(world.snapshot && world.snapshot->listener_count == 3);
  int status = log_init(&world.log, LOG_BYTES, on_wake, NULL);
  ENSURE(status == 0);
  status = loop_init(&world.loop);
  ENSURE(status == 0);
}

/* No line holds anything that a terminal would obey. */
static void read_log(void) {
  static char lines[LOG_BYTES];
  enum log_channel channel;
  for (size_t len; (len = log_read(&world.log, &channel, lines, sizeof lines)) > 0;) {
    for (size_t i = 0; i < len; i++) ENSURE(lines[i] == '\n' || ((unsigned char)lines[i] >= ' ' && lines[i] != 0x7f));
  }
}

/* --- what happens --- */

/* What libuv's prepare does between two turns of the loop. */
static void next_turn(void) {
  fake_end_turn();
  loop_end_turn(&world.loop);
}

static inline void open_client(bool tcp) {
  unsigned clients = 0;
  bool have_tcp = false;
  for (unsigned i = 0; i < fake.count; i++) {
    clients += fake.peers[i]->role != FAKE_TARGET;
    have_tcp = have_tcp || fake.peers[i]->role == FAKE_CLIENT_TCP;
  }
  if (clients == CLIENTS_MAX || (tcp && have_tcp) || sessions.draining) return;
  struct fake_peer *peer = fake_peer_new(&world.loop, tcp ? FAKE_CLIENT_TCP : FAKE_CLIENT_HTTP, 0);
  if (peer) reception_accept(&sessions, &peer->stream, &world.snapshot->listeners[tcp ? 1 : 0], tcp ? 90 : 80);
}

static inline void pass(uint64_t ms) {
  for (uint64_t until_ms = fake.now_ms + ms; fake.now_ms < until_ms;) (void)fake_pass(until_ms - fake.now_ms);
}

static size_t all_heard(void) {
  size_t bytes = 0;
  for (unsigned i = 0; i < fake.count; i++) bytes += fake.peers[i]->out.len;
  return bytes;
}

/* Nobody says, takes or answers anything any more but what `habits` allow: all must end by its own deadlines. Requests that
 * wait behind each other have one each, so what counts is the time in which nobody hears anything. */
static void fall_silent(unsigned habits) {
  size_t heard = all_heard();
  for (uint64_t until_ms = fake.now_ms + QUIET_MS; sessions.open && fake.now_ms < until_ms;) {
    for (unsigned i = 0; i < fake.count; i++) {
      struct fake_peer *peer = fake.peers[i];
      if (peer->failed) fake_break(peer); /* reading tells, sooner or later */
      if (habits & 1) fake_written(peer, 0);
      if (habits & 2 && peer->role != FAKE_TARGET) fake_end(peer);
      if (habits & 4 && peer->role == FAKE_TARGET) fake_end(peer);
    }
    if (habits & 8) fake_answer_dial(0, false);
    fake_close_all();
    next_turn();
    (void)fake_pass(2000);
    if (heard != all_heard()) until_ms = fake.now_ms + QUIET_MS;
    heard = all_heard();
  }
  fake_close_all();
  ENSURE(sessions.open == 0);
}

/* --- what was said and heard --- */

struct seen {
  struct str method, target; /* the target in its normal form */
  unsigned status;
  struct fake_bytes body;
  size_t start; /* of its first byte, and of interim responses to the same request */
  bool whole;
  bool tunnel; /* nothing behind it is HTTP */
};

struct story {
  struct seen messages[MESSAGES_MAX];
  unsigned count;
  struct arena arena;
  bool broken;     /* what follows is no message */
  size_t rest_len; /* behind the last message */
};

static const struct wire_limits limits = {.max_head_bytes = 1024, .max_fields = 12};
static const struct wire_limits own_limits = {.max_head_bytes = 16 * 1024, .max_fields = 64};

static void read_body(struct parser *parser, struct str *rest, bool ended, struct seen *message, struct story *story) {
  for (;;) {
    struct str span;
    size_t used = 0;
    enum wire_status status = parser_body(parser, *rest, &used, &span);
    *rest = str_from(*rest, used);
    if (status == WIRE_SPAN) {
      fake_append(&message->body, span.ptr, span.len);
      continue;
    }
    message->whole = status == WIRE_DONE || (status == WIRE_MORE && ended && parser_finish(parser) == WIRE_DONE);
    if (status == WIRE_FAILED) story->broken = true;
    return;
  }
}

/* The normal form in which a target goes up. */
static struct str normal_target(const struct head *head) {
  struct request_target parts;
  struct str path;
  struct str what;
  if (request_target_parse(head, &parts, &what) != CAUSE_NONE) return STR("");
  if (parts.form == FORM_ASTERISK || path_normalise(head->arena, parts.path, &path) != PATH_OK) return STR("*");
  return arena_printf(head->arena, "%.*s%.*s", STR_ARG(path), STR_ARG(parts.query));
}

static void tell_requests(struct story *story, struct str bytes, const struct wire_limits *bounds) {
  const char *first = bytes.ptr;
  struct parser parser;
  *story = (struct story){.count = 0};
  arena_init(&story->arena, NULL, 1 << 22);
  parser_init(&parser, PARSER_REQUEST, bounds);
  while (bytes.len && story->count < MESSAGES_MAX) {
    struct head *head = arena_alloc(&story->arena, sizeof *head);
    size_t used = 0;
    ENSURE(head);
    parser_begin(&parser, head, &story->arena);
    enum wire_status status = parser_head(&parser, bytes, &used);
    story->broken = status == WIRE_FAILED;
    if (status != WIRE_DONE) break;
    struct seen *message = &story->messages[story->count++];
    message->start = (size_t)(bytes.ptr - first);
    bytes = str_from(bytes, used);
    message->method = head->method;
    message->target = normal_target(head);
    message->tunnel = head_has(head, FIELD_UPGRADE);
    read_body(&parser, &bytes, false, message, story);
    if (!message->whole || story->broken) break;
  }
  story->rest_len = bytes.len;
}

/* Responses to `asked`, which tells of HEAD. */
static void tell_responses(struct story *story, struct str bytes, const struct wire_limits *bounds, bool ended,
                           const struct story *asked) {
  const char *first = bytes.ptr;
  struct parser parser;
  unsigned answered = 0;
  size_t start = 0;
  *story = (struct story){.count = 0};
  arena_init(&story->arena, NULL, 1 << 22);
  parser_init(&parser, PARSER_RESPONSE, bounds);
  while (bytes.len && story->count < MESSAGES_MAX) {
    struct head *head = arena_alloc(&story->arena, sizeof *head);
    size_t used = 0;
    ENSURE(head);
    struct str method = answered < asked->count ? asked->messages[answered].method : STR("GET");
    parser_begin_response(&parser, head, &story->arena, method);
    enum wire_status status = parser_head(&parser, bytes, &used);
    story->broken = status == WIRE_FAILED;
    if (status != WIRE_DONE) break;
    bytes = str_from(bytes, used);
    if (head->status / 100 == 1 && head->status != 101) continue;
    answered++;
    struct seen *message = &story->messages[story->count++];
    message->start = start;
    message->status = head->status;
    message->method = method;
    message->tunnel = head->status == 101;
    read_body(&parser, &bytes, ended, message, story);
    start = (size_t)(bytes.ptr - first);
    if (!message->whole || story->broken || message->tunnel) break;
  }
  story->rest_len = bytes.len;
}

static void forget_story(struct story *story) {
  for (unsigned i = 0; i < story->count; i++) free(story->messages[i].body.bytes);
  arena_reset(&story->arena);
}

/* --- judging --- */

static struct str said(const struct fake_peer *peer) {
  return str_make(peer->in.bytes, peer->delivered);
}

static struct str heard(const struct fake_peer *peer) {
  return str_make(peer->out.bytes, peer->out.len);
}

static struct str body_of(const struct seen *message) {
  return str_make(message->body.bytes, message->body.len);
}

static bool begins_with(struct str whole, struct str part) {
  return part.len <= whole.len && str_eq(str_upto(whole, part.len), part);
}

static bool same_request(const struct seen *asked, const struct seen *passed) {
  if (!str_eq(asked->method, passed->method) || !str_eq(asked->target, passed->target)) return false;
  if (passed->whole) return asked->whole && str_eq(body_of(asked), body_of(passed));
  return begins_with(body_of(asked), body_of(passed));
}

/* Did any client ask for this? */
static bool was_asked(const struct seen *passed) {
  bool found = false;
  for (unsigned i = 0; i < fake.count && !found; i++) {
    struct story asked;
    if (fake.peers[i]->role != FAKE_CLIENT_HTTP) continue;
    tell_requests(&asked, said(fake.peers[i]), &limits);
    for (unsigned m = 0; m < asked.count; m++) found = found || same_request(&asked.messages[m], passed);
    forget_story(&asked);
  }
  return found;
}

/* Was the m-th response there before its request went? Then it is surplus, and answers nobody. But on a connection that
 * had been idle for a whole turn nobody looks again between the loop's last look and the request, in one turn. */
static bool is_surplus(const struct fake_peer *peer, size_t response, size_t request) {
  struct fake_mark arrived = fake_when(&peer->arrivals, response), heard = fake_when(&peer->hearings, request);
  bool idle = fake_when(&peer->deliveries, response - 1).turn < heard.turn;
  return arrived.step < heard.step && !(idle && arrived.turn == heard.turn);
}

/* Did any target answer this, whole, to this request, which it had heard? (Some say that they are too busy before they
 * hear any.) */
static bool was_answered(const struct seen *told, const struct seen *request) {
  bool found = false;
  for (unsigned i = 0; i < fake.count && !found; i++) {
    const struct fake_peer *peer = fake.peers[i];
    struct story asked, answered;
    if (peer->role != FAKE_TARGET || peer->port > HTTP_TARGETS) continue;
    tell_requests(&asked, heard(peer), &own_limits);
    tell_responses(&answered, said(peer), &limits, peer->end_sent, &asked);
    for (unsigned m = 0; m < answered.count; m++) {
      const struct seen *message = &answered.messages[m];
      /* Of a part of it, too: it may be an answer to that. */
      bool part = m == asked.count && asked.rest_len > 0;
      bool heard_of = m < asked.count ? same_request(request, &asked.messages[m]) : part || (m == 0 && peer->failed);
      bool fits = message->whole && message->status == told->status && str_eq(body_of(message), body_of(told));
      size_t at = m < asked.count ? asked.messages[m].start : peer->out.len - asked.rest_len;
      found = found || (fits && heard_of && (m == 0 || !is_surplus(peer, message->start, at)));
    }
    forget_story(&answered);
    forget_story(&asked);
  }
  return found;
}

static bool is_ours(const struct seen *told) {
  struct str body = body_of(told);
  bool headless = body.len == 0 && (told->status == 204 || str_eq(told->method, STR("HEAD")));
  return headless || begins_with(body, STR("{\"detail\":\"")) || begins_with(body, STR("<!doctype html>")) ||
         (told->status == 503 && body.len == 0);
}

static void judge_target(const struct fake_peer *peer) {
  struct story passed, answered;
  tell_requests(&passed, heard(peer), &own_limits);
  tell_responses(&answered, said(peer), &limits, peer->end_sent, &passed);
  bool tunnel = answered.count && answered.messages[answered.count - 1].tunnel;
  unsigned judged = tunnel ? answered.count : passed.count;
  ENSURE(tunnel || !passed.broken);
  for (unsigned i = 0; i < judged && i < passed.count; i++) ENSURE(was_asked(&passed.messages[i]));
  forget_story(&answered);
  forget_story(&passed);
}

static void judge_client(const struct fake_peer *peer) {
  struct story asked, told;
  bool proper_end = !peer->reset && !peer->failed;
  tell_requests(&asked, said(peer), &limits);
  tell_responses(&told, heard(peer), &own_limits, proper_end, &asked);
  ENSURE(!told.broken);
  for (unsigned i = 0; i < told.count; i++) {
    const struct seen *message = &told.messages[i];
    if (message->whole && !is_ours(message)) ENSURE(i < asked.count && was_answered(message, &asked.messages[i]));
  }
  forget_story(&told);
  forget_story(&asked);
}

/* `to` heard what `from` said; was it all, where `to` was told the end? */
static void judge_bytes(const struct fake_peer *from, const struct fake_peer *to) {
  ENSURE(begins_with(said(from), heard(to)));
  bool end = to->shut || (to->closing && !to->reset);
  if (end && !to->failed) ENSURE(from->end_sent && to->out.len == from->delivered);
}

/* One input with FUZZ_STORY set: prints what everybody said and heard. */
static void print_story(void) {
  if (!getenv("FUZZ_STORY")) return;
  for (unsigned i = 0; i < fake.count; i++) {
    static const char *const roles[] = {"http client", "tcp client", "target"};
    const struct fake_peer *peer = fake.peers[i];
    fprintf(stderr, "--- %u: %s %u%s%s%s%s\nsaid: %.*s\nheard: %.*s\n", i, roles[peer->role], peer->port,
            peer->end_sent ? ", ended" : "", peer->failed ? ", broke" : "", peer->shut ? ", told the end" : "",
            peer->reset ? ", reset" : "", STR_ARG(said(peer)), STR_ARG(heard(peer)));
  }
}

static void judge(void) {
  const struct fake_peer *tcp_client = NULL, *tcp_target = NULL;
  for (unsigned i = 0; i < fake.count; i++) {
    const struct fake_peer *peer = fake.peers[i];
    if (peer->role == FAKE_CLIENT_HTTP) judge_client(peer);
    if (peer->role == FAKE_TARGET && peer->port <= HTTP_TARGETS) judge_target(peer);
    if (peer->role == FAKE_CLIENT_TCP) tcp_client = peer;
    if (peer->role == FAKE_TARGET && peer->port == TCP_TARGET) tcp_target = peer;
  }
  if (!tcp_client || !tcp_target) return;
  judge_bytes(tcp_client, tcp_target);
  judge_bytes(tcp_target, tcp_client);
}

/* --- from the beginning to the end --- */

static void begin_story(void) {
  make_world();
  sessions_init(&sessions, &world.loop, &world.log, world.snapshot, 0, 1, 8, on_session_closed, NULL);
}

static void leave_world(void);

/* All fall silent, are judged and forgotten. */
static inline void end_story(unsigned habits) {
  fall_silent(habits);
  reception_close(&sessions);
  fake_close_all();
  ENSURE(world.loop.streams == 0 && world.loop.deadlines.armed == 0 && fake.dialling == 0 &&
         atomic_load(world.loop.dialled) == 0);
  print_story();
  judge();
  leave_world();
}

/* What stays of it stays as it was before. */
static void leave_world(void) {
  sessions_free(&sessions);
  ENSURE(atomic_load(&world.snapshot->references) == 1);
  fake_free_all();
  read_log();
  for (unsigned i = 0; i < world.snapshot->listener_count; i++) {
    for (unsigned r = 0; r < world.snapshot->listeners[i].route_count; r++) {
      atomic_store(&world.snapshot->listeners[i].routes[r].position, 0);
    }
  }
  LIST_EACH(node, &world.table.targets) target_answered(container_of(node, struct target, node));
}

#endif
