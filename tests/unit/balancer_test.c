/* The order of targets, against nginx's own words for it and against a slow run of the same algorithm. */
#include "liteginx/route/balancer.h"

#include "unit.h"

enum { MAX_TARGETS = 6 };

struct good {
  unsigned targets, weights[MAX_TARGETS];
  const char *order; /* one round, a letter per target */
};

static const struct good good[] = {
    {1, {1}, "a"},
    {1, {1000}, "a"},
    {2, {1, 1}, "ab"},
    {2, {7, 7}, "ab"},
    {3, {1, 1, 1}, "abc"},
    {3, {5, 1, 1}, "aabacaa"}, /* the example of nginx's commit that introduced it */
    {3, {1, 2, 3}, "cbacbc"},
    {2, {3, 1}, "aaba"},
    {2, {300, 100}, "aaba"},
    {3, {0, 1, 0}, "b"},
    {3, {2, 0, 4}, "cac"},
    {2, {0, 0}, ""},
    {0, {0}, ""},
};

struct pick {
  size_t position;
  bool usable[3];
  int index;
};

/* The sequence is aabacaa. */
static const struct pick picks[] = {
    {0, {true, true, true}, 0},         {2, {true, true, true}, 1},   {4, {true, true, true}, 2},
    {7, {true, true, true}, 0},         {9, {true, true, true}, 1},   {0, {false, true, true}, 1},
    {3, {false, true, true}, 2},        {5, {false, true, true}, 1},  {4, {true, true, false}, 0},
    {2, {true, false, false}, 0},       {5, {false, false, true}, 2}, {0, {false, false, false}, BALANCER_NONE},
    {SIZE_MAX, {true, true, true}, -2},
};

static void test_order(void **state) {
  (void)state;
  for (size_t i = 0; i < UNIT_COUNT(good); i++) {
    struct balancer balancer;
    assert_true(balancer_init(&balancer, good[i].weights, good[i].targets));
    assert_int_equal(balancer.length, strlen(good[i].order));
    for (size_t at = 0; at < 3 * balancer.length; at++) {
      assert_int_equal(balancer_pick(&balancer, at, NULL), good[i].order[at % balancer.length] - 'a');
    }
    if (balancer.length == 0) assert_int_equal(balancer_pick(&balancer, 5, NULL), BALANCER_NONE);
    balancer_free(&balancer);
    balancer_free(&balancer);
  }
}

static void test_passes_over_unusable(void **state) {
  (void)state;
  static const unsigned weights[] = {5, 1, 1};
  struct balancer balancer;
  assert_true(balancer_init(&balancer, weights, 3));
  for (size_t i = 0; i < UNIT_COUNT(picks); i++) {
    int index = balancer_pick(&balancer, picks[i].position, picks[i].usable);
    if (picks[i].index == -2) {
      assert_in_range(index, 0, 2); /* any position is one */
    } else {
      assert_int_equal(index, picks[i].index);
    }
  }
  balancer_free(&balancer);
}

/* Shares are exact over a round, and two rounds of the undivided weights are as the sequence says. */
static void test_random_weights(void **state) {
  (void)state;
  uint64_t seed = 20261;
  for (int round = 0; round < 300; round++) {
    unsigned targets = 1 + unit_random(&seed, MAX_TARGETS), weights[MAX_TARGETS], sum = 0;
    unsigned factor = 1 + unit_random(&seed, 4);
    for (unsigned i = 0; i < targets; i++) sum += weights[i] = factor * unit_random(&seed, 20);
    struct balancer balancer;
    assert_true(balancer_init(&balancer, weights, targets));
    int credits[MAX_TARGETS] = {0};
    unsigned taken[MAX_TARGETS] = {0};
    for (unsigned step = 0; step < 2 * sum; step++) {
      unsigned best = 0;
      for (unsigned i = 0; i < targets; i++) {
        credits[i] += (int)weights[i];
        if (credits[i] > credits[best]) best = i;
      }
      credits[best] -= (int)sum;
      taken[best]++;
      assert_int_equal(balancer_pick(&balancer, step, NULL), best);
    }
    for (unsigned i = 0; i < targets; i++) assert_int_equal(taken[i], 2 * weights[i]);
    balancer_free(&balancer);
  }
}

static void test_largest_weights(void **state) {
  (void)state;
  static const unsigned weights[] = {1000, 999, 1, 0};
  struct balancer balancer;
  assert_true(balancer_init(&balancer, weights, 4));
  assert_int_equal(balancer.length, 2000);
  balancer_free(&balancer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_passes_over_unusable),
      cmocka_unit_test(test_random_weights),
      cmocka_unit_test(test_largest_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
