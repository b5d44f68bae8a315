/* The sentences stand in CAUSE_TABLE; here their braces get values. Each value is bounded for itself, so the whole is. */
#include "liteginx/session/reason.h"

#include <stdio.h>
#include <uv.h>

#include "liteginx/base/log.h"

/* Of bytes as received, of names, of a path: shown at most, escaped. */
enum { SHOWN_BYTES = 64, NAME_BYTES = 100, PATH_BYTES = 160, ESCAPED_BYTES = 4 };

struct text {
  char bytes[REASON_MAX];
  size_t len;
};

static enum cause refusal_cause(int code);
static void put(struct text *text, struct str s);
static void put_template(struct text *text, const struct reason *reason, struct str template);
static void put_value(struct text *text, const struct reason *reason, struct str name);
static void put_shown(struct text *text, struct str what);
static void put_short(struct text *text, struct str s, size_t most);
static void put_count(struct text *text, uint64_t count);
static void put_size(struct text *text, uint64_t bytes);
static void put_duration(struct text *text, uint64_t ms);

enum cause reason_cause(const struct reason *reason) {
  const struct ending *ending = &reason->ending;
  if (ending->reason == ENDING_NO_MEMORY) return reason->bound_met ? CAUSE_EXCHANGE_BOUND : CAUSE_NO_MEMORY;
  if (ending->cause != CAUSE_NONE) return ending->cause;
  switch (ending->reason) {
  case ENDING_REFUSED:
    return refusal_cause(ending->code);
  case ENDING_NO_TARGET:
    return CAUSE_NO_TARGET_LEFT;
  case ENDING_CONNECT_TIMEOUT:
    return reason->route && reason->route->timeouts.connect_ms == 0 ? CAUSE_CONNECT_TIMEOUT_OF_SYSTEM
                                                                    : CAUSE_CONNECT_TIMEOUT;
  case ENDING_UPSTREAM_LEFT:
    return ending->code == UV_EOF ? CAUSE_UPSTREAM_LEFT : CAUSE_UPSTREAM_BROKE;
  case ENDING_RESPONSE_TIMEOUT:
    return CAUSE_RESPONSE_TIMEOUT;
  case ENDING_UPSTREAM_STALLED:
    return CAUSE_UPSTREAM_STALLED;
  case ENDING_UPSTREAM_CUT:
    return CAUSE_UPSTREAM_CUT;
  case ENDING_IDLE:
    return CAUSE_IDLE;
  case ENDING_CLIENT_LEFT:
    return CAUSE_CLIENT_LEFT;
  case ENDING_DRAIN:
    return CAUSE_DRAIN;
  case ENDING_RESET_BY_CLIENT:
    return CAUSE_RESET_BY_CLIENT;
  case ENDING_RESET_BY_TARGET:
    return CAUSE_RESET_BY_TARGET;
  default:
    ENSURE(!ending_has_cause(ending->reason));
    return CAUSE_NONE;
  }
}

static enum cause refusal_cause(int code) {
  bool name = code == UV_EAI_AGAIN || code == UV_EAI_NONAME || code == UV_EAI_NODATA || code == UV_EAI_FAIL;
  return name ? CAUSE_NAME : CAUSE_REFUSED;
}

struct str reason_text(struct arena *arena, const struct reason *reason) {
  enum cause cause = reason_cause(reason);
  struct text text;
  text.len = 0;
  if (cause == CAUSE_UPSTREAM_CUT) {
    /* it says itself whose it is */
  } else if (reason->ending.reason == ENDING_UPSTREAM_NONSENSE) {
    put_template(&text, reason, STR("{target} of {route} answered wrongly: "));
  } else if (reason->ending.reason == ENDING_UPSTREAM_CUT) {
    put_template(&text, reason, STR("{target} of {route} went wrong in the middle of its answer: "));
  }
  put_template(&text, reason, str_of(cause_sentence(cause)));
  struct str copy = arena_dup(arena, str_make(text.bytes, text.len));
  return copy.ptr ? copy : str_of(cause_label(cause));
}

static void put(struct text *text, struct str s) {
  ENSURE(s.len <= sizeof text->bytes - text->len);
  if (s.len) memcpy(text->bytes + text->len, s.ptr, s.len);
  text->len += s.len;
}

static void put_template(struct text *text, const struct reason *reason, struct str template) {
  while (template.len) {
    size_t brace = str_find(template, '{'), end = str_find(template, '}');
    put(text, str_upto(template, brace));
    if (brace == template.len) return;
    put_value(text, reason, str_make(template.ptr + brace + 1, end - brace - 1));
    template = str_from(template, end + 1);
  }
}

/* The name of a field that came as a whole line. */
static struct str name_in(struct str line) {
  return str_trim(str_upto(line, str_find(line, ':')));
}

static void put_value(struct text *text, const struct reason *reason, struct str name) {
  const struct config_settings *settings = reason->settings;
  const struct config_route *route = reason->route;
  const struct ending *ending = &reason->ending;
  if (str_eq(name, STR("what"))) {
    put_shown(text, ending->what);
  } else if (str_eq(name, STR("field"))) {
    put_shown(text, name_in(ending->what));
  } else if (str_eq(name, STR("size"))) {
    put_size(text, ending->what.len);
  } else if (str_eq(name, STR("bytes"))) {
    put_size(text, settings->max_header_bytes);
  } else if (str_eq(name, STR("fields"))) {
    put_count(text, settings->max_header_fields);
  } else if (str_eq(name, STR("body"))) {
    put_size(text, settings->max_body_bytes);
  } else if (str_eq(name, STR("bound"))) {
    put_size(text, reason->bound_bytes);
  } else if (str_eq(name, STR("header_timeout"))) {
    put_duration(text, settings->header_timeout_ms);
  } else if (str_eq(name, STR("passes"))) {
    put_count(text, reason->passes);
  } else if (str_eq(name, STR("target"))) {
    put_short(text, reason->target, NAME_BYTES);
  } else if (str_eq(name, STR("route"))) {
    put_short(text, route ? route->name : STR("no route"), NAME_BYTES);
  } else if (str_eq(name, STR("host"))) {
    put_short(text, reason->host.len ? reason->host : STR("(none)"), NAME_BYTES);
  } else if (str_eq(name, STR("path"))) {
    put_short(text, reason->path, PATH_BYTES);
  } else if (str_eq(name, STR("code"))) {
    put(text, str_of(ending->code ? uv_strerror(ending->code) : "it refused before"));
  } else if (str_eq(name, STR("held"))) {
    if (reason->held_ms) put(text, STR(", waited for "));
    if (reason->held_ms) put_duration(text, reason->held_ms);
  } else if (str_eq(name, STR("waited"))) {
    put_duration(text, reason->waited_ms);
  } else if (str_eq(name, STR("connect"))) {
    put_duration(text, route->timeouts.connect_ms);
  } else if (str_eq(name, STR("response"))) {
    put_duration(text, route->timeouts.response_ms);
  } else if (str_eq(name, STR("idle"))) {
    put_duration(text, route->timeouts.idle_ms);
  } else {
    ENSURE_UNREACHABLE(); /* no such value in the table */
  }
}

static void put_shown(struct text *text, struct str what) {
  put(text, STR("'"));
  put_short(text, what, SHOWN_BYTES);
  put(text, STR("'"));
}

/* `s` escaped; what is longer than `most` bytes then is cut. */
static void put_short(struct text *text, struct str s, size_t most) {
  char room[PATH_BYTES + ESCAPED_BYTES];
  size_t len = log_escape(room, most + ESCAPED_BYTES, s);
  bool cut = len > most;
  if (cut) len = log_escape(room, most, s);
  put(text, str_make(room, len));
  if (cut) put(text, STR("…"));
}

static void put_count(struct text *text, uint64_t count) {
  char digits[STR_DECIMAL_BYTES];
  put(text, str_of_u64(digits, count));
}

/* As the configuration writes them: a round number has its unit. */
static void put_size(struct text *text, uint64_t bytes) {
  static const struct str units[] = {STR_INIT(" bytes"), STR_INIT(" KiB"), STR_INIT(" MiB"), STR_INIT(" GiB")};
  unsigned unit = 0;
  for (; bytes && bytes % 1024 == 0 && unit + 1 < sizeof units / sizeof *units; unit++) bytes /= 1024;
  put_count(text, bytes);
  put(text, units[unit]);
}

static void put_duration(struct text *text, uint64_t ms) {
  if (ms < 1000) {
    put_count(text, ms);
    put(text, STR(" ms"));
    return;
  }
  put_count(text, ms / 1000);
  if (ms % 1000 >= 100) {
    put(text, STR("."));
    put_count(text, ms % 1000 / 100);
  }
  put(text, STR(" s"));
}
