/* What quota a process is found to have, by files as the system has them, below a folder of the test's. */
#include "liteginx/server/quota.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

enum { FILES_MAX = 8 };

/* What is made, to be removed in the end. */
struct made {
  char root[32];
  char paths[8 * FILES_MAX][200];
  unsigned count;
};

static int set_up(void **state) {
  static struct made made;
  made = (struct made){.root = "/tmp/liteginx-quota-XXXXXX"};
  if (!mkdtemp(made.root)) return -1;
  *state = &made;
  return 0;
}

static int tear_down(void **state) {
  struct made *made = *state;
  while (made->count > 0) {
    if (remove(made->paths[--made->count]) != 0) return -1;
  }
  return rmdir(made->root);
}

static void made_it(struct made *made, const char *path) {
  assert_true(made->count < sizeof made->paths / sizeof *made->paths);
  snprintf(made->paths[made->count++], sizeof made->paths[0], "%s", path);
}

/* With its folders. */
static void make_file(struct made *made, const char *name, const char *text) {
  char path[200];
  assert_in_range(snprintf(path, sizeof path, "%s%s", made->root, name), 1, sizeof path - 1);
  for (char *slash = strchr(path + strlen(made->root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(path, 0700) == 0)
      made_it(made, path);
    else
      assert_int_equal(errno, EEXIST);
    *slash = '/';
  }
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  made_it(made, path);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

#define PROC "/proc/self/cgroup"
#define V2   "/sys/fs/cgroup"
#define V1   "/sys/fs/cgroup/cpu"

static void the_narrowest_on_the_way_up_holds(void **state) {
  static const struct {
    unsigned expected;
    const char *files[FILES_MAX][2]; /* name, text */
  } cases[] = {
      /* --- version 2 --- */
      {2, {{PROC, "0::/\n"}, {V2 "/cpu.max", "200000 100000\n"}}},
      {2, {{PROC, "0::/\n"}, {V2 "/cpu.max", "150000 100000\n"}}}, /* up */
      {2, {{PROC, "0::/\n"}, {V2 "/cpu.max", "100001 100000\n"}}},
      {1, {{PROC, "0::/\n"}, {V2 "/cpu.max", "100000 100000\n"}}},
      {1, {{PROC, "0::/\n"}, {V2 "/cpu.max", "10000 100000\n"}}}, /* a tenth */
      {8, {{PROC, "0::/\n"}, {V2 "/cpu.max", "80000 10000\n"}}},
      {0, {{PROC, "0::/\n"}, {V2 "/cpu.max", "max 100000\n"}}},
      {0, {{PROC, "0::/\n"}}}, /* the real root has no such file */
      {3, {{PROC, "0::/a/b\n"}, {V2 "/a/b/cpu.max", "300000 100000\n"}, {V2 "/a/cpu.max", "max 100000\n"}}},
      {3, {{PROC, "0::/a/b\n"}, {V2 "/a/b/cpu.max", "max 100000\n"}, {V2 "/a/cpu.max", "300000 100000\n"}}},
      {2, {{PROC, "0::/a/b\n"}, {V2 "/a/b/cpu.max", "900000 100000\n"}, {V2 "/a/cpu.max", "200000 100000\n"}}},
      {2, {{PROC, "0::/a/b\n"}, {V2 "/a/b/cpu.max", "200000 100000\n"}, {V2 "/a/cpu.max", "900000 100000\n"}}},
      {0, {{PROC, "0::/a/b\n"}, {V2 "/other/cpu.max", "200000 100000\n"}}},
      {4, {{PROC, "0::/a:b.slice\n"}, {V2 "/a:b.slice/cpu.max", "400000 100000\n"}}}, /* a colon in its name */
      /* --- version 1 --- */
      {2,
       {{PROC, "3:cpuset:/x\n2:cpu,cpuacct:/a\n1:name=systemd:/\n"},
        {V1 "/a/cpu.cfs_quota_us", "150000\n"},
        {V1 "/a/cpu.cfs_period_us", "100000\n"}}},
      {5,
       {{PROC, "2:cpuacct,cpu:/a\n"}, {V1 "/a/cpu.cfs_quota_us", "500000\n"}, {V1 "/a/cpu.cfs_period_us", "100000\n"}}},
      {0, {{PROC, "1:cpu:/\n"}, {V1 "/cpu.cfs_quota_us", "-1\n"}, {V1 "/cpu.cfs_period_us", "100000\n"}}},
      {0, {{PROC, "1:cpu:/\n"}, {V1 "/cpu.cfs_quota_us", "100000\n"}}}, /* of what? */
      {0, {{PROC, "1:cpuset:/\n"}, {V1 "/cpu.cfs_quota_us", "100000\n"}, {V1 "/cpu.cfs_period_us", "100000\n"}}},
      {3, /* a container: the way outside, the files inside */
       {{PROC, "1:cpu:/docker/0123\n"}, {V1 "/cpu.cfs_quota_us", "250000\n"}, {V1 "/cpu.cfs_period_us", "100000\n"}}},
      {1, /* both versions at once, as systemd can have them */
       {{PROC, "1:cpu:/a\n0::/a\n"},
        {V1 "/a/cpu.cfs_quota_us", "50000\n"},
        {V1 "/a/cpu.cfs_period_us", "100000\n"},
        {V2 "/a/cpu.max", "max 100000\n"}}},
      /* --- neither --- */
      {0, {{"/nothing", ""}}},
      {0, {{PROC, ""}}},
      {0, {{PROC, "no such line\n:\n0:\n"}, {V2 "/cpu.max", "100000 100000\n"}}},
      {0, {{PROC, "0::/\n"}, {V2 "/cpu.max", ""}}},
      {0, {{PROC, "0::/\n"}, {V2 "/cpu.max", "100000\n"}}},
      {0, {{PROC, "0::/\n"}, {V2 "/cpu.max", "100000 0\n"}}},
      {UINT_MAX, {{PROC, "0::/\n"}, {V2 "/cpu.max", "9223372036854775807 1\n"}}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(set_up(state), 0);
    struct made *made = *state;
    for (unsigned j = 0; j < FILES_MAX && cases[i].files[j][0]; j++) {
      make_file(made, cases[i].files[j][0], cases[i].files[j][1]);
    }
    unsigned found = quota_processors(made->root);
    if (found != cases[i].expected) print_error("case %zu\n", i);
    assert_int_equal(found, cases[i].expected);
    assert_int_equal(tear_down(state), 0);
  }
}

/* Names longer than any that can be opened are no group's. */
static void a_way_that_is_too_long_is_none(void **state) {
  static char text[2 * PATH_MAX], root[PATH_MAX + 10];
  struct made *made;
  assert_int_equal(set_up(state), 0);
  made = *state;
  memset(text, 'x', sizeof text - 1);
  memcpy(text, "0::/", 4);
  make_file(made, PROC, text);
  make_file(made, V2 "/cpu.max", "100000 100000\n");
  assert_int_equal(quota_processors(made->root), 1); /* the root's own, which holds in any case */
  assert_int_equal(tear_down(state), 0);
  memset(root, '/', sizeof root - 1);
  assert_int_equal(quota_processors(root), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_narrowest_on_the_way_up_holds),
      cmocka_unit_test(a_way_that_is_too_long_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
