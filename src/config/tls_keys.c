/* The files are read when the configuration is, whatever becomes of them later; what is in them is looked into by whoever knows
 * certificates (config_world). */
#include "liteginx/config/tls_keys.h"

#include "liteginx/config/scalar.h"
#include "liteginx/config/world.h"

static bool check_pair(const struct taking *taking, const struct take_from *from);
static bool take_file(const struct taking *taking, const struct take_from *from, enum schema_tls_row row,
                      struct str *text, bool *whole);
static void warn_if_exposed(const struct taking *taking, const struct take_field *field, struct str path);

bool tls_keys_take(const struct taking *taking, const struct take_from *from, struct str name,
                   struct config_tls **tls) {
  struct config_tls *taken = arena_alloc(taking->kept, sizeof *taken);
  *tls = NULL;
  if (!taken) return false;
  *taken = (struct config_tls){.enabled = false};
  if (!from->node || from->node->reported) return true;
  key_defaults(from->table, taken);
  taken->name = name;
  taken->place = (struct config_place){from->file, from->node->key_line, from->node->key_column};
  bool whole = take_all(taking, from, NULL, taken);
  if (!taken->enabled) return true; /* what it names need not be there */
  whole &= check_pair(taking, from);
  struct take_field enabled = take_field(from, TLS_enabled);
  if (!taking->world || !taking->world->look) {
    if (whole) {
      config_report_add(taking->report, true, take_place(&enabled),
                        "this liteginx was built without TLS (set 'enabled: false', or take another build)");
    }
    return true;
  }
  if (!take_file(taking, from, TLS_certificate, &taken->certificate, &whole) ||
      !take_file(taking, from, TLS_key, &taken->key, &whole) ||
      !take_file(taking, from, TLS_client_ca, &taken->client_ca, &whole)) {
    return false;
  }
  if (whole) *tls = taken;
  return true;
}

static bool check_pair(const struct taking *taking, const struct take_from *from) {
  struct take_field certificate = take_field(from, TLS_certificate), key = take_field(from, TLS_key);
  const struct take_field *there = certificate.node ? &certificate : &key;
  if (!certificate.node == !key.node) return true;
  config_report_add(taking->report, true, take_key_place(there), "'%s' needs '%s' beside it", there->name,
                    certificate.node ? key.key->name : certificate.key->name);
  return false;
}

/* False: out of memory. */
static bool take_file(const struct taking *taking, const struct take_from *from, enum schema_tls_row row,
                      struct str *text, bool *whole) {
  const struct config_world *world = taking->world;
  struct take_field field = take_field(from, row);
  const char *problem = "there are no files to read here";
  *text = STR("");
  if (take_state(&field) == TAKE_REPORTED) *whole = false;
  if (take_state(&field) != TAKE_THERE) return true;
  struct str path = scalar_path(taking->kept, field.file, field.text), hint = STR("");
  if (!path.ptr) return false;
  if (path.len == 0 || path.ptr[path.len - 1] == '/') {
    *whole = take_refuse(taking, &field, str_of(field.key->text->expected), STR(""));
    return true;
  }
  struct str bytes = {NULL, 0};
  if (world->read) bytes = world->read(world->owner, taking->kept, path, &problem);
  /* Nobody may take it for a key that is not there. */
  if (bytes.ptr && bytes.len == 0) {
    bytes.ptr = NULL;
    problem = "the file is empty";
  }
  if (bytes.ptr) {
    *text = bytes;
    if (row == TLS_key) warn_if_exposed(taking, &field, path);
    return true;
  }
  if (!problem) return false;
  if (!str_eq(path, field.text)) {
    hint = arena_printf(taking->scratch, "(it is looked for as '%s')", config_quote(path).text);
  }
  take_fault(taking, &field, take_place(&field), problem, hint);
  *whole = false;
  return true;
}

static void warn_if_exposed(const struct taking *taking, const struct take_field *field, struct str path) {
  const struct config_world *world = taking->world;
  if (!world->exposed || !world->exposed(world->owner, path)) return;
  config_report_add(taking->report, false, take_place(field),
                    "others on this machine can read this private key (chmod 600 %s)", config_quote(path).text);
}

bool tls_keys_add_host(const struct taking *taking, struct config_tls *tls, struct str host) {
  bool any = tls->hosts && tls->host_count == 0; /* an earlier spec takes any host */
  if (any) return true;
  if (host.len == 0) tls->host_count = 0;
  struct str *hosts = tls->hosts;
  unsigned count = tls->host_count;
  for (unsigned i = 0; hosts && i < count; i++) {
    if (str_eq(hosts[i], host)) return true;
  }
  /* Room for more is made where it is full: at each power of two. */
  if (!hosts || (count & (count - 1)) == 0) {
    size_t room = count ? 2 * (size_t)count : 1;
    struct str *grown = arena_alloc(taking->kept, room * sizeof *grown);
    if (!grown) return false;
    for (unsigned i = 0; hosts && i < count; i++) grown[i] = hosts[i];
    tls->hosts = hosts = grown;
  }
  if (host.len) hosts[tls->host_count++] = host;
  return true;
}

void tls_keys_look(const struct taking *taking, const struct take_from *from, const struct config_tls *tls) {
  struct config_finding findings[CONFIG_FINDINGS_MAX];
  unsigned count = taking->world->look(taking->world->owner, taking->scratch, tls, findings);
  for (unsigned i = 0; i < count; i++) {
    struct take_field field = take_field(from, findings[i].row);
    struct config_place place = take_state(&field) == TAKE_THERE ? take_place(&field) : tls->place;
    config_report_add(taking->report, findings[i].is_error, place, "%.*s", STR_ARG(findings[i].words));
  }
}

/* By way of volatile, since a compiler may leave out what nobody reads again. */
void tls_keys_wipe(struct config_tls *tls) {
  volatile char *bytes = (volatile char *)(uintptr_t)tls->key.ptr;
  for (size_t i = 0; i < tls->key.len; i++) bytes[i] = 0;
  tls->key = STR("");
}
