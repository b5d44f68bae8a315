/* The keys of an answer: what they are read as, and what is said about wrong ones. */
#include "liteginx/config/respond_keys.h"

#include "loaded.h"

static void test_what_is_read(void **state) {
  (void)state;
  static const struct {
    const char *respond;
    unsigned status;
    struct str type, body;
  } rows[] = {
      {"{}", 200, STR_INIT(""), STR_INIT("")},
      {"{status: 204}", 204, STR_INIT(""), STR_INIT("")},
      {"{status: 599, type: a/b}", 599, STR_INIT("a/b"), STR_INIT("")},
      {"{body: back soon}", 200, STR_INIT("text/plain; charset=utf-8"), STR_INIT("back soon")},
      {"{body: ''}", 200, STR_INIT("text/plain; charset=utf-8"), STR_INIT("")},
      {"{body: '{}', type: application/json}", 200, STR_INIT("application/json"), STR_INIT("{}")},
      {"{body: '<p>', type: text/html ; charset=\"utf-8\"}", 200, STR_INIT("text/html ; charset=\"utf-8\""),
       STR_INIT("<p>")},
      {"{file: hello.txt}", 200, STR_INIT("text/plain; charset=utf-8"), STR_INIT("hello\n")},
      {"{file: ./hello.txt, status: 503}", 503, STR_INIT("text/plain; charset=utf-8"), STR_INIT("hello\n")},
      {"{file: /abs.html}", 200, STR_INIT("text/html; charset=utf-8"), STR_INIT("<p>")},
      {"{file: x.bin}", 200, STR_INIT("application/octet-stream"), STR_INIT("\0\1")},
      {"{file: x.bin, type: image/png}", 200, STR_INIT("image/png"), STR_INIT("\0\1")},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct fixture fixture = {.bind = NULL};
    char text[512];
    snprintf(text, sizeof text, "name: a\nspec:\n  - {kind: http, listen: 1, path: /, respond: %s}\n", rows[i].respond);
    load_text(&fixture, text);
    const struct config_route *route = &assert_loaded(&fixture)->listeners[0].routes[0];
    assert_null(fixture.report.first);
    assert_int_equal(route->action, SPEC_respond);
    assert_int_equal(route->respond.status, rows[i].status);
    assert_str(route->respond.type, rows[i].type);
    assert_str(route->respond.body, rows[i].body);
    unload(&fixture);
  }
}

static void test_what_is_said(void **state) {
  (void)state;
  static const struct {
    const char *respond, *messages;
  } rows[] = {
      {"404", "f.yaml:3:47: error: 'respond' must be a mapping, got a single value (write 'respond: {status: 404}')\n"},
      {"200 ok", "f.yaml:3:47: error: 'respond' must be a mapping, got a single value (write 'respond: {status: 200, "
                 "body: \"ok\"}')\n"},
      {"hello", "f.yaml:3:47: error: 'respond' must be a mapping, got a single value (write 'respond: {body: "
                "\"hello\"}')\n"},
      {"{status: 199}", "f.yaml:3:56: error: 'status' must be 200..599, got '199'\n"},
      {"{status: 600}", "f.yaml:3:56: error: 'status' must be 200..599, got '600'\n"},
      {"{status: 204, body: x}",
       "f.yaml:3:61: error: an answer with status 204 has no body (leave 'body' out, or write "
       "another status)\n"},
      {"{status: 304, file: hello.txt}",
       "f.yaml:3:61: error: an answer with status 304 has no body (leave 'file' out, or "
       "write another status)\n"},
      {"{status: 205, body: x}",
       "f.yaml:3:61: error: an answer with status 205 has no body (leave 'body' out, or write "
       "another status)\n"},
      {"{status: 401}",
       "f.yaml:3:56: warning: an answer with status 401 means nothing without its field 'WWW-Authenticate' (write "
       "one under 'headers', or another status)\n"},
      {"{status: 308}",
       "f.yaml:3:56: warning: an answer with status 308 means nothing without its field 'Location' (write "
       "'redirect: {to: /new, status: 308}' instead)\n"},
      {"{status: 426}",
       "f.yaml:3:56: warning: an answer with status 426 means nothing without its field 'Upgrade' (write "
       "another status)\n"},
      {"{type: html}",
       "f.yaml:3:54: error: 'type' must be a media type such as text/html; charset=utf-8, got 'html'\n"},
      {"{type: \"a/b; x\\r\\nX: y\"}",
       "f.yaml:3:54: error: 'type' must be a media type such as text/html; charset=utf-8, "
       "got 'a/b; x\\x0d\\x0aX: y'\n"},
      {"{type: 'a/b;'}",
       "f.yaml:3:54: error: 'type' must be a media type such as text/html; charset=utf-8, got 'a/b;'\n"},
      {"{file: none.txt}", "f.yaml:3:54: error: in 'file: none.txt': there is no such file\n"},
      {"{file: ./none.txt}", "f.yaml:3:54: error: in 'file: ./none.txt': there is no such file (it is looked for as "
                             "'none.txt')\n"},
      {"{file: ./}", "f.yaml:3:54: error: 'file' must be the path of a file, such as ./maintenance.html, got './'\n"},
      {"{file: ''}", "f.yaml:3:54: error: 'file' must be the path of a file, such as ./maintenance.html, got ''\n"},
      {"{mime: a/b}", "f.yaml:3:48: error: unknown key 'mime' (write 'type')\n"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char text[512];
    snprintf(text, sizeof text, "name: a\nspec:\n  - {kind: http, listen: 1, path: /, respond: %s}\n", rows[i].respond);
    assert_messages(text, rows[i].messages);
  }
}

/* It is relative to the file that names it. */
static void test_of_a_file_in_a_folder(void **state) {
  (void)state;
  struct fixture fixture = {.bind = NULL};
  struct config_text file = {STR_INIT("a/f.yaml"),
                             STR_INIT("name: a\nspec: [{kind: http, listen: 1, path: /, respond: {file: bad.txt}}]\n")};
  load_files(&fixture, &file, 1);
  assert_null(fixture.config);
  assert_str(fixture.report.first->text, STR("a/f.yaml:2:57: error: in 'file: bad.txt': this is a folder, and one file "
                                             "is needed (it is looked for as 'a/bad.txt')"));
  unload(&fixture);
}

static void test_types_by_ending(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"a.HTML", "text/html; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.json", "application/json"},
      {"a.webmanifest", "application/manifest+json"},
      {"a.xml", "application/xml"},
      {"a.pdf", "application/pdf"},
      {"a.wasm", "application/wasm"},
      {"a.svg", "image/svg+xml"},
      {"a.png", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.jpeg", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"a.webp", "image/webp"},
      {"a.ico", "image/x-icon"},
      {"a.woff2", "font/woff2"},
      {"a.html.gz", "application/octet-stream"},
      {"html", "application/octet-stream"},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) assert_str(respond_keys_type(str_of(rows[i][0])), str_of(rows[i][1]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_read),
      cmocka_unit_test(test_what_is_said),
      cmocka_unit_test(test_of_a_file_in_a_folder),
      cmocka_unit_test(test_types_by_ending),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
