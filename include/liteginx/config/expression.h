/* One segment of a path as a regular expression: text around one part that varies. */
#ifndef LITEGINX_CONFIG_EXPRESSION_H
#define LITEGINX_CONFIG_EXPRESSION_H

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

enum { EXPRESSION_TEXT_BYTES = 128 };

struct expression {
  char text[EXPRESSION_TEXT_BYTES]; /* what stands before and behind the part that varies, without backslashes */
  size_t before, len;               /* bytes of it that stand before; all of them */
  bool varies;                      /* else it is text alone */
  bool crosses;                     /* the part that varies may hold a '/' */
  struct str name;                  /* of "(?<name>…)"; empty: none */
};

/* False: it says more than these can (choices, several such parts), or is longer than `text`. */
ENSURE_CHECKED bool expression_read(struct str segment, struct expression *expression);

#endif
