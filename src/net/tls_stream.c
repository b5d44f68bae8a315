/* OpenSSL works on memory (tls_desk): it is handed what the stream below offers, and all records of a send leave in one write. */
#include "liteginx/net/tls_stream.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "liteginx/net/tls_desk.h"
#include "liteginx/tls/tls_server.h"
#include "liteginx/tls/words.h"

enum tls_state { TLS_HANDSHAKE, TLS_OPEN, TLS_ENDED, TLS_BROKEN };

enum {
  SEAL_BYTES = 256 * 1024, /* sealed before it is sent: what stays in the processor's caches */
  FIRST_RECORD_BYTES = 4 * 1024,
  FIRST_AFTER_MS = 1000
};

struct tls_stream {
  struct stream stream, *below;
  SSL *ssl;
  struct str pending;        /* of a write: not sealed yet */
  struct loop_hook turn_end; /* to offer again what waits below */
  uint64_t sealed_ms;        /* when something was sent last, by loop_now_ms */
  enum tls_state state : 8;
  struct peer_tls facts;
  const char *problem;
};

static int read_start(struct stream *stream);
static void read_stop(struct stream *stream);
static int try_write(struct stream *stream, const struct slices *slices);
static int write_all(struct stream *stream, struct str bytes);
static int half_close(struct stream *stream);
static void close_stream(struct stream *stream, bool reset);
static bool is_quiet(const struct stream *stream);
static size_t unsent(const struct stream *stream);
static enum socket_peer peer_state(const struct stream *stream, size_t *waiting);
static void tell_facts(const struct stream *stream, struct peer *peer);
static void keep_alive(struct stream *stream, unsigned after_s);

static void on_below_bytes(void *owner);
static void on_below_end(void *owner);
static void on_below_failure(void *owner, int status);
static void on_below_drained(void *owner);
static void on_below_rest(void *owner);
static void on_below_closed(void *owner);
static void on_turn_end(struct loop_hook *hook);

static bool shake_hands(struct tls_stream *tls);
static bool open_records(struct tls_stream *tls);
static int send_sealed(struct tls_stream *tls);
static int seal(struct tls_stream *tls, struct str bytes, size_t *taken);
static void break_by_tls(struct tls_stream *tls);
static void say_goodbye(struct tls_stream *tls);

static const struct stream_ops tls_ops = {
    .short_read_empties = false,
    .read_start = read_start,
    .read_stop = read_stop,
    .try_write = try_write,
    .write = write_all,
    .shutdown = half_close,
    .close = close_stream,
    .quiet = is_quiet,
    .unsent = unsent,
    .peer = peer_state,
    .facts = tell_facts,
    .keep_alive = keep_alive,
};

static const struct stream_events below_events = {
    .on_bytes = on_below_bytes,
    .on_end = on_below_end,
    .on_fail = on_below_failure,
    .on_drained = on_below_drained,
    .on_rest = on_below_rest,
    .on_closed = on_below_closed,
};

static struct tls_stream *tls_of(struct stream *stream) {
  return container_of(stream, struct tls_stream, stream);
}

static const struct tls_stream *const_tls_of(const struct stream *stream) {
  return container_of((struct stream *)(uintptr_t)stream, struct tls_stream, stream);
}

struct stream *tls_stream_accept(struct stream *below, struct tls_server *server) {
  struct tls_desk *desk = tls_desk_of(below->loop);
  struct tls_stream *tls = desk ? calloc(1, sizeof *tls) : NULL;
  if (tls && BIO_up_ref(desk->bio) == 1) tls->ssl = tls_server_accept(server, desk->bio);
  if (!tls || !tls->ssl) {
    free(tls);
    stream_close(below, true);
    return NULL;
  }
  tls->below = below;
  tls->turn_end.run = on_turn_end;
  list_init(&tls->turn_end.node);
  stream_init(&tls->stream, &tls_ops, below->loop);
  stream_hold(&tls->stream); /* until hands were shaken */
  stream_own(below, &below_events, tls);
  return &tls->stream;
}

const char *tls_stream_problem(const struct stream *stream) {
  const struct tls_stream *tls = const_tls_of(stream);
  return tls->problem ? tls->problem : "";
}

/* --- what comes --- */

/* What waits below is offered, and what is to be written is sealed, at the turn's end, since nobody may be called back from within here. */
static int read_start(struct stream *stream) {
  struct tls_stream *tls = tls_of(stream);
  stream_bound(tls->below, STREAM_STASH_BYTES, stream->input.piece_max);
  stream_read(tls->below, true);
  if (stream_peek(tls->below).len > 0 || stream_ended(tls->below) || SSL_has_pending(tls->ssl)) {
    loop_at_turn_end(stream->loop, &tls->turn_end);
  }
  return 0;
}

static void read_stop(struct stream *stream) {
  struct tls_stream *tls = tls_of(stream);
  if (tls->state != TLS_HANDSHAKE) stream_read(tls->below, false);
}

static void on_turn_end(struct loop_hook *hook) {
  struct tls_stream *tls = container_of(hook, struct tls_stream, turn_end);
  if (tls->pending.len > 0) on_below_drained(tls);
  if (tls->stream.life != STREAM_OPEN) return;
  if (stream_peek(tls->below).len == 0 && SSL_has_pending(tls->ssl)) {
    on_below_bytes(tls);
  } else {
    stream_pump(tls->below);
  }
  /* It was told while nobody here asked for it. */
  if (stream_at_end(tls->below)) on_below_end(tls);
}

static void on_below_bytes(void *owner) {
  struct tls_stream *tls = owner;
  if (tls->state == TLS_BROKEN || tls->stream.life != STREAM_OPEN) return;
  if (tls->state == TLS_HANDSHAKE && !shake_hands(tls)) return;
  while (tls->stream.life == STREAM_OPEN && tls->state != TLS_BROKEN && open_records(tls)) continue;
}

/* What OpenSSL leaves is for the next call. */
static void give_back(struct tls_stream *tls, size_t offered) {
  struct tls_desk *desk = tls->stream.loop->tls;
  size_t left = desk->in.len;
  desk->in = (struct str){NULL, 0}; /* what it points to does not live longer */
  stream_consume(tls->below, offered - left);
}

/* True: they were shaken. The owner may then be another. */
static bool shake_hands(struct tls_stream *tls) {
  struct tls_desk *desk = tls->stream.loop->tls;
  struct str offered = desk->in = stream_peek(tls->below);
  desk->sealed_len = 0;
  ERR_clear_error();
  int shaken = SSL_do_handshake(tls->ssl);
  give_back(tls, offered.len);
  int error = shaken == 1 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, shaken);
  if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
    break_by_tls(tls);
    return false;
  }
  int sent = send_sealed(tls);
  if (sent < 0) {
    tls->state = TLS_BROKEN;
    stream_deliver_failure(&tls->stream, sent);
    return false;
  }
  if (error != SSL_ERROR_NONE) return false;
  if (!tls_server_is_satisfied(tls->ssl)) {
    tls->problem = "the client shows no certificate, and client_ca demands one";
    tls->state = TLS_BROKEN;
    stream_deliver_failure(&tls->stream, UV_EPROTO);
    return false;
  }
  char *subject = tls_server_client(tls->ssl);
  if (!subject) {
    tls->state = TLS_BROKEN;
    stream_deliver_failure(&tls->stream, UV_ENOMEM);
    return false;
  }
  tls->state = TLS_OPEN;
  tls->facts.subject = subject;
  tls->facts.chosen = tls_server_chosen(tls->ssl);
  tls->facts.version = SSL_get_version(tls->ssl);
  const unsigned char *protocol;
  unsigned len;
  SSL_get0_alpn_selected(tls->ssl, &protocol, &len);
  tls->facts.http2 = len == 2 && memcmp(protocol, "h2", 2) == 0;
  if (sent == STREAM_SENT) stream_written(&tls->stream, 0);
  return tls->stream.life == STREAM_OPEN;
}

/* As much as the owner has room for. True: there may be more. */
static bool open_records(struct tls_stream *tls) {
  struct stream *stream = &tls->stream;
  struct tls_desk *desk = stream->loop->tls;
  size_t room = stream->input.reading ? stream_room(stream) : 0, len = 0, got;
  if (room == 0) return false;
  struct str offered = desk->in = stream_peek(tls->below);
  int opened = 1;
  desk->sealed_len = 0;
  ERR_clear_error();
  while (len < room && (opened = SSL_read_ex(tls->ssl, desk->opened + len, room - len, &got)) == 1) len += got;
  int error = opened == 1 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, opened);
  give_back(tls, offered.len);
  /* An answer to a key update, or an alert. */
  if (tls->state == TLS_ENDED) desk->sealed_len = 0; /* our side says nothing more */
  int sent = desk->sealed_len > 0 && error != SSL_ERROR_SSL ? send_sealed(tls) : 0;
  if (len > 0) stream_deliver(stream, str_make(desk->opened, len));
  if (stream->life != STREAM_OPEN) return false;
  if (sent < 0) {
    stream_deliver_failure(stream, sent);
  } else if (error == SSL_ERROR_ZERO_RETURN) {
    stream_read(tls->below, false);
    if (!stream_ended(stream)) stream_deliver_end(stream);
  } else if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
    break_by_tls(tls);
  }
  return error == SSL_ERROR_NONE && stream->life == STREAM_OPEN;
}

/* What is behind it was opened before, unless the owner had no room. */
static void on_below_end(void *owner) {
  struct tls_stream *tls = owner;
  struct stream *stream = &tls->stream;
  if (tls->state == TLS_OPEN || tls->state == TLS_ENDED) on_below_bytes(tls);
  bool asks = tls->state == TLS_HANDSHAKE || stream->input.reading;
  if (stream->life != STREAM_OPEN || tls->state == TLS_BROKEN || stream_ended(stream) || !asks) return;
  if (tls->state == TLS_HANDSHAKE || SSL_has_pending(tls->ssl)) {
    tls->problem = SSL_has_pending(tls->ssl) ? "the client left in the middle of a record"
                                             : "the client left before hands were shaken";
    tls->state = TLS_BROKEN;
    stream_deliver_failure(stream, UV_ECONNRESET);
  } else {
    stream_deliver_end(stream);
  }
}

static void on_below_failure(void *owner, int status) {
  struct tls_stream *tls = owner;
  if (tls->stream.life == STREAM_OPEN) stream_deliver_failure(&tls->stream, status);
}

static void on_below_rest(void *owner) {
  (void)owner; /* it rests as this one does, which tells its owner itself */
}

/* Something that OpenSSL has found; its alert is for the peer. */
static void break_by_tls(struct tls_stream *tls) {
  tls->problem = tls_words(ERR_peek_last_error());
  ERR_clear_error();
  tls->state = TLS_BROKEN;
  (void)send_sealed(tls);
  stream_deliver_failure(&tls->stream, UV_EPROTO);
}

/* --- what goes --- */

/* As stream_send. */
static int send_sealed(struct tls_stream *tls) {
  struct tls_desk *desk = tls->stream.loop->tls;
  size_t len = desk->sealed_len;
  desk->sealed_len = 0;
  if (len == 0) return stream_queued(tls->below) ? STREAM_QUEUED : STREAM_SENT;
  if (stream_failed(tls->below) || stream_half_closing(tls->below)) return UV_EPIPE;
  tls->sealed_ms = loop_now_ms(tls->stream.loop);
  return stream_send_str(tls->below, str_make(desk->sealed, len));
}

/* One record, or several full ones. */
static int seal(struct tls_stream *tls, struct str bytes, size_t *taken) {
  ERR_clear_error();
  *taken = 0;
  while (*taken < bytes.len) {
    size_t written;
    struct str rest = str_upto(str_from(bytes, *taken), TLS_DESK_RECORD_BYTES);
    if (SSL_write_ex(tls->ssl, rest.ptr, rest.len, &written) != 1) {
      bool waits = SSL_get_error(tls->ssl, 0) == SSL_ERROR_WANT_READ;
      tls->problem =
          waits ? "the client has begun a message of TLS, and not ended it" : tls_words(ERR_peek_last_error());
      ERR_clear_error();
      tls->state = TLS_BROKEN;
      return UV_EPROTO;
    }
    *taken += written;
  }
  return 0;
}

/* A cursor over slices. */
struct pieces {
  const struct slices *slices;
  unsigned next;
  struct str rest;
};

static struct str next_record(struct pieces *pieces, char *record, size_t max) {
  size_t len = 0;
  for (;;) {
    while (pieces->rest.len == 0 && pieces->next < pieces->slices->count) {
      pieces->rest = pieces->slices->at[pieces->next++];
    }
    /* A whole record's worth in one place need not be copied. */
    if (len == 0 && (pieces->rest.len >= max || pieces->next == pieces->slices->count)) {
      struct str whole = str_upto(pieces->rest, max);
      pieces->rest = str_from(pieces->rest, whole.len);
      return whole;
    }
    struct str piece = str_upto(pieces->rest, max - len);
    memcpy(record + len, piece.ptr, piece.len);
    pieces->rest = str_from(pieces->rest, piece.len);
    len += piece.len;
    if (len == max || (pieces->rest.len == 0 && pieces->next == pieces->slices->count)) return str_make(record, len);
  }
}

/* Seals and sends until all is taken, or the stream below takes no more. */
static int try_write(struct stream *stream, const struct slices *slices) {
  struct tls_stream *tls = tls_of(stream);
  struct tls_desk *desk = stream->loop->tls;
  struct pieces pieces = {.slices = slices};
  size_t total = 0, max = TLS_DESK_RECORD_BYTES;
  if (tls->state != TLS_OPEN) return tls->state == TLS_HANDSHAKE ? 0 : UV_EPIPE;
  if (stream_queued(tls->below)) {
    stream_hold(stream);
    return 0;
  }
  /* Its reader can begin before more than a few segments have arrived. */
  if (loop_now_ms(stream->loop) - tls->sealed_ms >= FIRST_AFTER_MS) max = FIRST_RECORD_BYTES;
  while (total < slices->bytes) {
    size_t taken;
    desk->sealed_len = 0;
    for (size_t len = 0; len < SEAL_BYTES && total < slices->bytes; len += taken, max = TLS_DESK_RECORD_BYTES) {
      int status = seal(tls, next_record(&pieces, desk->record, max), &taken);
      if (status < 0) return status;
      total += taken;
    }
    int sent = send_sealed(tls);
    if (sent < 0) return sent;
    if (sent == STREAM_QUEUED) {
      stream_hold(stream);
      break;
    }
  }
  return (int)total;
}

static int write_all(struct stream *stream, struct str bytes) {
  struct tls_stream *tls = tls_of(stream);
  ENSURE(tls->pending.len == 0);
  tls->pending = bytes;
  if (!stream_queued(tls->below) && tls->state == TLS_OPEN) loop_at_turn_end(stream->loop, &tls->turn_end);
  return 0;
}

static void on_below_drained(void *owner) {
  struct tls_stream *tls = owner;
  struct stream *stream = &tls->stream;
  if (stream->life != STREAM_OPEN || tls->state == TLS_HANDSHAKE) return;
  int lost = stream_lost(tls->below);
  if (lost < 0) {
    stream_deliver_failure(stream, lost);
    return;
  }
  while (tls->pending.len > 0 && !stream_queued(tls->below)) {
    size_t taken;
    stream->loop->tls->sealed_len = 0;
    int status = seal(tls, str_upto(tls->pending, SEAL_BYTES), &taken);
    if (status == 0) status = send_sealed(tls);
    if (status < 0) {
      stream_deliver_failure(stream, status);
      return;
    }
    tls->pending = str_from(tls->pending, taken);
  }
  if (!stream_queued(tls->below) && stream_queued(stream)) stream_written(stream, 0);
}

/* RFC 8446 §6.1: our side ends; the peer's may go on. */
static int half_close(struct stream *stream) {
  struct tls_stream *tls = tls_of(stream);
  say_goodbye(tls);
  stream_half_close(tls->below);
  return 0;
}

static void say_goodbye(struct tls_stream *tls) {
  if (tls->state != TLS_OPEN) return;
  tls->state = TLS_ENDED;
  tls->stream.loop->tls->sealed_len = 0;
  ERR_clear_error();
  (void)SSL_shutdown(tls->ssl);
  ERR_clear_error();
  (void)send_sealed(tls);
}

static void close_stream(struct stream *stream, bool reset) {
  struct tls_stream *tls = tls_of(stream);
  loop_forget_hook(&tls->turn_end);
  if (!reset && !stream_failed(tls->below)) say_goodbye(tls);
  tls->state = TLS_BROKEN;
  stream_close(tls->below, reset);
}

static void on_below_closed(void *owner) {
  struct tls_stream *tls = owner;
  SSL_free(tls->ssl);
  free((char *)(uintptr_t)tls->facts.subject);
  stream_closed(&tls->stream);
  free(tls);
}

/* --- what is known --- */

static bool is_quiet(const struct stream *stream) {
  const struct tls_stream *tls = const_tls_of(stream);
  return stream_peek(tls->below).len == 0 && !SSL_has_pending(tls->ssl) && stream_quiet(tls->below);
}

static size_t unsent(const struct stream *stream) {
  const struct tls_stream *tls = const_tls_of(stream);
  return stream_unsent(tls->below) + tls->pending.len;
}

static enum socket_peer peer_state(const struct stream *stream, size_t *waiting) {
  const struct tls_stream *tls = const_tls_of(stream);
  enum socket_peer peer = stream_peer(tls->below, waiting);
  *waiting += stream_peek(tls->below).len;
  if (SSL_has_pending(tls->ssl)) *waiting += TLS_DESK_RECORD_BYTES; /* at most: how much is told by nobody */
  return peer;
}

static void tell_facts(const struct stream *stream, struct peer *peer) {
  const struct tls_stream *tls = const_tls_of(stream);
  stream_facts(tls->below, peer);
  peer->tls = tls->state == TLS_HANDSHAKE ? NULL : &tls->facts;
}

static void keep_alive(struct stream *stream, unsigned after_s) {
  stream_keep_alive(tls_of(stream)->below, after_s);
}
