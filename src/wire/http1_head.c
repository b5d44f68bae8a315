/* The room for the result is computed first, a little too large, so that writing it is nothing but copying. Lines that stay
 * as they were received, the start line included, are copied in runs: mostly there is one. */
#include "liteginx/wire/http1_head.h"

#include "liteginx/http/cors.h"
#include "liteginx/wire/parser.h"

struct writer {
  char *start, *at, *end;
  struct str run; /* received lines to be copied as they stand, as soon as something else is written */
};

enum { FIXED_BYTES = 160 }; /* start line, and what is said of the connection */

static bool writer_init(struct writer *writer, struct arena *arena, size_t bytes);
static struct str written(struct writer *writer, const struct forward *forward);
static void start_request(struct writer *writer, const struct forward_request *request);
static void start_response(struct writer *writer, const struct head *head);
static void put_received(struct writer *writer, struct forward *forward);
static inline void put_own(struct writer *writer, struct str name, struct str value);
static void put_request_own(struct writer *writer, const struct forward *forward);
static void put_response_own(struct writer *writer, const struct forward *forward);
ENSURE_APART static void put_rules(struct writer *writer, const struct rules *rules);
ENSURE_APART static void put_changes(struct writer *writer, const struct forward_response *response);
static inline char *copy_value(char *at, struct str value);
static void put_connection(struct writer *writer, struct str upgrade, bool trailers, bool close);

/* --- writing --- */

static inline void put_bytes(struct writer *writer, struct str s) {
  ENSURE(s.len <= (size_t)(writer->end - writer->at));
  memcpy(writer->at, s.ptr, s.len);
  writer->at += s.len;
}

static void end_run(struct writer *writer) {
  struct str run = writer->run;
  writer->run = (struct str){NULL, 0};
  put_bytes(writer, run);
}

static inline void put(struct writer *writer, struct str s) {
  if (writer->run.len) end_run(writer);
  if (s.len) put_bytes(writer, s);
}

/* A line as it was received. */
static void put_line(struct writer *writer, struct str line) {
  if (writer->run.len && line.ptr == writer->run.ptr + writer->run.len) {
    writer->run.len += line.len;
    return;
  }
  if (writer->run.len) end_run(writer);
  writer->run = line;
}

/* --- heads --- */

struct str http1_write_request(const struct forward_request *request) {
  const struct head *head = request->head;
  struct str upgrade = forward_upgrade(head);
  if (!upgrade.ptr) return upgrade;
  struct writer writer;
  size_t bytes = FIXED_BYTES + head->method.len + request->path.len + request->parts->query.len + request->host.len +
                 upgrade.len + forward_request_bytes(request);
  if (!writer_init(&writer, head->arena, bytes)) return (struct str){NULL, 0};
  struct forward forward;
  forward_begin_request(&forward, request);
  start_request(&writer, request);
  put_received(&writer, &forward);
  put_request_own(&writer, &forward);
  if (request->rules) put_rules(&writer, request->rules);
  if (head->framing == FRAMING_CHUNKED) put(&writer, STR("Transfer-Encoding: chunked\r\n"));
  bool trailers = head->minor && head_has_token(head, FIELD_TE, STR("trailers"));
  if (upgrade.len || trailers || request->close)
    put_connection(&writer, upgrade, trailers, request->close && !upgrade.len);
  put(&writer, STR("\r\n"));
  return written(&writer, &forward);
}

struct str http1_write_response(const struct forward_response *response, const struct http1_answer *answer) {
  const struct head *head = response->head;
  /* 426 must say to what (RFC 9110 §15.5.22); HTTP by another name is none that would pass. */
  bool required = head->status == 426 && !answer->old;
  struct str upgrade = response->switches || required ? forward_upgrade_of(head, required) : STR("");
  struct writer writer;
  size_t bytes = FIXED_BYTES + head->reason.len + upgrade.len + forward_response_bytes(response);
  if (!upgrade.ptr || !writer_init(&writer, head->arena, bytes)) return (struct str){NULL, 0};
  struct forward forward;
  forward_begin_response(&forward, response);
  start_response(&writer, head);
  put_received(&writer, &forward);
  put_response_own(&writer, &forward);
  if (response->changes) put_changes(&writer, response);
  if (answer->chunked) put(&writer, STR("Transfer-Encoding: chunked\r\n"));
  if (upgrade.len || answer->close) put_connection(&writer, upgrade, false, answer->close);
  put(&writer, STR("\r\n"));
  return written(&writer, &forward);
}

enum cause http1_read_request(struct str text, const struct wire_limits *limits, struct head *head, struct arena *arena,
                              struct str *culprit) {
  struct parser parser;
  size_t used;
  parser_init(&parser, PARSER_REQUEST, limits);
  parser_begin(&parser, head, arena);
  enum wire_status status = parser_head(&parser, text, &used);
  *culprit = parser.culprit;
  return status == WIRE_DONE ? CAUSE_NONE : parser.fault;
}

static bool writer_init(struct writer *writer, struct arena *arena, size_t bytes) {
  writer->start = writer->at = arena_alloc(arena, bytes);
  writer->end = writer->start ? writer->start + bytes : NULL;
  writer->run = (struct str){NULL, 0};
  return writer->start != NULL;
}

static struct str written(struct writer *writer, const struct forward *forward) {
  if (writer->run.len) end_run(writer);
  return forward->failed ? (struct str){NULL, 0} : str_make(writer->start, (size_t)(writer->at - writer->start));
}

static void start_request(struct writer *writer, const struct forward_request *request) {
  const struct head *head = request->head;
  bool same_target = request->path.ptr == head->request_target.ptr &&
                     request->path.len + request->parts->query.len == head->request_target.len;
  if (head->line.len && head->minor == 1 && same_target) {
    put_line(writer, head->line);
  } else {
    put(writer, head->method);
    put(writer, STR(" "));
    put(writer, request->path);
    put(writer, request->parts->query);
    put(writer, STR(" HTTP/1.1\r\n"));
  }
  if (head_has(head, FIELD_HOST)) return;
  put(writer, STR("Host: "));
  put(writer, request->host);
  put(writer, STR("\r\n"));
}

static void start_response(struct writer *writer, const struct head *head) {
  char digits[STR_DECIMAL_BYTES];
  if (head->minor == 1 && head->line.len == strlen("HTTP/1.1 200 \r\n") + head->reason.len) {
    put_line(writer, head->line);
    return;
  }
  put(writer, STR("HTTP/1.1 "));
  put(writer, str_of_u64(digits, head->status));
  put(writer, STR(" "));
  put(writer, head->reason);
  put(writer, STR("\r\n"));
}

static void put_received(struct writer *writer, struct forward *forward) {
  const struct head *head = forward->head;
  for (unsigned i = 0; i < head->count; i++) {
    const struct field *field = &head->fields[i];
    struct str value;
    enum forward_verdict verdict = forward_received(forward, i, &value);
    if (verdict == FORWARD_DROP) continue;
    if (verdict == FORWARD_KEEP && field->plain) {
      put_line(writer, str_make(field->name.ptr, field->name.len + value.len + strlen(": \r\n")));
      continue;
    }
    put(writer, field->name);
    put(writer, STR(": "));
    put(writer, value);
    put(writer, STR("\r\n"));
  }
}

/* `name` with its colon and space. */
static inline void put_own(struct writer *writer, struct str name, struct str value) {
  if (value.len == 0) return;
  ENSURE(name.len + value.len + strlen("\r\n") <= (size_t)(writer->end - writer->at));
  memcpy(writer->at, name.ptr, name.len);
  writer->at = copy_value(writer->at + name.len, value);
  memcpy(writer->at, "\r\n", 2);
  writer->at += 2;
}

#define PUT_OWN(id, name, value) \
  if (forward_lacks(forward, id)) put_own(writer, STR(name ": "), value);

static void put_request_own(struct writer *writer, const struct forward *forward) {
  if (writer->run.len) end_run(writer);
  FORWARD_REQUEST_OWN(PUT_OWN, forward)
}

static void put_response_own(struct writer *writer, const struct forward *forward) {
  if (writer->run.len) end_run(writer);
  FORWARD_RESPONSE_OWN(PUT_OWN, forward)
}

static void put_rules(struct writer *writer, const struct rules *rules) {
  unsigned at = 0;
  for (const struct rule *rule; (rule = forward_next_rule(rules, &at)) != NULL;) {
    put(writer, rule->name);
    put(writer, STR(": "));
    put(writer, rule->value);
    put(writer, STR("\r\n"));
  }
}

static void put_changes(struct writer *writer, const struct forward_response *response) {
  put_rules(writer, &response->changes->rules);
  if (!cors_is_said(response->head, &response->changes->rules)) put_rules(writer, &response->changes->cors);
}

/* Two halves of a known length, which may overlap. */
#define COPY_HALVES(half) \
  memcpy(at, value.ptr, half), memcpy(at + value.len - (half), value.ptr + value.len - (half), half)

/* Most are short, or ids of ours. */
static inline char *copy_value(char *at, struct str value) {
  if (value.len - 8 <= 8) {
    COPY_HALVES(8);
  } else if (value.len - 4 < 4) {
    COPY_HALVES(4);
  } else if (value.len - 32 <= 32) {
    COPY_HALVES(32);
  } else {
    memcpy(at, value.ptr, value.len);
  }
  return at + value.len;
}

static void put_connection(struct writer *writer, struct str upgrade, bool trailers, bool close) {
  struct str options[3];
  unsigned count = 0;
  if (upgrade.len) options[count++] = STR("upgrade");
  if (trailers) options[count++] = STR("TE");
  if (close) options[count++] = STR("close");
  for (unsigned i = 0; i < count; i++) {
    put(writer, i ? STR(", ") : STR("Connection: "));
    put(writer, options[i]);
  }
  if (count) put(writer, STR("\r\n"));
  if (upgrade.len) {
    put(writer, STR("Upgrade: "));
    put(writer, upgrade);
    put(writer, STR("\r\n"));
  }
  if (trailers) put(writer, STR("TE: trailers\r\n"));
}
