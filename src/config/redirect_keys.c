/* What location_parse refuses is an error at its place. Variables and patterns of other programs are legal text in a URI, and so
 * a warning. */
#include "liteginx/config/redirect_keys.h"

#include "liteginx/config/path_habit.h"

static bool take_to(const struct taking *taking, const struct take_field *field, struct config_route *route,
                    bool *whole);
static struct str hint_of(const struct take_field *field, size_t *offset);
static size_t host_end(struct str text);

/* In the order of the words in tables.c. */
static const unsigned statuses[] = {301, 302, 303, 307, 308};

bool redirect_keys_take(const struct taking *taking, const struct take_from *from, struct config_route *route,
                        bool *whole) {
  struct take_field to = take_field(from, REDIRECT_to), status = take_field(from, REDIRECT_status);
  const struct key *row = &from->table->rows[REDIRECT_status];
  uint64_t index = 0;
  ENSURE(key_read(row, str_of(row->fallback), &index));
  *whole &= take_number(taking, &status, &index);
  route->redirect.status = statuses[index];
  if (take_state(&to) != TAKE_THERE) *whole = false;
  if (take_state(&to) != TAKE_THERE || !route->pattern.segments) return true;
  return take_to(taking, &to, route, whole);
}

static bool take_to(const struct taking *taking, const struct take_field *field, struct config_route *route,
                    bool *whole) {
  struct config_redirect *redirect = &route->redirect;
  struct template_fault fault = {.what = NULL};
  size_t offset = 0;
  struct str hint = hint_of(field, &offset);
  redirect->place = take_place(field);
  redirect->to_text = arena_dup(taking->kept, field->text);
  if (!redirect->to_text.ptr) return false;
  if (location_parse(taking->kept, redirect->to_text, &route->pattern, &redirect->to, &fault)) {
    take_warn(taking, field, take_place_in(field, offset), "this is sent letter by letter", hint);
    return true;
  }
  *whole = false;
  if (fault.what) take_fault(taking, field, take_place_in(field, fault.offset), fault.what, hint);
  return fault.what != NULL;
}

/* Where the host of a URL ends; 0: it is a path. */
static size_t host_end(struct str text) {
  struct str http = STR("http://"), https = STR("https://");
  size_t begin = str_starts_with(text, http) ? http.len : str_starts_with(text, https) ? https.len : 0;
  return begin ? begin + str_find(str_from(text, begin), '/') : 0;
}

/* "$uri", "$1", ":id", "*". A name in capitals is told as a variable of the environment. */
static struct str hint_of(const struct take_field *field, size_t *offset) {
  struct str text = field->text;
  for (size_t i = 0; i + 1 <= text.len; i++) {
    struct str rest = str_from(text, i), name = path_habit_name(str_from(rest, 1));
    bool segment = i > 0 && text.ptr[i - 1] == '/';
    bool small =
        rest.len > 1 && (str_is_digit(rest.ptr[1]) || (name.len && str_lower_char(name.ptr[0]) == name.ptr[0]));
    bool variable = rest.ptr[0] == '$' && field->node->plain_dollar && small;
    bool param = segment && rest.ptr[0] == ':' && name.len > 0;
    bool rest_of = segment && rest.ptr[0] == '*' && (rest.len == 1 || rest.ptr[1] == '/');
    if (!variable && !param && !rest_of) continue;
    *offset = i;
    if (i < host_end(text)) return STR("(a host is written out, such as https://shop.example)");
    return STR("(a parameter of 'path' is used as '{name}': 'path: /old/{*rest}' with 'to: /new/{rest}'; the query is "
               "kept by itself)");
  }
  return STR("");
}
