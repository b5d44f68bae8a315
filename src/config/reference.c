/* A cell of a table is one line, and a '|' in it would end it: no row's words hold one, which reference_test looks at. */
#include "liteginx/config/reference.h"

#include <stdio.h>

enum { MOST_TABLES = 64, LINK_BYTES = 80 };

/* Tables whose section is written, or waits to be. */
struct sections {
  const struct key_table *tables[MOST_TABLES];
  unsigned count;
};

/* The name of a section in a link: lower case, blanks as '-'. */
struct link {
  char text[LINK_BYTES];
};

static void collect(struct sections *sections, const struct key_table *table);
static void write_section(struct page *page, const struct key_table *table);
static void write_row(struct page *page, const struct key_table *table, const struct key *key);
static void write_default(struct page *page, const struct key_table *table, const struct key *key, const char *beside);
static void write_group(struct page *page, const struct key_table *table, const char *group);
static void write_kind(struct page *page, const struct key *key);
static void write_list(struct page *page, const struct key *key);
static void write_range(struct page *page, const struct key *key);
static struct link link_to(const char *title);

const char *reference_head(void) {
  return "# Every key of a configuration\n"
         "\n"
         "Made by `./dev docs` of the rows in `include/liteginx/config/schema.h`, as are `share/liteginx.schema.json` "
         "and "
         "what\n"
         "`liteginx init` writes: do not edit it by hand. What the keys do in full is in "
         "[BEHAVIOUR.md](BEHAVIOUR.md).\n"
         "\n"
         "| kind | how it is written |\n"
         "|---|---|\n"
         "| duration | `10s`, `500ms`, `1m30s`: one to four numbers of up to five digits, each with h, m, s or ms |\n"
         "| size | `64KiB`: a number with B, KiB, MiB, GiB, or without a unit for bytes |\n"
         "| number | decimal digits |\n"
         "| word | one of a few, which are listed |\n"
         "| boolean | `true` or `false` |\n"
         "| text | any text, or what is said |\n"
         "\n"
         "In each of them `${NAME}` and `${NAME:-default}` come from the environment, and `$$` is `$`.\n";
}

void reference_write(struct page *page, const char *head, const struct key_table *table) {
  struct sections sections = {.count = 0};
  collect(&sections, table);
  page_add(page, "%s", head);
  for (unsigned i = 0; i < sections.count; i++) write_section(page, sections.tables[i]);
}

/* A table, then all that are below its rows. */
static void collect(struct sections *sections, const struct key_table *table) {
  for (unsigned i = 0; i < sections->count; i++) {
    if (sections->tables[i] == table) return;
  }
  ENSURE(sections->count < MOST_TABLES);
  sections->tables[sections->count++] = table;
  for (unsigned i = 0; i < table->count; i++) {
    const struct key *key = table->rows[i].item ? table->rows[i].item : &table->rows[i];
    if (key->kind == KEY_MAPPING) collect(sections, key->table);
  }
}

static void write_section(struct page *page, const struct key_table *table) {
  page_add(page, "\n## %s\n\n", table->title);
  if (table->sentence) page_add(page, "%s\n\n", table->sentence);
  page_add(page, "| key | kind | default | what it is for |\n|---|---|---|---|\n");
  for (unsigned i = 0; i < table->count; i++) write_row(page, table, &table->rows[i]);
}

static void write_row(struct page *page, const struct key_table *table, const struct key *key) {
  page_add(page, "| `%s` | ", key->name);
  write_kind(page, key);
  page_add(page, " | ");
  const struct key *told_by = key->only ? key_find(table, str_of(table->told_by)) : NULL;
  bool by_word = told_by && told_by->kind == KEY_WORD;
  const char *beside = told_by && !by_word && told_by != key ? told_by->name : NULL;
  write_default(page, table, key, beside);
  page_add(page, " | %s", key->sentence);
  if (key->beside) page_add(page, " Only with `%s`.", key->beside);
  if (by_word) page_add(page, " Only for `%s: %s`.", told_by->name, key->only);
  if (beside && !key->required) page_add(page, " Not beside `%s`.", beside);
  page_add(page, " |\n");
}

/* `beside`: the key that it may not stand beside; NULL: there is none. */
static void write_default(struct page *page, const struct key_table *table, const struct key *key, const char *beside) {
  if (key->required && key->group) {
    write_group(page, table, key->group);
  } else if (key->required && beside) {
    page_add(page, "required without `%s`", beside);
  } else if (key->required) {
    page_add(page, "required");
  } else if (key->inherits) {
    page_add(page, "%s", key->inherits);
  } else if (key->fallback) {
    page_add(page, "`%s`", key->fallback);
  }
}

/* "one of `a`, `b`, `c`". */
static void write_group(struct page *page, const struct key_table *table, const char *group) {
  const char *between = "one of ";
  for (unsigned i = 0; i < table->count; i++) {
    if (!key_in_group(&table->rows[i], group)) continue;
    page_add(page, "%s`%s`", between, table->rows[i].name);
    between = ", ";
  }
}

static void write_kind(struct page *page, const struct key *key) {
  static const char *const names[] = {
      [KEY_DURATION] = "duration", [KEY_SIZE] = "size", [KEY_NUMBER] = "number",  [KEY_WORD] = "word",
      [KEY_BOOL] = "boolean",      [KEY_TEXT] = "text", [KEY_MAPPING] = "mapping"};
  if (key->kind == KEY_LIST || key->kind == KEY_NAMES) {
    write_list(page, key);
    return;
  }
  page_add(page, "%s", names[key->kind]);
  if (key->kind == KEY_MAPPING) page_add(page, ", see [%s](#%s)", key->table->title, link_to(key->table->title).text);
  if (key->kind == KEY_TEXT && key->text) page_add(page, ": %s", key->text->expected);
  if (key->kind == KEY_SIZE || key->kind == KEY_NUMBER) write_range(page, key);
  if (key->kind != KEY_WORD) return;
  for (unsigned i = 0; key->words[i]; i++) {
    const char *between = i == 0 ? ": " : key->words[i + 1] ? ", " : " or ";
    page_add(page, "%s`%s`", between, key->words[i]);
  }
  if (key->any_case) page_add(page, ", in any case");
}

static void write_list(struct page *page, const struct key *key) {
  page_add(page, "%s", key->kind == KEY_NAMES ? "mapping with names of your own, each with a " : "list, each a ");
  write_kind(page, key->item);
  if (key->least > 0) page_add(page, "; at least one");
}

/* ", 1 to 1024, or `auto`". */
static void write_range(struct page *page, const struct key *key) {
  struct arena arena;
  arena_init(&arena, NULL, 4096);
  struct str least = key_number(&arena, key, key->least), most = key_number(&arena, key, key->most);
  bool bounded = key->kind == KEY_NUMBER || key->most < INT64_MAX;
  if (!least.ptr || !most.ptr) page->failed = true;
  if (bounded) page_add(page, ", %.*s to %.*s", STR_ARG(least), STR_ARG(most));
  if (key->words) page_add(page, ", or `%s`", key->words[0]);
  if (key->zero) page_add(page, "; 0: %s", key->zero);
  arena_reset(&arena);
}

static struct link link_to(const char *title) {
  struct link link = {.text = ""};
  size_t len = 0;
  for (; *title && len + 1 < sizeof link.text; title++) {
    link.text[len++] = *title == ' ' ? '-' : str_lower_char(*title);
  }
  return link;
}
