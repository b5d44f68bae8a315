/* The verb `check`: what `run` would load, counted. */
#include "liteginx/cli/check.h"

#include "liteginx/action/table.h"
#include "liteginx/cli/files.h"
#include "liteginx/cli/output.h"
#include "liteginx/config/load.h"

static void print_actions(FILE *out, const struct config *config);

static void print_count(FILE *out, unsigned count, const char *noun, const char *behind) {
  fprintf(out, "%u %s%s%s", count, noun, count == 1 ? "" : "s", behind);
}

int check_run(const char *const *paths, unsigned count, FILE *out, FILE *err, bool color) {
  struct config *config = files_load(paths, count, err, color);
  unsigned routes = 0, targets = 0;
  if (!config) return 1;
  for (unsigned i = 0; i < config->listener_count; i++) {
    const struct config_listener *listener = &config->listeners[i];
    routes += listener->route_count;
    for (unsigned j = 0; j < listener->route_count; j++) targets += listener->routes[j].target_count;
  }
  print_count(out, config->listener_count, "listener", ", ");
  print_count(out, routes, "route", ", ");
  print_count(out, targets, "target", "");
  print_actions(out, config);
  fputs(": configuration is fine\n", out);
  config_free(config);
  return output_end(out, "the configuration is fine, but ", err);
}

/* Of the routes, those that do something else than to have targets, where there are any. */
static void print_actions(FILE *out, const struct config *config) {
  for (unsigned key = 0; key < SPEC_COUNT; key++) {
    const struct action *action = &action_table[key];
    unsigned count = 0;
    for (unsigned i = 0; action->counted_as && i < config->listener_count; i++) {
      const struct config_listener *listener = &config->listeners[i];
      for (unsigned j = 0; j < listener->route_count; j++) count += action_of(&listener->routes[j]) == action;
    }
    if (count) fputs(", ", out);
    if (count) print_count(out, count, action->counted_as, "");
  }
}
