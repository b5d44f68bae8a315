/* The report of one load: messages in an arena, sorted once at the end. Also the two things that make a message
 * helpful: a value cut to a readable length, and the known word nearest to an unknown one. */
#include "liteginx/config/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "liteginx/base/log.h"
#include "liteginx/base/utf8.h"
#include "liteginx/config/source.h"

enum {
  REPORT_BYTES = 32 * 1024 * 1024,
  MESSAGE_BYTES = 8 * 1024, /* a longer one is cut */
  QUOTE_BYTES = 72,
  WORD_BYTES = 32 /* longer words have no near ones */
};

static size_t escape_message(char *out, size_t room, struct str raw);
static size_t print_place(char *out, size_t room, struct config_place place);
static void append(struct config_report *report, struct config_message *message);
static bool comes_before(const struct config_message *a, const struct config_message *b);
static struct config_message *merge(struct config_message *a, struct config_message *b);
static const struct config_text *find_text(const struct config_text *texts, unsigned count, struct str name);
static unsigned edit_distance(struct str a, struct str b);

void config_report_init(struct config_report *report) {
  *report = (struct config_report){.first = NULL};
  arena_init(&report->arena, NULL, REPORT_BYTES);
}

void config_report_free(struct config_report *report) {
  arena_reset(&report->arena);
  report->first = report->last = NULL;
}

bool config_report_is_full(const struct config_report *report) {
  return report->too_many.is_error;
}

static void close_report(struct config_report *report) {
  report->too_many = (struct config_message){.is_error = true,
                                             .is_closing = true,
                                             .text = STR_INIT("error: more is wrong, but this is enough for one list")};
  append(report, &report->too_many);
}

void config_report_add(struct config_report *report, bool is_error, struct config_place place, const char *format,
                       ...) {
  if (config_report_is_full(report)) return;
  if (report->errors + report->warnings == REPORT_MOST) {
    close_report(report);
    return;
  }
  char raw[MESSAGE_BYTES], text[MESSAGE_BYTES];
  size_t len = print_place(raw, sizeof raw, place);
  len += (size_t)snprintf(raw + len, sizeof raw - len, is_error ? "error: " : "warning: ");
  va_list args;
  va_start(args, format);
  int printed = vsnprintf(raw + len, sizeof raw - len, format, args);
  va_end(args);
  if (printed > 0) len += (size_t)printed < sizeof raw - len ? (size_t)printed : sizeof raw - len - 1;
  len = escape_message(text, sizeof text, str_make(raw, len));

  struct config_message *message = arena_alloc(&report->arena, sizeof *message);
  struct str kept = message ? arena_dup(&report->arena, str_make(text, len)) : str_make(NULL, 0);
  struct str file = kept.ptr ? arena_dup(&report->arena, place.file) : str_make(NULL, 0);
  if (!file.ptr) {
    config_report_no_memory(report);
    return;
  }
  *message = (struct config_message){.is_error = is_error, .place = place, .text = kept};
  message->place.file = file;
  append(report, message);
}

void config_report_no_memory(struct config_report *report) {
  if (report->no_memory.is_error) return;
  report->no_memory = (struct config_message){
      .is_error = true,
      .text = STR_INIT("error: there is not enough memory to read the configuration and list what is wrong")};
  append(report, &report->no_memory);
}

static void append(struct config_report *report, struct config_message *message) {
  if (report->last) {
    report->last->next = message;
  } else {
    report->first = message;
  }
  report->last = message;
  if (message->is_error) {
    report->errors++;
  } else {
    report->warnings++;
  }
}

/* A file name may be long, but must leave room for what is wrong. */
static size_t print_place(char *out, size_t room, struct config_place place) {
  if (place.file.len == 0) return 0;
  struct str file = str_upto(place.file, room / 2);
  int len = place.line ? snprintf(out, room, "%.*s:%u:%u: ", STR_ARG(file), place.line, place.column)
                       : snprintf(out, room, "%.*s: ", STR_ARG(file));
  return (size_t)len;
}

/* log_escape but for backslashes, which stand in file names on Windows. */
static size_t escape_message(char *out, size_t room, struct str raw) {
  size_t filled = 0;
  struct str part;
  for (bool first = true; str_next(&raw, '\\', &part); first = false) {
    if (!first && filled < room) out[filled++] = '\\';
    filled += log_escape(out + filled, room - filled, part);
  }
  return filled;
}

/* Bottom-up merge sort on the list itself, since it must work without memory: bins[i] holds 2^i messages. */
void config_report_sort(struct config_report *report) {
  struct config_message *bins[32] = {NULL}, *all = report->first;
  while (all) {
    struct config_message *run = all;
    all = all->next;
    run->next = NULL;
    size_t bin = 0;
    for (; bins[bin]; bin++) {
      run = merge(bins[bin], run);
      bins[bin] = NULL;
    }
    bins[bin] = run;
  }
  for (size_t bin = 0; bin < sizeof bins / sizeof bins[0]; bin++) all = merge(bins[bin], all);
  report->first = report->last = all;
  while (report->last && report->last->next) report->last = report->last->next;
}

/* Those of `a` first where both are equal. */
static struct config_message *merge(struct config_message *a, struct config_message *b) {
  struct config_message *first = NULL, **end = &first;
  while (a && b) {
    struct config_message **lesser = comes_before(b, a) ? &b : &a;
    *end = *lesser;
    *lesser = (*lesser)->next;
    end = &(*end)->next;
  }
  *end = a ? a : b;
  return first;
}

static bool comes_before(const struct config_message *a, const struct config_message *b) {
  if (a->is_closing || b->is_closing) return b->is_closing && !a->is_closing;
  int files = str_compare(a->place.file, b->place.file);
  if (files != 0) return files < 0;
  if (a->place.line != b->place.line) return a->place.line < b->place.line;
  return a->place.column < b->place.column;
}

void config_report_add_sources(struct config_report *report, const struct config_text *texts, unsigned count) {
  const struct config_text *text = NULL;
  struct source source;
  struct source_view view;
  for (struct config_message *message = report->first; message; message = message->next) {
    if (message->place.line == 0) continue;
    if (!text || !str_eq(text->name, message->place.file)) {
      text = find_text(texts, count, message->place.file);
      if (text) source_begin(&source, text->text);
    }
    if (!text || !source_show(&source, message->place.line, message->place.column, &view)) continue;
    message->source = arena_dup(&report->arena, str_make(view.text, view.len));
    message->caret = view.caret;
  }
}

static const struct config_text *find_text(const struct config_text *texts, unsigned count, struct str name) {
  for (unsigned i = 0; i < count; i++) {
    if (str_eq(texts[i].name, name)) return &texts[i];
  }
  return NULL;
}

struct config_quote config_quote(struct str value) {
  struct config_quote quote;
  bool cut = value.len > QUOTE_BYTES;
  value = utf8_upto(value, QUOTE_BYTES);
  /* Not printf: "%s" would end at a NUL, and the message has to show that one too. */
  if (value.len) memcpy(quote.text, value.ptr, value.len);
  for (size_t i = 0; i < value.len; i++) {
    if (quote.text[i] == '\0') quote.text[i] = '?';
  }
  memcpy(quote.text + value.len, cut ? "…" : "", cut ? sizeof "…" : 1);
  return quote;
}

const char *config_nearest(struct str word, const char *const *known) {
  struct config_near near = {.word = word};
  for (; *known; known++) config_near_try(&near, *known);
  return near.found;
}

void config_near_try(struct config_near *near, const char *known) {
  struct str word = near->word, candidate = str_of(known);
  unsigned allowed = word.len < 5 ? 1 : word.len < 9 ? 2 : 3;
  size_t longer = word.len > candidate.len ? word.len : candidate.len;
  if (word.len < 2 || longer > WORD_BYTES || longer > allowed + (word.len + candidate.len - longer)) return;
  unsigned distance = edit_distance(word, candidate), best = near->found ? near->distance : allowed + 1;
  if (distance >= best || distance >= candidate.len) return;
  near->distance = distance;
  near->found = known;
}

/* Inserted, missing and wrong letters, and neighbours swapped, each counting one; case counts nothing. */
static unsigned edit_distance(struct str a, struct str b) {
  unsigned rows[3][WORD_BYTES + 1]; /* the row before last, the last, the current one, in turn */
  for (unsigned j = 0; j <= b.len; j++) rows[0][j] = j;
  for (unsigned i = 1; i <= a.len; i++) {
    unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    row[0] = i;
    for (unsigned j = 1; j <= b.len; j++) {
      char x = str_lower_char(a.ptr[i - 1]), y = str_lower_char(b.ptr[j - 1]);
      unsigned least = above[j - 1] + (x != y);
      if (above[j] + 1 < least) least = above[j] + 1;
      if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && x == str_lower_char(b.ptr[j - 2]) && y == str_lower_char(a.ptr[i - 2]);
      if (swapped && before[j - 2] + 1 < least) least = before[j - 2] + 1;
      row[j] = least;
    }
  }
  return rows[a.len % 3][b.len];
}
