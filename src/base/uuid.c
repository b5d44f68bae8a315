/* One for each request, so digits come in pairs from a table. What is random comes from a counter that is mixed (SplitMix64:
 * Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014); the twelve bits behind the time count,
 * so that those of one millisecond sort as well (RFC 9562 §6.2, method 1). */
#include "liteginx/base/uuid.h"

#include <string.h>

static uint64_t next_random(uint64_t *state);

/* clang-format off */
#define ROW(d) d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9" d "a" d "b" d "c" d "d" d "e" d "f"
static const char pairs[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6") ROW("7")
                            ROW("8") ROW("9") ROW("a") ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");
#undef ROW
/* clang-format on */

#define PUT_PAIR(offset, byte) memcpy(text + (offset), &pairs[2 * ((byte)&0xff)], 2)

void uuid_seed(struct uuid_source *source, const unsigned char seed[16]) {
  memcpy(source->state, seed, sizeof source->state);
}

struct str uuid_make(struct uuid_source *source, uint64_t unix_ms, char text[UUID_LEN]) {
  uint64_t random = next_random(&source->state[0]), count = source->state[1]++;
  PUT_PAIR(0, unix_ms >> 40);
  PUT_PAIR(2, unix_ms >> 32);
  PUT_PAIR(4, unix_ms >> 24);
  PUT_PAIR(6, unix_ms >> 16);
  PUT_PAIR(9, unix_ms >> 8);
  PUT_PAIR(11, unix_ms);
  PUT_PAIR(14, 0x70 | (count >> 8 & 0x0f)); /* the version */
  PUT_PAIR(16, count);
  PUT_PAIR(19, 0x80 | (random >> 56 & 0x3f)); /* the variant */
  PUT_PAIR(21, random >> 48);
  PUT_PAIR(24, random >> 40);
  PUT_PAIR(26, random >> 32);
  PUT_PAIR(28, random >> 24);
  PUT_PAIR(30, random >> 16);
  PUT_PAIR(32, random >> 8);
  PUT_PAIR(34, random);
  text[8] = text[13] = text[18] = text[23] = '-';
  return str_make(text, UUID_LEN);
}

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}
