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

struct str utf8_upto(struct str text, size_t len) {
  if (len >= text.len) return text;
  size_t back = 0;
  while (back < LONGEST - 1 && back < len && utf8_continues(text.ptr[len - back])) back++;
  return str_upto(text, len - back);
}
