/* Answers of our own: JSON, or a small HTML page for who prefers that, always with Date and an exact length. */
#ifndef LITEGINX_SESSION_REPLY_H
#define LITEGINX_SESSION_REPLY_H

#include "liteginx/plan/plan.h"

enum { REPLY_ROUTES = 40 };

struct reply {
  unsigned status;
  struct str detail;          /* a sentence without its full stop, in words for the client's user */
  struct str allow;           /* for Allow; empty: none */
  struct str date;            /* HTTP-date */
  const struct head *request; /* for Accept and HEAD; NULL or without method: unknown */
  /* What a route answers, instead of the sentence. NULL: the sentence. */
  const struct plan_answer *given;
  /* Whose routes a page lists, the first REPLY_ROUTES of them; NULL: no list. */
  const struct snapshot_listener *routes_of;
};

/* Fills *head and *content, on `arena`. False: out of memory. */
bool reply_build(struct arena *arena, const struct reply *reply, struct head *head, struct str *content);

#endif
