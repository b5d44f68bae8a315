/* A slice of bytes that somebody else owns: pointer and length, never a NUL to rely on. */
#ifndef LITEGINX_BASE_STR_H
#define LITEGINX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
  const char *ptr;
  size_t len;
};

/* A slice of a string literal; also usable where C wants a constant initialiser. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal) \
  { "" literal, sizeof(literal) - 1 }

/* For printf("%.*s"): the two arguments. Slices that are printed are shorter than INT_MAX. */
#define STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

static inline struct str str_make(const char *ptr, size_t len) {
  return (struct str){ptr, len};
}

static inline struct str str_of(const char *text) {
  return (struct str){text, text ? strlen(text) : 0};
}

static inline char str_lower_char(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool str_is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* 0 to 15; -1: `c` is no hex digit. */
static inline int str_hex_value(char c) {
  if (str_is_digit(c)) return c - '0';
  char lower = str_lower_char(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static inline bool str_eq(struct str a, struct str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Equal but for the case of ASCII letters. */
bool str_eq_nocase(struct str a, struct str b);

static inline bool str_starts_with(struct str s, struct str prefix) {
  return s.len >= prefix.len && str_eq(str_make(s.ptr, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix);

/* The order of memcmp, a shorter slice first. */
int str_compare(struct str a, struct str b);

/* The part from `from` on; empty where `from` is behind the end. */
static inline struct str str_from(struct str s, size_t from) {
  if (from >= s.len) return str_make(s.ptr ? s.ptr + s.len : NULL, 0);
  return str_make(s.ptr + from, s.len - from);
}

/* The first `len` bytes, or all where there are fewer. */
static inline struct str str_upto(struct str s, size_t len) {
  return str_make(s.ptr, len < s.len ? len : s.len);
}

/* Index of the first `c`, or s.len where there is none. */
static inline size_t str_find(struct str s, char c) {
  const char *at = s.len ? (const char *)memchr(s.ptr, c, s.len) : NULL;
  return at ? (size_t)(at - s.ptr) : s.len;
}

/* Without spaces and tabs at both ends (OWS of RFC 9110 §5.6.3). */
struct str str_trim(struct str s);

/* Cuts the next part off `*rest`, up to `separator`, which is dropped. False once all parts were given (`*rest` has a
 * NULL pointer then): an empty whole has one empty part, and so has what follows a trailing separator. */
bool str_next(struct str *rest, char separator, struct str *part);

/* Decimal digits only, the whole slice, no sign, no overflow. False: `*value` is untouched. */
bool str_to_u64(struct str s, uint64_t *value);

enum { STR_DECIMAL_BYTES = 20 };

/* `value` in decimal digits, without zeros in front; they end up somewhere in `digits`. */
struct str str_of_u64(char digits[STR_DECIMAL_BYTES], uint64_t value);

/* FNV-1a over the bytes. */
uint64_t str_hash(struct str s);

#endif
