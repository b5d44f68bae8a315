/* An IPv6 address is read as what stands in front of its "::" and what stands behind. */
#include "liteginx/base/ip.h"

static bool read_groups(struct str text, bool may_end_in_v4, unsigned char *bytes, size_t room, size_t *filled);

bool ip_read_v4(struct str text, unsigned char bytes[4]) {
  struct str part;
  unsigned count = 0;
  uint64_t number;
  for (; str_next(&text, '.', &part); count++) {
    bool padded = part.len > 1 && part.ptr[0] == '0'; /* octal to some, decimal to others */
    if (count == 4 || padded || !str_to_u64(part, &number) || number > 255) return false;
    bytes[count] = (unsigned char)number;
  }
  return count == 4;
}

/* Groups, one "::" at most, which stands for at least one group, and an IPv4 address as the last two. */
bool ip_read_v6(struct str text, unsigned char bytes[16]) {
  unsigned char tail[16];
  size_t gap = 0, front = 0, back = 0;
  while (gap < text.len && !str_starts_with(str_from(text, gap), STR("::"))) gap++;
  bool has_gap = gap < text.len;
  memset(bytes, 0, 16);
  if (!read_groups(str_upto(text, gap), !has_gap, bytes, 16, &front)) return false;
  if (!has_gap) return front == 16;
  if (!read_groups(str_from(text, gap + 2), true, tail, 14, &back) || front + back > 14) return false;
  memcpy(bytes + 16 - back, tail, back);
  return true;
}

static bool read_groups(struct str text, bool may_end_in_v4, unsigned char *bytes, size_t room, size_t *filled) {
  struct str group;
  *filled = 0;
  if (text.len == 0) return true;
  while (str_next(&text, ':', &group)) {
    if (may_end_in_v4 && !text.ptr && str_find(group, '.') < group.len) {
      if (room - *filled < 4 || !ip_read_v4(group, bytes + *filled)) return false;
      *filled += 4;
      return true;
    }
    if (group.len == 0 || group.len > 4 || room - *filled < 2) return false;
    unsigned value = 0;
    for (size_t i = 0; i < group.len; i++) {
      int digit = str_hex_value(group.ptr[i]);
      if (digit < 0) return false;
      value = value << 4 | (unsigned)digit;
    }
    bytes[(*filled)++] = (unsigned char)(value >> 8);
    bytes[(*filled)++] = (unsigned char)(value & 0xff);
  }
  return true;
}
