#include "liteginx/session/reply.h"

#include "liteginx/base/ending.h"
#include "liteginx/wire/http1_head.h"
#include "unit.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static struct arena arena;

static int set_up(void **state) {
  (void)state;
  arena_init(&arena, NULL, 1024 * 1024);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  arena_reset(&arena);
  return 0;
}

static struct head request_with(const char *method, const char *accept) {
  struct head head;
  head_init(&head, &arena);
  head.method = str_of(method);
  if (accept) assert_true(head_add(&head, STR("Accept"), str_of(accept)));
  return head;
}

/* As HTTP/1 writes it; *body_bytes: of the content at its end. */
static struct str answer_text(const struct reply *reply, size_t *body_bytes) {
  struct head head;
  struct str content;
  assert_true(reply_build(&arena, reply, &head, &content));
  struct forward_response forward = {.head = &head};
  struct str text = http1_write_response(&forward, &(struct http1_answer){.close = false});
  *body_bytes = content.len;
  return arena_printf(&arena, "%.*s%.*s", STR_ARG(text), STR_ARG(content));
}

static void answers(void **state) {
  (void)state;
  const struct head get = request_with("GET", NULL), head = request_with("HEAD", NULL);
  const struct head browser = request_with("GET", "text/html,application/xhtml+xml,*/*;q=0.8");
  const struct {
    struct reply reply;
    const char *want;
    size_t body_bytes;
  } rows[] = {
      {{.status = 404, .detail = STR("not found"), .request = &get},
       "HTTP/1.1 404 Not Found\r\nDate: " DATE
       "\r\nContent-Type: application/json\r\nVary: Accept\r\nContent-Length: 23\r\n\r\n"
       "{\"detail\":\"not found\"}\n",
       23},
      {{.status = 400, .detail = STR("bad")},
       "HTTP/1.1 400 Bad Request\r\nDate: " DATE
       "\r\nContent-Type: application/json\r\nVary: Accept\r\nContent-Length: 17\r\n"
       "\r\n{\"detail\":\"bad\"}\n",
       17},
      {{.status = 405, .detail = STR(""), .allow = STR("GET, HEAD"), .request = &get},
       "HTTP/1.1 405 Method Not Allowed\r\nDate: " DATE
       "\r\nContent-Type: application/json\r\nVary: Accept\r\nContent-Length: 14\r\n"
       "Allow: GET, HEAD\r\n\r\n{\"detail\":\"\"}\n",
       14},
      /* no body: the length is that of the answer to GET, or there is none */
      {{.status = 502, .detail = STR("gone"), .request = &head},
       "HTTP/1.1 502 Bad Gateway\r\nDate: " DATE
       "\r\nContent-Type: application/json\r\nVary: Accept\r\nContent-Length: 18\r\n\r\n",
       0},
      {{.status = 204, .detail = STR("left out"), .allow = STR("GET"), .request = &get},
       "HTTP/1.1 204 No Content\r\nDate: " DATE "\r\nAllow: GET\r\n\r\n",
       0},
      {{.status = 503, .detail = STR("<b>"), .request = &browser},
       "HTTP/1.1 503 Service Unavailable\r\nDate: " DATE
       "\r\nContent-Type: text/html; charset=utf-8\r\nVary: Accept\r\n"
       "Content-Length: 196\r\n\r\n<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
       "<title>503 Service Unavailable</title></head>\n<body><h1>503 Service Unavailable</h1>\n"
       "<p>&lt;b&gt;</p>\n<hr><p>liteginx</p></body></html>\n",
       196},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    struct reply reply = rows[i].reply;
    size_t body_bytes = 99;
    reply.date = STR(DATE);
    assert_str(answer_text(&reply, &body_bytes), str_of(rows[i].want));
    assert_int_equal(body_bytes, rows[i].body_bytes);
  }
}

static void what_a_route_answers(void **state) {
  (void)state;
  const struct head get = request_with("GET", "text/html"), head = request_with("HEAD", NULL);
  const struct {
    struct plan_answer answer;
    const struct head *request;
    const char *want;
    size_t body_bytes;
  } rows[] = {
      {{308, STR(""), STR("/new"), STR("")},
       &get,
       "HTTP/1.1 308 Permanent Redirect\r\nDate: " DATE "\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n",
       0},
      {{200, STR("a/b"), STR(""), STR("xyz")},
       &get,
       "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nxyz",
       3},
      {{200, STR("a/b"), STR(""), STR("xyz")},
       &head,
       "HTTP/1.1 200 OK\r\nDate: " DATE "\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\n",
       0},
      {{204, STR(""), STR(""), STR("")}, &get, "HTTP/1.1 204 No Content\r\nDate: " DATE "\r\n\r\n", 0},
      {{304, STR(""), STR(""), STR("")}, &get, "HTTP/1.1 304 Not Modified\r\nDate: " DATE "\r\n\r\n", 0},
      {{299, STR(""), STR(""), STR("")}, &get, "HTTP/1.1 299 \r\nDate: " DATE "\r\nContent-Length: 0\r\n\r\n", 0},
  };
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    const struct reply reply = {.status = rows[i].answer.status,
                                .date = STR(DATE),
                                .request = rows[i].request,
                                .given = &rows[i].answer};
    size_t body_bytes = 99;
    assert_str(answer_text(&reply, &body_bytes), str_of(rows[i].want));
    assert_int_equal(body_bytes, rows[i].body_bytes);
  }
}

/* It is sent from where it stands. */
static void a_given_body_is_not_copied(void **state) {
  (void)state;
  const struct plan_answer given = {200, STR("a/b"), STR(""), STR("x\0y")};
  const struct reply reply = {.status = 200, .date = STR(DATE), .given = &given};
  struct head head;
  struct str content;
  assert_true(reply_build(&arena, &reply, &head, &content));
  assert_ptr_equal(content.ptr, given.body.ptr);
  assert_int_equal(content.len, 3);
}

static struct str body_of(struct reply reply) {
  size_t body_bytes;
  reply.date = STR(DATE);
  struct str whole = answer_text(&reply, &body_bytes);
  assert_non_null(whole.ptr);
  assert_true(body_bytes < whole.len);
  return str_from(whole, whole.len - body_bytes);
}

static void who_gets_html(void **state) {
  (void)state;
  static const char *const html[] = {
      "text/html",
      "TEXT/HTML",
      "text/html;q=0.5",
      "text/html, application/json",
      "application/json;q=0.8, text/html;q=0.8",
      "application/json;q=0.799, text/html; level=1 ;q=0.8",
      "application/json;q=0, text/html;q=0.001",
      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
  };
  static const char *const json[] = {
      "",
      "*/*",
      "text/*",
      "application/json",
      "text/htmlx",
      "text/html;q=0",
      "text/html;q=0.000",
      "text/html;q=0.5, application/json",
      "application/json;q=0.801, text/html;q=0.8",
  };
  for (size_t i = 0; i < UNIT_COUNT(html); i++) {
    struct head request = request_with("GET", html[i]);
    struct str body = body_of((struct reply){.status = 404, .detail = STR("x"), .request = &request});
    if (!str_starts_with(body, STR("<!doctype html>"))) fail_msg("not html: %s", html[i]);
  }
  for (size_t i = 0; i < UNIT_COUNT(json); i++) {
    struct head request = request_with("GET", json[i]);
    struct str body = body_of((struct reply){.status = 404, .detail = STR("x"), .request = &request});
    if (!str_starts_with(body, STR("{\"detail\":"))) fail_msg("not json: %s", json[i]);
  }
}

static void details_are_escaped(void **state) {
  (void)state;
  static const struct {
    const char *detail, *json, *html;
  } rows[] = {
      {"plain é", "plain é", "plain é"},
      {"\"a\\b\"", "\\\"a\\\\b\\\"", "&quot;a\\b&quot;"},
      {"a\r\n\x01", "a\\u000d\\u000a\\u0001", "a\r\n\x01"},
      {"<script>&amp;", "<script>&amp;", "&lt;script&gt;&amp;amp;"},
  };
  struct head browser = request_with("GET", "text/html");
  for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
    char want[256];
    snprintf(want, sizeof want, "{\"detail\":\"%s\"}\n", rows[i].json);
    assert_str(body_of((struct reply){.status = 502, .detail = str_of(rows[i].detail)}), str_of(want));
    struct str html = body_of((struct reply){.status = 502, .detail = str_of(rows[i].detail), .request = &browser});
    snprintf(want, sizeof want, "<p>%s</p>\n<hr>", rows[i].html);
    assert_non_null(strstr(html.ptr, want));
  }
}

static void every_status_of_ours_has_its_reason(void **state) {
  (void)state;
  for (enum ending_reason reason = 0; reason < ENDING_COUNT; reason++) {
    struct reply reply = {.status = ending_status(reason), .date = STR(DATE)};
    size_t body_bytes;
    if (reply.status == 0 || reason == ENDING_CLIENT_LEFT) continue; /* none is sent */
    struct str whole = answer_text(&reply, &body_bytes);
    assert_true(whole.len > 0 && whole.ptr[strlen("HTTP/1.1 200 ")] >= 'A');
  }
}

static void without_memory_there_is_no_answer(void **state) {
  (void)state;
  struct head browser = request_with("GET", "text/html");
  char detail[600];
  memset(detail, '<', sizeof detail);
  struct reply reply = {.status = 502,
                        .detail = str_make(detail, sizeof detail),
                        .date = STR(DATE),
                        .request = &browser};
  unsigned failures = 0;
  struct arena small;
  struct head head;
  struct str content;
  for (size_t room = 0;; room += 256) {
    arena_init(&small, NULL, room);
    bool good = reply_build(&small, &reply, &head, &content);
    arena_reset(&small);
    if (good) break;
    failures++;
  }
  assert_true(failures > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers),
      cmocka_unit_test(what_a_route_answers),
      cmocka_unit_test(a_given_body_is_not_copied),
      cmocka_unit_test(who_gets_html),
      cmocka_unit_test(details_are_escaped),
      cmocka_unit_test(every_status_of_ours_has_its_reason),
      cmocka_unit_test(without_memory_there_is_no_answer),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
