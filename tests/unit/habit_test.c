/* The tables of habits. That each of our words in them is one is shown in tables_test. */
#include "liteginx/config/habit.h"

#include "advice.h"
#include "unit.h"

static void test_knows_keys_in_every_spelling(void **state) {
  (void)state;
  static const struct {
    const char *under, *key, *means; /* NULL: there is no such habit, "": there is no such key */
  } all[] = {
      {"spec", "strip_prefix", "rewrite"},
      {"spec", "stripPrefix", "rewrite"},
      {"spec", "Strip-Prefix", "rewrite"},
      {"spec", "proxy_pass", "targets"},
      {"spec", "upstream", "targets"},
      {"spec", "server_name", "host"},
      {"spec", "location", "path"},
      {"spec", "backend", "targets"},
      {"spec", "port", "listen"},
      {"spec", "url", "targets"},
      {"targets", "url", "host"},
      {"", "routes", "spec"},
      {"settings", "worker_processes", "workers"},
      {"spec", "changeOrigin", "host_header"},
      {"spec", "redir", "redirect"},
      {"spec", "return", "respond"},
      {"redirect", "location", "to"},
      {"respond", "content_type", "type"},
      {"spec", "add_header", "headers"},
      {"spec", "auth", ""},
      {"spec", "basic_auth", ""},
      {"spec", "allow_origin", "cors"},
      {"headers", "upstream", "request"},
      {"spec", "root", ""},
      {"spec", "methods", ""},
      {"spec", "try_files", ""},
      {"spec", "changeOrigi", NULL},
      {"spec", "", NULL},
      {"spec", "__", NULL},
      {"spec", "strip prefix", NULL},
      {"spec", "path", NULL},
      {"tls", "url", NULL},
      {"spec", "urls", NULL},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    const struct habit_keys *habit = habit_key(str_of(all[i].under), str_of(all[i].key));
    const char *means = habit ? habit->means ? habit->means : "" : NULL;
    if (!means != !all[i].means || (means && strcmp(means, all[i].means) != 0)) fail_msg("%s", all[i].key);
  }
}

/* No name has two meanings, none is written in a way that nothing can match, and each row gives advice. */
static void test_names_are_sound(void **state) {
  (void)state;
  const struct habit_keys *row;
  size_t count = 0;
  for (; (row = habit_keys_at(count)); count++) {
    struct str rest = str_of(row->names), name;
    assert_true(strlen(row->advice) > 0);
    while (str_next(&rest, ' ', &name)) {
      if (habit_key(str_of(row->under), name) != row) fail_msg("'%.*s' under '%s'", STR_ARG(name), row->under);
    }
  }
  assert_true(count > 20);
}

/* A line that a row says to write has to load. */
static void test_lines_of_advice_load(void **state) {
  (void)state;
  const struct habit_keys *row;
  size_t tried = 0;
  for (size_t i = 0; (row = habit_keys_at(i)); i++) {
    struct str rest = advice_begin(str_of(row->advice)), quoted;
    while (advice_next(&rest, &quoted)) {
      char hint[256];
      bool item = str_starts_with(quoted, STR("{")), keyed = str_find(quoted, ':') < quoted.len;
      bool target = strcmp(row->under, "targets") == 0 && !item;
      if (!keyed || str_eq(quoted, STR("kind: tcp"))) continue; /* of tcp there is no path */
      snprintf(hint, sizeof hint, "(write '%.*s')", STR_ARG(quoted));
      assert_advice(strcmp(row->under, "settings") == 0 ? "settings" : "spec", item || target ? "item" : row->means,
                    NULL, str_of(hint));
      tried++;
    }
  }
  assert_true(tried > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_knows_keys_in_every_spelling),
      cmocka_unit_test(test_names_are_sound),
      cmocka_unit_test(test_lines_of_advice_load),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
