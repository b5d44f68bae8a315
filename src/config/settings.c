/* All but the list of networks follows from the rows. */
#include "liteginx/config/settings.h"

#include "liteginx/config/scalar.h"
#include "liteginx/config/tables.h"

static bool take_proxies(const struct taking *taking, const struct take_from *from, struct config_settings *settings);
static void take_proxy(const struct taking *taking, const struct take_field *field, struct config_settings *settings);

void settings_init(struct config_settings *settings) {
  *settings = (struct config_settings){.trusted_count = 0};
  key_defaults(&schema_settings, settings);
}

bool settings_take(const struct taking *taking, const struct take_from *from, struct config_settings *settings) {
  take_all(taking, from, NULL, settings); /* what is wrong is reported, and the load goes on */
  return take_proxies(taking, from, settings);
}

static bool take_proxies(const struct taking *taking, const struct take_from *from, struct config_settings *settings) {
  struct yaml_node *list = take_node(from, SETTINGS_trusted_proxies), *item = list ? list->first : NULL;
  unsigned count = take_count(from, SETTINGS_trusted_proxies);
  if (!item) return true;
  settings->trusted_proxies = arena_alloc(taking->kept, count * sizeof *settings->trusted_proxies);
  settings->trusted_count = 0;
  if (!settings->trusted_proxies) return false;
  for (unsigned i = 0; i < count; i++, item = item->next) {
    struct take_field field = take_item_field(from, SETTINGS_trusted_proxies, i, item);
    if (take_state(&field) == TAKE_THERE) take_proxy(taking, &field, settings);
  }
  return true;
}

static void take_proxy(const struct taking *taking, const struct take_field *field, struct config_settings *settings) {
  struct config_network *network = &settings->trusted_proxies[settings->trusted_count];
  if (!scalar_network(field->text, network)) {
    take_refuse(taking, field, str_of(field->key->text->expected), STR(""));
    return;
  }
  settings->trusted_count++;
  if (!scalar_network_mask(network)) return;
  config_report_add(taking->report, false, take_place(field), "'%s' has bits behind its mask, which are ignored",
                    config_quote(field->text).text);
}

void settings_take_environment(config_getenv *env, void *env_owner, struct config_report *report,
                               struct config_settings *settings) {
  const struct key *bind = key_find(&schema_settings, STR("bind"));
  const char *text = env(env_owner, "LITEGINX_BIND");
  uint64_t value;
  if (!text) return;
  if (key_read(bind, str_of(text), &value)) {
    key_store(bind, value, settings);
    return;
  }
  config_report_add(report, true, (struct config_place){.line = 0},
                    "the environment variable LITEGINX_BIND must be loopback or all, got '%s'",
                    config_quote(str_of(text)).text);
}
