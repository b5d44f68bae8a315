/* JSON for people: indented, one member a line. */
#ifndef LITEGINX_CONFIG_JSON_PAGE_H
#define LITEGINX_CONFIG_JSON_PAGE_H

#include "liteginx/config/page.h"

struct json_page {
  struct page *page;
  unsigned depth;
  bool has_sibling; /* something stands in front of what comes next, in the same object or list */
};

/* All of them: `name` is the member's, NULL in a list and at the top. Texts are UTF-8. */

/* Opens an object ('{') or a list ('['), and closes it ('}', ']'). */
void json_page_open(struct json_page *json, const char *name, char bracket);
void json_page_close(struct json_page *json, char bracket);

void json_page_text(struct json_page *json, const char *name, const char *text);
void json_page_number(struct json_page *json, const char *name, uint64_t number);

/* What is JSON already: true, false, digits. */
void json_page_bare(struct json_page *json, const char *name, const char *text);

/* A pattern (ECMA 262) for the letters of `word`, whatever their case. */
void json_page_any_case(struct json_page *json, const char *name, const char *word);

#endif
