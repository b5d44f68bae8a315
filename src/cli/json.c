/* What a string cannot hold as it is, and what a terminal would obey, is escaped; the rest is written through. */
#include "liteginx/cli/json.h"

#include "liteginx/base/utf8.h"

static void put(FILE *out, struct str s) {
  while (s.len) {
    uint32_t character = 0;
    unsigned char byte = (unsigned char)s.ptr[0];
    size_t len = byte < 0x80 ? 1 : utf8_read(s, &character);
    if (byte == '"' || byte == '\\') {
      fprintf(out, "\\%c", byte);
    } else if (len == 0 || byte < 0x20 || byte == 0x7f || (character && character < 0xa0)) {
      len = 1;
      fprintf(out, "\\u%04x", byte);
    } else {
      fprintf(out, "%.*s", (int)len, s.ptr);
    }
    s = str_from(s, len);
  }
}

void json_text(FILE *out, struct str s) {
  fputc('"', out);
  put(out, s);
  fputc('"', out);
}

void json_place(FILE *out, const struct config_place *place) {
  fputc('"', out);
  put(out, place->file);
  fprintf(out, ":%u:%u\"", place->line, place->column);
}
