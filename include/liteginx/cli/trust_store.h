/* A store of roots that programs of this machine trust: the system's, a browser's, Java's. Each kind is a file of trust_store_ops;
 * what they are, and in which order, trust_stores says. What a kind does to the machine it does by other programs, through the
 * functions below: so it can be told before it is done, or instead. */
#ifndef LITEGINX_CLI_TRUST_STORE_H
#define LITEGINX_CLI_TRUST_STORE_H

#include <stdio.h>

#include "liteginx/base/arena.h"
#include "liteginx/base/buf.h"
#include "liteginx/tls/authority.h"

/* One run of one verb. */
struct trust_job {
  struct arena arena; /* of all that is found out */
  FILE *out;
  bool dry_run;
  const struct authority *authority; /* NULL: its folder is gone, which untrust can do without */
  const char *root_path;             /* the file with its root */
  const char *owner;                 /* "user@host" */
  const char *home;                  /* NULL: none */
};

enum trust_state {
  TRUST_YES,
  TRUST_NO,      /* *problem says what a program would say */
  TRUST_UNKNOWN, /* *problem says why it cannot be told, and what to install */
};

enum trust_change { TRUST_CHANGED, TRUST_SAME, TRUST_FAILED };

struct trust_store;

struct trust_store_ops {
  /* Does it trust the CA? By verifying a fresh leaf against what the store has. */
  enum trust_state (*check)(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
  /* Puts the root in. False: *problem, or what was run has said it. */
  bool (*add)(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
  /* Takes out what add has put there, also for an older CA of this owner. */
  enum trust_change (*remove)(struct trust_job *job, const struct trust_store *store, struct tls_problem *problem);
};

struct trust_store {
  const struct trust_store_ops *ops;
  const char *words;   /* "the system's store (/etc/…)" */
  const char *place;   /* a folder, a database or a file, as its kind wants it */
  const void *detail;  /* its kind's own; may be NULL */
  const char *restart; /* who sees a change only once it was started again */
};

/* Stores that were found. */
struct trust_list {
  struct trust_store *at;
  unsigned count, room;
};

/* False: out of memory, and it is not in the list. */
bool trust_list_add(struct trust_job *job, struct trust_list *list, struct trust_store store);

enum trust_rights { TRUST_AS_USER, TRUST_AS_ROOT };

/* Shows a command and runs it, by sudo or doas where it needs rights that this user has not; in a dry run it is shown alone. The
 * last of `words` is NULL. False: it failed, or could not be started; *problem says how. */
bool trust_command(struct trust_job *job, enum trust_rights rights, const char *const *words,
                   struct tls_problem *problem);

/* Runs a command that changes nothing, unseen, also in a dry run. What it wrote; ptr NULL: it could not be started, failed, or
 * wrote nothing. It lives in the job's arena. */
struct str trust_ask(struct trust_job *job, const char *const *words);

/* A text in the job's arena, with a NUL behind it. NULL: out of memory. */
const char *trust_text(struct trust_job *job, const char *format, ...) ENSURE_PRINTF(2, 3);

/* Is a certificate of this name, in a store that users share, a CA of ours: the one at hand, or another one of this owner's? */
bool trust_is_ours(struct trust_job *job, const char *name);

/* The eight digits in which the name of a CA ends. */
const char *trust_id(const char *name);

/* The bytes of a file; ptr NULL: it cannot be read. */
struct str trust_file(struct trust_job *job, const char *path);

/* The entries of a folder that begin and end so, one after the other: calls `found` with the path of each. */
void trust_each(struct trust_job *job, const char *folder, struct str begins, struct str ends,
                void (*found)(struct trust_job *job, const char *path, void *owner), void *owner);

#endif
