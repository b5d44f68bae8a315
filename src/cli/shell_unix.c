/* POSIX shells, and the places of the XDG Base Directory Specification. */
#include "liteginx/cli/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str find_home(struct inputs *inputs, config_getenv *env, void *env_owner);

/* A relative $XDG_CONFIG_HOME is to be ignored. */
struct str shell_config_folder(struct inputs *inputs, config_getenv *env, void *env_owner) {
  const char *base = env(env_owner, "XDG_CONFIG_HOME");
  if (base && base[0] == '/') return inputs_join(inputs, str_of(base), STR("liteginx"));
  struct str home = find_home(inputs, env, env_owner);
  return home.ptr ? inputs_join(inputs, home, STR(".config/liteginx")) : home;
}

/* From $HOME, or from the system's list of users. ptr NULL: none. */
static struct str find_home(struct inputs *inputs, config_getenv *env, void *env_owner) {
  const char *home = env(env_owner, "HOME");
  char text[4096];
  size_t size = sizeof text;
  if (home && home[0]) return str_of(home);
  if (uv_os_homedir(text, &size) != 0 || size == 0) return (struct str){NULL, 0};
  struct str copy = arena_dup(&inputs->arena, str_make(text, size));
  inputs->no_memory |= !copy.ptr;
  return copy;
}

const char *shell_config_places(void) {
  return "$LITEGINX_CONF_DIR, else $XDG_CONFIG_HOME/liteginx, else ~/.config/liteginx";
}

char shell_quote(void) {
  return '\'';
}

const char *shell_quoted_quote(void) {
  return "'\\''";
}

bool shell_takes(struct str word) {
  (void)word;
  return true;
}

const char *shell_curl(void) {
  return "curl";
}

void shell_talk(char *line, size_t room, const char *host, unsigned port) {
  int brackets = host[0] == '[';
  snprintf(line, room, "nc %.*s %u", (int)strlen(host) - 2 * brackets, host + brackets, port);
}

char shell_path_separator(void) {
  return ':';
}

const char *shell_program_ending(void) {
  return "";
}

const char *shell_end_of_input(void) {
  return "Ctrl-D on a line of its own ends it";
}

const char *shell_getenv(void *arena, const char *name) {
  (void)arena;
  return getenv(name);
}
