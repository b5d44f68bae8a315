/* UTF-8 (RFC 3629), strictly: nothing overlong, no surrogates, nothing above U+10FFFF. */
#ifndef LITEGINX_BASE_UTF8_H
#define LITEGINX_BASE_UTF8_H

#include "liteginx/base/str.h"

/* Bytes of the character that `text` begins with, and its number; 0: none, *character is untouched. */
size_t utf8_read(struct str text, uint32_t *character);

/* Is all of `text` UTF-8? */
bool utf8_valid(struct str text);

/* Does a character go on with this byte? In a valid text the other bytes count its characters. */
static inline bool utf8_continues(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

/* How many characters a valid text has. */
unsigned utf8_count(struct str text);

/* The first `len` bytes, or all where there are fewer, without the beginning of a character that ends behind them. */
struct str utf8_upto(struct str text, size_t len);

/* Columns of a terminal that a printable character takes: 2 for East Asian wide and fullwidth ones and for emoji
 * (Unicode Standard Annex #11), 0 for those that combine with the one before, else 1. By blocks, not by single
 * characters: enough to put something under a word. */
unsigned utf8_width(uint32_t character);

#endif
