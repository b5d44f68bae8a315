/* Which addresses lead to a listener. */
#include "liteginx/config/share.h"

#include "liteginx/config/scalar.h"
#include "unit.h"

static bool leads(const char *listen, const char *single) {
  struct config_address address;
  struct config_network network;
  struct share shares[SHARE_MOST];
  bool found = false;
  assert_true(scalar_listen(str_of(listen), SCOPE_LOOPBACK, &address));
  assert_true(scalar_address(str_of(single), &network));
  unsigned count = share_find(&address, shares);
  for (unsigned i = 0; i < count; i++) found = found || share_holds(&shares[i], &network);
  return found;
}

static void an_address_leads_to_what_listens_there(void **state) {
  (void)state;
  static const struct {
    const char *listen, *single;
    bool leads;
  } cases[] = {
      {"80", "127.0.0.1", true},
      {"80", "::1", true},
      {"80", "127.0.0.2", false},
      {"80", "10.0.0.1", false},
      {"80", "::2", false},
      {"*:80", "10.0.0.1", true},
      {"*:80", "2001:db8::1", true},
      {"127.0.0.1:80", "127.0.0.1", true},
      {"127.0.0.1:80", "::1", false},
      {"127.0.0.1:80", "::ffff:127.0.0.1", true},
      {"0.0.0.0:80", "10.0.0.1", true},
      {"0.0.0.0:80", "::1", false},
      {"[::1]:80", "::1", true},
      {"[::1]:80", "127.0.0.1", false},
      {"[::]:80", "2001:db8::1", true},
      {"[::]:80", "10.0.0.1", false},
      {"unix:./x", "127.0.0.1", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (leads(cases[i].listen, cases[i].single) != cases[i].leads) fail_msg("%s %s", cases[i].listen, cases[i].single);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_address_leads_to_what_listens_there)};
  return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
