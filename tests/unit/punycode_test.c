/* The encoder against the samples of RFC 3492 §7.1, and whole names. */
#include "liteginx/base/punycode.h"

#include "liteginx/base/utf8.h"
#include "unit.h"

static void test_samples_of_the_rfc(void **state) {
  (void)state;
  static const struct {
    const char *text, *encoded;
  } samples[] = {
      {"ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"},
      {"他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"},
      {"他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"},
      {"Pročprostěnemluvíčesky", "Proprostnemluvesky-uyb24dma41a"},
      {"למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b"},
      {"यहलोगहिन्दीक्योंनहींबोलसकतेहैं", "i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd"},
      {"なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"},
      {"세계의모든사람들이한국어를이해한다면얼마나좋을까",
       "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c"},
      {"почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"},
      {"PorquénopuedensimplementehablarenEspañol", "PorqunopuedensimplementehablarenEspaol-fmd56a"},
      {"TạisaohọkhôngthểchỉnóitiếngViệt", "TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g"},
      {"3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"},
      {"安室奈美恵-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n"},
      {"Hello-Another-Way-それぞれの場所", "Hello-Another-Way--fc4qua05auwb3674vfr0b"},
      {"ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"},
      {"MajiでKoiする5秒前", "MajiKoi5-783gue6qz075azm5e"},
      {"パフィーdeルンバ", "de-jg4avhby1noc0d"},
      {"そのスピードで", "d9juau41awczczp"},
      {"-> $1.00 <-", "-> $1.00 <--"},
  };
  for (size_t i = 0; i < UNIT_COUNT(samples); i++) {
    uint32_t characters[PUNYCODE_LABEL_CHARACTERS];
    char out[128];
    size_t count = 0;
    struct str rest = str_of(samples[i].text);
    for (size_t len; (len = utf8_read(rest, &characters[count])) > 0; rest = str_from(rest, len)) count++;
    size_t len = punycode_encode(characters, count, out, sizeof out);
    assert_str(str_make(out, len), str_of(samples[i].encoded));
    assert_int_equal(punycode_encode(characters, count, out, len - 1), 0);
  }
}

static void test_names(void **state) {
  (void)state;
  static const struct {
    const char *name, *encoded; /* NULL: not sure */
  } all[] = {
      {"bücher.example", "xn--bcher-kva.example"},
      {"BÜCHER.Example", "xn--bcher-kva.example"},
      {"*.münchen.de", "*.xn--mnchen-3ya.de"},
      {"пример.рф", "xn--e1afmkfd.xn--p1ai"},
      {"ПРИМЕР.РФ", "xn--e1afmkfd.xn--p1ai"},
      {"日本語.jp", "xn--wgv71a119e.jp"},
      {"straße.de", "xn--strae-oqa.de"},
      {"ĄŻŹĹŁ.pl", "xn--2da0iya6tja.pl"},
      {"łódź.pl", "xn--d-uga0v4h.pl"},
      {"Αθήνα.gr", "xn--jxafb0a0a.gr"},
      {"한국.kr", "xn--3e0b707e.kr"},
      {"A.b", "a.b"},
      {"", ""},
      {"ü.", "xn--tda."},
      {"bu\u0308cher.example", NULL}, /* needs to be composed first */
      {"ｗｉｄｅ.example", NULL},
      {"I\u0307.example", NULL},
      {"İ.example", NULL},
      {"ŉ.example", NULL},
      {"😀.example", NULL},
      {"a。b", NULL},
      {"caf\xe9", NULL},
      {"üaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
  };
  for (size_t i = 0; i < UNIT_COUNT(all); i++) {
    char out[PUNYCODE_NAME_BYTES];
    size_t len = 0;
    bool sure = punycode_name(str_of(all[i].name), out, &len);
    if (sure != (all[i].encoded != NULL)) fail_msg("%s", all[i].name);
    if (sure) assert_str(str_make(out, len), str_of(all[i].encoded));
  }
  char longest[512], out[PUNYCODE_NAME_BYTES];
  size_t len;
  for (size_t i = 0; i < sizeof longest; i++) longest[i] = i % 50 == 49 ? '.' : 'a';
  assert_true(punycode_name(str_make(longest, 253), out, &len));
  assert_false(punycode_name(str_make(longest, 254), out, &len));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_samples_of_the_rfc),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
