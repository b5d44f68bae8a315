/* The command line, read into a struct. Pure but for one allocation and `exists`: the caller prints and exits. */
#ifndef LITEGINX_CLI_OPTIONS_H
#define LITEGINX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "liteginx/base/ensure.h"
#include "liteginx/base/str.h"

enum options_verb {
  VERB_RUN,
  VERB_CHECK,
  VERB_DEMO,
  VERB_EXPLAIN,
  VERB_INIT,
  VERB_TRUST,
  VERB_UNTRUST,
  VERB_DOCTOR,
  VERB_ENV,
  VERB_HELP,
  VERB_VERSION,
};
enum options_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
/* In whose words `env` speaks. */
enum options_shell { SHELL_POSIX, SHELL_POWERSHELL, SHELL_FISH, SHELL_CMD, SHELL_DOTENV };

struct options {
  enum options_verb verb;
  enum options_color color;
  const char **
      configs; /* files, folders and "-" as given, in order; the texts are argv's. init: at most one, the file to write */
  unsigned config_count;
  bool workers_given;
  unsigned workers; /* 0: auto */
  /* Of `explain`; NULL: not given. Exactly one of `url` and `expect` is. */
  const char *method, *url, *from, *expect;
  struct str *fields; /* as given by -H, in order */
  unsigned field_count;
  bool json;
  bool dry_run;             /* of `trust` and `untrust` */
  enum options_shell shell; /* of `env` */
  char error[320];          /* one line, without its newline */
  bool no_memory;           /* the error is not the user's */
};

/* Is there a file or a folder of that name? */
typedef bool options_exists(const char *path);

/* Reads the arguments behind argv[0]; a word that `exists` (may be NULL) knows is a configuration, and behind `init`
 * any word is. False: *options holds `error`; the answer is exit status 2 (wrong usage). Call options_free in both
 * cases. */
ENSURE_CHECKED bool options_parse(struct options *options, int argc, char *const *argv, options_exists *exists);
void options_free(struct options *options);

/* Prints what --help says. */
void options_print_help(FILE *file);

/* Prints the version, first line, and those of the libraries. */
void options_print_version(FILE *file);

/* Whether to colour what goes to `descriptor`: --color, else a terminal without NO_COLOR or TERM=dumb. */
bool options_wants_color(const struct options *options, int descriptor);

#endif
