/* What a configuration key is: one row of the table of its mapping. The row says its name, its kind, its default and what
 * it is for; the check, the reading, the reference, the schema for editors and the starter file all follow from it. Rows
 * know nothing of ours: schema.h has them, and a test may have tables of its own. */
#ifndef LITEGINX_CONFIG_KEY_H
#define LITEGINX_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "liteginx/base/arena.h"

struct key_table;
struct repair;
struct yaml_node;

enum key_kind {
  KEY_DURATION, /* read as milliseconds, a uint64_t */
  KEY_SIZE,     /* bytes, between `least` and `most` */
  KEY_NUMBER,   /* between `least` and `most`; the one of `words`, if it has one, is read as 0 */
  KEY_WORD,     /* one of `words`, read as its index */
  KEY_BOOL,
  KEY_TEXT,    /* a struct str; `text` says which texts are good, NULL: all */
  KEY_LIST,    /* of `item`s, at least `least` */
  KEY_MAPPING, /* with the keys of `table` */
  KEY_NAMES    /* a mapping with names of the user's own, each of which has an `item` */
};

/* Which texts a key takes. */
struct key_text {
  const char *expected; /* "a name or an address", for errors and the reference */
  const char *pattern;  /* for editors, ECMA 262: it may take more than `read` does, never less; NULL: none */
  /* The text as it is kept. False: it is not good, or memory is out (ptr NULL then). NULL: as written. */
  bool (*read)(struct arena *arena, struct str text, struct str *kept);
  struct str (*hint)(struct arena *arena, struct str text); /* for what `read` refused, as in hint.h; NULL: none */
  unsigned least, most; /* for editors: a whole number alone that is good, too; most 0: none is */
  bool loose;           /* for editors: any number and boolean is good, too, and the pattern is for the others */
};

struct key {
  const char *name;
  size_t offset, size;  /* where its value goes in its mapping's struct; size 0: whoever uses it reads it */
  const char *sentence; /* what it is for, one plain sentence, or a few; with a full stop */
  const char *fallback; /* its default, as one would write it; NULL: none */
  const char *inherits; /* where its default comes from, in words; NULL: from `fallback` */
  const char *example;  /* what the starter file shows; NULL: the default */
  const char *only;     /* the one sort of its mapping that it is for, see key_table.told_by; NULL: all sorts */
  const char *group;    /* rows of a mapping with one group exclude each other; NULL: it goes with all */
  const char
      *beside;      /* the key that it says more about, without which it may not be there; NULL: it stands for itself */
  const char *zero; /* what 0 means to a size; NULL: nothing special */
  const char *const *words;
  const struct key_text *text; /* with KEY_NAMES: of the names */
  const struct key_table *table;
  const struct key *item;
  /* What to write instead of a single value where it is none, as in hint.h; NULL: nothing is known. */
  struct str (*unwrapped)(struct arena *arena, struct str text);
  uint64_t least, most;
  enum key_kind kind;
  bool
      required; /* with `only`: in that sort; with `group`: one of the group. Whoever reads the mapping asks for these */
  bool any_case; /* of its words */
};

/* All keys of one mapping, in the order in which they are listed. */
struct key_table {
  const char *title;    /* what the mapping is, in words */
  const char *sentence; /* about it as a whole, or NULL */
  const struct key *rows;
  unsigned count; /* at most KEY_MAX_ROWS */
  /* Where keys are for one sort of mapping only: the key that tells the sort. It is the word of it; or, where it is none,
   * the sort has its name where it is there, and another one where it is not. NULL: there is but one sort. */
  const char *told_by;
  /* A mapping that may also be written as one word: what that looks like, the pattern for editors, and who makes the
   * mapping of it. False: as in repair.h. All NULL: there is none. */
  const struct key_text *word;
  const char
      *lone; /* the same where that word is the value of this one key, by whose row it is checked; NULL: it is not */
  bool (*read_word)(const struct repair *repair, const struct key_table *table, const char *name,
                    struct yaml_node *node);
  /* Such words that are mappings by a slip, as in target_hint.h: the error about one, and what to write where a whole list is
   * one. Both empty where it is no slip; NULL: none is known. */
  struct str (*split_word)(struct arena *arena, const struct yaml_node *mapping);
  struct str (*split_list)(struct arena *arena, const struct yaml_node *mapping);
};

enum { KEY_MAX_ROWS = 255 };

/* For tables that are made of a list of rows, see schema.h: a row with a place in `structure`, and one without. */
#define KEY_ROW(structure, at, key_name, ...) \
  {.name = #key_name, .offset = offsetof(structure, at), .size = sizeof(((structure *)0)->at), __VA_ARGS__},
#define KEY_BARE(key_name, ...) {.name = #key_name, __VA_ARGS__},

/* The same list makes the struct's members. */
#define KEY_MEMBER(type, at, ...) type at;
#define KEY_NO_MEMBER(...)

/* What a list of texts, or a mapping with free names, is read as. */
struct key_item {
  struct str name; /* of a mapping; else ptr NULL */
  struct str text;
};

struct key_items {
  struct key_item *items;
  unsigned count;
};

/* Neither a list nor a mapping. */
bool key_is_single(const struct key *key);

/* Is it a row of that group, and which row of a table is the first of it? */
bool key_in_group(const struct key *key, const char *group);
unsigned key_group_first(const struct key_table *table, const char *group);

/* The row of that name; NULL: there is none. */
const struct key *key_find(const struct key_table *table, struct str name);

/* The name of the row that `name` is a likely misspelling of; NULL: none. */
const char *key_nearest(const struct key_table *table, struct str name);

/* "name, spec, tls": all names in order. ptr NULL: out of memory. */
struct str key_list(struct arena *arena, const struct key_table *table);

/* The name of the key below `table` whose mapping has a key `name`, of several the first; "": the table itself has it;
 * NULL: none has. */
const char *key_owner(const struct key_table *table, struct str name);

/* The value of a duration, size, number, word or boolean as a number. False: the text is not one, *value is untouched. */
ENSURE_CHECKED bool key_read(const struct key *key, struct str text, uint64_t *value);

/* Puts such a value where the row says. */
void key_store(const struct key *key, uint64_t value, void *structure);

/* Gives each row that has a place its default, also in mappings within; what has none is left alone. */
void key_defaults(const struct key_table *table, void *structure);

/* A number of the key's kind as one would write it: "1024", "64KiB". ptr NULL: out of memory. */
struct str key_number(struct arena *arena, const struct key *key, uint64_t number);

/* What a single value must be: "a duration such as 10s, 500ms or 1m30s". ptr NULL: out of memory. */
struct str key_expected(struct arena *arena, const struct key *key);

/* What may be written instead of a text that key_read refused, in parentheses, or empty. ptr NULL: out of memory. */
struct str key_hint(struct arena *arena, const struct key *key, struct str text);

#endif
