/* The examples of RFC 3174, RFC 4648 §10 and RFC 6455 §1.3; lengths around a block's end. */
#include "liteginx/base/sha1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_digest(struct str bytes, const char *expected) {
  unsigned char digest[SHA1_BYTES];
  char text[2 * SHA1_BYTES + 1];
  sha1_of(bytes, digest);
  for (unsigned i = 0; i < SHA1_BYTES; i++) (void)snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
  assert_string_equal(text, expected);
}

static void digests(void **state) {
  char many[1000];
  (void)state;
  memset(many, 'a', sizeof many);
  assert_digest(STR(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  assert_digest(STR("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert_digest(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  assert_digest(str_make(many, 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  assert_digest(str_make(many, 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  assert_digest(str_make(many, 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
  assert_digest(str_make(many, 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba");
}

static void base64(void **state) {
  static const struct {
    const char *bytes, *text;
  } good[] = {{"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char text[16] = "";
    size_t len = strlen(good[i].bytes);
    sha1_base64((const unsigned char *)good[i].bytes, len, text);
    assert_string_equal(text, good[i].text);
    assert_int_equal(strlen(text), SHA1_BASE64_LEN(len));
  }
}

static void accept_of_the_rfc(void **state) {
  unsigned char digest[SHA1_BYTES];
  char text[SHA1_BASE64_LEN(SHA1_BYTES) + 1] = "";
  (void)state;
  sha1_of(STR("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), digest);
  sha1_base64(digest, sizeof digest, text);
  assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digests),
      cmocka_unit_test(base64),
      cmocka_unit_test(accept_of_the_rfc),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
