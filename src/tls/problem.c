/* OpenSSL's own words for an error name its functions and files, which helps nobody who has a certificate to repair: each room
 * finds words of its own. */
#include "liteginx/tls/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>

bool tls_problem_say(struct tls_problem *problem, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int len = vsnprintf(problem->text, sizeof problem->text, format, args);
  va_end(args);
  ENSURE(len >= 0);
  return false;
}

bool tls_problem_no_memory(struct tls_problem *problem) {
  ERR_clear_error();
  return tls_problem_say(problem, "out of memory");
}
