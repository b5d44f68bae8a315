/* Slices: comparison, cutting, numbers. Nothing here allocates. */
#include "liteginx/base/str.h"

enum { CASE_BIT = 0x20 }; /* what tells A from a */

bool str_eq_nocase(struct str a, struct str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    unsigned char x = (unsigned char)a.ptr[i], difference = x ^ (unsigned char)b.ptr[i];
    if (difference == 0) continue; /* as nearly always */
    char lower = (char)(x | CASE_BIT);
    if (difference != CASE_BIT || lower < 'a' || lower > 'z') return false;
  }
  return true;
}

bool str_ends_with(struct str s, struct str suffix) {
  return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

int str_compare(struct str a, struct str b) {
  size_t common = a.len < b.len ? a.len : b.len;
  int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
  if (order != 0) return order;
  return (a.len > b.len) - (a.len < b.len);
}

static bool is_space(char c) {
  return c == ' ' || c == '\t';
}

struct str str_trim(struct str s) {
  for (; s.len && is_space(s.ptr[0]); s.len--) s.ptr++;
  while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
  return s;
}

bool str_next(struct str *rest, char separator, struct str *part) {
  if (!rest->ptr) return false;
  size_t at = str_find(*rest, separator);
  *part = str_upto(*rest, at);
  *rest = at < rest->len ? str_from(*rest, at + 1) : (struct str){NULL, 0};
  return true;
}

bool str_to_u64(struct str s, uint64_t *value) {
  uint64_t sum = 0;
  if (s.len == 0) return false;
  for (size_t i = 0; i < s.len; i++) {
    if (!str_is_digit(s.ptr[i])) return false;
    unsigned digit = (unsigned)(s.ptr[i] - '0');
    if (sum > (UINT64_MAX - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return true;
}

struct str str_of_u64(char digits[STR_DECIMAL_BYTES], uint64_t value) {
  size_t at = STR_DECIMAL_BYTES;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  return str_make(digits + at, STR_DECIMAL_BYTES - at);
}

uint64_t str_hash(struct str s) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < s.len; i++) {
    hash = (hash ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
  }
  return hash;
}
