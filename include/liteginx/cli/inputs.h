/* What is read as a configuration: files, the files of folders, and standard input, each file once. Paths are UTF-8, and
 * stay as the user wrote them in every message. */
#ifndef LITEGINX_CLI_INPUTS_H
#define LITEGINX_CLI_INPUTS_H

#include <uv.h>

#include "liteginx/config/report.h"

struct inputs_entry;

struct inputs {
  struct arena arena; /* owns what was read, until inputs_free */
  struct config_report *report;
  struct inputs_entry *entries;
  unsigned count, room;
  bool no_memory;
};

void inputs_init(struct inputs *inputs, struct config_report *report);
void inputs_free(struct inputs *inputs);

/* Adds the file at `path`, all files of the folder there (*.yaml and *.yml in any case, not hidden, not nested), or for "-"
 * standard input, up to the size that a file may have. Blocks. 0, or why there is nothing, which is not reported yet:
 * UV_ENOENT, UV_ENOTDIR, or UV_EOF of a folder without such files. All else that is wrong is in the report, or no_memory. */
ENSURE_CHECKED int inputs_add(struct inputs *inputs, struct str path);

/* Reports what inputs_add returned as an error. */
void inputs_report(struct inputs *inputs, struct str path, int code);

/* All of them by name, `count` long. NULL: out of memory. */
struct config_text *inputs_texts(struct inputs *inputs);

/* Is there such a file, which is not among them? */
bool inputs_lack(struct inputs *inputs, struct str path);

/* Does the folder hold a name that counts? One that cannot be read does not. */
bool inputs_in_folder(const char *folder);

/* Follows links. A libuv code. */
int inputs_stat(const char *path, uv_stat_t *stat);

/* ptr NULL: out of memory, which is noted. */
struct str inputs_join(struct inputs *inputs, struct str folder, struct str name);

#endif
