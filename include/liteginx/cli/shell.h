/* What this system's users and their shells are used to: where configuration is kept, how a word is quoted, which programs
 * there are to try with. One source file for each kind of system. */
#ifndef LITEGINX_CLI_SHELL_H
#define LITEGINX_CLI_SHELL_H

#include "liteginx/cli/inputs.h"
#include "liteginx/config/world.h"

/* The folder that is ours where programs of this user keep their configuration. ptr NULL: there is no such place, or out of
 * memory, which is noted in `inputs`. */
struct str shell_config_folder(struct inputs *inputs, config_getenv *env, void *env_owner);

/* The same in words, with the variable that goes before it: "$LITEGINX_CONF_DIR, else …". */
const char *shell_config_places(void);

/* What stands on both sides of a word. */
char shell_quote(void);

/* What is to be put there for a quote within it. */
const char *shell_quoted_quote(void);

/* Does `word` between these quotes mean itself to all shells of this system? */
bool shell_takes(struct str word);

/* curl, which all of them have. */
const char *shell_curl(void);

/* A command to talk TCP by. `host` is as in a URL: an IPv6 address stands in brackets. */
void shell_talk(char *line, size_t room, const char *host, unsigned port);

/* What stands between the folders of PATH, and what names of programs end in. */
char shell_path_separator(void);
const char *shell_program_ending(void);

/* How to end what is typed. */
const char *shell_end_of_input(void);

/* A variable of this process, in UTF-8, which its own getenv() does not have everywhere. `arena` is where it is kept; NULL:
 * there is none, or no memory. A config_getenv. */
const char *shell_getenv(void *arena, const char *name);

#endif
