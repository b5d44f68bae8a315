/* Paths as nginx, Caddy, Express, Next.js, Flask, FastAPI or Go have them, turned into ours. */
#ifndef LITEGINX_CONFIG_PATH_HABIT_H
#define LITEGINX_CONFIG_PATH_HABIT_H

#include "liteginx/config/expression.h"

/* What a segment is for others. */
enum path_habit_kind {
  HABIT_NONE,       /* ours, or plain text */
  HABIT_TEXT,       /* plain text with backslashes, which `around` goes without */
  HABIT_REST,       /* all that follows */
  HABIT_NAMED_REST, /* the same with a name */
  HABIT_PARAM,      /* a parameter, with the text that stands `around` it */
  HABIT_END,        /* "here the path ends" */
  HABIT_UNKNOWN     /* more than can be said here */
};

struct path_habit_segment {
  enum path_habit_kind kind;
  struct str name; /* empty: it has none */
  struct expression around;
};

void path_habit_segment(struct str segment, struct path_habit_segment *found);

enum { PATH_HABIT_BYTES = 256 };

struct path_habit {
  char text[PATH_HABIT_BYTES]; /* ours; whether it is a pattern is not looked at */
  size_t len;
  size_t tail_at; /* where a "/{*rest}" at its end begins */
  size_t offset;  /* of the first byte that is not ours */
  unsigned params;
  bool changed; /* it is not ours as it stands; all below only then */
  bool exact, has_tail;
  bool any_method; /* a method stood in front */
  bool several;    /* several paths */
  bool failed;     /* nothing of ours says the same, or it is too long */
  bool no_path;    /* and it does not even look like a path */
};

void path_habit_read(struct str text, struct path_habit *habit);

/* Parts that all who read such texts need. */
struct str path_habit_name(struct str text); /* the name that it begins with; may be empty */
bool path_habit_is_any(struct str text);     /* "*", ".*", "(.*)" and the like */
bool path_habit_contains(struct str text, struct str wanted);

#endif
