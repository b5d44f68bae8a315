/* What a configuration is made of beside its texts: the environment, and the files that it names. */
#ifndef LITEGINX_CONFIG_WORLD_H
#define LITEGINX_CONFIG_WORLD_H

#include "liteginx/config/config.h"
#include "liteginx/config/variable.h"

/* Most that a file which an answer is made of may hold. */
enum { CONFIG_MAX_FILE_BYTES = 1024 * 1024 };

/* The bytes of the file at `path`, in `arena`. ptr NULL: *problem says why not; NULL: out of memory. The system's for the
 * program, a table for tests. */
typedef struct str config_read(void *owner, struct arena *arena, struct str path, const char **problem);

/* What is to be said of a document's TLS: of which of its rows, and what. */
struct config_finding {
  bool is_error;
  enum schema_tls_row row;
  struct str words; /* in the arena */
};

enum { CONFIG_FINDINGS_MAX = 8 };

/* Looks into the texts that `tls` names. How many findings there are. NULL: this program was built without TLS. */
typedef unsigned config_look(void *owner, struct arena *arena, const struct config_tls *tls,
                             struct config_finding findings[CONFIG_FINDINGS_MAX]);

/* Can others than its owner read the file at `path`? */
typedef bool config_exposed(void *owner, struct str path);

struct config_world {
  config_getenv *env;
  config_read *read; /* NULL: there are no files, and so no `exposed` */
  config_exposed *exposed;
  config_look *look;
  void *owner;
};

#endif
