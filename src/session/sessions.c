/* Sets up and gives back; and the count, from which all follows at the end. */
#include "liteginx/session/sessions.h"

#include "liteginx/upstream/connector.h"

static void seed_ids(struct sessions *sessions, unsigned number);
static void on_refused_closed(void *owner);

/* A refused stream has no owner but the count. It does not read, so nothing else can come. */
static const struct stream_events refused_events = {.on_closed = on_refused_closed};

enum { CHUNKS_KEPT = 1024 };

void sessions_init(struct sessions *sessions, struct loop *loop, struct log *log, struct snapshot *snapshot,
                   unsigned number, unsigned workers, unsigned max_upstream, void (*on_closed)(void *owner),
                   void *owner) {
  const struct config_settings *settings = &snapshot->config->settings;
  struct wire_limits limits = {settings->max_header_bytes, settings->max_header_fields};
  *sessions = (struct sessions){.loop = loop, .log = log, .on_closed = on_closed, .owner = owner, .snapshot = snapshot};
  seed_ids(sessions, number);
  sessions->next_id = number + UINT64_C(1);
  sessions->id_step = workers;
  snapshot_acquire(snapshot);
  list_init(&sessions->arrivals);
  list_init(&sessions->http1_conns);
  list_init(&sessions->http2_conns);
  list_init(&sessions->tcp_sessions);
  list_init(&sessions->spare_exchanges);
  list_init(&sessions->spare_http2);
  arena_cache_init(&sessions->chunks, CHUNKS_KEPT);
  pool_init(&sessions->pool, loop, log, &limits, settings->upstream_idle, settings->upstream_keep_alive_ms,
            max_upstream);
  sessions->pool.on_found = connector_found;
}

/* Without random bytes from the system, workers still differ from each other, and from those of another time. */
static void seed_ids(struct sessions *sessions, unsigned number) {
  unsigned char seed[16] = {0};
  if (uv_random(NULL, NULL, seed, sizeof seed, 0, NULL) != 0) {
    uint64_t poor[2] = {uv_hrtime(), number};
    memcpy(seed, poor, sizeof seed);
  }
  uuid_seed(&sessions->ids, seed);
}

void sessions_refuse(struct sessions *sessions, struct stream *stream) {
  stream_own(stream, &refused_events, sessions);
  stream_close(stream, true);
}

static void on_refused_closed(void *owner) {
  sessions_forget_one(owner);
}

void sessions_forget_one(struct sessions *sessions) {
  ENSURE(sessions->open > 0);
  sessions->open--;
  sessions->on_closed(sessions->owner);
}

void sessions_close(struct sessions *sessions) {
  ENSURE(sessions->open == 0);
  ENSURE(list_empty(&sessions->spare_exchanges) && list_empty(&sessions->spare_http2));
  pool_close(&sessions->pool);
}

void sessions_free(struct sessions *sessions) {
  pool_free(&sessions->pool);
  arena_cache_free(&sessions->chunks);
  snapshot_release(sessions->snapshot);
}
