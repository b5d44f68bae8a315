/* The table of what is wrong with a response and yet forgiven, because what it means is clear and its head and its chunks
 * are written anew (BEHAVIOUR "Forgiven in responses"). Requests are forgiven nothing. */
#ifndef LITEGINX_WIRE_FORGIVEN_H
#define LITEGINX_WIRE_FORGIVEN_H

/* name, what the log says behind "TARGET sends " */
/* clang-format off */
#define FORGIVEN_TABLE(row) \
  row(FORGIVEN_LINE_FEED, \
      "lines that end in a bare line feed: forgiven; end them in a carriage return and a line feed") \
  row(FORGIVEN_LENGTHS, \
      "the same Content-Length more than once: forgiven; send it once") \
  row(FORGIVEN_CHUNK_BLANKS, \
      "blanks around the size of a chunk: forgiven; send the size alone") \
  row(FORGIVEN_STATUS, \
      "a status above 599: forgiven; clients may take it for a 500, and HTTP has none above 599")
/* clang-format on */

enum forgiven {
#define FORGIVEN_ENUM(name, sentence) name,
  FORGIVEN_TABLE(FORGIVEN_ENUM)
#undef FORGIVEN_ENUM
      FORGIVEN_COUNT
};

_Static_assert(FORGIVEN_COUNT <= 8, "a parser and a target keep a bit for each in a byte");

/* The second column. */
const char *forgiven_sentence(enum forgiven forgiven);

#endif
