/* Any bytes as one configuration file: it loads, or there is an error; never anything else. */
#include "liteginx/config/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *table_env(void *owner, const char *name) {
  (void)owner;
  if (strcmp(name, "A") == 0) return "5000";
  if (strcmp(name, "B") == 0) return "\"]}\n- {x: *y";
  if (strcmp(name, "C") == 0) return "\xff";
  return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct config_text text = {STR("f.yaml"), str_make((const char *)bytes, size)};
  struct config_report report;
  config_report_init(&report);
  struct config *config = config_load(&text, 1, table_env, NULL, &report);
  ENSURE(config ? report.errors == 0 && config->listener_count > 0 : report.errors > 0 && report.first);
  config_free(config);
  config_report_free(&report);
  return 0;
}
