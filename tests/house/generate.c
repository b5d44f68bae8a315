/* usage: generate NAME           writes the file of that name, made of the rows of keys, to standard output
 *        generate NAME PATH      exit status 1 if PATH holds anything else
 * NAME is docs/CONFIG.md or share/liteginx.schema.json. */
#include <stdio.h>
#include <string.h>

#include "liteginx/config/json_schema.h"
#include "liteginx/config/reference.h"
#include "liteginx/config/tables.h"

static bool make(const char *name, struct page *page);
static bool is_same(struct str text, const char *path);

int main(int argc, char **argv) {
  struct page page = PAGE_EMPTY;
  int status = 2;
  if (argc < 2 || argc > 3 || !make(argv[1], &page)) {
    fprintf(stderr, "usage: generate NAME [PATH]\n");
  } else if (page.failed) {
    fprintf(stderr, "generate: out of memory\n");
  } else if (argc == 2) {
    struct str text = buf_view(&page.text);
    status = fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? 0 : 1;
  } else {
    status = is_same(buf_view(&page.text), argv[2]) ? 0 : 1;
    if (status) fprintf(stderr, "%s is not what the rows of keys say: './dev docs' writes it anew\n", argv[1]);
  }
  page_free(&page);
  return status;
}

static bool make(const char *name, struct page *page) {
  if (strcmp(name, "docs/CONFIG.md") == 0) {
    reference_write(page, reference_head(), &schema_document);
  } else if (strcmp(name, "share/liteginx.schema.json") == 0) {
    json_schema_write(page, &schema_document);
  } else {
    return false;
  }
  return true;
}

static bool is_same(struct str text, const char *path) {
  FILE *file = fopen(path, "rb");
  bool same = file != NULL;
  int c = EOF;
  for (size_t i = 0; same && i < text.len; i++) same = (c = fgetc(file)) != EOF && (char)c == text.ptr[i];
  if (same) same = fgetc(file) == EOF;
  if (file) fclose(file);
  return same;
}
