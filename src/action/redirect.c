/* The client is sent elsewhere: where to, with the parameters of its path and perhaps its query. */
#include "liteginx/action/redirect.h"

#include "liteginx/plan/plan.h"

bool redirect_decide(struct plan *plan) {
  const struct config_redirect *redirect = &plan->route->config->redirect;
  struct plan_answer answer = {.status = redirect->status, .type = STR_INIT(""), .body = STR_INIT("")};
  switch (
      location_apply(plan->request->arena, &redirect->to, plan->match.params, plan->parts.query, &answer.location)) {
  case LOCATION_OK:
    return plan_answer(plan, &answer);
  case LOCATION_DOT_SEGMENT:
    return plan_refuse(plan, CAUSE_REDIRECT_DOTS, plan->path);
  case LOCATION_NO_MEMORY:
    return plan_lacks_memory(plan);
  }
  ENSURE_UNREACHABLE();
}

/* "308 to /new/{rest}". */
struct str redirect_words(struct arena *arena, const struct config_route *route) {
  struct str to = action_shown(arena, route->redirect.to_text);
  if (!to.ptr) return to;
  return arena_printf(arena, "%u to %.*s", route->redirect.status, STR_ARG(to));
}
