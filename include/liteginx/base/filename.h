/* How this system writes names of files; one source file for each kind of system. */
#ifndef LITEGINX_BASE_FILENAME_H
#define LITEGINX_BASE_FILENAME_H

#include <stdbool.h>
#include <string.h>

#include "liteginx/base/str.h"

/* Does `c` stand between a folder and what is in it? '/' does so everywhere. */
bool filename_separates(char c);

/* What to put behind `folder` where it does not end in one: the one that it uses itself. */
char filename_separator(struct str folder);

/* How many bytes at the beginning of `name` say where it begins, with the separators behind them: "/"; on Windows also
 * "C:\", "\\server\share\" and "C:", which is the current folder of a drive. 0: `name` is relative. */
size_t filename_root(struct str name);

/* The folder that `name` stands in, with the separator behind it; empty where it names none. */
struct str filename_folder(struct str name);

/* What to put on both sides of `name` in a command that a hint names: a quote where shells would else take it for several words,
 * or for more than a name. What means something within these quotes, too, is rare enough in names to be left as it is. */
static inline const char *filename_quote(const char *name) {
  return name[strcspn(name, " \t&()<>;|*?~#'")] ? "\"" : "";
}

#endif
