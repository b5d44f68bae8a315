/* An empty object or list stays on one line. */
#include "liteginx/config/json_page.h"

static void begin(struct json_page *json, const char *name);
static void write_string(struct json_page *json, const char *text);

void json_page_open(struct json_page *json, const char *name, char bracket) {
  begin(json, name);
  page_add(json->page, "%c", bracket);
  json->depth++;
  json->has_sibling = false;
}

void json_page_close(struct json_page *json, char bracket) {
  ENSURE(json->depth > 0);
  json->depth--;
  if (json->has_sibling) page_add(json->page, "\n%*s", (int)json->depth * 2, "");
  page_add(json->page, "%c", bracket);
  json->has_sibling = true;
}

void json_page_text(struct json_page *json, const char *name, const char *text) {
  begin(json, name);
  write_string(json, text);
}

void json_page_number(struct json_page *json, const char *name, uint64_t number) {
  begin(json, name);
  page_add(json->page, "%llu", (unsigned long long)number);
}

void json_page_bare(struct json_page *json, const char *name, const char *text) {
  begin(json, name);
  page_add(json->page, "%s", text);
}

void json_page_any_case(struct json_page *json, const char *name, const char *word) {
  begin(json, name);
  page_add(json->page, "\"^");
  for (; *word; word++) {
    char lower = str_lower_char(*word), upper = lower >= 'a' && lower <= 'z' ? (char)(lower - 'a' + 'A') : lower;
    page_add(json->page, "[%c%c]", upper, lower);
  }
  page_add(json->page, "$\"");
}

/* The line, the comma and the name in front of a value. */
static void begin(struct json_page *json, const char *name) {
  if (json->depth > 0) page_add(json->page, "%s\n%*s", json->has_sibling ? "," : "", (int)json->depth * 2, "");
  json->has_sibling = true;
  if (!name) return;
  write_string(json, name);
  page_add(json->page, ": ");
}

static void write_string(struct json_page *json, const char *text) {
  page_add(json->page, "\"");
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c < 0x20) {
      page_add(json->page, "\\u%04x", c);
    } else {
      page_add(json->page, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
  }
  page_add(json->page, "\"");
}
