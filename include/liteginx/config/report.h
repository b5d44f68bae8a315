/* What is wrong with a configuration, in words for a developer in a hurry: all messages of one load, each with its
 * place. Never fails: without memory one message that is part of the report says so. */
#ifndef LITEGINX_CONFIG_REPORT_H
#define LITEGINX_CONFIG_REPORT_H

#include <stdbool.h>

#include "liteginx/base/arena.h"

enum { REPORT_MOST = 10000 };

struct config_place {
  struct str file;
  unsigned line, column; /* from 1; columns count characters */
};

struct config_text {
  struct str name; /* file name, for messages */
  struct str text;
};

struct config_message {
  struct config_message *next;
  bool is_error;
  bool is_closing; /* belongs behind all others, whatever their places */
  struct config_place place;
  struct str text;   /* "FILE:LINE:COLUMN: error: …", one line, control characters escaped */
  struct str source; /* the line that it is about, as a terminal shows it; empty: none */
  unsigned caret;    /* columns of it in front of the place */
};

/* All errors and warnings of one load; config_load leaves them in order of file and place. */
struct config_report {
  struct arena arena;
  struct config_message *first, *last;
  unsigned errors, warnings;
  bool show_start;                 /* somebody has to see what a configuration looks like */
  struct config_message no_memory; /* stands for every message that found no memory */
  struct config_message too_many;  /* stands for those after the first REPORT_MOST; set: looking for more is useless */
};

/* A value as it is shown between quotes: what is long is cut. */
struct config_quote {
  char text[84];
};

void config_report_init(struct config_report *report);
void config_report_free(struct config_report *report);

/* Adds one message; `file` empty: none. line 0: FILE only. Control characters in the text are escaped. */
void config_report_add(struct config_report *report, bool is_error, struct config_place place, const char *format, ...)
    ENSURE_PRINTF(4, 5);

/* True once so much is wrong that no more is listed. */
bool config_report_is_full(const struct config_report *report);

/* Adds the error that memory is out. */
void config_report_no_memory(struct config_report *report);

/* Orders the messages by file name, line and column; equal ones stay as they came. Takes no memory. */
void config_report_sort(struct config_report *report);

/* Gives each message of a sorted report the line of its text; it keeps a copy, and goes without one where there is no
 * memory for it. */
void config_report_add_sources(struct config_report *report, const struct config_text *texts, unsigned count);

/* For config_report_add: config_quote(value).text */
struct config_quote config_quote(struct str value);

/* The word of `known` (a list that ends in NULL) that `word` is a likely misspelling of, whatever its case; NULL:
 * none. */
const char *config_nearest(struct str word, const char *const *known);

/* The same one word at a time, for words that stand in no list of their own. */
struct config_near {
  struct str word;
  const char *found; /* the nearest so far; NULL: none */
  unsigned distance; /* of it */
};

void config_near_try(struct config_near *near, const char *known);

#endif
