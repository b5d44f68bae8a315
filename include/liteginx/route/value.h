/* The value of a field as a configuration writes it: text with the parameters of the route's path, and with what is known of a
 * request: `{client_ip}`, `{host}`, `{path}`. A parameter of the path goes before a name of ours. */
#ifndef LITEGINX_ROUTE_VALUE_H
#define LITEGINX_ROUTE_VALUE_H

#include "liteginx/route/pattern.h"

enum value_piece_kind { VALUE_LITERAL, VALUE_PARAM, VALUE_CLIENT_IP, VALUE_HOST, VALUE_PATH };

struct value_piece {
  enum value_piece_kind kind;
  struct str literal;
  unsigned param; /* of the match */
};

struct value {
  struct value_piece *pieces; /* one literal, perhaps empty, where there is nothing to fill in */
  unsigned count;
};

/* What pieces stand for. */
struct value_facts {
  const struct str *params;
  struct str client_ip, host, path;
};

/* Compiles `text` for `pattern`, as pattern_parse. Spaces at its ends do not count; control characters are refused. */
ENSURE_CHECKED bool value_parse(struct arena *arena, struct str text, const struct pattern *pattern,
                                struct value *value, struct template_fault *fault);

/* The text, in `arena` where it is not the literal itself. ptr NULL: out of memory. */
struct str value_apply(struct arena *arena, const struct value *value, const struct value_facts *facts);

#endif
