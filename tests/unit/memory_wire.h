/* A wire without text, on both sides: heads are structs, content is what a fake stream (tests/fuzz/fake_net.h) brings and is
 * given, its end is the end of the stream, trailers are fields handed over. Whole exchanges run over it through the real
 * service, proxy and plan; what needs HTTP/1 to happen cannot happen here. */
#ifndef LITEGINX_TESTS_MEMORY_WIRE_H
#define LITEGINX_TESTS_MEMORY_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fuzz/story.h"
#include "liteginx/session/service.h"

enum { MEMORY_FIELDS = 8, MEMORY_TARGETS = 8 };

struct memory_field {
  const char *name, *value;
};

/* What one side says of a message; its content follows by fake_say. */
struct memory_words {
  unsigned status; /* of an answer */
  const char *method, *path;
  enum framing framing; /* FRAMING_LENGTH with `length`, or FRAMING_CHUNKED for content of unknown length */
  uint64_t length;
  unsigned listener; /* of a request: which one of the world's it comes in by */
  bool keeps;        /* of an answer: the connection goes on */
  bool nonsense;     /* its content breaks a rule with the first byte */
  struct memory_field fields[MEMORY_FIELDS], trailers[MEMORY_FIELDS];
};

/* What one side has been told. */
struct memory_told {
  struct arena arena;
  struct head head, trailers;
  struct str path;
  unsigned heads; /* interim ones included */
};

/* A message on its way in. */
struct memory_reader {
  const struct memory_words *words;
  uint64_t left; /* of a known length */
  bool ended;
  struct head *trailers;
};

struct memory_client {
  struct wire_down wire;
  struct exchange exchange;
  struct plan_facts facts;
  struct pool_private own;
  struct fake_peer *peer;
  struct memory_reader reader;
  struct memory_told told;
  const char *interim, *head; /* what such a head looks like on its connection; NULL: it is told without a byte */
  bool headless;              /* no head of an answer finds memory */
  bool running, again;
};

struct memory_target {
  struct wire_up wire;
  struct stream *stream;
  struct memory_told told;
  struct memory_reader reader;
  const struct memory_words *says; /* its next head; NULL: it is silent */
  enum cause refuses;              /* its next head breaks this rule */
  struct head *response;
  struct arena *arena;
  bool freed;
};

static struct {
  struct memory_target *targets[MEMORY_TARGETS]; /* all there were; freed at the end */
  unsigned count;
  bool keeps; /* connections go on behind a message: its end closes no half of them */
} memory;

/* --- heads --- */

static void memory_add(struct head *head, struct str name, struct str value) {
  bool good = head_add(head, arena_dup(head->arena, name), arena_dup(head->arena, value));
  ENSURE(good);
}

static void memory_fill(struct head *head, struct arena *arena, const struct memory_words *words) {
  head_init(head, arena);
  head->method = str_of(words->method ? words->method : "");
  head->request_target = str_of(words->path ? words->path : "");
  head->status = words->status;
  head->reason = STR("");
  head->minor = 1;
  head->keep_alive = words->status == 0 || words->keeps;
  head->framing = words->framing;
  head->content_length = words->length;
  for (unsigned i = 0; i < MEMORY_FIELDS && words->fields[i].name; i++) {
    memory_add(head, str_of(words->fields[i].name), str_of(words->fields[i].value));
  }
}

/* Field by field, as forward decides. */
static void memory_tell(struct memory_told *told, struct forward *forward) {
  struct str value;
  if (told->heads++ == 0) arena_init(&told->arena, NULL, 1 << 20);
  head_init(&told->head, &told->arena);
  head_init(&told->trailers, &told->arena);
  told->head.method = arena_dup(&told->arena, forward->head->method);
  told->head.status = forward->head->status;
  for (unsigned i = 0; i < forward->head->count; i++) {
    if (forward_received(forward, i, &value) == FORWARD_DROP) continue;
    memory_add(&told->head, forward->head->fields[i].name, value);
  }
}

static void memory_add_rules(struct head *head, const struct rules *rules) {
  unsigned at = 0;
  for (const struct rule *rule; (rule = forward_next_rule(rules, &at)) != NULL;)
    memory_add(head, rule->name, rule->value);
}

static void memory_forget(struct memory_told *told) {
  if (told->heads) arena_reset(&told->arena);
}

static const char *memory_field(const struct head *head, const char *name) {
  static char text[256];
  for (unsigned i = 0; i < head->count; i++) {
    if (!str_eq_nocase(head->fields[i].name, str_of(name))) continue;
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(head->fields[i].value));
    return text;
  }
  return "";
}

/* --- content --- */

static void memory_begin(void *message, struct head *trailers) {
  ((struct memory_reader *)message)->trailers = trailers;
}

static enum wire_status memory_read(void *message, struct str in, size_t *used, struct str *span) {
  struct memory_reader *reader = message;
  bool counted = reader->words->framing == FRAMING_LENGTH;
  if (reader->words->framing == FRAMING_NONE || (counted && reader->left == 0)) reader->ended = true;
  if (reader->ended) return WIRE_DONE;
  if (in.len == 0) return WIRE_MORE;
  if (reader->words->nonsense) return WIRE_FAILED;
  *span = counted ? str_upto(in, (size_t)reader->left) : in;
  *used = span->len;
  reader->left -= counted ? span->len : 0;
  return WIRE_SPAN;
}

static enum wire_status memory_finish(void *message) {
  struct memory_reader *reader = message;
  if (!reader->ended && reader->words->framing == FRAMING_LENGTH && reader->left > 0) return WIRE_FAILED;
  reader->ended = true;
  for (unsigned i = 0; i < MEMORY_FIELDS && reader->words->trailers[i].name; i++) {
    memory_add(reader->trailers, str_of(reader->words->trailers[i].name), str_of(reader->words->trailers[i].value));
  }
  return WIRE_DONE;
}

static uint64_t memory_plain(const void *message) {
  return ((const struct memory_reader *)message)->left;
}

static void memory_skip(void *message, uint64_t len) {
  ((struct memory_reader *)message)->left -= len;
}

static enum cause memory_fault(const void *message, struct str *culprit) {
  const struct memory_reader *reader = message;
  *culprit = STR("");
  return reader->words->nonsense ? CAUSE_CHUNK_SIZE : CAUSE_UPSTREAM_CUT;
}

static const struct wire_reader_ops memory_reader_ops = {memory_begin, memory_read, memory_finish,
                                                         memory_plain, memory_skip, memory_fault};

static struct wire_source memory_source(struct memory_reader *reader, const struct memory_words *words,
                                        const struct head *head) {
  *reader = (struct memory_reader){.words = words, .left = words->length};
  return (struct wire_source){&memory_reader_ops, reader, head};
}

static void memory_before(void *message, struct slices *out, size_t len, bool begun) {
  (void)message, (void)out, (void)len, (void)begun;
}

static void memory_behind(void *message, struct slices *out) {
  (void)message, (void)out;
}

static bool memory_end(void *message, struct slices *out, const struct head *trailers, bool begun) {
  struct memory_told *told = message;
  (void)out, (void)begun;
  for (unsigned i = 0; i < trailers->count; i++) {
    memory_add(&told->trailers, trailers->fields[i].name, trailers->fields[i].value);
  }
  return true;
}

static const struct wire_writer_ops memory_writer_ops = {memory_before, memory_behind, memory_end};

static void memory_sink(struct wire_sink *sink, struct memory_told *told) {
  sink->head = STR("");
  sink->writer = (struct wire_writer){&memory_writer_ops, told};
  sink->half_closes = !memory.keeps;
}

/* --- the client's side --- */

static struct memory_client *memory_client_of(struct wire_down *wire) {
  return container_of(wire, struct memory_client, wire);
}

static struct wire_source memory_content(struct wire_down *wire) {
  struct memory_client *client = memory_client_of(wire);
  return memory_source(&client->reader, client->reader.words, &client->exchange.request);
}

static struct str memory_interim(struct wire_down *wire, const struct forward_response *interim) {
  struct memory_client *client = memory_client_of(wire);
  struct forward forward;
  forward_begin_response(&forward, interim);
  memory_tell(&client->told, &forward);
  return str_of(client->interim ? client->interim : "");
}

static bool memory_answer(struct wire_down *wire, const struct wire_answer *answer, struct wire_sink *sink) {
  struct memory_told *told = &memory_client_of(wire)->told;
  struct forward forward;
  if (memory_client_of(wire)->headless) return false;
  forward_begin_response(&forward, &answer->forward);
  memory_tell(told, &forward);
#define MEMORY_ADD(id, name, value) \
  if (forward_lacks(&forward, id) && (value).len) memory_add(&told->head, STR(name), value);
  FORWARD_RESPONSE_OWN(MEMORY_ADD, &forward)
  if (answer->forward.changes) memory_add_rules(&told->head, &answer->forward.changes->rules);
  memory_sink(sink, told);
  if (memory_client_of(wire)->head) sink->head = str_of(memory_client_of(wire)->head);
  return true;
}

static void memory_last_resort(struct wire_down *wire, struct wire_sink *sink) {
  static const struct wire_sink nothing = {.half_closes = true};
  memory_client_of(wire)->told.head.status = 503;
  *sink = nothing;
  sink->head = STR("");
}

static const struct wire_down_ops memory_down_ops = {memory_content, memory_interim, memory_answer, memory_last_resort};

static void memory_run(void *owner) {
  struct memory_client *client = owner;
  client->again = true;
  if (client->running) return;
  client->running = true;
  while (client->again) {
    client->again = false;
    if (client->exchange.state != EXCHANGE_DONE) service_run(&client->exchange);
  }
  client->running = false;
}

static void memory_break(void *owner, int status) {
  struct memory_client *client = owner;
  if (client->exchange.state == EXCHANGE_DONE) return;
  bool local = stream_lacks_memory(status);
  exchange_end(&client->exchange, ending_make(local ? ENDING_NO_MEMORY : ENDING_CLIENT_LEFT,
                                              local ? ENDING_SELF : ENDING_DOWNSTREAM, status));
}

static void memory_drained(void *owner) {
  struct memory_client *client = owner;
  if (stream_lost(client->wire.stream) < 0) memory_break(client, stream_lost(client->wire.stream));
  memory_run(client);
}

static const struct stream_events memory_events = {.on_bytes = memory_run,
                                                   .on_end = memory_run,
                                                   .on_fail = memory_break,
                                                   .on_drained = memory_drained};

/* A client asks; what it says must last as long as it. */
static struct memory_client *memory_ask(const struct memory_words *words) {
  struct memory_client *client = calloc(1, sizeof *client);
  ENSURE(client);
  client->peer = fake_peer_new(&world.loop, FAKE_CLIENT_HTTP, 0);
  client->wire =
      (struct wire_down){.ops = &memory_down_ops, .stream = &client->peer->stream, .run = memory_run, .owner = client};
  client->facts.listener = &world.snapshot->listeners[words->listener];
  stream_facts(client->wire.stream, &client->facts.peer);
  plan_facts_port(&client->facts, 80);
  pool_private_init(&client->own);
  stream_own(client->wire.stream, &memory_events, client);
  stream_bound(client->wire.stream, 1024, 1024);
  stream_read(client->wire.stream, true);
  exchange_init(&client->exchange);
  struct exchange_place place = {&client->wire, &sessions, &client->facts, &client->own};
  exchange_begin(&client->exchange, &place);
  client->reader.words = words;
  memory_fill(&client->exchange.request, &client->exchange.arena, words);
  service_start(&client->exchange);
  memory_run(client);
  return client;
}

static bool memory_is_over(const struct memory_client *client) {
  return client->exchange.state == EXCHANGE_DONE;
}

/* Cuts what still runs of it; the next client may come. */
static void memory_part(struct memory_client *client) {
  if (!memory_is_over(client)) exchange_end(&client->exchange, ending_make(ENDING_DRAIN, ENDING_SELF, 0));
  exchange_release(&client->exchange);
  exchange_discard(&client->exchange, &world.loop);
  pool_private_close(&client->own);
  stream_close(client->wire.stream, false);
  memory_forget(&client->told);
  free(client);
}

/* The last client goes: gives everything back, and finds nothing left. */
static void memory_leave(struct memory_client *client) {
  memory_part(client);
  reception_close(&sessions);
  fake_close_all();
  for (unsigned i = 0; i < memory.count; i++) {
    ENSURE(memory.targets[i]->freed);
    memory_forget(&memory.targets[i]->told);
    free(memory.targets[i]);
  }
  memory.count = 0;
  ENSURE(world.loop.streams == 0 && world.loop.deadlines.armed == 0 && fake.dialling == 0 &&
         atomic_load(world.loop.dialled) == 0);
  leave_world();
}

/* --- the target's side --- */

static struct memory_target *memory_target_of(const struct wire_up *wire) {
  return container_of((struct wire_up *)(uintptr_t)wire, struct memory_target, wire);
}

static bool memory_send(struct wire_up *wire, struct wire_request *sent, struct wire_sink *sink) {
  const struct forward_request *request = sent->forward;
  struct memory_told *told = &memory_target_of(wire)->told;
  struct forward forward;
  forward_begin_request(&forward, request);
  memory_tell(told, &forward);
  FORWARD_REQUEST_OWN(MEMORY_ADD, &forward)
  if (request->rules) memory_add_rules(&told->head, request->rules);
  told->path = arena_printf(&told->arena, "%.*s%.*s", STR_ARG(request->path), STR_ARG(request->parts->query));
  memory_sink(sink, told);
  return true;
}

static void memory_await(struct wire_up *wire, struct head *response, struct arena *arena, struct str method) {
  struct memory_target *target = memory_target_of(wire);
  (void)method;
  target->response = response;
  target->arena = arena;
}

static enum wire_status memory_head(struct wire_up *wire) {
  struct memory_target *target = memory_target_of(wire);
  if (target->refuses != CAUSE_NONE) return WIRE_FAILED;
  if (!target->says) return WIRE_MORE;
  memory_fill(target->response, target->arena, target->says);
  target->reader.words = target->says;
  target->says = NULL;
  return WIRE_DONE;
}

static struct str memory_begun(const struct wire_up *wire) {
  (void)wire;
  return STR("");
}

static enum cause memory_head_fault(const struct wire_up *wire, struct str *culprit) {
  *culprit = STR("");
  return memory_target_of(wire)->refuses;
}

static struct wire_source memory_answer_content(struct wire_up *wire) {
  struct memory_target *target = memory_target_of(wire);
  return memory_source(&target->reader, target->reader.words, target->response);
}

static void memory_free(struct wire_up *wire) {
  memory_target_of(wire)->freed = true;
}

static const struct wire_up_ops memory_up_ops = {memory_send,       memory_await,          memory_head, memory_begun,
                                                 memory_head_fault, memory_answer_content, memory_free};

static struct wire_up *memory_up_new(struct stream *stream, const struct wire_limits *bounds) {
  struct memory_target *target = calloc(1, sizeof *target);
  (void)bounds;
  ENSURE(target && memory.count < MEMORY_TARGETS);
  memory.targets[memory.count++] = target;
  target->wire.ops = &memory_up_ops;
  target->stream = stream;
  return &target->wire;
}

/* The connection that was asked for last is made. */
static struct memory_target *memory_target(void) {
  ENSURE(fake.dialling == 1);
  fake_answer_dial(0, true);
  return memory.targets[memory.count - 1];
}

/* Its wire has a head, and wakes who waits for it. */
static void memory_says(struct memory_target *target, const struct memory_words *words) {
  target->says = words;
  target->stream->events->on_bytes(target->stream->owner);
}

static void memory_refuses(struct memory_target *target, enum cause cause) {
  target->refuses = cause;
  target->stream->events->on_bytes(target->stream->owner);
}

/* --- what is said by either --- */

static void memory_gives(struct stream *stream, const char *content) {
  struct fake_peer *peer = fake_peer_of(stream);
  fake_append(&peer->in, content, strlen(content));
  fake_say(peer, SIZE_MAX);
}

/* Its content ends here; it is read to learn that. */
static void memory_ends(struct stream *stream) {
  fake_end(fake_peer_of(stream));
}

static void begin_memory(void) {
  begin_story();
  sessions.pool.new_wire = memory_up_new;
  memory.keeps = false;
}

#endif
