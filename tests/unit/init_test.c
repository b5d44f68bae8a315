/* The verb init: a file where none is, a message where one is. */
#include "liteginx/cli/init.h"

#include "folder.h"
#include "liteginx/config/load.h"

struct fixture {
  char folder[FOLDER_BYTES], path[FOLDER_BYTES + 16];
  FILE *out, *err;
};

static void begin(struct fixture *fixture) {
  assert_int_equal(temporary_folder(fixture->folder), 0);
  snprintf(fixture->path, sizeof fixture->path, "%s/new.yaml", fixture->folder);
  fixture->out = os_temporary_file();
  fixture->err = os_temporary_file();
  assert_non_null(fixture->out);
  assert_non_null(fixture->err);
}

static void end(struct fixture *fixture) {
  fclose(fixture->out);
  fclose(fixture->err);
  remove_folder(fixture->folder);
}

static void read_back(FILE *file, char *text, size_t room) {
  rewind(file);
  text[fread(text, 1, room - 1, file)] = '\0';
}

static const char *no_env(void *owner, const char *name) {
  (void)owner, (void)name;
  return NULL;
}

static void assert_good(const char *text) {
  struct config_text file = {STR_INIT("new.yaml"), str_of(text)};
  struct config_report report;
  config_report_init(&report);
  struct config *config = config_load(&file, 1, no_env, NULL, &report);
  if (report.first) fail_msg("%.*s", STR_ARG(report.first->text));
  assert_int_equal(config->listener_count, 1);
  config_free(config);
  config_report_free(&report);
}

static void test_writes_a_file_once(void **state) {
  (void)state;
  static char text[65536], again[65536];
  char said[1024], wanted[1024];
  struct fixture fixture;
  begin(&fixture);
  assert_int_equal(init_run(fixture.path, fixture.out, fixture.err), 0);
  FILE *file = fopen(fixture.path, "r");
  assert_non_null(file);
  read_back(file, text, sizeof text);
  assert_good(text);
  read_back(fixture.err, said, sizeof said);
  snprintf(wanted, sizeof wanted,
           "liteginx: %s is written: change it to your needs, and 'liteginx check %s' tells whether all is right\n",
           fixture.path, fixture.path);
  assert_string_equal(said, wanted);

  rewind(fixture.err);
  assert_int_equal(init_run(fixture.path, fixture.out, fixture.err), 1);
  read_back(fixture.err, said, sizeof said);
  snprintf(wanted, sizeof wanted,
           "liteginx: %s is there already and stays as it is (name another file, or - for standard output)\n",
           fixture.path);
  assert_memory_equal(said, wanted, strlen(wanted));
  read_back(file, again, sizeof again);
  assert_string_equal(again, text);
  fclose(file);
  read_back(fixture.out, again, sizeof again);
  assert_string_equal(again, "");
  end(&fixture);
}

static void test_its_hint_can_be_copied(void **state) {
  (void)state;
  char said[1024], path[FOLDER_BYTES + 32], wanted[FOLDER_BYTES + 64];
  struct fixture fixture;
  begin(&fixture);
  snprintf(path, sizeof path, "%s/my conf.yaml", fixture.folder);
  assert_int_equal(init_run(path, fixture.out, fixture.err), 0);
  read_back(fixture.err, said, sizeof said);
  snprintf(wanted, sizeof wanted, "'liteginx check \"%s\"'", path);
  assert_non_null(strstr(said, wanted));
  end(&fixture);
}

static void test_writes_to_standard_output(void **state) {
  (void)state;
  static char text[65536];
  struct fixture fixture;
  begin(&fixture);
  assert_int_equal(init_run("-", fixture.out, fixture.err), 0);
  read_back(fixture.out, text, sizeof text);
  assert_good(text);
  read_back(fixture.err, text, sizeof text);
  assert_string_equal(text, "");
  end(&fixture);
}

static void test_says_why_it_cannot_write(void **state) {
  (void)state;
  char said[512], path[FOLDER_BYTES + 32], wanted[FOLDER_BYTES + 128];
  struct fixture fixture;
  begin(&fixture);
  snprintf(path, sizeof path, "%s/missing/new.yaml", fixture.folder);
  assert_int_equal(init_run(path, fixture.out, fixture.err), 1);
  read_back(fixture.err, said, sizeof said);
  snprintf(wanted, sizeof wanted, "liteginx: %s could not be written: no such file or directory\n", path);
  assert_string_equal(said, wanted);
  FILE *full = fopen("/dev/full", "w");
  if (full) {
    rewind(fixture.err);
    assert_int_equal(init_run("-", full, fixture.err), 1);
    fclose(full);
  }
  end(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_writes_a_file_once),
      cmocka_unit_test(test_its_hint_can_be_copied),
      cmocka_unit_test(test_writes_to_standard_output),
      cmocka_unit_test(test_says_why_it_cannot_write),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
