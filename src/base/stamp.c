/* Digits are put together here: printf and strftime take as many instructions as all the rest of a small request's line. */
#include "liteginx/base/stamp.h"

#include "liteginx/base/clock.h"

static char *put_digits(char *at, unsigned value, unsigned width);

struct str stamp_now(char bytes[STAMP_BYTES], bool local) {
  struct timespec now = clock_now();
  struct tm parts = {0};
  char *at = bytes;
  if (local) {
    localtime_r(&now.tv_sec, &parts);
  } else {
    gmtime_r(&now.tv_sec, &parts);
    at = put_digits(at, (unsigned)parts.tm_year + 1900, 4);
    *at++ = '-';
    at = put_digits(at, (unsigned)parts.tm_mon + 1, 2);
    *at++ = '-';
    at = put_digits(at, (unsigned)parts.tm_mday, 2);
    *at++ = 'T';
  }
  at = put_digits(at, (unsigned)parts.tm_hour, 2);
  *at++ = ':';
  at = put_digits(at, (unsigned)parts.tm_min, 2);
  *at++ = ':';
  at = put_digits(at, (unsigned)parts.tm_sec, 2);
  *at++ = '.';
  at = put_digits(at, (unsigned)(now.tv_nsec / 1000000), 3);
  if (!local) *at++ = 'Z';
  return str_make(bytes, (size_t)(at - bytes));
}

/* With zeros in front; higher digits are left out. Returns what is behind them. */
static char *put_digits(char *at, unsigned value, unsigned width) {
  for (unsigned digit = width; digit; value /= 10) at[--digit] = (char)('0' + value % 10);
  return at + width;
}
