/* The lines of whole messages are parser_test's; here stands what becomes of a line's beginning, and what is shown. */
#include "liteginx/wire/fault.h"

#include "unit.h"

struct row {
  struct str line;
  const char *label, *what;
};

#define ROW(line, label, what) \
  { STR_INIT(line), label, what }

typedef enum cause fault_of(struct str line, bool whole, struct str *what);

static void expect(fault_of *fault, bool whole, const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct str what = STR("?");
    enum cause cause = fault(rows[i].line, whole, &what);
    if (strcmp(cause_label(cause), rows[i].label) != 0) {
      fail_msg("%.*s: %s, not %s", STR_ARG(rows[i].line), cause_label(cause), rows[i].label);
    }
    if (rows[i].what) assert_str(what, str_of(rows[i].what));
  }
}

static void the_first_wrong_byte_tells(void **state) {
  (void)state;
  static const struct row requests[] = {
      ROW("", "none", NULL),           ROW("GET", "none", NULL),       ROW("GET / what\1ever", "none", NULL),
      ROW("GET\r", "none", NULL),      ROW("GET\rX", "bare-cr", NULL), ROW("\r", "none", NULL),
      ROW("\x16", "none", NULL),       ROW("\x16\x03", "tls", NULL),   ROW("\x16\x04", "not-http", "\x16\x04"),
      ROW("\x17", "not-http", "\x17"), ROW("\0", "none", NULL),        ROW("\0\r", "none", NULL),
      ROW("\0\rQ", "not-http", NULL),  ROW("\0x", "not-http", NULL),   ROW("PROXY TCP4 1.1.1.1", "none", NULL),
      ROW(" ", "not-http", " "),       ROW("G(", "bad-method", "G("),  ROW("PRI * HTTP/2.0", "none", NULL),
  };
  static const struct row statuses[] = {
      ROW("", "none", NULL),
      ROW("HTTP/1.", "none", NULL),
      ROW("HTTP/1.1 x", "none", NULL),
      ROW("HTTP/2", "answer-version", "HTTP/2"),
      ROW("HTTP/x", "answer-version", "HTTP/x"),
      ROW("HTTQ", "answer-not-http", "HTTQ"),
      ROW("\x15", "none", NULL),
      ROW("\x16", "none", NULL),
      ROW("\x15\x03", "answer-tls", NULL),
      ROW("\x16\x03", "answer-tls", NULL),
      ROW("\x16\x02", "answer-not-http", NULL),
      ROW("\0", "none", NULL),
      ROW("\0\0\x18", "none", NULL),
      ROW("\0\0\x18\x04", "answer-http2", NULL),
      ROW("\0\0\x18\x05", "answer-not-http", NULL),
      ROW("\0x", "answer-not-http", NULL),
      ROW("\r", "none", NULL),
      ROW("\rx", "answer-not-http", "\rx"),
  };
  expect(fault_of_request_line, false, requests, UNIT_COUNT(requests));
  expect(fault_of_status_line, false, statuses, UNIT_COUNT(statuses));
}

static void whole_lines_show_what_is_wrong(void **state) {
  (void)state;
  static const struct row requests[] = {
      ROW("PRI * HTTP/2.0\r\n", "http2-preface", NULL),
      ROW("\x16\n", "not-http", NULL),
      ROW("GET / HTTP/3.0\r\n", "unknown-version", "HTTP/3.0"),
      ROW("GET / FTP/1.1\r\n", "bad-version", "FTP/1.1"),
      ROW("GET /a\tb HTTP/1.1\r\n", "control-in-line", "GET /a"),
      ROW("GET\r\n", "no-request-line", "GET"),
      ROW("GET HTTP/1.1\r\n", "no-request-line", "GET HTTP/1.1"),
      ROW("G(\r\n", "bad-method", "G("),
      ROW(" \n", "not-http", " "),
      ROW("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "proxy-protocol", NULL),
      ROW("PROXY TCP6 ::1 ::1 1 2\r\n", "proxy-protocol", NULL),
      ROW("PROXY UNKNOWN\r\n", "proxy-protocol", NULL),
      ROW("PROXY TCP\r\n", "no-version", NULL),
  };
  static const struct row statuses[] = {
      ROW("HTTP/1.1 x\r\n", "status-line", "HTTP/1.1 x"),
      ROW("HTTP/1.2 200 OK\r\n", "answer-version", "HTTP/1.2"),
      ROW("HTTP/1.1 200 a\1\r\n", "control-in-status-line", "HTTP/1.1 200 a"),
      ROW("\0\0\n", "answer-not-http", NULL),
      ROW("\r\n", "answer-empty-line", NULL),
      ROW("\n", "answer-empty-line", NULL),
      ROW("hello\r\n", "answer-not-http", "hello"), /* the CR may be one that was missing */
  };
  expect(fault_of_request_line, true, requests, UNIT_COUNT(requests));
  expect(fault_of_status_line, true, statuses, UNIT_COUNT(statuses));
}

static void field_lines_show_their_first_line(void **state) {
  (void)state;
  static const struct row rows[] = {
      ROW("A : b\r\nC: d\r\n", "space-before-colon", "A : b"),
      ROW("A: b\nC: d\r\n", "bare-lf", "A: b"),
      ROW("A: \1\r\n", "control-in-field", "A: \1"),
      ROW("A b: c\r\n", "bad-field-name", "A b: c"),
      ROW("A b\r\nC: d\r\n", "no-colon", "A b"),
      ROW("\n", "bare-lf", ""),
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct str what = STR("?");
    assert_string_equal(cause_label(fault_of_field_line(rows[i].line, &what)), rows[i].label);
    assert_str(what, str_of(rows[i].what));
  }
}

static void lengths_are_no_number_or_too_large(void **state) {
  (void)state;
  static const char *const none[] = {"", "+1", "1 2", "0x1", "1,1"};
  for (size_t i = 0; i < UNIT_COUNT(none); i++) assert_int_equal(fault_of_length(str_of(none[i])), CAUSE_BAD_LENGTH);
  assert_int_equal(fault_of_length(STR("99999999999999999999")), CAUSE_LENGTH_TOO_LARGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_wrong_byte_tells),
      cmocka_unit_test(whole_lines_show_what_is_wrong),
      cmocka_unit_test(field_lines_show_their_first_line),
      cmocka_unit_test(lengths_are_no_number_or_too_large),
  };
  return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
