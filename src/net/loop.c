/* What the streams of one worker share. The date is written by hand: strftime speaks the locale's language, gmtime_r
 * does not exist everywhere. */
#include "liteginx/net/loop.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "liteginx/base/clock.h"

static int open_reserve(struct loop *loop);
static int begin_turns(struct loop *loop);
static void on_prepare(uv_prepare_t *prepare);
static void put_two_digits(char *at, unsigned value);

int loop_init(struct loop *loop) {
  memset(loop, 0, sizeof *loop);
  list_init(&loop->ailing);
  list_init(&loop->hooks);
  loop->dialled = &loop->own_dialled;
  loop->dialled_max = UINT_MAX;
  splices_init(&loop->splices);
  loop->read_block = malloc(LOOP_READ_BYTES + OUTBOX_BYTES);
  if (!loop->read_block) return UV_ENOMEM;
  outbox_init(&loop->outbox, loop->read_block + LOOP_READ_BYTES);
  int status = uv_loop_init(&loop->uv);
  if (status == 0) {
    deadlines_init(&loop->deadlines, &loop->uv);
    status = open_reserve(loop);
    if (status == 0) {
      status = begin_turns(loop);
      if (status == 0) return 0;
      uv_close((uv_handle_t *)&loop->first, NULL);
    }
    deadlines_close(&loop->deadlines);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop->uv);
  }
  free(loop->read_block);
  loop->read_block = NULL;
  return status;
}

/* With a loop's first stream handle libuv opens a descriptor to keep in reserve. So there is one from the start: how many
 * descriptors a loop has does not depend on whether anybody has connected. */
static int open_reserve(struct loop *loop) {
  return uv_tcp_init(&loop->uv, &loop->first);
}

static int begin_turns(struct loop *loop) {
  int status = uv_prepare_init(&loop->uv, &loop->prepare);
  if (status != 0) return status;
  uv_unref((uv_handle_t *)&loop->prepare);
  status = uv_prepare_start(&loop->prepare, on_prepare);
  if (status != 0) uv_close((uv_handle_t *)&loop->prepare, NULL);
  return status;
}

static void on_prepare(uv_prepare_t *prepare) {
  loop_end_turn(container_of(prepare, struct loop, prepare));
}

void loop_end_turn(struct loop *loop) {
  while (!list_empty(&loop->hooks)) {
    struct loop_hook *hook = container_of(loop->hooks.next, struct loop_hook, node);
    list_remove(&hook->node);
    hook->run(hook);
  }
  if (loop->flush) loop->flush(loop);
  loop->turn++;
}

void loop_close(struct loop *loop) {
  loop->splices.closing = true;
  if (loop->shed) loop->shed(loop);
  uv_close((uv_handle_t *)&loop->prepare, NULL);
  uv_close((uv_handle_t *)&loop->first, NULL);
  deadlines_close(&loop->deadlines);
}

void loop_free(struct loop *loop) {
  ENSURE(loop->streams == 0 && list_empty(&loop->hooks));
  ENSURE(loop->splices.open == 0);
  if (loop->free_tls) loop->free_tls(loop);
  int status = uv_loop_close(&loop->uv);
  ENSURE(status == 0);
  free(loop->read_block);
  loop->read_block = NULL;
}

struct str loop_date(struct loop *loop) {
  int64_t now_s = (int64_t)time(NULL);
  if (now_s != loop->date_s || !loop->date[0]) {
    loop_write_date(now_s, loop->date);
    loop->date_s = now_s;
  }
  return str_make(loop->date, LOOP_DATE_LEN);
}

uint64_t loop_unix_ms(struct loop *loop) {
  uint64_t now_ms = loop_now_ms(loop);
  if (loop->unix_ms == 0 || now_ms - loop->unix_at_ms >= 1000) {
    struct timespec now = clock_now();
    loop->unix_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    loop->unix_at_ms = now_ms;
  }
  return loop->unix_ms + (now_ms - loop->unix_at_ms);
}

void loop_write_date(int64_t unix_s, char date[LOOP_DATE_LEN + 1]) {
  static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
  static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
  uint64_t seconds = unix_s > 0 ? (uint64_t)unix_s : 0;
  uint64_t day = seconds / 86400;
  unsigned second = (unsigned)(seconds % 86400);
  /* Years that begin in March have their odd day last; eras of 400 of them have 146097 days. */
  uint64_t from_march = day + 719468;
  unsigned day_of_era = (unsigned)(from_march % 146097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned month = (5 * day_of_year + 2) / 153;
  unsigned year = (unsigned)(from_march / 146097 * 400 % 10000) + year_of_era + (month >= 10 ? 1 : 0);

  memcpy(date, "Thu, 01 Jan 1970 00:00:00 GMT", LOOP_DATE_LEN + 1);
  memcpy(date, days + day % 7 * 3, 3);
  put_two_digits(date + 5, day_of_year - (153 * month + 2) / 5 + 1);
  memcpy(date + 8, months + month * 3, 3);
  put_two_digits(date + 12, year / 100 % 100);
  put_two_digits(date + 14, year % 100);
  put_two_digits(date + 17, second / 3600);
  put_two_digits(date + 20, second / 60 % 60);
  put_two_digits(date + 23, second % 60);
}

static void put_two_digits(char *at, unsigned value) {
  at[0] = (char)('0' + value / 10);
  at[1] = (char)('0' + value % 10);
}
