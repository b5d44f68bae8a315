/* For cmd.exe and PowerShell: the one knows no single quotes, to the other a bare curl is something of its own. */
#include "liteginx/cli/shell.h"

#include <stdio.h>
#include <string.h>

static struct str find_home(struct inputs *inputs);

struct str shell_config_folder(struct inputs *inputs, config_getenv *env, void *env_owner) {
  const char *base = env(env_owner, "APPDATA");
  if (base && base[0]) return inputs_join(inputs, str_of(base), STR("liteginx"));
  struct str home = find_home(inputs);
  return home.ptr ? inputs_join(inputs, home, STR("AppData\\Roaming\\liteginx")) : home;
}

/* The profile of this user. ptr NULL: none. */
static struct str find_home(struct inputs *inputs) {
  char text[4096];
  size_t size = sizeof text;
  if (uv_os_homedir(text, &size) != 0 || size == 0) return (struct str){NULL, 0};
  struct str copy = arena_dup(&inputs->arena, str_make(text, size));
  inputs->no_memory |= !copy.ptr;
  return copy;
}

const char *shell_config_places(void) {
  return "%LITEGINX_CONF_DIR%, else %APPDATA%\\liteginx";
}

char shell_quote(void) {
  return '"';
}

/* As cmd.exe has it; what may hold one is asked by shell_takes first. */
const char *shell_quoted_quote(void) {
  return "\"\"";
}

/* PowerShell looks for variables between double quotes, and passes quotes on in its own way. */
bool shell_takes(struct str word) {
  for (size_t i = 0; i < word.len; i++) {
    if (memchr("$`\"", word.ptr[i], 3)) return false;
  }
  return true;
}

const char *shell_curl(void) {
  return "curl.exe";
}

/* Windows comes with curl and without nc. */
void shell_talk(char *line, size_t room, const char *host, unsigned port) {
  snprintf(line, room, "curl.exe telnet://%s:%u", host, port);
}

char shell_path_separator(void) {
  return ';';
}

const char *shell_program_ending(void) {
  return ".exe";
}

const char *shell_end_of_input(void) {
  return "Ctrl-Z and Enter on a line of its own end it";
}

const char *shell_getenv(void *arena, const char *name) {
  char none[1];
  size_t size = sizeof none;
  int status = uv_os_getenv(name, none, &size);
  if (status == 0) return "";
  char *text = status == UV_ENOBUFS ? arena_alloc(arena, size) : NULL;
  return text && uv_os_getenv(name, text, &size) == 0 ? text : NULL;
}
