/* One block after the other; the last one or two hold the padding. */
#include "liteginx/base/sha1.h"

enum { BLOCK_BYTES = 64, LENGTH_BYTES = 8, ROUNDS = 80 };

static void take_block(uint32_t state[5], const unsigned char *block);

void sha1_of(struct str bytes, unsigned char digest[SHA1_BYTES]) {
  uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  unsigned char last[2 * BLOCK_BYTES] = {0};
  uint64_t bits = (uint64_t)bytes.len * 8;
  while (bytes.len >= BLOCK_BYTES) {
    take_block(state, (const unsigned char *)bytes.ptr);
    bytes = str_from(bytes, BLOCK_BYTES);
  }
  if (bytes.len) memcpy(last, bytes.ptr, bytes.len);
  last[bytes.len] = 0x80;
  size_t total = bytes.len + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  for (unsigned i = 0; i < LENGTH_BYTES; i++) last[total - 1 - i] = (unsigned char)(bits >> 8 * i);
  for (size_t at = 0; at < total; at += BLOCK_BYTES) take_block(state, last + at);
  for (unsigned i = 0; i < SHA1_BYTES; i++) digest[i] = (unsigned char)(state[i / 4] >> 8 * (3 - i % 4));
}

static uint32_t turn(uint32_t word, unsigned by) {
  return word << by | word >> (32 - by);
}

static void take_block(uint32_t state[5], const unsigned char *block) {
  uint32_t w[ROUNDS];
  for (unsigned i = 0; i < 16; i++) {
    const unsigned char *at = block + (size_t)4 * i;
    w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
  }
  for (unsigned i = 16; i < ROUNDS; i++) w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (unsigned i = 0; i < ROUNDS; i++) {
    static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t mixed = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    uint32_t next = turn(a, 5) + mixed + e + w[i] + constants[i / 20];
    e = d;
    d = c;
    c = turn(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

void sha1_base64(const unsigned char *bytes, size_t len, char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t at = 0; at < len; at += 3, text += 4) {
    size_t left = len - at;
    uint32_t word =
        (uint32_t)bytes[at] << 16 | (uint32_t)(left > 1 ? bytes[at + 1] : 0) << 8 | (left > 2 ? bytes[at + 2] : 0);
    text[0] = digits[word >> 18];
    text[1] = digits[word >> 12 & 63];
    text[2] = '=';
    text[3] = '=';
    if (left > 1) text[2] = digits[word >> 6 & 63];
    if (left > 2) text[3] = digits[word & 63];
  }
}
