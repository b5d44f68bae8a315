/* libyaml's events → nodes. The text is looked over first, since libyaml names no place for bytes that it cannot read,
 * and takes time that grows with the square of the number of %TAG lines. The depth is capped while the events come, so
 * that nothing ever recurses deeper. After a syntax error libyaml cannot go on: that file ends there. */
#include "liteginx/config/yaml.h"

#include <yaml.h>

#include "liteginx/base/utf8.h"
#include "liteginx/config/source.h"

enum { MAX_DIRECTIVES = 16, KEPT_KEYS = 64 };

struct reader {
  struct arena *arena;
  struct config_report *report;
  struct str file, source;
  struct yaml_node *stack[YAML_MAX_DEPTH];
  unsigned depth;
  struct yaml_node *pending;  /* a mapping's value whose key was read */
  struct yaml_node root;      /* its children are the documents */
  struct yaml_node *whole;    /* the last document that was read to its end */
  struct str keys[KEPT_KEYS]; /* by hash: the same few keys come again and again, and share one copy */
};

static bool text_is_sound(struct reader *reader, struct str text);
static bool read_event(struct reader *reader, const yaml_event_t *event);
static struct yaml_node *begin_node(struct reader *reader, const yaml_event_t *event, enum node_kind kind);
static bool begin_container(struct reader *reader, const yaml_event_t *event, enum node_kind kind);
static bool end_container(struct reader *reader);
static bool read_scalar(struct reader *reader, const yaml_event_t *event);
static bool read_key(struct reader *reader, const yaml_event_t *event);
static void report_syntax(struct reader *reader, const yaml_parser_t *parser, struct str text);

static void report_at(struct reader *reader, yaml_mark_t mark, const char *message) {
  struct config_place place = {reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
  config_report_add(reader->report, true, place, "%s", message);
}

struct yaml_node *yaml_read(struct arena *arena, struct str file, struct str text, struct config_report *report) {
  struct reader reader = {.arena = arena, .report = report, .file = file};
  yaml_parser_t parser;
  if (str_starts_with(text, STR("\xef\xbb\xbf"))) text = str_from(text, 3);
  if (!text_is_sound(&reader, text)) return NULL;
  if (!yaml_parser_initialize(&parser)) {
    config_report_no_memory(report);
    return NULL;
  }
  reader.source = text;
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
  for (bool more = true; more;) {
    yaml_event_t event;
    if (!yaml_parser_parse(&parser, &event)) {
      report_syntax(&reader, &parser, text);
      break;
    }
    more = event.type != YAML_STREAM_END_EVENT && read_event(&reader, &event);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  if (!reader.whole) return NULL;
  reader.whole->next = NULL;
  return reader.root.first;
}

struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key) {
  return yaml_find_key(mapping, str_of(key));
}

struct yaml_node *yaml_find_key(const struct yaml_node *mapping, struct str key) {
  struct yaml_node *node = mapping->first;
  while (node && !str_eq(node->key, key)) node = node->next;
  return node;
}

struct yaml_node *yaml_find_row(const struct yaml_node *mapping, unsigned row) {
  struct yaml_node *node = mapping->first;
  while (node && node->row != row) node = node->next;
  return node;
}

void yaml_append(struct yaml_node *parent, struct yaml_node *child) {
  child->next = NULL;
  if (parent->last) {
    parent->last->next = child;
  } else {
    parent->first = child;
  }
  parent->last = child;
}

/* The characters that YAML 1.1 §4.1 (c-printable) lets a text hold. */
static bool is_printable(uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c < 0x7f || c == 0x85 || (c >= 0xa0 && c != 0xfeff && c != 0xfffe && c != 0xffff);
}

/* False: *what and *place (its line and column) tell why. */
static bool find_fault(struct str text, struct config_place *place, const char **what, uint32_t *character) {
  unsigned directives = 0;
  *place = (struct config_place){.file = place->file, .line = 1, .column = 1};
  for (size_t len; text.len; text = str_from(text, len)) {
    bool directive = place->column == 1 && text.ptr[0] == '%';
    size_t plain = 0; /* most of every file, so it gets a short way */
    while (!directive && plain < text.len && text.ptr[plain] >= ' ' && text.ptr[plain] < 0x7f) plain++;
    place->column += (unsigned)plain;
    text = str_from(text, plain);
    if (text.len == 0) break;
    *what = "is not UTF-8 (save the file as UTF-8)";
    *character = (unsigned char)text.ptr[0];
    len = utf8_read(text, character);
    if (len == 0) return false;
    *what = *character ? "is a control character" : "is a NUL byte (is this a text file?)";
    if (!is_printable(*character)) return false;
    *what = "begins more directives than any configuration needs";
    if (directive && ++directives > MAX_DIRECTIVES) return false;
    size_t ends_line = source_break(text);
    if (ends_line) len = ends_line;
    place->line += ends_line > 0;
    place->column = ends_line ? 1 : place->column + 1;
  }
  return true;
}

static bool text_is_sound(struct reader *reader, struct str text) {
  struct config_place place = {.file = reader->file, .line = 1, .column = 1};
  const char *what;
  uint32_t character;
  if (text.len > YAML_MAX_BYTES) {
    config_report_add(reader->report, true, place, "the file has %zu bytes, more than the limit of 1 MiB (split it)",
                      text.len);
    return false;
  }
  if (str_starts_with(text, STR("\xff\xfe")) || str_starts_with(text, STR("\xfe\xff"))) {
    config_report_add(reader->report, true, place, "the file is UTF-16 (save it as UTF-8)");
    return false;
  }
  if (find_fault(text, &place, &what, &character)) return true;
  config_report_add(reader->report, true, place, "\\x%02x %s", (unsigned)character, what);
  return false;
}

static bool read_event(struct reader *reader, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_MAPPING_START_EVENT:
    return begin_container(reader, event, NODE_MAPPING);
  case YAML_SEQUENCE_START_EVENT:
    return begin_container(reader, event, NODE_LIST);
  case YAML_MAPPING_END_EVENT:
  case YAML_SEQUENCE_END_EVENT:
    return end_container(reader);
  case YAML_SCALAR_EVENT:
  case YAML_ALIAS_EVENT:
    return read_scalar(reader, event);
  case YAML_DOCUMENT_END_EVENT:
    reader->whole = reader->root.last;
    return true;
  default:
    return true;
  }
}

/* The mapping whose next key is awaited; NULL: none. */
static struct yaml_node *awaits_key(const struct reader *reader) {
  struct yaml_node *parent = reader->depth ? reader->stack[reader->depth - 1] : NULL;
  return parent && parent->kind == NODE_MAPPING && !reader->pending ? parent : NULL;
}

/* A new node in its place of the tree: the value whose key was just read, a list's item or a document. */
static struct yaml_node *begin_node(struct reader *reader, const yaml_event_t *event, enum node_kind kind) {
  struct yaml_node *node = reader->pending ? reader->pending : arena_alloc(reader->arena, sizeof *node);
  if (!node) {
    config_report_no_memory(reader->report);
    return NULL;
  }
  if (!reader->pending) {
    struct yaml_node *parent = reader->depth ? reader->stack[reader->depth - 1] : &reader->root;
    *node = (struct yaml_node){.reported = parent->reported};
    yaml_append(parent, node);
  }
  node->kind = (uint8_t)kind;
  node->line = (unsigned)event->start_mark.line + 1;
  node->column = (unsigned)event->start_mark.column + 1;
  reader->pending = NULL;
  return node;
}

static void refuse_tag(struct reader *reader, const yaml_event_t *event, const yaml_char_t *tag) {
  if (tag) report_at(reader, event->start_mark, "a tag ('!…') has no meaning here (leave it out)");
}

static bool begin_container(struct reader *reader, const yaml_event_t *event, enum node_kind kind) {
  if (awaits_key(reader)) {
    report_at(reader, event->start_mark, "a key must be a single word, not a list or a mapping");
    return false;
  }
  if (reader->depth == YAML_MAX_DEPTH) {
    report_at(reader, event->start_mark, "nested deeper than 64 levels");
    return false;
  }
  struct yaml_node *node = begin_node(reader, event, kind);
  if (!node) return false;
  refuse_tag(reader, event, kind == NODE_LIST ? event->data.sequence_start.tag : event->data.mapping_start.tag);
  reader->stack[reader->depth++] = node;
  return true;
}

static bool end_container(struct reader *reader) {
  ENSURE(reader->depth > 0);
  reader->depth--;
  return true;
}

/* Where the text begins, if every character of it stands in the file as it is. */
static unsigned find_text_column(const yaml_event_t *event, struct str text) {
  bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  size_t count = utf8_count(text), quotes = plain ? 0 : 1;
  bool one_line = event->start_mark.line == event->end_mark.line;
  bool verbatim = event->end_mark.column - event->start_mark.column == count + 2 * quotes;
  return one_line && verbatim ? (unsigned)(event->start_mark.column + quotes) + 1 : 0;
}

/* A text that stands in the file as it is needs no copy. The mark counts characters: behind one of several bytes it
 * leads astray, and the comparison says so. */
static struct str keep_text(struct reader *reader, const yaml_event_t *event, unsigned text_column, struct str text) {
  size_t quote = text_column ? text_column - 1 - event->start_mark.column : 0;
  struct str same = str_upto(str_from(reader->source, event->start_mark.index + quote), text.len);
  return text_column && str_eq(same, text) ? same : arena_dup(reader->arena, text);
}

static bool means_null(struct str text) {
  return text.len == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null")) || str_eq(text, STR("Null")) ||
         str_eq(text, STR("NULL"));
}

static bool read_scalar(struct reader *reader, const yaml_event_t *event) {
  if (awaits_key(reader)) return read_key(reader, event);
  bool alias = event->type == YAML_ALIAS_EVENT;
  struct str text = alias ? STR("") : str_make((const char *)event->data.scalar.value, event->data.scalar.length);
  bool is_null = !alias && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && means_null(text);
  if (is_null && reader->depth == 0) return true; /* an empty document */
  struct yaml_node *node = begin_node(reader, event, NODE_SCALAR);
  if (!node) return false;
  node->is_null = is_null;
  if (alias && !node->reported) {
    report_at(reader, event->start_mark, "an alias ('*…') cannot be used (write the value out)");
  }
  node->reported |= alias;
  node->text_column = alias ? 0 : find_text_column(event, text);
  node->text = keep_text(reader, event, node->text_column, text);
  if (!node->text.ptr) {
    config_report_no_memory(reader->report);
    return false;
  }
  if (!alias) refuse_tag(reader, event, event->data.scalar.tag);
  return true;
}

static struct str keep_key(struct reader *reader, struct str key) {
  struct str *kept = &reader->keys[str_hash(key) % KEPT_KEYS];
  if (!kept->ptr || !str_eq(*kept, key)) *kept = arena_dup(reader->arena, key);
  return *kept;
}

static bool read_key(struct reader *reader, const yaml_event_t *event) {
  struct yaml_node *node = arena_alloc(reader->arena, sizeof *node);
  struct str key = {NULL, 0};
  if (event->type == YAML_ALIAS_EVENT) {
    report_at(reader, event->start_mark, "an alias ('*…') cannot be a key (write it out)");
    return false;
  }
  if (node) {
    key = keep_key(reader, str_make((const char *)event->data.scalar.value, event->data.scalar.length));
  }
  if (!key.ptr) {
    config_report_no_memory(reader->report);
    return false;
  }
  struct yaml_node *mapping = awaits_key(reader);
  bool merges = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && str_eq(key, STR("<<"));
  if (merges && !mapping->reported) {
    report_at(reader, event->start_mark, "a merge key ('<<') cannot be used (write the keys out)");
  }
  mapping->merged |= merges;
  *node = (struct yaml_node){.key = key, .reported = mapping->reported || merges};
  node->key_line = (unsigned)event->start_mark.line + 1;
  node->key_column = (unsigned)event->start_mark.column + 1;
  refuse_tag(reader, event, event->data.scalar.tag);
  yaml_append(mapping, node);
  reader->pending = node;
  return true;
}

/* libyaml's sentences for the mistakes that everybody makes, and what they mean. */
static const struct explanation {
  const char *problem, *meaning;
} explanations[] = {
    {"mapping values are not allowed in this context",
     "a ':' is not expected here (is the indentation right? does a value with ': ' need quotes?)"},
    {"could not find expected ':'", "a ':' is missing behind the key on the line above"},
    {"did not find expected key", "a key is expected here (is the indentation right?)"},
    {"did not find expected '-' indicator", "a '-' is expected here (is the indentation right?)"},
    {"did not find expected ',' or ']'", "a ',' or ']' is missing (does a value with '{', '[' or ',' need quotes?)"},
    {"did not find expected ',' or '}'", "a ',' or '}' is missing (does a value with '{', '[' or ',' need quotes?)"},
    {"did not find expected node content", "a value is expected here (does one with ':' need quotes?)"},
    {"did not find expected alphabetic or numeric character", "a value that begins with '*' or '&' needs quotes"},
    {"found unexpected end of stream", "a quote is not closed"},
    {"block sequence entries are not allowed in this context", "a list cannot begin here (put it on the next line)"},
    {"did not find expected <document start>", "only one value fits into a document (is the indentation right?)"},
};

static void report_syntax(struct reader *reader, const yaml_parser_t *parser, struct str text) {
  if (parser->error == YAML_MEMORY_ERROR || !parser->problem) {
    config_report_no_memory(reader->report);
    return;
  }
  struct config_place place = {reader->file, (unsigned)parser->problem_mark.line + 1,
                               (unsigned)parser->problem_mark.column + 1};
  const char *meaning = parser->problem;
  for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
    if (strcmp(parser->problem, explanations[i].problem) == 0) meaning = explanations[i].meaning;
  }
  struct str at = text;
  for (size_t i = parser->problem_mark.index; i && at.len; i--) {
    uint32_t character;
    at = str_from(at, utf8_read(at, &character));
  }
  if (strcmp(meaning, "found character that cannot start any token") == 0) {
    meaning = str_starts_with(at, STR("\t")) ? "a tab cannot indent YAML (use spaces)"
                                             : "a value cannot begin with this character (put it in quotes)";
  }
  unsigned begun = (unsigned)parser->context_mark.line + 1;
  if (parser->context && begun < place.line) {
    config_report_add(reader->report, true, place, "not YAML: %s, %s that began on line %u", meaning, parser->context,
                      begun);
  } else {
    config_report_add(reader->report, true, place, "not YAML: %s", meaning);
  }
}
