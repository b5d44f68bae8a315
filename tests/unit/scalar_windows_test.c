/* Paths in a configuration's file that have drives, backslashes and servers. */
#include "liteginx/config/scalar.h"

#include "with_arena.h"

static void paths_are_relative_to_their_file(void **state) {
  static const char *const all[][3] = {
      /* file, text, path */
      {"C:\\conf\\a.yaml", "x.html", "C:/conf/x.html"},
      {"C:\\conf\\a.yaml", ".\\b\\x.html", "C:/conf/b/x.html"},
      {"C:\\conf\\a.yaml", "./b/x.html", "C:/conf/b/x.html"},
      {"C:\\conf\\a.yaml", "..\\x.html", "C:/conf/../x.html"},
      {"C:\\conf\\a.yaml", "D:\\x.html", "D:/x.html"},
      {"C:\\conf\\a.yaml", "d:/x.html", "d:/x.html"},
      {"C:\\conf\\a.yaml", "D:x.html", "D:x.html"},
      {"C:\\conf\\a.yaml", "\\x.html", "/x.html"},
      {"C:\\conf\\a.yaml", "/x.html", "/x.html"},
      {"C:\\conf\\a.yaml", "\\\\server\\share\\x.html", "//server/share/x.html"},
      {"C:\\conf\\a.yaml", "//server/share/x.html", "//server/share/x.html"},
      {"C:\\a.yaml", "x.html", "C:/x.html"},
      {"C:a.yaml", "x.html", "C:x.html"},
      {"a.yaml", "b\\x.html", "b/x.html"},
      {"conf\\a.yaml", "x.html", "conf/x.html"},
      {"\\\\server\\share\\conf\\a.yaml", "x.html", "//server/share/conf/x.html"},
      {"\\\\server\\share\\a.yaml", "b\\\\x.html", "//server/share/b/x.html"},
      {"C:\\conf\\a.yaml", "b\\", "C:/conf/b/"},
      {"C:\\conf\\a.yaml", "..", "C:/conf/../"},
  };
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    assert_str(scalar_path(&arena, str_of(all[i][0]), str_of(all[i][1])), str_of(all[i][2]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(paths_are_relative_to_their_file)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
