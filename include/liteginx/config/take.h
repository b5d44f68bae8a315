/* Typed values out of a repaired document, each as the row of its key says, with the words for what is wrong. Whoever needs
 * more than a row can say takes the field by itself. */
#ifndef LITEGINX_CONFIG_TAKE_H
#define LITEGINX_CONFIG_TAKE_H

#include "liteginx/config/fill.h"
#include "liteginx/config/report.h"

/* Where values are kept, and what is wrong goes to. */
struct taking {
  struct arena *kept, *scratch;
  struct config_report *report;
  const struct config_world *world; /* NULL: there is nothing but texts */
};

/* A mapping to take from. */
struct take_from {
  struct str file;
  const struct key_table *table;
  const struct fill_value *values; /* NULL: the mapping is not there */
  struct yaml_node *node;
};

/* A single value and where it stands. */
struct take_field {
  const char *name;
  const struct key *key;
  struct str text;
  struct str file;
  struct yaml_node *node; /* NULL: the key is not there */
};

/* What to do about a field, before its text is looked at. */
enum take_state { TAKE_ABSENT, TAKE_REPORTED, TAKE_THERE };

/* A row is named as in schema.h. */

/* The mapping at a key of `from`, and the i-th of a list of mappings there, whose node is `item`. */
struct take_from take_inner(const struct take_from *from, unsigned row);
struct take_from take_item(const struct take_from *from, unsigned row, unsigned i, struct yaml_node *item);

/* What is at a key: its single value; its node, of any kind (NULL: none); how many items. */
struct take_field take_field(const struct take_from *from, unsigned row);
struct yaml_node *take_node(const struct take_from *from, unsigned row);
unsigned take_count(const struct take_from *from, unsigned row);

/* The i-th of a list of single values, whose node is `item`. */
struct take_field take_item_field(const struct take_from *from, unsigned row, unsigned i, struct yaml_node *item);

enum take_state take_state(const struct take_field *field);

/* All take_… functions below: true where the field is good, or absent and the value stays as it is. What is wrong, also for
 * want of memory, is reported. */

/* A duration, size, number, word or boolean as a number. */
bool take_number(const struct taking *taking, const struct take_field *field, uint64_t *value);

/* A text in taking->kept. */
bool take_text(const struct taking *taking, const struct take_field *field, struct str *text);

/* All keys that have a place in `structure`, but for those that are for another sort than `sort` (NULL: for none). */
bool take_all(const struct taking *taking, const struct take_from *from, const char *sort, void *structure);

/* Always false. Says that the field "must be `expected`, got …"; `hint`: a whole parenthesis, or empty. */
bool take_refuse(const struct taking *taking, const struct take_field *field, struct str expected, struct str hint);

/* Says "in 'key: text': `what` `hint`" as a warning, or nothing where `hint` is empty. */
void take_warn(const struct taking *taking, const struct take_field *field, struct config_place place, const char *what,
               struct str hint);

/* The same as an error, with or without hint. */
void take_fault(const struct taking *taking, const struct take_field *field, struct config_place place,
                const char *what, struct str hint);

/* Of a field, its key, and byte `offset` of its text. */
struct config_place take_place(const struct take_field *field);
struct config_place take_key_place(const struct take_field *field);
struct config_place take_place_in(const struct take_field *field, size_t offset);

#endif
