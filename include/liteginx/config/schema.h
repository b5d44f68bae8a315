/* All keys there are, one row each. A row is a member of the struct that config.h makes of its list, and a row of the
 * table that everything else is made of (tables.h; key.h says what a row can hold). A new key is a new row, and the code that uses
 * its value.
 *   row(type, member, name, .kind = …)   its value is read into that member
 *   bare(name, .kind = …)                whoever uses it reads it (src/config/spec.c, settings.c, document.c) */
#ifndef LITEGINX_CONFIG_SCHEMA_H
#define LITEGINX_CONFIG_SCHEMA_H

#include "liteginx/config/key.h"

/* clang-format off */
#define SCHEMA_DOCUMENT(row, bare) \
  bare(name, .kind = KEY_TEXT, .required = true, .only = "ingress", .text = &name_text, .example = "first", \
      .sentence = "What the log and the banner call this ingress.") \
  bare(spec, .kind = KEY_LIST, .required = true, .only = "ingress", .item = &spec_item, .least = 1, \
      .sentence = "Who listens where, and which requests go to which targets.") \
  bare(tls, .kind = KEY_MAPPING, .table = &schema_tls, .only = "ingress", .unwrapped = hint_tls, \
      .sentence = "Whether, and with which certificate, clients may and must speak TLS.") \
  bare(settings, .kind = KEY_MAPPING, .table = &schema_settings, .only = "settings", \
      .sentence = "What holds for the whole process; a document of its own, once over all files.")

#define SCHEMA_SPEC(row, bare) \
  bare(kind, .kind = KEY_WORD, .required = true, .words = kind_words, .any_case = true, .example = "http", \
      .sentence = "What is spoken: http finds its route by host and path, tcp passes all bytes on.") \
  bare(listen, .kind = KEY_TEXT, .required = true, .text = &listen_text, .example = "5000", \
      .sentence = "Where it listens: a port alone binds what `bind` says, and port 0 is any free one.") \
  row(struct str, host, host, .kind = KEY_TEXT, .text = &route_host_text, .only = "http", \
      .example = "shop.localhost", \
      .sentence = "The host that requests must name, in any case and whatever the port; `*.localhost` stands for one " \
                  "or more labels. Without it every host matches.") \
  bare(path, .kind = KEY_TEXT, .required = true, .text = &path_text, .only = "http", .example = "/", \
      .sentence = "The path that requests must have: `{id}` is one segment, `{*rest}` is what is left.") \
  bare(match, .kind = KEY_WORD, .words = match_words, .fallback = "prefix", .only = "http", \
      .sentence = "Whether `path` is the beginning of a request's path, up to the border of a segment, or all of it.") \
  bare(rewrite, .kind = KEY_TEXT, .text = &path_text, .only = "http", .beside = "targets", .example = "/", \
      .sentence = "What stands in place of the part that `path` matched when the request goes to the target; it may " \
                  "use the parameters of `path`. Without it the path stays as it is.") \
  row(bool, rewrite_response, rewrite_response, .kind = KEY_BOOL, .only = "http", .beside = "targets", \
      .fallback = "true", \
      .sentence = "Behind a `rewrite` or `host_header`: whether Location, Content-Location, Refresh and the Path of cookies, where they " \
                  "lead to the target, come back as what the client sees.") \
  bare(targets, .kind = KEY_LIST, .required = true, .group = "action", .item = &target_item, .least = 1, \
      .unwrapped = hint_targets, .sentence = "Who gets the requests, in turn by weight.") \
  bare(redirect, .kind = KEY_MAPPING, .required = true, .group = "action", .table = &schema_redirect, .only = "http", \
      .sentence = "Instead of `targets`: where clients are sent to.") \
  bare(respond, .kind = KEY_MAPPING, .required = true, .group = "action", .table = &schema_respond, .only = "http", \
      .unwrapped = hint_respond, .sentence = "Instead of `targets`: what is answered here.") \
  bare(host_header, .kind = KEY_TEXT, .text = &host_header_text, .only = "http", .beside = "targets", \
      .fallback = "preserve", .example = "target", \
      .sentence = "The Host that targets are told: preserve, what the client said; target, their own HOST:PORT; or any " \
                  "other one.") \
  bare(headers, .kind = KEY_MAPPING, .table = &schema_headers, .only = "http", \
      .sentence = "Fields that are set, added and removed, on the way up and on the way back.") \
  row(bool, cors, cors, .kind = KEY_BOOL, .only = "http", .fallback = "false", \
      .sentence = "Whether pages of other origins may use this route: preflights are answered here, and answers say so.") \
  row(struct config_timeouts, timeouts, timeouts, .kind = KEY_MAPPING, .table = &schema_timeouts, .beside = "targets", \
      .unwrapped = hint_timeouts, .sentence = "How long a target may take.") \
  row(uint64_t, hold_ms, hold, .kind = KEY_DURATION, .beside = "targets", .inherits = "`hold` of the settings", \
      .example = "10s", .sentence = "How long requests wait while all targets refuse.")

#define SCHEMA_REDIRECT(row, bare) \
  bare(to, .kind = KEY_TEXT, .required = true, .text = &location_text, .example = "/new", \
      .sentence = "A path, or an http:// or https:// URL, as written: nothing is joined behind it. It may use the " \
                  "parameters of `path`, and keeps the query of the request where it has none of its own.") \
  bare(status, .kind = KEY_WORD, .words = redirect_words, .fallback = "307", \
      .sentence = "307 and 308 keep the method of a request; 301 and 308 are for good, and browsers remember them.")

#define SCHEMA_RESPOND(row, bare) \
  row(unsigned, status, status, .kind = KEY_NUMBER, .least = 200, .most = 599, .fallback = "200", \
      .sentence = "The status of the answer.") \
  bare(body, .kind = KEY_TEXT, .group = "content", .example = "back soon", .sentence = "What it says.") \
  bare(file, .kind = KEY_TEXT, .group = "content", .text = &file_text, .example = "./maintenance.html", \
      .sentence = "Instead of `body`: a file that holds it, relative to the file that names it, of at most 1 MiB. It " \
                  "is read once, when the configuration is.") \
  bare(type, .kind = KEY_TEXT, .text = &type_text, .inherits = "text/plain in UTF-8, or by the name of the file", \
      .example = "text/plain; charset=utf-8", .sentence = "What kind of content it is.")

#define SCHEMA_HEADERS(row, bare) \
  bare(request, .kind = KEY_MAPPING, .table = &schema_changes, \
      .sentence = "Of requests, as targets get them.") \
  bare(response, .kind = KEY_MAPPING, .table = &schema_changes, \
      .sentence = "Of the answers of targets, redirects and `respond`, as clients get them.")

#define SCHEMA_CHANGES(row, bare) \
  bare(set, .kind = KEY_NAMES, .text = &field_name_text, .item = &field_value_item, \
      .example = "{X-Api-Key: secret}", \
      .sentence = "Fields by name, instead of all that are there by that name. Values may hold `{client_ip}`, `{host}`, " \
                  "`{path}` and the parameters of `path`; `{{` is a brace.") \
  bare(add, .kind = KEY_NAMES, .text = &field_name_text, .item = &field_value_item, .example = "{X-Seen-By: me}", \
      .sentence = "The same, beside those that are there.") \
  bare(remove, .kind = KEY_LIST, .item = &field_name_item, .example = "[X-Powered-By]", \
      .sentence = "Names of fields that are left out.")

#define SCHEMA_TARGET(row, bare) \
  row(struct str, host, host, .kind = KEY_TEXT, .required = true, .text = &target_host_text, .only = "host", \
      .example = "localhost", .sentence = "The target's name or address.") \
  row(uint16_t, port, port, .kind = KEY_NUMBER, .required = true, .least = 1, .most = UINT16_MAX, .only = "host", \
      .example = "3000", .sentence = "The target's port.") \
  bare(unix, .kind = KEY_TEXT, .only = "unix", .text = &socket_text, .example = "./app.sock", \
      .sentence = "Instead of host and port: the path of a Unix socket, relative to the file that names it.") \
  row(unsigned, weight, weight, .kind = KEY_NUMBER, .most = 1000, .fallback = "1", \
      .sentence = "How many turns it has for each one of a target with weight 1; 0: none.")

#define SCHEMA_TIMEOUTS(row, bare) \
  row(uint64_t, connect_ms, connect, .kind = KEY_DURATION, .fallback = "3s", \
      .sentence = "How long one try to connect may take; 0s: as long as the system tries.") \
  row(uint64_t, response_ms, response, .kind = KEY_DURATION, .fallback = "0s", \
      .sentence = "How long the head of a response may take, from the last byte of the request on; 0s: for ever.") \
  row(uint64_t, idle_ms, idle, .kind = KEY_DURATION, .fallback = "0s", \
      .sentence = "How long no byte may move, in a body, a tunnel or a TCP session; 0s: for ever.")

#define SCHEMA_TLS(row, bare) \
  row(bool, enabled, enabled, .kind = KEY_BOOL, .fallback = "false", \
      .sentence = "Whether the specs of this document are reached by TLS alone; plain HTTP is sent to https:// by 307.") \
  bare(certificate, .kind = KEY_TEXT, .text = &pem_text, .example = "./site.pem", \
      .sentence = "A file with the certificate, and those that lead to its authority behind it, in PEM, relative to the " \
                  "file that names it. Without it liteginx makes certificates itself, signed by the local CA.") \
  bare(key, .kind = KEY_TEXT, .text = &pem_text, .example = "./site.key", \
      .sentence = "A file with the private key of that certificate; both or none.") \
  row(enum config_tls_version, min_version, min_version, .kind = KEY_WORD, .words = version_words, .fallback = "1.2", \
      .sentence = "The oldest version of TLS that clients may speak.") \
  bare(client_ca, .kind = KEY_TEXT, .text = &pem_text, .example = "./clients.pem", \
      .sentence = "A file with certificates of authorities, in PEM: each client must show a certificate that one of them " \
                  "vouches for. Targets are told its subject in X-Client-Cert-Subject.") \
  row(enum config_tls_ca, ca, ca, .kind = KEY_WORD, .words = ca_words, .fallback = "local", \
      .sentence = "Who signs where there is no `certificate`: our own local CA, or the one that mkcert has made.")

#define SCHEMA_SETTINGS(row, bare) \
  row(unsigned, workers, workers, .kind = KEY_NUMBER, .words = auto_words, .least = 1, \
      .most = CONFIG_MAX_WORKERS, .fallback = "auto", \
      .sentence = "How many threads serve; auto is one for each processor where the system balances a shared listener.") \
  row(enum config_bind, bind, bind, .kind = KEY_WORD, .words = schema_bind_words, .fallback = "loopback", \
      .sentence = "What a port alone binds: this machine only, or every interface; `$LITEGINX_BIND` wins over it.") \
  row(uint64_t, header_timeout_ms, header_timeout, .kind = KEY_DURATION, .fallback = "30s", \
      .sentence = "How long a client may take for a whole request head.") \
  row(uint64_t, keep_alive_ms, keep_alive, .kind = KEY_DURATION, .fallback = "75s", \
      .sentence = "How long a client's connection may rest between two requests.") \
  row(uint64_t, upstream_keep_alive_ms, upstream_keep_alive, .kind = KEY_DURATION, .fallback = "30s", \
      .sentence = "How long an unused connection to a target is kept.") \
  row(unsigned, upstream_idle, upstream_idle, .kind = KEY_NUMBER, .most = 65536, .fallback = "512", \
      .sentence = "How many unused connections are kept for each target and worker.") \
  row(size_t, max_header_bytes, max_header_bytes, .kind = KEY_SIZE, .least = 1024, .most = 16 * 1024 * 1024, \
      .fallback = "64KiB", \
      .sentence = "How long a request head may be; the bound of response heads, trailers, chunk extensions and waiting " \
                  "pipelined bytes as well.") \
  row(unsigned, max_header_fields, max_header_fields, .kind = KEY_NUMBER, .least = 1, .most = 10000, \
      .fallback = "200", .sentence = "How many fields a head may have.") \
  row(uint64_t, max_body_bytes, max_body_bytes, .kind = KEY_SIZE, .most = INT64_MAX, .fallback = "0", \
      .zero = "no limit", .sentence = "How long the body of a request may be.") \
  row(bool, http2, http2, .kind = KEY_BOOL, .fallback = "true", \
      .sentence = "Whether clients may speak HTTP/2, which a connection tells by its first bytes.") \
  row(unsigned, max_connections, max_connections, .kind = KEY_NUMBER, .most = UINT32_MAX, .fallback = "0", \
      .sentence = "How many connections of clients are served at a time; 0: what the limit of descriptors allows.") \
  row(uint64_t, drain_ms, drain, .kind = KEY_DURATION, .fallback = "8s", \
      .sentence = "How long requests may go on after the first stop signal; below the 10 s that containers are given.") \
  row(uint64_t, drain_tunnels_ms, drain_tunnels, .kind = KEY_DURATION, .fallback = "1s", \
      .sentence = "The same for what has no end of its own: tunnels, event streams and TCP sessions.") \
  row(uint64_t, half_close_ms, half_close, .kind = KEY_DURATION, .fallback = "5s", \
      .sentence = "How long a client that has ended its side waits for its answer to begin, counted anew while the " \
                  "target still takes its upload; 0s: not at all.") \
  row(uint64_t, hold_ms, hold, .kind = KEY_DURATION, .fallback = "10s", \
      .sentence = "How long requests wait while all targets of a route refuse, where its spec does not say.") \
  row(enum config_access_log, access_log, access_log, .kind = KEY_WORD, .words = log_words, .fallback = "text", \
      .sentence = "How each exchange is logged on standard output: as text, as JSON, one object a line, or not at all.") \
  row(struct str, not_found_message, not_found_message, .kind = KEY_TEXT, .fallback = "not found", \
      .sentence = "How our own answer begins where no route matches.") \
  bare(trusted_proxies, .kind = KEY_LIST, .item = &network_item, .fallback = "[]", .example = "[10.0.0.0/8]", \
      .unwrapped = hint_networks, \
      .sentence = "Addresses and networks of proxies whose X-Forwarded-* and Forwarded fields are kept and extended.")
/* clang-format on */

/* The rows of a table by name, for take.h: SPEC_path. */
#define SCHEMA_DOCUMENT_INDEX(key_name, ...)           DOCUMENT_##key_name,
#define SCHEMA_SPEC_INDEX(type, at, key_name, ...)     SPEC_##key_name,
#define SCHEMA_SPEC_BARE(key_name, ...)                SPEC_##key_name,
#define SCHEMA_TLS_INDEX(type, at, key_name, ...)      TLS_##key_name,
#define SCHEMA_TLS_BARE(key_name, ...)                 TLS_##key_name,
#define SCHEMA_TARGET_INDEX(type, at, key_name, ...)   TARGET_##key_name,
#define SCHEMA_REDIRECT_BARE(key_name, ...)            REDIRECT_##key_name,
#define SCHEMA_HEADERS_BARE(key_name, ...)             HEADERS_##key_name,
#define SCHEMA_CHANGES_BARE(key_name, ...)             CHANGES_##key_name,
#define SCHEMA_RESPOND_INDEX(type, at, key_name, ...)  RESPOND_##key_name,
#define SCHEMA_RESPOND_BARE(key_name, ...)             RESPOND_##key_name,
#define SCHEMA_TARGET_BARE(key_name, ...)              TARGET_##key_name,
#define SCHEMA_SETTINGS_INDEX(type, at, key_name, ...) SETTINGS_##key_name,
#define SCHEMA_SETTINGS_BARE(key_name, ...)            SETTINGS_##key_name,

enum schema_document_row { SCHEMA_DOCUMENT(KEY_NO_MEMBER, SCHEMA_DOCUMENT_INDEX) };
enum schema_spec_row { SCHEMA_SPEC(SCHEMA_SPEC_INDEX, SCHEMA_SPEC_BARE) SPEC_COUNT };
enum schema_redirect_row { SCHEMA_REDIRECT(KEY_NO_MEMBER, SCHEMA_REDIRECT_BARE) };
enum schema_headers_row { SCHEMA_HEADERS(KEY_NO_MEMBER, SCHEMA_HEADERS_BARE) };
enum schema_changes_row { SCHEMA_CHANGES(KEY_NO_MEMBER, SCHEMA_CHANGES_BARE) };
enum schema_respond_row { SCHEMA_RESPOND(SCHEMA_RESPOND_INDEX, SCHEMA_RESPOND_BARE) };
enum schema_tls_row { SCHEMA_TLS(SCHEMA_TLS_INDEX, SCHEMA_TLS_BARE) };
enum schema_target_row { SCHEMA_TARGET(SCHEMA_TARGET_INDEX, SCHEMA_TARGET_BARE) };
enum schema_settings_row { SCHEMA_SETTINGS(SCHEMA_SETTINGS_INDEX, SCHEMA_SETTINGS_BARE) };

#endif
