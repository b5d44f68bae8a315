/* The encoder of RFC 3492 §6.3, with its names. */
#include "liteginx/base/punycode.h"

#include "liteginx/base/utf8.h"

enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 0x80, LABEL_BYTES = 63 };

/* A label in the making. */
struct output {
  char *bytes;
  size_t len, room;
};

static uint32_t adapt(uint32_t delta, uint32_t points, bool first);
static void put_delta(struct output *out, uint32_t delta, uint32_t bias);
static bool encode_label(struct str label, struct output *out);
static bool lower_character(uint32_t character, uint32_t *lower);

static void put(struct output *out, char c) {
  if (out->len < out->room) out->bytes[out->len] = c;
  out->len++;
}

/* No number overflows: 63 characters times 0x10ffff is below 2^27. */
size_t punycode_encode(const uint32_t *characters, size_t count, char *out, size_t room) {
  struct output output = {out, 0, room};
  uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;
  ENSURE(count <= PUNYCODE_LABEL_CHARACTERS);
  for (size_t i = 0; i < count; i++) {
    if (characters[i] < INITIAL_N) put(&output, (char)characters[i]);
  }
  uint32_t basic = (uint32_t)output.len, handled = basic;
  if (basic) put(&output, '-');
  while (handled < count) {
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
      if (characters[i] >= n && characters[i] < least) least = characters[i];
    }
    delta += (least - n) * (handled + 1);
    n = least;
    for (size_t i = 0; i < count; i++) {
      if (characters[i] < n) delta++;
      if (characters[i] != n) continue;
      put_delta(&output, delta, bias);
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return output.len <= room ? output.len : 0;
}

/* A number of variable length (RFC 3492 §3.3). */
static void put_delta(struct output *out, uint32_t delta, uint32_t bias) {
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  uint32_t q = delta;
  for (uint32_t k = BASE;; k += BASE) {
    uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
    if (q < t) break;
    put(out, digits[t + (q - t) % (BASE - t)]);
    q = (q - t) / (BASE - t);
  }
  put(out, digits[q]);
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first) {
  uint32_t k = 0;
  delta = first ? delta / DAMP : delta / 2;
  delta += delta / points;
  for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE) delta /= BASE - TMIN;
  return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

bool punycode_name(struct str name, char out[PUNYCODE_NAME_BYTES], size_t *len) {
  struct output output = {out, 0, PUNYCODE_NAME_BYTES};
  struct str label;
  for (bool first = true; str_next(&name, '.', &label); first = false) {
    if (!first) put(&output, '.');
    if (!encode_label(label, &output)) return false;
  }
  *len = output.len;
  return output.len <= output.room;
}

static bool encode_label(struct str label, struct output *out) {
  uint32_t characters[PUNYCODE_LABEL_CHARACTERS];
  char encoded[LABEL_BYTES];
  size_t count = 0, bytes;
  bool ascii = true;
  for (; label.len; label = str_from(label, bytes)) {
    uint32_t character = 0;
    bytes = utf8_read(label, &character);
    if (bytes == 0 || count == PUNYCODE_LABEL_CHARACTERS || !lower_character(character, &characters[count]))
      return false;
    ascii &= character < INITIAL_N;
    count++;
  }
  static const struct str prefix = STR_INIT("xn--");
  size_t len = ascii ? count : punycode_encode(characters, count, encoded, sizeof encoded - prefix.len);
  for (size_t i = 0; !ascii && i < prefix.len; i++) put(out, prefix.ptr[i]);
  for (size_t i = 0; i < len; i++) put(out, ascii ? (char)characters[i] : encoded[i]);
  return len > 0 || count == 0;
}

/* Letters of the scripts whose small letters follow from their numbers; others without capitals stay. False: not sure. */
static bool lower_character(uint32_t character, uint32_t *lower) {
  static const struct {
    uint32_t first, last, distance; /* to the small letter; 0: these are small, or have no case */
  } ranges[] = {{'A', 'Z', 32},       {0, 0x7f, 0},         {0xc0, 0xd6, 32},     {0xd8, 0xde, 32},
                {0xdf, 0xf6, 0},      {0xf8, 0xff, 0},      {0x386, 0x386, 0x26}, {0x388, 0x38a, 0x25},
                {0x38c, 0x38c, 0x40}, {0x38e, 0x38f, 0x3f}, {0x391, 0x3a1, 32},   {0x3a3, 0x3ab, 32},
                {0x3ac, 0x3ce, 0},    {0x400, 0x40f, 80},   {0x410, 0x42f, 32},   {0x430, 0x45f, 0},
                {0x561, 0x586, 0},    {0x5d0, 0x5ea, 0},    {0x620, 0x64a, 0},    {0xe01, 0xe30, 0},
                {0x3041, 0x3096, 0},  {0x30a1, 0x30fa, 0},  {0x30fc, 0x30fe, 0},  {0x3400, 0x4dbf, 0},
                {0x4e00, 0x9fff, 0},  {0xac00, 0xd7a3, 0}};
  *lower = character;
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    if (character < ranges[i].first || character > ranges[i].last) continue;
    *lower = character + ranges[i].distance;
    return true;
  }
  /* Latin Extended-A: pairs of a capital and its small letter, which begin on an even number or on an odd one. */
  bool even = (character >= 0x100 && character <= 0x12f) || (character >= 0x14a && character <= 0x177);
  bool odd = (character >= 0x139 && character <= 0x13e) || (character >= 0x141 && character <= 0x148) ||
             (character >= 0x179 && character <= 0x17e);
  if (even) *lower = character | 1;
  if (odd) *lower = character + (character & 1);
  return even || odd;
}
