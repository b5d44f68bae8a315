/* The body is taken now, whatever becomes of its file later: an answer never waits for a disk, and is the same for all. */
#include "liteginx/config/respond_keys.h"

#include <stdio.h>

#include "liteginx/config/choice.h"
#include "liteginx/config/scalar.h"
#include "liteginx/config/world.h"

static void refuse_body(const struct taking *taking, const struct take_field *field, unsigned status, bool *whole);
static void warn_of_status(const struct taking *taking, const struct take_field *field,
                           const struct config_route *route);
static bool is_set(const struct config_changes *changes, const char *name);
static bool take_body(const struct taking *taking, const struct take_field *field, struct config_respond *respond);
static bool take_file(const struct taking *taking, const struct take_field *field, struct config_respond *respond,
                      bool *whole);

static const struct {
  struct str ending, type;
} types[] = {
    {STR_INIT(".html"), STR_INIT("text/html; charset=utf-8")},
    {STR_INIT(".css"), STR_INIT("text/css; charset=utf-8")},
    {STR_INIT(".js"), STR_INIT("text/javascript; charset=utf-8")},
    {STR_INIT(".mjs"), STR_INIT("text/javascript; charset=utf-8")},
    {STR_INIT(".txt"), STR_INIT("text/plain; charset=utf-8")},
    {STR_INIT(".json"), STR_INIT("application/json")},
    {STR_INIT(".webmanifest"), STR_INIT("application/manifest+json")},
    {STR_INIT(".xml"), STR_INIT("application/xml")},
    {STR_INIT(".pdf"), STR_INIT("application/pdf")},
    {STR_INIT(".wasm"), STR_INIT("application/wasm")},
    {STR_INIT(".svg"), STR_INIT("image/svg+xml")},
    {STR_INIT(".png"), STR_INIT("image/png")},
    {STR_INIT(".jpg"), STR_INIT("image/jpeg")},
    {STR_INIT(".jpeg"), STR_INIT("image/jpeg")},
    {STR_INIT(".gif"), STR_INIT("image/gif")},
    {STR_INIT(".webp"), STR_INIT("image/webp")},
    {STR_INIT(".ico"), STR_INIT("image/x-icon")},
    {STR_INIT(".woff2"), STR_INIT("font/woff2")},
};

bool respond_keys_take(const struct taking *taking, const struct take_from *from, struct config_route *route,
                       bool *whole) {
  struct config_respond *respond = &route->respond;
  struct take_field body = take_field(from, RESPOND_body), file = take_field(from, RESPOND_file);
  struct take_field type = take_field(from, RESPOND_type);
  key_defaults(from->table, respond);
  respond->body = respond->type = STR("");
  *whole &= take_all(taking, from, NULL, respond);
  *whole &= choice_check(taking, from, NULL);
  struct take_field status = take_field(from, RESPOND_status);
  if (take_state(&status) == TAKE_THERE) warn_of_status(taking, &status, route);
  refuse_body(taking, &body, respond->status, whole);
  refuse_body(taking, &file, respond->status, whole);
  if (take_state(&body) == TAKE_REPORTED || take_state(&file) == TAKE_REPORTED) *whole = false;
  if (take_state(&body) == TAKE_THERE && !take_body(taking, &body, respond)) return false;
  if (take_state(&file) == TAKE_THERE && !take_file(taking, &file, respond, whole)) return false;
  *whole &= take_text(taking, &type, &respond->type);
  return true;
}

/* RFC 9110 §15.3.5, §15.3.6, §15.4.5. */
static void refuse_body(const struct taking *taking, const struct take_field *field, unsigned status, bool *whole) {
  bool none = status == 204 || status == 205 || status == 304;
  if (!none || take_state(field) != TAKE_THERE) return;
  field->node->reported = true;
  *whole = false;
  config_report_add(taking->report, true, take_key_place(field),
                    "an answer with status %u has no body (leave '%s' out, or write another status)", status,
                    field->name);
}

/* What RFC 9110 §15 demands a field for. */
static void warn_of_status(const struct taking *taking, const struct take_field *field,
                           const struct config_route *route) {
  static const char field_advice[] = "one under 'headers', or another status";
  static const char status_advice[] = "another status";
  static const struct {
    unsigned status;
    const char *name, *advice; /* NULL: a redirect is meant */
  } fields[] = {
      {206, "Content-Range", field_advice},
      {301, "Location", NULL},
      {302, "Location", NULL},
      {303, "Location", NULL},
      {307, "Location", NULL},
      {308, "Location", NULL},
      {401, "WWW-Authenticate", field_advice},
      {405, "Allow", field_advice},
      {407, "Proxy-Authenticate", status_advice}, /* a field of one connection, as the next: nobody can write it here */
      {426, "Upgrade", status_advice},
  };
  size_t i = 0, count = sizeof fields / sizeof fields[0];
  while (i < count && fields[i].status != route->respond.status) i++;
  if (i == count || is_set(&route->response_changes, fields[i].name)) return;
  char what[128];
  (void)snprintf(what, sizeof what, "an answer with status %u means nothing without its field '%s'", fields[i].status,
                 fields[i].name);
  if (fields[i].advice) {
    config_report_add(taking->report, false, take_place(field), "%s (write %s)", what, fields[i].advice);
  } else {
    config_report_add(taking->report, false, take_place(field), "%s (write 'redirect: {to: /new, status: %u}' instead)",
                      what, fields[i].status);
  }
}

static bool is_set(const struct config_changes *changes, const char *name) {
  for (unsigned i = 0; i < changes->count; i++) {
    const struct config_change *change = &changes->at[i];
    if (change->change != CHANGES_remove && str_eq_nocase(change->name, str_of(name))) return true;
  }
  return false;
}

static bool take_body(const struct taking *taking, const struct take_field *field, struct config_respond *respond) {
  respond->body = arena_dup(taking->kept, field->text);
  respond->type = STR("text/plain; charset=utf-8");
  return respond->body.ptr != NULL;
}

/* False: out of memory. */
static bool take_file(const struct taking *taking, const struct take_field *field, struct config_respond *respond,
                      bool *whole) {
  const struct config_world *world = taking->world;
  struct str path = scalar_path(taking->kept, field->file, field->text), hint = STR("");
  const char *problem = "there are no files to read here";
  if (!path.ptr) return false;
  if (path.len == 0 || path.ptr[path.len - 1] == '/') {
    *whole = take_refuse(taking, field, str_of(field->key->text->expected), STR(""));
    return true;
  }
  struct str bytes = {NULL, 0};
  if (world && world->read) bytes = world->read(world->owner, taking->kept, path, &problem);
  if (bytes.ptr) respond->body = bytes;
  respond->type = respond_keys_type(path);
  if (bytes.ptr || !problem) return bytes.ptr != NULL;
  if (!str_eq(path, field->text)) {
    hint = arena_printf(taking->scratch, "(it is looked for as '%s')", config_quote(path).text);
  }
  take_fault(taking, field, take_place(field), problem, hint);
  *whole = false;
  return true;
}

struct str respond_keys_type(struct str name) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    size_t len = types[i].ending.len;
    if (name.len > len && str_eq_nocase(str_from(name, name.len - len), types[i].ending)) return types[i].type;
  }
  return STR("application/octet-stream");
}
