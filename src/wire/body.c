/* Content in, slices out. What came in one span leaves in one, framed by the receiver's writer; what stands behind it is
 * written together with what follows, so that a chunk costs two slices and not three. */
#include "liteginx/wire/body.h"

#include "liteginx/http/trailer.h"

static bool send_span(struct body *body, struct str span, bool *begun, struct slices *out);
static enum body_status send_end(struct body *body, bool begun, struct slices *out);
static void drop_trailers(struct body *body);
static enum relay_step pass(void *owner, struct str in, size_t *used, struct slices *out);
static enum relay_step finish(void *owner, struct slices *out);
static uint64_t plain(const void *owner);
static void skip(void *owner, uint64_t len);

const struct relay_filter body_filter = {pass, finish, plain, skip};

void body_init(struct body *body, const struct wire_source *source, struct arena *arena,
               const struct wire_writer *writer, uint64_t max_bytes) {
  const struct head *head = source->head;
  body->source = *source;
  body->writer = *writer;
  body->bytes = 0;
  body->max_bytes = max_bytes;
  body->too_large = head->framing == FRAMING_LENGTH && max_bytes && head->content_length > max_bytes;
  body->no_memory = false;
  body->rules = NULL;
  body->ended = head->framing == FRAMING_NONE;
  if (body->ended) return;
  head_init(&body->trailers, arena);
  source->reader->begin(source->message, &body->trailers);
}

enum body_status body_feed(struct body *body, struct str in, size_t *used, struct slices *out) {
  *used = 0;
  if (body->ended) return BODY_END;
  if (body->too_large) return BODY_FAILED;
  enum body_status status = BODY_FULL;
  bool begun = false; /* `out` ends with content, behind which something is to go */
  while (slices_room(out, WIRE_WRITER_SLICES, WIRE_WRITER_BYTES)) {
    size_t taken = 0;
    struct str span;
    enum wire_status read = body->source.reader->read(body->source.message, str_from(in, *used), &taken, &span);
    *used += taken;
    if (read == WIRE_SPAN && send_span(body, span, &begun, out)) continue;
    if (read == WIRE_DONE) return send_end(body, begun, out);
    status = read == WIRE_MORE ? BODY_MORE : BODY_FAILED;
    break;
  }
  if (begun) body->writer.ops->behind(body->writer.message, out);
  return status;
}

enum body_status body_finish(struct body *body, struct slices *out) {
  if (body->ended) return BODY_END;
  if (body->too_large || body->source.reader->finish(body->source.message) != WIRE_DONE) return BODY_FAILED;
  return slices_room(out, WIRE_WRITER_SLICES, WIRE_WRITER_BYTES) ? send_end(body, false, out) : BODY_FULL;
}

uint64_t body_plain(const struct body *body) {
  if (body->writer.ops || body->too_large || body->ended) return 0;
  return body->source.reader->plain(body->source.message);
}

void body_skip(struct body *body, uint64_t len) {
  body->source.reader->skip(body->source.message, len);
  body->bytes += len;
}

enum cause body_fault(const struct body *body, struct str *culprit) {
  *culprit = (struct str){NULL, 0};
  return body->no_memory ? CAUSE_NO_MEMORY : body->source.reader->fault(body->source.message, culprit);
}

/* False: over the limit. */
static bool send_span(struct body *body, struct str span, bool *begun, struct slices *out) {
  if (body->max_bytes && span.len > body->max_bytes - body->bytes) {
    body->too_large = true;
    return false;
  }
  body->bytes += span.len;
  if (body->writer.ops) {
    body->writer.ops->before(body->writer.message, out, span.len, *begun);
    *begun = true;
  }
  slices_add(out, span);
  return true;
}

static enum body_status send_end(struct body *body, bool begun, struct slices *out) {
  if (body->writer.ops) {
    drop_trailers(body);
    body->no_memory = !body->writer.ops->end(body->writer.message, out, &body->trailers, begun);
    if (body->no_memory) return BODY_FAILED;
  }
  body->ended = true;
  return BODY_END;
}

/* Those that may not stand there. */
static void drop_trailers(struct body *body) {
  struct head *trailers = &body->trailers;
  unsigned kept = 0;
  for (unsigned i = 0; i < trailers->count; i++) {
    struct str name = trailers->fields[i].name;
    bool taken = body->rules && rules_take_alias(body->rules, name);
    if (!taken && trailer_passes(body->source.head, name)) trailers->fields[kept++] = trailers->fields[i];
  }
  trailers->count = kept;
}

/* --- as a filter --- */

static enum relay_step pass(void *owner, struct str in, size_t *used, struct slices *out) {
  switch (body_feed(owner, in, used, out)) {
  case BODY_MORE:
    return RELAY_MORE;
  case BODY_FULL:
    return RELAY_FULL;
  case BODY_END:
    return RELAY_END;
  case BODY_FAILED:
    return RELAY_REFUSE;
  }
  ENSURE_UNREACHABLE();
}

static enum relay_step finish(void *owner, struct slices *out) {
  return body_finish(owner, out) == BODY_END ? RELAY_END : RELAY_REFUSE;
}

static uint64_t plain(const void *owner) {
  return body_plain(owner);
}

static void skip(void *owner, uint64_t len) {
  body_skip(owner, len);
}
