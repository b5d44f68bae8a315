/* Two signs tell the reader what a line is: '##' explains, '#' in the first column is a key that is not set. A mapping in a
 * list has its '- ' in front of its first key. */
#include "liteginx/config/starter.h"

#include <stdio.h>

enum { WIDTH = 110, MARGIN_BYTES = 80 };

/* Where the next key stands. */
struct starter {
  struct page *page;
  unsigned indent;
  bool unset;   /* all that comes is not set, since what holds it is not */
  bool instead; /* and cannot be, since it would stand instead of what is */
  bool is_item; /* the next key is the first of a list's item */
};

static void write_table(struct starter at, const struct key_table *table);
static void write_own_document(struct page *page, const struct key_table *table, const struct key *key);
static void write_key(struct starter at, const struct key_table *table, const struct key *key);
static void write_sentence(struct starter at, const struct key *key);
static void write_inside(struct starter at, const struct key *key);

const char *starter_head(void) {
  return "## A configuration to start from. '##' explains; a '#' in front of a line is a key that is not set, with "
         "its\n"
         "## default or an example: take it away to set it, and from the lines that hold it ('timeouts:', or '---' "
         "and\n"
         "## 'settings:'). 'liteginx check' tells whether all is right, 'liteginx' serves.\n"
         "\n";
}

void starter_write(struct page *page, const struct key_table *table) {
  struct starter at = {.page = page};
  const struct key *own = table->told_by ? key_find(table, str_of(table->told_by)) : NULL;
  write_table(at, table);
  if (own && own->kind == KEY_MAPPING) write_own_document(page, table, own);
}

static void write_table(struct starter at, const struct key_table *table) {
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = &table->rows[i];
    /* What is here or not, and makes another sort of the mapping then, does not go with the rest. */
    bool other_sort = table->told_by && key->kind != KEY_WORD && strcmp(key->name, table->told_by) == 0;
    if (other_sort) continue;
    if (i > 0 && at.indent == 0) page_add(at.page, "\n");
    write_key(at, table, key);
    at.is_item = false;
  }
}

static void write_own_document(struct page *page, const struct key_table *table, const struct key *key) {
  struct starter at = {.page = page, .unset = true};
  page_add(page, "\n#---\n");
  write_key(at, table, key);
}

static const char *sign_of(struct starter at) {
  return at.instead ? "##" : at.unset ? "#" : "";
}

static void write_key(struct starter at, const struct key_table *table, const struct key *key) {
  bool is_second = key->group && key != &table->rows[key_group_first(table, key->group)];
  const char *value = key->example ? key->example : key->fallback;
  write_sentence(at, key);
  at.unset |= !key->required;
  at.instead |= is_second;
  unsigned dash = at.is_item ? 2 : 0;
  page_add(at.page, "%s%*s%s%s:", sign_of(at), (int)(at.indent - dash), "", at.is_item ? "- " : "", key->name);
  at.is_item = false;
  if (key_is_single(key) || value) {
    page_add(at.page, " %s\n", value ? value : "''");
  } else {
    page_add(at.page, "\n");
    write_inside(at, key);
  }
}

/* What it is for, and what it may be where that is short. */
static void write_sentence(struct starter at, const struct key *key) {
  char margin[MARGIN_BYTES];
  struct arena arena;
  arena_init(&arena, NULL, 1 << 16);
  bool told = key->kind == KEY_WORD || key->kind == KEY_NUMBER || (key->kind == KEY_SIZE && key->least > 0);
  struct str expected = told ? key_expected(&arena, key) : STR("");
  struct str words =
      arena_printf(&arena, "%s%s%.*s%s", key->sentence, told ? " (" : "", STR_ARG(expected), told ? ")" : "");
  if (!expected.ptr || !words.ptr) at.page->failed = true;
  snprintf(margin, sizeof margin, "%*s## ", (int)(at.indent - (at.is_item ? 2 : 0)), "");
  if (words.ptr) page_wrap(at.page, margin, WIDTH, words);
  arena_reset(&arena);
}

/* The keys of a mapping, or of the first item of a list, or of the one name there is. */
static void write_inside(struct starter at, const struct key *key) {
  const struct key_table *table = key->kind == KEY_MAPPING ? key->table : NULL;
  at.indent += 2;
  if (key->kind == KEY_LIST && key->item->kind == KEY_MAPPING) {
    table = key->item->table;
    at.indent += 2;
    at.is_item = true;
  }
  if (table) {
    write_table(at, table);
    return;
  }
  page_add(at.page, "%s%*s%s%s\n", sign_of(at), (int)at.indent, "",
           key->kind == KEY_LIST ? "- " : "Name: ", key->item->example ? key->item->example : "value");
}
