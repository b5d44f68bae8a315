/* The verb `check`: what `run` would load, counted. */
#include "liteginx/cli/check.h"

#include "liteginx/cli/files.h"
#include "liteginx/cli/output.h"
#include "liteginx/config/load.h"

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
  print_count(out, targets, "target", ": configuration is fine\n");
  config_free(config);
  return output_end(out, "the configuration is fine, but ", err);
}
