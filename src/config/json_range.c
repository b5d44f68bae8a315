/* A range falls into pieces whose numbers have the same digits in front, one digit out of some behind them, and any digits
 * after that: 95 to 234 is 9[5-9], 1[0-9]{2}, 2[0-2][0-9] and 23[0-4]. */
#include "liteginx/config/json_range.h"

struct piece {
  uint64_t first, last;
  unsigned free, free_most; /* how many digits may be any: more than the least only behind [1-9] */
};

static void write_numbers(struct page *page, uint64_t least, uint64_t most);
static struct piece make_piece(uint64_t first, uint64_t most);
static void add_lengths(struct piece *piece, uint64_t most);
static void write_piece(struct page *page, const struct piece *piece);
static uint64_t power(unsigned exponent);

void json_range_write(struct json_page *json, const char *name, const struct json_range *ranges, unsigned count) {
  bool more = false;
  json_page_bare(json, name, "\"^(");
  for (unsigned i = 0; i < count; i++) {
    if (ranges[i].most < ranges[i].least) continue;
    page_add(json->page, more ? "|0*(" : "0*(");
    write_numbers(json->page, ranges[i].least, ranges[i].most);
    page_add(json->page, ")%s", ranges[i].unit);
    more = true;
  }
  page_add(json->page, ")$\"");
}

static void write_numbers(struct page *page, uint64_t least, uint64_t most) {
  struct piece piece = make_piece(least, most);
  write_piece(page, &piece);
  while (piece.last < most) {
    piece = make_piece(piece.last + 1, most);
    page_add(page, "|");
    write_piece(page, &piece);
  }
}

/* The longest one that begins with `first`. */
static struct piece make_piece(uint64_t first, uint64_t most) {
  struct piece piece = {.first = first};
  uint64_t step = 1;
  while (first && first % (step * 10) == 0 && step * 10 - 1 <= most - first) {
    step *= 10;
    piece.free++;
  }
  piece.last = first + step - 1;
  while (piece.last / step % 10 < 9 && step <= most - piece.last) piece.last += step;
  piece.free_most = piece.free;
  add_lengths(&piece, most);
  return piece;
}

/* Where it has all numbers of one length, those of the next lengths, too. */
static void add_lengths(struct piece *piece, uint64_t most) {
  if (piece->first != power(piece->free)) return;
  while (piece->last == power(piece->free_most + 1) - 1 && piece->last <= most / 10 &&
         piece->last * 9 + 9 <= most - piece->last) {
    piece->last = piece->last * 10 + 9;
    piece->free_most++;
  }
}

static void write_piece(struct page *page, const struct piece *piece) {
  uint64_t step = power(piece->free), front = piece->first / step / 10;
  unsigned from = (unsigned)(piece->first / step % 10), to = (unsigned)(piece->last / power(piece->free_most) % 10);
  if (front) page_add(page, "%llu", (unsigned long long)front);
  if (from == to) page_add(page, "%u", from);
  if (from < to) page_add(page, "[%u-%u]", from, to);
  if (piece->free_most == 0) return;
  page_add(page, "[0-9]");
  if (piece->free_most > piece->free) {
    page_add(page, "{%u,%u}", piece->free, piece->free_most);
  } else if (piece->free > 1) {
    page_add(page, "{%u}", piece->free);
  }
}

static uint64_t power(unsigned exponent) {
  uint64_t power = 1;
  while (exponent--) power *= 10;
  return power;
}
