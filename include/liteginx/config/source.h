/* The line of a configuration that a message is about, as a terminal shows it, and the column below which a caret
 * belongs. One pass: places are asked for in the order of the text, and the whole costs no more than reading it once. */
#ifndef LITEGINX_CONFIG_SOURCE_H
#define LITEGINX_CONFIG_SOURCE_H

#include <stdbool.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

/* Bytes of the line break that `text` begins with; 0: none. Those of YAML 1.1 §4.2, which count lines as libyaml does. */
size_t source_break(struct str text);

/* Where the reading of a text is: at character `column` of `line`, both from 1. */
struct source {
  struct str text;
  size_t line_at, at; /* first byte of the line, of the character */
  unsigned line, column;
};

/* A view is at most this long: of a longer line it shows what is around the place, with "…" where it is cut. */
enum { SOURCE_VIEW_BYTES = 1024, SOURCE_VIEW_COLUMNS = 100 };

struct source_view {
  char text[SOURCE_VIEW_BYTES]; /* tabs as blanks to the next eighth column, what a terminal would obey as \xHH */
  size_t len;
  unsigned caret; /* columns in front of the caret */
};

/* `text` must outlive *source. A byte order mark at its begin is no character of it. */
void source_begin(struct source *source, struct str text);

/* Shows `line` of the text, for a place at `column`; one behind its end counts as its end. False: there is no such
 * line, there is nothing to see on it, or it is no text (it holds a NUL). A place in front of the last one is found,
 * too, but by reading from the begin. */
ENSURE_CHECKED bool source_show(struct source *source, unsigned line, unsigned column, struct source_view *view);

#endif
