/* The normal form of a path. Nearly every path is normal already, so a first look decides whether anything changes;
 * only then are bytes written: characters first, dot segments after them, because an encoded dot is a dot. */
#include "liteginx/route/path.h"

/* What becomes of a byte, each with its letter in kind_of's table. */
enum byte_kind {
  BYTE_FORBIDDEN = 'x', /* control characters, '?', '#' */
  BYTE_PLAIN = '.',     /* stands for itself */
  BYTE_PERCENT = '%',   /* begins a sequence */
  BYTE_ENCODE = 'e'     /* has no place in a path but percent-encoded */
};

static bool is_unreserved(unsigned char byte);
static enum byte_kind kind_of(unsigned char byte);
static int sequence_value(struct str s);
static bool is_dot_segment(struct str segment);
static bool is_plain(struct str path);
static bool is_normal(struct str path);

enum path_status path_normalise(struct arena *arena, struct str path, struct str *normal) {
  if (path.len && path.ptr[0] == '/' && is_plain(path)) {
    *normal = path;
    return PATH_OK;
  }
  if (path.len == 0 || path.ptr[0] != '/' || path_fault(path) != path.len) return PATH_MALFORMED;
  if (is_normal(path)) {
    *normal = path;
    return PATH_OK;
  }
  if (path.len > SIZE_MAX / PATH_GROWTH) return PATH_NO_MEMORY;
  char *bytes = arena_alloc(arena, path.len * PATH_GROWTH);
  if (!bytes) return PATH_NO_MEMORY;
  size_t len = path_encode(path, bytes);
  if (!path_remove_dots(bytes, &len)) return PATH_ABOVE_ROOT;
  *normal = str_make(bytes, len);
  return PATH_OK;
}

size_t path_fault(struct str text) {
  for (size_t i = 0; i < text.len; i++) {
    enum byte_kind kind = kind_of((unsigned char)text.ptr[i]);
    if (kind == BYTE_FORBIDDEN) return i;
    if (kind == BYTE_PERCENT && sequence_value(str_from(text, i)) <= 0) return i;
  }
  return text.len;
}

size_t path_encode(struct str text, char *out) {
  static const char digits[] = "0123456789ABCDEF";
  size_t filled = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char byte = (unsigned char)text.ptr[i];
    enum byte_kind kind = kind_of(byte);
    if (kind == BYTE_PERCENT) {
      byte = (unsigned char)sequence_value(str_from(text, i));
      kind = is_unreserved(byte) ? BYTE_PLAIN : BYTE_ENCODE;
      i += 2;
    }
    if (kind == BYTE_PLAIN) {
      out[filled++] = (char)byte;
    } else {
      out[filled++] = '%';
      out[filled++] = digits[byte >> 4];
      out[filled++] = digits[byte & 15];
    }
  }
  return filled;
}

bool path_remove_dots(char *bytes, size_t *len) {
  size_t kept = 0; /* bytes[0..kept) are done: whole segments, each with the '/' in front of it */
  for (size_t at = 0; at < *len;) {
    struct str rest = str_make(bytes + at + 1, *len - at - 1);
    struct str segment = str_upto(rest, str_find(rest, '/'));
    bool last = segment.len == rest.len;
    bool dots = is_dot_segment(segment);
    if (dots && segment.len == 2) {
      if (kept == 0) return false;
      while (bytes[--kept] != '/') continue;
    }
    if (!dots) {
      memmove(bytes + kept, bytes + at, segment.len + 1);
      kept += segment.len + 1;
    } else if (last) {
      bytes[kept++] = '/';
    }
    at += segment.len + 1;
  }
  *len = kept;
  return true;
}

bool path_has_dots(struct str path) {
  struct str rest = str_from(path, 1), segment;
  while (str_next(&rest, '/', &segment)) {
    if (is_dot_segment(segment)) return true;
  }
  return false;
}

/* The one pass that most paths need. */
static bool is_plain(struct str path) {
  for (size_t i = 0; i < path.len; i++) {
    unsigned char byte = (unsigned char)path.ptr[i];
    if (kind_of(byte) != BYTE_PLAIN || (byte == '.' && path.ptr[i - 1] == '/')) return false;
  }
  return true;
}

static bool is_normal(struct str path) {
  for (size_t i = 0; i < path.len; i++) {
    char c = path.ptr[i];
    if (c == '.' && path.ptr[i - 1] == '/') {
      struct str rest = str_from(path, i);
      if (is_dot_segment(str_upto(rest, str_find(rest, '/')))) return false;
    }
    enum byte_kind kind = kind_of((unsigned char)c);
    if (kind == BYTE_PLAIN) continue;
    if (kind == BYTE_ENCODE) return false;
    bool lower = path.ptr[i + 1] >= 'a' || path.ptr[i + 2] >= 'a';
    if (lower || is_unreserved((unsigned char)sequence_value(str_from(path, i)))) return false;
    i += 2;
  }
  return true;
}

static bool is_dot_segment(struct str segment) {
  return str_eq(segment, STR(".")) || str_eq(segment, STR(".."));
}

static bool is_unreserved(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || str_is_digit((char)byte) || byte == '-' ||
         byte == '.' || byte == '_' || byte == '~';
}

/* RFC 3986 §3.3: pchar is unreserved, sub-delims, ':' and '@'; brackets are let through as every browser and server
 * does. */
static enum byte_kind kind_of(unsigned char byte) {
  static const char kinds[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* control characters */
                              "e.ex.%......................e.ex" /*  !"#$%&'()*+,-./0123456789:;<=>? */
                              "............................e.e." /* @ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_ */
                              "e..........................eee.x" /* `abcdefghijklmnopqrstuvwxyz{|}~  */;
  return byte > 0x7f ? BYTE_ENCODE : (enum byte_kind)kinds[byte];
}

/* The byte that a sequence stands for, "%41" → 0x41; -1 where it is broken. */
static int sequence_value(struct str s) {
  if (s.len < 3) return -1;
  int high = str_hex_value(s.ptr[1]), low = str_hex_value(s.ptr[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}
