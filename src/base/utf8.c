/* Reading by the lead byte's table of RFC 3629 §4, as arithmetic: the overlong is below its length's least number. */
#include "liteginx/base/utf8.h"

enum { LONGEST = 4 };

size_t utf8_read(struct str text, uint32_t *character) {
  static const uint32_t least[LONGEST + 1] = {0, 0, 0x80, 0x800, 0x10000};
  if (text.len == 0) return 0;
  unsigned char lead = (unsigned char)text.ptr[0];
  if (lead < 0x80) {
    *character = lead;
    return 1;
  }
  size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || len > text.len) return 0;
  uint32_t number = lead & (0x7fu >> len);
  for (size_t i = 1; i < len; i++) {
    if (!utf8_continues(text.ptr[i])) return 0;
    number = number << 6 | ((unsigned char)text.ptr[i] & 0x3fu);
  }
  bool surrogate = number >= 0xd800 && number <= 0xdfff;
  if (number < least[len] || number > 0x10ffff || surrogate) return 0;
  *character = number;
  return len;
}

bool utf8_valid(struct str text) {
  uint32_t character;
  while (text.len) {
    size_t len = utf8_read(text, &character);
    if (len == 0) return false;
    text = str_from(text, len);
  }
  return true;
}

unsigned utf8_count(struct str text) {
  unsigned count = 0;
  for (size_t i = 0; i < text.len; i++) count += !utf8_continues(text.ptr[i]);
  return count;
}

struct str utf8_upto(struct str text, size_t len) {
  if (len >= text.len) return text;
  size_t back = 0;
  while (back < LONGEST - 1 && back < len && utf8_continues(text.ptr[len - back])) back++;
  return str_upto(text, len - back);
}

struct range {
  uint32_t first, last;
};

static bool is_in(uint32_t character, const struct range *ranges, size_t count) {
  for (size_t i = 0; i < count && character >= ranges[i].first; i++) {
    if (character <= ranges[i].last) return true;
  }
  return false;
}

unsigned utf8_width(uint32_t character) {
  static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},     {0x610, 0x61a},
                                      {0x64b, 0x65f},   {0x900, 0x902},   {0xe31, 0xe31},     {0xe34, 0xe3a},
                                      {0xe47, 0xe4e},   {0x1160, 0x11ff}, {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},
                                      {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0x302a, 0x302d},   {0x3099, 0x309a},
                                      {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef}};
  static const struct range wide[] = {{0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x2614, 0x2615},
                                      {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26bd, 0x26be},   {0x2705, 0x2705},
                                      {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2757},
                                      {0x2795, 0x2797},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2e80, 0x303e},
                                      {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
                                      {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                      {0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f18e, 0x1f19a},
                                      {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f393}, {0x1f3a0, 0x1f3ca},
                                      {0x1f3e0, 0x1f3f0}, {0x1f400, 0x1f43e}, {0x1f440, 0x1f4fc}, {0x1f4ff, 0x1f53d},
                                      {0x1f54b, 0x1f567}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7ff},
                                      {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};
  if (is_in(character, none, sizeof none / sizeof none[0])) return 0;
  return is_in(character, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}
