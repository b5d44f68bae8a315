/* Built without HTTP/2: its preface is not known, so no such connection begins. */
#include "liteginx/base/ensure.h"
#include "liteginx/session/http2_conn.h"

bool http2_conn_known(void) {
  return false;
}

enum http2_preface http2_conn_preface(struct str bytes) {
  (void)bytes;
  return HTTP2_PREFACE_NONE;
}

void http2_conn_start(struct sessions *sessions, struct stream *stream, const struct plan_facts *facts) {
  (void)sessions, (void)stream, (void)facts;
  ENSURE_UNREACHABLE();
}

void http2_conn_drain(struct http2_conn *conn) {
  (void)conn;
}

void http2_conn_cut_endless(struct http2_conn *conn) {
  (void)conn;
}

void http2_conn_cut(struct http2_conn *conn) {
  (void)conn;
}

void http2_conn_free_spares(struct sessions *sessions) {
  (void)sessions;
}
