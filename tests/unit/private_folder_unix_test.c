/* Modes: nobody else may read, and who may is seen. */
#include "liteginx/tls/private_folder.h"

#include <sys/stat.h>

#include "folder.h"

static int set_up(void **state) {
  (void)state;
  umask(0);
  return temporary_folder(folder_root) == 0 && uv_chdir(folder_root) == 0 ? 0 : -1;
}

static unsigned mode_of(const char *path) {
  struct stat there;
  assert_int_equal(stat(path, &there), 0);
  return there.st_mode & 07777;
}

static void test_shuts_others_out(void **state) {
  (void)state;
  assert_int_equal(private_folder_make("a/b"), 0);
  assert_int_equal(private_folder_make_new("a/c"), 0);
  assert_int_equal(private_folder_write("a/file", STR("x")), 0);
  assert_int_equal(mode_of("a"), 0700);
  assert_int_equal(mode_of("a/b"), 0700);
  assert_int_equal(mode_of("a/c"), 0700);
  assert_int_equal(mode_of("a/file"), 0600);
}

static void test_leaves_the_modes_of_what_is_there(void **state) {
  (void)state;
  assert_int_equal(mkdir("a", 0755), 0);
  assert_int_equal(private_folder_make("a/b"), 0);
  assert_int_equal(mode_of("a"), 0755);
}

static void test_follows_no_link_in_writing(void **state) {
  (void)state;
  assert_int_equal(symlink("elsewhere", "link"), 0);
  assert_int_equal(private_folder_write("link", STR("x")), EEXIST);
  assert_int_equal(private_folder_access("elsewhere"), PRIVATE_FOLDER_MISSING);
}

static void test_sees_who_may_read(void **state) {
  (void)state;
  assert_int_equal(private_folder_write("file", STR("x")), 0);
  static const unsigned open[] = {0604, 0640, 0602, 0620, 0601};
  for (size_t i = 0; i < UNIT_COUNT(open); i++) {
    assert_int_equal(chmod("file", open[i]), 0);
    assert_int_equal(private_folder_access("file"), PRIVATE_FOLDER_OPEN);
  }
  assert_int_equal(chmod("file", 0400), 0);
  assert_int_equal(private_folder_access("file"), PRIVATE_FOLDER_OWN);
  if (geteuid() != 0) {
    assert_int_equal(private_folder_access("/"), PRIVATE_FOLDER_FOREIGN);
  } else {
    assert_int_equal(chown("file", 12345, 12345), 0);
    assert_int_equal(private_folder_access("file"), PRIVATE_FOLDER_FOREIGN);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_shuts_others_out, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_leaves_the_modes_of_what_is_there, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_follows_no_link_in_writing, set_up, folder_remove),
      cmocka_unit_test_setup_teardown(test_sees_who_may_read, set_up, folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
