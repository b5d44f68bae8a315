/* A text is walked character by character up to the place; then the view is put together from as many characters in
 * front of it as are shown, so that a message costs the same wherever on a long line it is. */
#include "liteginx/config/source.h"

#include "liteginx/base/log.h"
#include "liteginx/base/utf8.h"

enum { TAB_COLUMNS = 8, BEFORE = 60, ESCAPED_BYTES = 16 };

static void move_to(struct source *source, unsigned line, unsigned column);
static size_t view_begin(const struct source *source);
static bool fill(struct source_view *view, const struct source *source, size_t begin);
static unsigned show_character(struct str character, unsigned column, char *out, size_t *len);

size_t source_break(struct str text) {
  if (str_starts_with(text, STR("\r\n"))) return 2;
  if (str_starts_with(text, STR("\n")) || str_starts_with(text, STR("\r"))) return 1;
  if (str_starts_with(text, STR("\xc2\x85"))) return 2;
  return str_starts_with(text, STR("\u2028")) || str_starts_with(text, STR("\u2029")) ? 3 : 0;
}

/* Of the character that `text` begins with; what is none is one of a byte. */
static size_t character_bytes(struct str text) {
  uint32_t character;
  size_t len = utf8_read(text, &character);
  return len || text.len == 0 ? len : 1;
}

void source_begin(struct source *source, struct str text) {
  if (str_starts_with(text, STR("\xef\xbb\xbf"))) text = str_from(text, 3);
  *source = (struct source){.text = text, .line = 1, .column = 1};
}

bool source_show(struct source *source, unsigned line, unsigned column, struct source_view *view) {
  bool passed = line < source->line || (line == source->line && column < source->column);
  if (passed) source_begin(source, source->text);
  move_to(source, line, column);
  return source->line == line && fill(view, source, view_begin(source));
}

/* Stops at the end of the line or of the text. */
static void move_to(struct source *source, unsigned line, unsigned column) {
  while (source->at < source->text.len) {
    struct str rest = str_from(source->text, source->at);
    size_t ends = source_break(rest);
    if (source->line == line && (source->column >= column || ends)) return;
    source->at += ends ? ends : character_bytes(rest);
    source->column = ends ? 1 : source->column + 1;
    source->line += ends > 0;
    if (ends) source->line_at = source->at;
  }
}

/* A line that fits is shown whole. */
static size_t view_begin(const struct source *source) {
  size_t end = source->line_at, begin = source->at;
  for (unsigned i = 0; i <= SOURCE_VIEW_COLUMNS; i++) {
    struct str rest = str_from(source->text, end);
    if (rest.len == 0 || source_break(rest)) return source->line_at;
    end += character_bytes(rest);
  }
  for (unsigned i = 0; i < BEFORE && begin > source->line_at; i++) {
    begin--;
    for (unsigned j = 0; j < 3 && begin > source->line_at && utf8_continues(source->text.ptr[begin]); j++) begin--;
  }
  return begin;
}

/* False: nothing but blanks, or a NUL. */
static bool fill(struct source_view *view, const struct source *source, size_t begin) {
  static const struct str cut = STR_INIT("…");
  char shown[ESCAPED_BYTES];
  unsigned column = 0;
  bool visible = false;
  view->len = 0;
  if (begin > source->line_at) {
    memcpy(view->text, cut.ptr, cut.len);
    view->len = cut.len;
    column = 1;
  }
  view->caret = column;
  for (size_t at = begin, len;; at += len) {
    struct str rest = str_from(source->text, at);
    if (at <= source->at) view->caret = column;
    if (rest.len == 0 || source_break(rest)) return visible;
    bool full = column >= SOURCE_VIEW_COLUMNS && at > source->at;
    if (full || view->len + ESCAPED_BYTES + cut.len > sizeof view->text) break;
    len = character_bytes(rest);
    size_t count = 0;
    if (rest.ptr[0] == '\0') return false;
    column += show_character(str_upto(rest, len), column, shown, &count);
    memcpy(view->text + view->len, shown, count);
    view->len += count;
    visible |= rest.ptr[0] != ' ' && rest.ptr[0] != '\t';
  }
  memcpy(view->text + view->len, cut.ptr, cut.len);
  view->len += cut.len;
  return true;
}

/* Returns the columns that it takes. */
static unsigned show_character(struct str character, unsigned column, char *out, size_t *len) {
  uint32_t number = 0;
  if (character.ptr[0] == '\t') {
    *len = TAB_COLUMNS - column % TAB_COLUMNS;
    memset(out, ' ', *len);
    return (unsigned)*len;
  }
  bool backslash = character.ptr[0] == '\\'; /* log_escape's own sign, which stands for itself here */
  *len = backslash ? 1 : log_escape(out, ESCAPED_BYTES, character);
  if (backslash) out[0] = '\\';
  bool as_is = str_eq(str_make(out, *len), character) && utf8_read(character, &number) > 0;
  return as_is ? utf8_width(number) : (unsigned)*len;
}
