/* Finds and reads the configuration: files and folders that are named, or else the places where it usually is.
 * Paths are UTF-8, and stay as the user wrote them in every message. */
#ifndef LITEGINX_CLI_FILES_H
#define LITEGINX_CLI_FILES_H

#include <stdio.h>

#include "liteginx/cli/inputs.h"
#include "liteginx/config/load.h"

struct files {
  struct config_text *texts; /* by name, each file once */
  unsigned count;
  const char
      *here_file;   /* nothing was named: ./liteginx.yaml or ./liteginx.yml, which was found and read; NULL: neither */
  bool here_folder; /* the same of ./liteginx */
  struct str default_folder; /* where it was looked for when neither was; else ptr NULL */
  bool nothing_found;        /* and nothing was there: files_print says what to write */
  struct inputs inputs;
};

/* Reads the files and folders (all their *.yaml and *.yml in any case, not hidden, not nested) at `paths`; "-" is
 * standard input, up to the size that a file may have. No paths: ./liteginx.yaml or ./liteginx.yml (both are an
 * error), and the folder ./liteginx if it holds any, else the folder $LITEGINX_CONF_DIR, else the one of
 * shell_config_folder. False: at least one error in *report. Blocks; call files_free in both cases. */
ENSURE_CHECKED bool files_read(struct files *files, const char *const *paths, unsigned count, config_getenv *env,
                               void *env_owner, struct config_report *report);
void files_free(struct files *files);

/* Is there a file, folder or anything else of that name? */
bool files_exist(const char *path);

/* Prints all messages, a line each and below it the line of the file with a caret, and where nothing was found or none
 * of it is a configuration of ours, one to start from. `files` may be NULL. */
void files_print(const struct files *files, const struct config_report *report, FILE *to, bool color);

/* Reads, loads, and prints what there is to say to `err`, also which files it found where none was named. NULL: at
 * least one error was printed. */
struct config *files_load(const char *const *paths, unsigned count, FILE *err, bool color);

/* The same for a text that is built in and is no file. */
struct config *files_load_text(const struct config_text *text, FILE *err, bool color);

/* Five lines that config_load takes. */
const char *files_first_config(void);

#endif
