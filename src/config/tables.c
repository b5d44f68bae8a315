/* The tables, made of the rows in schema.h, and what their rows point to. Words stand in the order of the enum that they are
 * read as. */
#include "liteginx/config/tables.h"

#include "liteginx/config/hint.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/target_hint.h"
#include "liteginx/config/target_word.h"
#include "liteginx/config/value_hint.h"

static const char *const kind_words[] = {[KIND_HTTP] = "http", [KIND_TCP] = "tcp", NULL};
static const char *const match_words[] = {[PATTERN_PREFIX] = "prefix", [PATTERN_EXACT] = "exact", NULL};
static const char *const log_words[] = {
    [ACCESS_LOG_TEXT] = "text", [ACCESS_LOG_JSON] = "json", [ACCESS_LOG_OFF] = "off", NULL};
/* In the order of redirect_statuses in spec_action.c. */
static const char *const redirect_words[] = {"301", "302", "303", "307", "308", NULL};
static const char *const version_words[] = {[TLS_VERSION_12] = "1.2", [TLS_VERSION_13] = "1.3", NULL};
static const char *const ca_words[] = {[TLS_CA_LOCAL] = "local", [TLS_CA_MKCERT] = "mkcert", NULL};
static const char *const auto_words[] = {"auto", NULL};
const char *const schema_bind_words[] = {[BIND_LOOPBACK] = "loopback", [BIND_ALL] = "all", NULL};

/* 0 to 65535, zeros in front of it or not. */
#define PORT   "0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
#define BYTE   "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define IPV4   BYTE "(\\." BYTE "){3}"
#define LABEL  "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
#define NUMBER "[0-9]+"

/* Eight groups, of which "::" stands for one at least; an IPv4 address counts as the last two. */
#define GROUP      "[0-9A-Fa-f]{1,4}"
#define ONE_GROUP  "(:*[0-9A-Fa-f]+(?![0-9A-Fa-f]))"
#define TOO_MANY   ONE_GROUP "{8}|" ONE_GROUP "{6}:+" NUMBER "\\."
#define SHORT_IPV6 "(?!" TOO_MANY ")(" GROUP "(:" GROUP ")*)?::((" GROUP ":)*(" GROUP "|" IPV4 "))?"
#define IPV6       "((" GROUP ":){7}" GROUP "|(" GROUP ":){6}" IPV4 "|" SHORT_IPV6 ")"

/* An IPv4 address in IPv6, as it is usually written: a mask counts the bits in front of it. */
#define MAPPED "::[Ff]{4}:" IPV4

/* Labels of up to 253 bytes, the last of which is no number; or an address. */
#define NAME "(?![^:/]{254})(" LABEL "\\.)*(?!" NUMBER "([:/]|$))" LABEL

/* The path of a socket: what its last part may not be, and all of it. */
#define NO_SOCKET "([\\s\\S]*/)?\\.{0,2}$"
#define SOCKET    "(?!" NO_SOCKET ")[\\s\\S]+"

/* A target in one word. */
#define TARGET_HOST "(" NAME "|" IPV4 "|\\[" IPV6 "\\])"
#define TARGET_PORT "(?!0+(/|$))" PORT
#define ANY_SCHEME  "([Hh][Tt][Tt][Pp]|[Tt][Cc][Pp]|[Ww][Ss])://"
#define WITH_PORT   "([Hh][Tt][Tt][Pp]|[Ww][Ss])://" /* 80, where none is named */

static const struct key_text name_text = {.expected = "a text that is not empty", .pattern = "[\\s\\S]", .loose = true};
static const struct key_text listen_text = {
    .expected = "PORT, *:PORT, 1.2.3.4:PORT, [::1]:PORT or unix:PATH",
    .pattern = "^(((\\*|" IPV4 "|\\[" IPV6 "\\]):)?" PORT "|unix:" SOCKET ")$",
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
    .pattern = "^(?!(unix:)?" NO_SOCKET ")",
    .loose = true,
};
static const struct key_text path_text = {
    .expected = "a path such as /users/{id}",
    .pattern = "^/[^?#]*$",
};
static const struct key_text location_text = {
    .expected = "a path such as /new/{id}, or an http:// or https:// URL",
    .pattern = "^(/([^/]|$)|[Hh][Tt][Tt][Pp][Ss]?://[^/?#{@])",
};
static const struct key_text file_text = {
    .expected = "the path of a file, such as ./maintenance.html",
    .pattern = "[^/]$",
    .loose = true,
};
static const struct key_text pem_text = {
    .expected = "the path of a file in PEM, such as ./site.pem",
    .pattern = "[^/]$",
    .loose = true,
};
#define TOKEN "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
static const struct key_text type_text = {
    .expected = "a media type such as text/html; charset=utf-8",
    .pattern = "^" TOKEN "/" TOKEN "( *;[ -~]*[!-~])?$",
    .read = scalar_media_type,
};
static const struct key_text field_name_text = {
    .expected = "the name of a field, such as X-Api-Key",
    .pattern = "^" TOKEN "$",
    .read = scalar_field_name,
};
static const struct key_text field_value_text = {
    .expected = "the value of a field",
    .pattern = "^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$",
    .loose = true,
};
static const struct key_text host_header_text = {
    .expected = "preserve, target, or a name such as api.example.com",
    .pattern = "^(" NAME "|" IPV4 "|\\[" IPV6 "\\])(:" PORT ")?$",
    .read = scalar_host_header,
    .hint = value_hint_host,
    .loose = true,
};
static const struct key_text network_text = {
    .expected = "addresses or networks such as 127.0.0.1 or 10.0.0.0/8",
    .pattern = "^(?!" MAPPED "/0*([1-8]?[0-9]|9[0-5])$)(" IPV4 "(/0*(3[0-2]|[12]?[0-9]))?|" IPV6
               "(/0*(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?|unix:)$",
};
static const struct key_text target_word = {
    .expected = "HOST:PORT or unix:PATH",
    .pattern = "^(unix:(?!(unix:)?" NO_SOCKET ")[\\s\\S]+|:?" TARGET_PORT "/?|(" ANY_SCHEME ")?" TARGET_HOST
               ":" TARGET_PORT "/?|" WITH_PORT TARGET_HOST "/?)$",
    .least = 1,
    .most = UINT16_MAX,
};

static const struct key spec_item = {.kind = KEY_MAPPING, .table = &schema_spec};
static const struct key target_item = {.kind = KEY_MAPPING, .table = &schema_target};
static const struct key field_name_item = {.kind = KEY_TEXT, .text = &field_name_text};
static const struct key field_value_item = {.kind = KEY_TEXT, .text = &field_value_text};
static const struct key network_item = {.kind = KEY_TEXT, .text = &network_text};

#define TARGET_ROW(type, at, ...)   KEY_ROW(struct config_target, at, __VA_ARGS__)
#define RESPOND_ROW(type, at, ...)  KEY_ROW(struct config_respond, at, __VA_ARGS__)
#define TIMEOUTS_ROW(type, at, ...) KEY_ROW(struct config_timeouts, at, __VA_ARGS__)
#define TLS_ROW(type, at, ...)      KEY_ROW(struct config_tls, at, __VA_ARGS__)
#define SPEC_ROW(type, at, ...)     KEY_ROW(struct config_route, at, __VA_ARGS__)
#define SETTINGS_ROW(type, at, ...) KEY_ROW(struct config_settings, at, __VA_ARGS__)

static const struct key target_rows[] = {SCHEMA_TARGET(TARGET_ROW, KEY_BARE)};
static const struct key headers_rows[] = {SCHEMA_HEADERS(KEY_ROW, KEY_BARE)};
static const struct key changes_rows[] = {SCHEMA_CHANGES(KEY_ROW, KEY_BARE)};
static const struct key redirect_rows[] = {SCHEMA_REDIRECT(KEY_ROW, KEY_BARE)};
static const struct key respond_rows[] = {SCHEMA_RESPOND(RESPOND_ROW, KEY_BARE)};
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
const struct key_table schema_headers = {.title = "The headers of a spec", ROWS(headers_rows)};
const struct key_table schema_changes = {
    .title = "Changes of fields",
    .sentence = "What frames a message, tells where it goes, or is about one connection cannot be changed.",
    ROWS(changes_rows),
};
const struct key_table schema_redirect = {
    .title = "A redirect",
    .sentence = "In one word it is where it leads: `redirect: /new`.",
    ROWS(redirect_rows),
    .lone = "to",
};
const struct key_table schema_respond = {
    .title = "An answer",
    .sentence = "It has a `body` or a `file`, or nothing in it.",
    ROWS(respond_rows),
};
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
