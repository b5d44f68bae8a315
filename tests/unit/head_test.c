#include "liteginx/http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <stdio.h>

#include "liteginx/base/arena.h"

static const char *const names[FIELD_ID_COUNT] = {[FIELD_OTHER] = "",
#define FIELD_ROW(name, text) [name] = text,
                                                  FIELD_TABLE(FIELD_ROW)
#undef FIELD_ROW
};

static void every_known_name_is_found_in_any_case(void **state) {
  (void)state;
  for (unsigned id = 1; id < FIELD_ID_COUNT; id++) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", names[id], id == FIELD_X_FORWARDED ? "Server" : "");
    assert_int_equal(field_id_of(str_of(name)), id);
    for (char *c = name; *c; c++) *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    assert_int_equal(field_id_of(str_of(name)), id);
  }
}

static void a_name_that_differs_in_one_letter_is_another(void **state) {
  (void)state;
  for (unsigned id = 1; id < FIELD_ID_COUNT; id++) {
    bool forwarded = str_starts_with(str_of(names[id]), str_of("x-forwarded-"));
    for (size_t i = 0; names[id][i]; i++) {
      char name[64];
      snprintf(name, sizeof name, "%s", names[id]);
      name[i] = name[i] == 'q' ? 'z' : 'q';
      bool still_forwarded = forwarded && id != FIELD_X_FORWARDED && i >= strlen("x-forwarded-");
      assert_int_equal(field_id_of(str_of(name)), still_forwarded ? FIELD_X_FORWARDED : FIELD_OTHER);
    }
  }
  static const char *const others[] = {"",
                                       "a",
                                       "x",
                                       "cookie",
                                       "x-forwarded",
                                       "x-forwarded-",
                                       "user-agent",
                                       "hosts",
                                       "accept-encoding",
                                       "access-control-allow-headers"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_int_equal(field_id_of(str_of(others[i])), FIELD_OTHER);
  }
}

static void fields_are_kept_in_order_and_found(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 20);
  struct head head;
  head_init(&head, &arena);
  assert_null(head_find(&head, FIELD_HOST));
  char list[1000][8];
  for (unsigned i = 0; i < 1000; i++) {
    snprintf(list[i], sizeof list[i], "n%u", i);
    assert_true(head_add(&head, str_of(list[i]), STR("v")));
  }
  assert_true(head_add(&head, STR("HOST"), STR("one")));
  assert_true(head_add(&head, STR("Host"), STR("two")));
  assert_int_equal(head.count, 1002);
  for (unsigned i = 0; i < 1000; i++) assert_true(str_eq(head.fields[i].name, str_of(list[i])));
  assert_true(head_has(&head, FIELD_HOST));
  assert_false(head_has(&head, FIELD_VIA));
  assert_true(str_eq(head_find(&head, FIELD_HOST)->value, STR("one")));
  assert_null(head_find(&head, FIELD_OTHER));
  arena_reset(&arena);
}

static void tokens_are_found_in_lists(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 1 << 20);
  struct head head;
  head_init(&head, &arena);
  assert_true(head_add(&head, STR("Connection"), STR(" ,, Keep-Alive ,\tX-One;q=1,")));
  assert_true(head_add(&head, STR("Other"), STR("close")));
  assert_true(head_add(&head, STR("connection"), (struct str){NULL, 0}));
  assert_true(head_add(&head, STR("connection"), STR("x-two")));
  assert_true(head_connection_names(&head, STR("keep-alive")));
  assert_true(head_connection_names(&head, STR("x-one")));
  assert_true(head_connection_names(&head, STR("X-Two")));
  assert_false(head_connection_names(&head, STR("close")));
  assert_false(head_connection_names(&head, STR("keep")));
  assert_false(head_connection_names(&head, STR("q=1")));
  assert_false(head_has_token(&head, FIELD_TE, STR("trailers")));
  arena_reset(&arena);
}

static void memory_that_is_out_is_reported(void **state) {
  (void)state;
  struct arena arena;
  arena_init(&arena, NULL, 16 * sizeof(struct field));
  struct head head;
  head_init(&head, &arena);
  for (int i = 0; i < 16; i++) assert_true(head_add(&head, STR("a"), STR("b")));
  assert_false(head_add(&head, STR("a"), STR("b")));
  assert_int_equal(head.count, 16);
  arena_reset(&arena);
}

static void token_characters(void **state) {
  (void)state;
  const char *specials = "!#$%&'*+-.^_`|~";
  for (int c = 0; c < 256; c++) {
    char byte = (char)c;
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    bool special = c != 0 && strchr(specials, c) != NULL;
    assert_int_equal(head_token_length(str_make(&byte, 1)), letter || special);
  }
  assert_int_equal(head_token_length(STR("GET /")), 3);
  assert_int_equal(head_token_length(STR("")), 0);
}

static void logins_of_whole_connections_are_seen(void **state) {
  (void)state;
  static const struct {
    const char *name, *value;
    bool logs_in;
  } rows[] = {
      {"Authorization", "NTLM TlRMTVNTUAABAAAA", true},
      {"authorization", "negotiate YII=", true},
      {"WWW-Authenticate", "NTLM", true},
      {"Www-Authenticate", "Basic realm=\"a\", Negotiate", true},
      {"WWW-Authenticate", "Basic realm=\"a\",ntlm", true},
      {"Authorization", "Basic bnRsbTpudGxt", false},
      {"Authorization", "Bearer NTLM", false},
      {"WWW-Authenticate", "Digest realm=\"NTLM\"", false},
      {"Authorization", "NTLMv2 x", false},
      {"Authorization", "", false},
      {"X-Authorization", "NTLM x", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct arena arena;
    struct head head;
    arena_init(&arena, NULL, 4096);
    head_init(&head, &arena);
    assert_true(head_add(&head, STR("Host"), STR("a")));
    assert_true(head_add(&head, str_of(rows[i].name), str_of(rows[i].value)));
    assert_int_equal(head_logs_in(&head), rows[i].logs_in);
    arena_reset(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logins_of_whole_connections_are_seen),
      cmocka_unit_test(every_known_name_is_found_in_any_case),
      cmocka_unit_test(a_name_that_differs_in_one_letter_is_another),
      cmocka_unit_test(fields_are_kept_in_order_and_found),
      cmocka_unit_test(tokens_are_found_in_lists),
      cmocka_unit_test(memory_that_is_out_is_reported),
      cmocka_unit_test(token_characters),
  };
  return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
