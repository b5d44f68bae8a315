/* A table of keys with one of each kind, for what is made of rows. */
#ifndef LITEGINX_TESTS_UNIT_OWN_TABLE_H
#define LITEGINX_TESTS_UNIT_OWN_TABLE_H

#include "liteginx/config/key.h"
#include "unit.h"

static const char *const automatic[] = {"auto", NULL}, *const kinds[] = {"a", "b", NULL};
static const struct key_text name_text = {.expected = "a name", .pattern = "^[a-z]+$"};
static const struct key text_item = {.kind = KEY_TEXT},
                        name_item = {.kind = KEY_TEXT, .text = &name_text, .example = "x"};
static const struct key inner_rows[] = {
    {.name = "flag", .kind = KEY_BOOL, .fallback = "true", .sentence = "A flag."},
    {.name = "size", .kind = KEY_SIZE, .least = 1024, .most = 2048, .fallback = "1KiB", .sentence = "A size."},
};
static const struct key_table inner = {.title = "Inner Things", .rows = inner_rows, .count = UNIT_COUNT(inner_rows)};
static const struct key inner_item = {.kind = KEY_MAPPING, .table = &inner};
static const struct key rows[] = {
    {.name = "kind",
     .kind = KEY_WORD,
     .words = kinds,
     .required = true,
     .any_case = true,
     .example = "a",
     .sentence = "A kind."},
    {.name = "wait", .kind = KEY_DURATION, .fallback = "1s", .sentence = "A time.", .only = "a", .required = false},
    {.name = "count",
     .kind = KEY_NUMBER,
     .words = automatic,
     .least = 1,
     .most = 9,
     .fallback = "auto",
     .sentence = "A number."},
    {.name = "set", .kind = KEY_NAMES, .item = &text_item, .sentence = "Names."},
    {.name = "list", .kind = KEY_LIST, .item = &name_item, .least = 1, .required = true, .sentence = "A list."},
    {.name = "more", .kind = KEY_LIST, .item = &inner_item, .sentence = "Mappings."},
    {.name = "inner", .kind = KEY_MAPPING, .table = &inner, .sentence = "A mapping."},
};
static const struct key_table table = {
    .title = "Own", .sentence = "About it.", .rows = rows, .count = UNIT_COUNT(rows), .told_by = "kind"};

#endif
