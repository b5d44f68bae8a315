/* Text has a word in front of each thing, so that it can be found by eye and by grep; JSON has the same things by name. */
#include "liteginx/cli/explain_print.h"

#include <stdlib.h>

#include "liteginx/action/table.h"
#include "liteginx/base/log.h"
#include "liteginx/cli/json.h"

enum { LABEL_WIDTH = 10, SHOWN_BYTES = 4096, WORDS_BYTES = 64 * 1024 };

static void print_step(const struct explained *explained, FILE *out);
static void label(FILE *out, const char *word);
static void put(FILE *out, struct str s);
static void put_place(FILE *out, const struct config_place *place);
static void put_route(FILE *out, const struct config_route *route);
static void print_action(const struct config_route *route, FILE *out);
static void print_targets(const struct snapshot_route *route, FILE *out);
static void print_head(struct str head, FILE *out);
static void print_losers(const struct explained *explained, FILE *out);
static void print_loss(const struct explained *explained, unsigned index, FILE *out);
static void put_segment(FILE *out, const struct config_route *route, unsigned number);
static void print_nearest(const struct explained *explained, FILE *out);
static bool has_lost(const struct explained *explained, unsigned index);
static void json_route(const struct config_route *route, FILE *out);
static void json_answer(const struct plan_answer *answer, FILE *out);
static void json_losers(const struct explained *explained, FILE *out);
static void json_targets(const struct snapshot_route *route, FILE *out);
static void json_head(struct str head, FILE *out);

/* --- text --- */

void explain_print_text(const struct explained *explained, FILE *out) {
  const struct config_listener *listener = explained->listener->config;
  const struct snapshot_route *route = explained_route(explained);
  label(out, "listener");
  put(out, listener->address.text);
  fputs(listener->kind == KIND_TCP ? " (TCP) " : " ", out);
  put_place(out, &listener->place);
  fputc('\n', out);
  if (explained->answered) {
    label(out, "answer");
    fprintf(out, "%u: ", explained_status(explained));
    fprintf(out, "%.*s", STR_ARG(explained->sentence)); /* escaped where it was made */
    fputc('\n', out);
    print_step(explained, out);
    if (explained->ending.reason == ENDING_NO_ROUTE) print_nearest(explained, out);
  }
  if (route) {
    label(out, "route");
    put_route(out, route->config);
    fprintf(out, " of ");
    put(out, route->config->name);
    fputc('\n', out);
  }
  if (explained->routed) print_losers(explained, out);
  if (route && explained->plan.answer.status) print_action(route->config, out);
  if (explained->plan.route && !explained->plan.answer.status) {
    label(out, "path");
    put(out, explained->plan.normal);
    fputs(" → ", out);
    put(out, explained->plan.path);
    put(out, explained->plan.parts.query);
    fputc('\n', out);
  }
  if (route && !explained->answered) print_targets(route, out);
  if (explained->sent.len) print_head(explained->sent, out);
}

/* Which step of the plan has decided; where it is none, the parser had refused the head before. */
static void print_step(const struct explained *explained, FILE *out) {
  enum plan_step step = explained->plan.decided;
  label(out, "step");
  if (explained->planned) {
    fprintf(out, "%s (%s?)\n", plan_step_name(step), plan_step_question(step));
  } else {
    fputs("parser (is it HTTP/1?)\n", out);
  }
}

static void label(FILE *out, const char *word) {
  fprintf(out, "%-*s", LABEL_WIDTH, word);
}

static void put(FILE *out, struct str s) {
  char shown[SHOWN_BYTES];
  size_t len = log_escape(shown, sizeof shown, s);
  fprintf(out, "%.*s", (int)len, shown);
}

static void put_place(FILE *out, const struct config_place *place) {
  fputc('(', out);
  put(out, place->file);
  fprintf(out, ":%u)", place->line);
}

static void put_route(FILE *out, const struct config_route *route) {
  if (route->path.len) { /* TCP has none */
    put(out, route->host);
    put(out, route->path);
    fputs(route->pattern.match == PATTERN_EXACT ? " exact " : " ", out);
  }
  put_place(out, &route->place);
}

static void print_action(const struct config_route *route, FILE *out) {
  struct arena arena;
  arena_init(&arena, NULL, WORDS_BYTES);
  label(out, "action");
  fprintf(out, "%s: %.*s\n", action_of(route)->name, STR_ARG(action_of(route)->words(&arena, route)));
  arena_reset(&arena);
}

/* With the order in which they come, which all workers share. */
static void print_targets(const struct snapshot_route *route, FILE *out) {
  label(out, "targets");
  for (unsigned i = 0; i < route->target_count; i++) {
    if (i) fputs(", ", out);
    put(out, route->targets[i]->text);
    if (route->config->targets[i].weight != 1) fprintf(out, " weight %u", route->config->targets[i].weight);
  }
  fputc('\n', out);
  if (route->target_count == 1) return;
  label(out, "turns");
  for (size_t i = 0; i < route->balancer.length && i < EXPLAIN_TURNS; i++) {
    if (i) fputs(", ", out);
    put(out, route->targets[route->balancer.sequence[i]]->text);
  }
  if (route->balancer.length > EXPLAIN_TURNS) fputs(", …", out);
  fputs(route->balancer.length ? ", and again\n" : "nobody's: all weights are 0\n", out);
}

static void print_head(struct str head, FILE *out) {
  struct str rest = head, line;
  bool first = true;
  while (str_next(&rest, '\n', &line) && line.len > 1) {
    label(out, first ? "head" : "");
    put(out, str_upto(line, line.len - 1));
    fputc('\n', out);
    first = false;
  }
}

/* The winner is none of them. */
static bool has_lost(const struct explained *explained, unsigned index) {
  return &explained->listener->routes[index] != explained->plan.route;
}

static void print_losers(const struct explained *explained, FILE *out) {
  unsigned shown = 0, left = 0;
  for (unsigned i = 0; i < explained->listener->route_count; i++) {
    if (!has_lost(explained, i)) continue;
    if (shown == EXPLAIN_LOSERS) {
      left++;
      continue;
    }
    label(out, shown++ ? "" : "not");
    print_loss(explained, i, out);
  }
  if (left) fprintf(out, "%*s… and %u more (--json has them all)\n", LABEL_WIDTH, "", left);
}

static void print_loss(const struct explained *explained, unsigned index, FILE *out) {
  const struct config_route *route = explained->listener->routes[index].config;
  struct rank rank = explained_loss(explained, index);
  put_route(out, route);
  fputs(": ", out);
  switch (rank.rule) {
  case RANK_HOST_DIFFERS:
    fputs("its host is another one", out);
    break;
  case RANK_PATH_DIFFERS:
    fputs("its path does not match", out);
    break;
  case RANK_HOST:
    fputs("its host is less exact", out);
    break;
  case RANK_SEGMENT:
    fprintf(out, "in segment %u ", rank.segment);
    put_segment(out, route, rank.segment);
    fputs(" is less specific than ", out);
    put_segment(out, explained->plan.route->config, rank.segment);
    break;
  case RANK_MATCH:
    fputs("'match: exact' goes before it", out);
    break;
  case RANK_ORDER:
    fputs("it stands behind one that is equal", out);
    break;
  case RANK_NO_MEMORY:
    fputs("out of memory", out);
    break;
  }
  fputc('\n', out);
}

/* As it is written in a path. */
static void put_segment(FILE *out, const struct config_route *route, unsigned number) {
  if (number > route->pattern.count) {
    fputs("the rest of a prefix", out);
    return;
  }
  const struct segment *segment = &route->pattern.segments[number - 1];
  fputc('\'', out);
  put(out, segment->literal);
  if (segment->kind != SEGMENT_STATIC) {
    fputs(segment->kind == SEGMENT_CATCH_ALL ? "{*" : "{", out);
    put(out, segment->name);
    fputc('}', out);
  }
  put(out, segment->suffix);
  fputc('\'', out);
}

static void print_nearest(const struct explained *explained, FILE *out) {
  unsigned indexes[EXPLAIN_NEAREST];
  unsigned count = explained_nearest(explained, indexes, EXPLAIN_NEAREST);
  for (unsigned i = 0; i < count; i++) {
    label(out, i ? "" : "nearest");
    put_route(out, explained->listener->routes[indexes[i]].config);
    fputc('\n', out);
  }
}

/* --- JSON --- */

void explain_print_json(const struct explained *explained, FILE *out) {
  const struct snapshot_route *route = explained_route(explained);
  bool tcp = explained_is_tcp(explained);
  fputs("{\"kind\":", out);
  json_text(out, tcp ? STR("tcp") : STR("http"));
  fputs(",\"listener\":{\"address\":", out);
  json_text(out, explained->listener->config->address.text);
  fputs(",\"place\":", out);
  json_place(out, &explained->listener->config->place);
  fputs("}", out);
  if (explained->answered) {
    fprintf(out, ",\"status\":%u,\"ending\":", explained_status(explained));
    json_text(out, str_of(ending_label(explained->ending.reason)));
    if (explained->ending.cause != CAUSE_NONE) {
      fputs(",\"cause\":", out);
      json_text(out, str_of(cause_label(explained->ending.cause)));
    }
    fputs(explained->plan.answer.status ? ",\"action\":" : ",\"reason\":", out);
    json_text(out, explained->plan.answer.status ? str_of(action_of(route->config)->name) : explained->sentence);
    if (explained->plan.answer.status) json_answer(&explained->plan.answer, out);
  }
  if (explained->planned && explained->answered) {
    fputs(",\"step\":", out);
    json_text(out, str_of(plan_step_name(explained->plan.decided)));
  }
  if (route) {
    fputs(",\"route\":", out);
    json_route(route->config, out);
    if (!explained->plan.answer.status) json_targets(route, out);
  }
  if (explained->routed) {
    fputs(",\"path\":", out);
    json_text(out, explained->plan.normal);
    json_losers(explained, out);
  }
  if (!explained->answered && !tcp) {
    fputs(",\"upstream_path\":", out);
    json_text(out, explained->plan.path);
    fputs(",\"query\":", out);
    json_text(out, explained->plan.parts.query);
    json_head(explained->sent, out);
  }
  fputs("}\n", out);
}

static void json_route(const struct config_route *route, FILE *out) {
  fputs("{\"name\":", out);
  json_text(out, route->name);
  fputs(",\"place\":", out);
  json_place(out, &route->place);
  fputs(",\"host\":", out);
  json_text(out, route->host);
  fputs(",\"path\":", out);
  json_text(out, route->path);
  fprintf(out, ",\"match\":\"%s\"}", route->pattern.match == PATTERN_EXACT ? "exact" : "prefix");
}

static void json_answer(const struct plan_answer *answer, FILE *out) {
  if (answer->location.len) {
    fputs(",\"location\":", out);
    json_text(out, answer->location);
  }
  if (answer->type.len) {
    fputs(",\"type\":", out);
    json_text(out, answer->type);
  }
  fprintf(out, ",\"bytes\":%zu", answer->body.len);
}

static void json_losers(const struct explained *explained, FILE *out) {
  static const char *const rules[] = {"host-differs", "path-differs", "host", "segment", "match", "order", "no-memory"};
  bool first = true;
  fputs(",\"losers\":[", out);
  for (unsigned i = 0; i < explained->listener->route_count; i++) {
    if (!has_lost(explained, i)) continue;
    struct rank rank = explained_loss(explained, i);
    fputs(first ? "{\"rule\":" : ",{\"rule\":", out);
    json_text(out, str_of(rules[rank.rule]));
    if (rank.rule == RANK_SEGMENT) fprintf(out, ",\"segment\":%u", rank.segment);
    fputs(",\"route\":", out);
    json_route(explained->listener->routes[i].config, out);
    fputs("}", out);
    first = false;
  }
  fputs("]", out);
}

static void json_targets(const struct snapshot_route *route, FILE *out) {
  fputs(",\"targets\":[", out);
  for (unsigned i = 0; i < route->target_count; i++) {
    fputs(i ? ",{\"target\":" : "{\"target\":", out);
    json_text(out, route->targets[i]->text);
    fprintf(out, ",\"weight\":%u}", route->config->targets[i].weight);
  }
  fputs("],\"turns\":[", out);
  for (size_t i = 0; i < route->balancer.length; i++) {
    if (i) fputs(",", out);
    json_text(out, route->targets[route->balancer.sequence[i]]->text);
  }
  fputs("]", out);
}

static void json_head(struct str head, FILE *out) {
  struct str rest = head, line;
  bool first = true;
  fputs(",\"head\":[", out);
  while (str_next(&rest, '\n', &line) && line.len > 1) {
    if (!first) fputs(",", out);
    json_text(out, str_upto(line, line.len - 1));
    first = false;
  }
  fputs("]", out);
}
