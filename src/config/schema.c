/* The tables, made of the rows in schema.h, and what their rows point to. Words stand in the order of the enum that they are
 * read as. */
#include "liteginx/config/schema.h"

#include "liteginx/config/config.h"
#include "liteginx/config/hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/target_hint.h"
#include "liteginx/config/target_word.h"

static const char *const kind_words[] = {[KIND_HTTP] = "http", [KIND_TCP] = "tcp", NULL};
static const char *const match_words[] = {[PATTERN_PREFIX] = "prefix", [PATTERN_EXACT] = "exact", NULL};
static const char *const log_words[] = {
    [ACCESS_LOG_TEXT] = "text", [ACCESS_LOG_JSON] = "json", [ACCESS_LOG_OFF] = "off", NULL};
static const char *const auto_words[] = {"auto", NULL};
const char *const schema_bind_words[] = {[BIND_LOOPBACK] = "loopback", [BIND_ALL] = "all", NULL};

/* 0 to 65535, zeros in front of it or not. */
#define PORT   "0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
#define BYTE   "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define IPV4   BYTE "(\\." BYTE "){3}"
#define IPV6   "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
#define LABEL  "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
#define NUMBER "[0-9]+"

/* Labels, the last of which is no number; or an address. */
#define NAME "(" LABEL "\\.)*(?!" NUMBER "([:]|$))" LABEL

static const struct key_text name_text = {.expected = "a text that is not empty", .pattern = "[\\s\\S]", .loose = true};
static const struct key_text listen_text = {
    .expected = "PORT, *:PORT, 1.2.3.4:PORT, [::1]:PORT or unix:PATH",
    .pattern = "^(((\\*|" IPV4 "|\\[" IPV6 "\\]):)?" PORT "|unix:.*[^/])$",
    .most = UINT16_MAX,
};
static const struct key_text route_host_text = {
    .expected = "a name such as shop.localhost or *.localhost",
    .pattern = "^((\\*\\.)?" NAME "|" IPV4 "|\\[" IPV6 "\\])(:" PORT ")?$",
    .read = scalar_route_host,
    .hint = hint_route_host,
    .loose = true,
};
static const struct key_text target_host_text = {
    .expected = "a name or an address",
    .pattern = "^(" NAME "|" IPV4 "|" IPV6 "|\\[" IPV6 "\\])$",
    .read = scalar_target_host,
    .hint = hint_target_host,
    .loose = true,
};
static const struct key_text socket_text = {
    .expected = "the path of a Unix socket, such as unix:./app.sock",
    .pattern = "[^/]$",
    .loose = true,
};
static const struct key_text path_text = {
    .expected = "a path such as /users/{id}",
    .pattern = "^/[^?#]*$",
};
static const struct key_text network_text = {
    .expected = "addresses or networks such as 127.0.0.1 or 10.0.0.0/8",
    .pattern = "^(" IPV4 "(/(3[0-2]|[12]?[0-9]))?|" IPV6 "(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?|unix:)$",
};
static const struct key_text target_word = {
    .expected = "HOST:PORT or unix:PATH",
    .pattern = "^(unix:.*[^/]|([Hh][Tt][Tt][Pp]|[Tt][Cc][Pp]|[Ww][Ss])://[^ /]+/?|([^ /]*:)?[0-9]+/?)$",
    .least = 1,
    .most = UINT16_MAX,
};

static const struct key spec_item = {.kind = KEY_MAPPING, .table = &schema_spec};
static const struct key target_item = {.kind = KEY_MAPPING, .table = &schema_target};
static const struct key network_item = {.kind = KEY_TEXT, .text = &network_text};

#define TARGET_ROW(type, at, ...)   KEY_ROW(struct config_target, at, __VA_ARGS__)
#define TIMEOUTS_ROW(type, at, ...) KEY_ROW(struct config_timeouts, at, __VA_ARGS__)
#define TLS_ROW(type, at, ...)      KEY_ROW(struct config_tls, at, __VA_ARGS__)
#define SPEC_ROW(type, at, ...)     KEY_ROW(struct config_route, at, __VA_ARGS__)
#define SETTINGS_ROW(type, at, ...) KEY_ROW(struct config_settings, at, __VA_ARGS__)

static const struct key target_rows[] = {SCHEMA_TARGET(TARGET_ROW, KEY_BARE)};
static const struct key timeouts_rows[] = {SCHEMA_TIMEOUTS(TIMEOUTS_ROW, KEY_BARE)};
static const struct key tls_rows[] = {SCHEMA_TLS(TLS_ROW, KEY_BARE)};
static const struct key spec_rows[] = {SCHEMA_SPEC(SPEC_ROW, KEY_BARE)};
static const struct key settings_rows[] = {SCHEMA_SETTINGS(SETTINGS_ROW, KEY_BARE)};
static const struct key document_rows[] = {SCHEMA_DOCUMENT(KEY_ROW, KEY_BARE)};

#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof(array)[0]

const struct key_table schema_target = {
    .title = "A target",
    .sentence = "In one word it is `localhost:3000`, `\"[::1]:3000\"`, `http://localhost:3000`, `unix:./app.sock`, or "
                "`3000` for one on localhost; its weight is 1 then.",
    .told_by = "unix",
    ROWS(target_rows),
    .word = &target_word,
    .read_word = target_word_read,
    .split_word = target_hint_mapping,
    .split_list = target_hint_list,
};
const struct key_table schema_timeouts = {.title = "The timeouts of a spec", ROWS(timeouts_rows)};
const struct key_table schema_tls = {.title = "TLS", ROWS(tls_rows)};
const struct key_table schema_spec = {
    .title = "A spec",
    .sentence = "Specs with one `listen` address form one listener, over all documents and files.",
    ROWS(spec_rows),
    .told_by = "kind",
};
const struct key_table schema_settings = {.title = "Settings", ROWS(settings_rows)};
const struct key_table schema_document = {
    .title = "A document",
    .sentence = "It is an ingress, with `name` and `spec`, or the settings of the process.",
    ROWS(document_rows),
    .told_by = "settings",
};
