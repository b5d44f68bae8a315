/* Writes are plain blocking ones (libuv's synchronous uv_fs_write, the same everywhere): only this thread waits. */
#include "liteginx/server/log_writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "liteginx/base/stamp.h"
#include "liteginx/server/system.h"

enum { BLOCK_BYTES = 64 * 1024, RETRY_MS = 5 };

#define NS_PER_MS UINT64_C(1000000)

static void on_thread(void *owner);
static bool empty_rings(struct log_writer *writer);
static void tell_dropped(struct log_writer *writer);
static void tell(struct log_writer *writer, const char *format, ...) ENSURE_PRINTF(2, 3);
static bool rings_sleep(struct log_writer *writer);
static bool stops_within(struct log_writer *writer, uint64_t wait_ms);
static void write_all(struct log_writer *writer, enum log_channel channel, char *bytes, size_t len);
static int write_some(const struct log_writer *writer, enum log_channel channel, char *bytes, size_t len);
static void disk_full(struct log_writer *writer, enum log_channel channel, struct str lost);
static void disk_has_room(struct log_writer *writer, enum log_channel channel);
static bool end_torn_line(struct log_writer *writer, enum log_channel channel);
static void give_up(struct log_writer *writer, enum log_channel channel);

int log_writer_init(struct log_writer *writer, int out_descriptor, int err_descriptor, bool notes_local) {
  *writer = (struct log_writer){.descriptors = {out_descriptor, err_descriptor}, .notes_local = notes_local};
  writer->block = malloc(BLOCK_BYTES);
  if (!writer->block) return UV_ENOMEM;
  int status = uv_sem_init(&writer->wake, 0);
  if (status != 0) goto no_sem;
  status = uv_mutex_init(&writer->mutex);
  if (status != 0) goto no_mutex;
  status = uv_cond_init(&writer->changed);
  if (status == 0) return 0;
  uv_mutex_destroy(&writer->mutex);
no_mutex:
  uv_sem_destroy(&writer->wake);
no_sem:
  free(writer->block);
  return status;
}

void log_writer_wake(void *writer) {
  uv_sem_post(&((struct log_writer *)writer)->wake);
}

int log_writer_start(struct log_writer *writer, struct log *const *logs, unsigned count) {
  writer->logs = logs;
  writer->count = count;
  return system_thread_create(&writer->thread, on_thread, writer);
}

bool log_writer_stop(struct log_writer *writer) {
  uint64_t deadline_ns = uv_hrtime() + LOG_WRITER_STOP_MS * NS_PER_MS;
  uv_mutex_lock(&writer->mutex);
  writer->stopping = true;
  uv_cond_signal(&writer->changed);
  uv_sem_post(&writer->wake);
  for (uint64_t now_ns = uv_hrtime(); !writer->ended && now_ns < deadline_ns; now_ns = uv_hrtime()) {
    uv_cond_timedwait(&writer->changed, &writer->mutex, deadline_ns - now_ns);
  }
  bool ended = writer->ended;
  uv_mutex_unlock(&writer->mutex);
  if (ended) uv_thread_join(&writer->thread);
  return ended;
}

void log_writer_free(struct log_writer *writer) {
  uv_cond_destroy(&writer->changed);
  uv_mutex_destroy(&writer->mutex);
  uv_sem_destroy(&writer->wake);
  free(writer->block);
}

static void on_thread(void *owner) {
  struct log_writer *writer = owner;
  if (writer->descriptors[LOG_OUT] <= 2 && writer->descriptors[LOG_ERR] <= 2) system_part_descriptors();
  for (bool stopping = false; !stopping;) {
    bool moved = empty_rings(writer);
    tell_dropped(writer);
    if (!moved && rings_sleep(writer)) uv_sem_wait(&writer->wake);
    stopping = stops_within(writer, moved ? LOG_WRITER_PAUSE_MS : 0);
  }
  empty_rings(writer);
  tell_dropped(writer);
  uv_mutex_lock(&writer->mutex);
  writer->ended = true;
  uv_cond_signal(&writer->changed);
  uv_mutex_unlock(&writer->mutex);
}

/* Writes out all that waits now; false: there was nothing. */
static bool empty_rings(struct log_writer *writer) {
  bool moved = false;
  for (unsigned i = 0; i < writer->count; i++) {
    enum log_channel channel;
    size_t len;
    while ((len = log_read(writer->logs[i], &channel, writer->block, BLOCK_BYTES)) != 0) {
      write_all(writer, channel, writer->block, len);
      moved = true;
    }
  }
  return moved;
}

static void tell_dropped(struct log_writer *writer) {
  uint64_t dropped = 0;
  for (unsigned i = 0; i < writer->count; i++) dropped += log_take_dropped(writer->logs[i]);
  if (dropped == 0) return;
  tell(writer, "%" PRIu64 " log lines lost: they came faster than they were taken", dropped);
}

/* May the thread block until log_writer_wake? A ring that was declared asleep beside one that was not only costs one
 * wake too many. */
static bool rings_sleep(struct log_writer *writer) {
  for (unsigned i = 0; i < writer->count; i++) {
    if (!log_reader_sleep(writer->logs[i])) return false;
  }
  return true;
}

/* Waits up to `wait_ms` for log_writer_stop. */
static bool stops_within(struct log_writer *writer, uint64_t wait_ms) {
  uv_mutex_lock(&writer->mutex);
  if (wait_ms && !writer->stopping) uv_cond_timedwait(&writer->changed, &writer->mutex, wait_ms * NS_PER_MS);
  bool stopping = writer->stopping;
  uv_mutex_unlock(&writer->mutex);
  return stopping;
}

static void write_all(struct log_writer *writer, enum log_channel channel, char *bytes, size_t len) {
  const char *begin = bytes;
  if (!end_torn_line(writer, channel)) {
    disk_full(writer, channel, str_make(bytes, len));
    return;
  }
  while (len && !writer->gone[channel]) {
    int written = write_some(writer, channel, bytes, len);
    if (written > 0) {
      if (writer->unkept[channel]) disk_has_room(writer, channel);
      bytes += written;
      len -= (size_t)written;
    } else if (written == 0 || written == UV_EAGAIN) {
      /* Somebody who shares the terminal made it non-blocking; a full pipe of Windows then takes 0 bytes, which is no error. */
      uv_sleep(RETRY_MS);
    } else if (written == UV_ENOSPC) {
      writer->torn[channel] = bytes > begin && bytes[-1] != '\n';
      disk_full(writer, channel, str_make(bytes, len));
      return; /* it may have room again for what comes next */
    } else {
      give_up(writer, channel);
    }
  }
}

static int write_some(const struct log_writer *writer, enum log_channel channel, char *bytes, size_t len) {
  uv_fs_t request;
  uv_buf_t piece = uv_buf_init(bytes, (unsigned)len);
  int written = uv_fs_write(NULL, &request, writer->descriptors[channel], &piece, 1, -1, NULL);
  uv_fs_req_cleanup(&request);
  return written;
}

static void disk_full(struct log_writer *writer, enum log_channel channel, struct str lost) {
  bool first = writer->unkept[channel] == 0;
  for (size_t i = 0; i < lost.len; i++) writer->unkept[channel] += lost.ptr[i] == '\n';
  if (first && channel == LOG_OUT)
    tell(writer, "no space left on device: the access log is lost until there is room again");
}

static void disk_has_room(struct log_writer *writer, enum log_channel channel) {
  uint64_t lost = writer->unkept[channel];
  writer->unkept[channel] = 0;
  if (channel == LOG_OUT) tell(writer, "there is room again: %" PRIu64 " lines of the access log were lost", lost);
}

/* What comes after a gap begins on a line of its own. */
static bool end_torn_line(struct log_writer *writer, enum log_channel channel) {
  char newline[] = "\n";
  if (!writer->torn[channel]) return true;
  if (write_some(writer, channel, newline, 1) == UV_ENOSPC) return false;
  writer->torn[channel] = false;
  return true;
}

static void give_up(struct log_writer *writer, enum log_channel channel) {
  writer->gone[channel] = true;
  if (channel == LOG_OUT) tell(writer, "nobody reads stdout any more: the access log ends here");
}

/* A note of the writer's own, in the form of log_note. */
static void tell(struct log_writer *writer, const char *format, ...) {
  char line[STAMP_BYTES + 128], stamp[STAMP_BYTES];
  struct str now = stamp_now(stamp, writer->notes_local);
  size_t len = (size_t)snprintf(line, sizeof line, "%.*s liteginx: ", STR_ARG(now));
  va_list args;
  va_start(args, format);
  len += (size_t)vsnprintf(line + len, sizeof line - len, format, args);
  va_end(args);
  ENSURE(len + 1 < sizeof line);
  line[len++] = '\n';
  write_all(writer, LOG_ERR, line, len);
}
