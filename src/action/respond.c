/* The answer stands in the configuration. */
#include "liteginx/action/respond.h"

#include "liteginx/plan/plan.h"

bool respond_decide(struct plan *plan) {
  const struct config_respond *respond = &plan->route->config->respond;
  const struct plan_answer answer = {.status = respond->status,
                                     .type = respond->type,
                                     .location = STR_INIT(""),
                                     .body = respond->body};
  return plan_answer(plan, &answer);
}

/* "200 text/plain, 12 bytes"; "204, empty". */
struct str respond_words(struct arena *arena, const struct config_route *route) {
  const struct config_respond *respond = &route->respond;
  struct str type = str_trim(str_upto(respond->type, str_find(respond->type, ';')));
  size_t bytes = respond->body.len;
  if (bytes == 0) return arena_printf(arena, "%u%s%.*s, empty", respond->status, type.len ? " " : "", STR_ARG(type));
  return arena_printf(arena, "%u %.*s, %zu byte%s", respond->status, STR_ARG(type), bytes, bytes == 1 ? "" : "s");
}
