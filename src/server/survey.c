/* A line for each target as soon as it has answered, or has not. They belong to the banner, so they carry no time. */
#include "liteginx/server/survey.h"

#include <stdlib.h>

#include "liteginx/net/stream.h"

static unsigned try_route(struct survey *survey, const struct snapshot_route *route);
static void try_target(struct survey *survey, const struct target *target);
static bool is_tried(const struct survey *survey, const struct target *target);
static void on_tried(struct dial *dial, struct stream *stream, int status);
static void tell(const struct survey *survey, const struct target *target, int status);

/* Select Graphic Rendition of ECMA-48. */
static const char green[] = "\033[32m", red[] = "\033[31m", plain[] = "\033[0m";

void survey_begin(struct survey *survey, struct loop *loop, struct resolver *resolver, struct log *log, bool color,
                  const struct snapshot *snapshot) {
  *survey = (struct survey){.loop = loop, .resolver = resolver, .log = log, .color = color};
  survey->tries = calloc(SURVEY_TARGETS, sizeof *survey->tries);
  if (!survey->tries) return;
  unsigned left_out = 0;
  for (unsigned i = 0; i < snapshot->listener_count; i++) {
    const struct snapshot_listener *listener = &snapshot->listeners[i];
    for (unsigned r = 0; r < listener->route_count; r++) left_out += try_route(survey, &listener->routes[r]);
  }
  if (left_out) log_printf(log, LOG_ERR, "… %u more targets are not tried", left_out);
}

void survey_end(struct survey *survey) {
  for (unsigned i = 0; i < survey->count; i++) {
    dial_cancel(&survey->tries[i].dial);
    if (survey->tries[i].name) resolve_release(survey->tries[i].name);
  }
  free(survey->tries);
  *survey = (struct survey){.count = 0};
}

/* Returns how many of its targets are left out; one that several routes have counts for each of them then. */
static unsigned try_route(struct survey *survey, const struct snapshot_route *route) {
  unsigned left_out = 0;
  for (unsigned i = 0; i < route->target_count; i++) {
    if (is_tried(survey, route->targets[i])) continue;
    if (survey->count < SURVEY_TARGETS) {
      try_target(survey, route->targets[i]);
    } else {
      left_out++;
    }
  }
  return left_out;
}

static void try_target(struct survey *survey, const struct target *target) {
  struct survey_try *try = &survey->tries[survey->count++];
  try->survey = survey;
  try->target = target;
  try->name = resolve_acquire(survey->resolver, target->host);
  if (try->name) dial_start(&try->dial, survey->loop, try->name, target->port, SURVEY_TRY_MS, on_tried);
}

static bool is_tried(const struct survey *survey, const struct target *target) {
  for (unsigned i = 0; i < survey->count; i++) {
    if (survey->tries[i].target == target) return true;
  }
  return false;
}

static void on_tried(struct dial *dial, struct stream *stream, int status) {
  struct survey_try *try = container_of(dial, struct survey_try, dial);
  if (stream) stream_close(stream, false);
  tell(try->survey, try->target, stream ? 0 : status);
}

static void tell(const struct survey *survey, const struct target *target, int status) {
  bool good = status == 0;
  log_printf(survey->log, LOG_ERR, "%s%s%s %.*s %s%s", survey->color ? (good ? green : red) : "", good ? "✓" : "✗",
             survey->color ? plain : "", STR_ARG(target->text),
             good ? "answers" : "does not answer: ", good ? "" : uv_strerror(status));
}
