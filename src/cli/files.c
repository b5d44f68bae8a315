/* Finding the configuration's files, and what there is to say about them. What is called liteginx in the current folder may
 * as well be the program, or its source: a folder counts only if it holds files of ours. */
#include "liteginx/cli/files.h"

#include "liteginx/cli/file.h"
#include "liteginx/cli/shell.h"
#include "liteginx/cli/tls_world.h"
#include "liteginx/server/system.h"

enum { STDIN = 0, VARIABLES_BYTES = 1 << 26 };

static const char here_file[] = "./liteginx.yaml", here_short[] = "./liteginx.yml", here_folder[] = "./liteginx";

static const char first_config[] =
    "name: first\n"
    "spec:\n"
    "  - {kind: http, listen: 5000, path: /, targets: [{host: localhost, port: 3000}]}\n"
    "  - {kind: http, listen: 5000, path: /api, targets: [{host: localhost, port: 8000}]}\n"
    "  - {kind: tcp, listen: 4001, targets: [{host: localhost, port: 4000}]}\n";

static void read_named(struct files *files, struct str path);
static void read_usual(struct files *files, config_getenv *env, void *env_owner);
static const char *find_here(struct files *files);
static void warn_of_letters(struct files *files);
static bool find_default(struct files *files, config_getenv *env, void *env_owner);
static void read_default(struct files *files);
static void report_nowhere(struct files *files, const char *message);

bool files_read(struct files *files, const char *const *paths, unsigned count, config_getenv *env, void *env_owner,
                struct config_report *report) {
  unsigned errors = report->errors;
  *files = (struct files){.texts = NULL};
  inputs_init(&files->inputs, report);
  for (unsigned i = 0; i < count; i++) read_named(files, str_of(paths[i]));
  if (count == 0) read_usual(files, env, env_owner);
  files->texts = inputs_texts(&files->inputs);
  files->count = files->texts ? files->inputs.count : 0;
  if (!files->texts) {
    config_report_no_memory(report);
    return false;
  }
  config_report_sort(report);
  return report->errors == errors;
}

void files_free(struct files *files) {
  inputs_free(&files->inputs);
}

bool files_exist(const char *path) {
  uv_stat_t stat;
  return inputs_stat(path, &stat) == 0;
}

static void read_named(struct files *files, struct str path) {
  if (path.len == 0) {
    report_nowhere(files, "--config is given an empty path (name a file or a folder)");
    return;
  }
  int code = inputs_add(&files->inputs, path);
  if (code != 0) inputs_report(&files->inputs, path, code);
}

static void report_nowhere(struct files *files, const char *message) {
  config_report_add(files->inputs.report, true, (struct config_place){.line = 0}, "%s", message);
}

/* --- the usual places --- */

/* The current folder goes first. */
static void read_usual(struct files *files, config_getenv *env, void *env_owner) {
  files->here_file = find_here(files);
  files->here_folder = inputs_in_folder(here_folder);
  if (files->here_file) read_named(files, str_of(files->here_file));
  if (files->here_folder) read_named(files, str_of(here_folder));
  warn_of_letters(files);
  if (files->here_file || files->here_folder) return;
  if (find_default(files, env, env_owner)) read_default(files);
}

/* The file of the two usual names; NULL: there is none. Both are too many, unless they are one file. */
static const char *find_here(struct files *files) {
  uv_stat_t one, other;
  bool found = inputs_stat(here_file, &one) == 0, also = inputs_stat(here_short, &other) == 0;
  if (found && also && !file_id_equal(file_id(&one), file_id(&other))) {
    config_report_add(files->inputs.report, true, (struct config_place){.file = str_of(here_short)},
                      "./liteginx.yaml is here, too, and only one of them can be meant (remove the other, or name the "
                      "one)");
  }
  return found ? here_file : also ? here_short : NULL;
}

/* Where large and small letters are told apart, a name that differs in them only is not the one that is looked for. */
static void warn_of_letters(struct files *files) {
  struct inputs *inputs = &files->inputs;
  uv_fs_t request;
  uv_dirent_t entry;
  int code = uv_fs_scandir(NULL, &request, ".", 0, NULL);
  while (code >= 0 && uv_fs_scandir_next(&request, &entry) == 0) {
    struct str name = str_of(entry.name);
    bool exact = str_eq(name, str_of(here_file + 2)) || str_eq(name, str_of(here_short + 2));
    bool alike = str_eq_nocase(name, str_of(here_file + 2)) || str_eq_nocase(name, str_of(here_short + 2));
    struct str path = alike && !exact ? inputs_join(inputs, STR("."), name) : STR("");
    if (!path.len || !inputs_lack(inputs, path)) continue;
    config_report_add(inputs->report, false, (struct config_place){.file = path},
                      "this file is not read (call it liteginx.yaml, in small letters, or name it)");
  }
  uv_fs_req_cleanup(&request);
}

static void read_default(struct files *files) {
  struct inputs *inputs = &files->inputs;
  struct str folder = files->default_folder;
  int code = inputs_add(inputs, folder);
  files->nothing_found = code != 0;
  if (code == 0) return;
  config_report_add(inputs->report, true, (struct config_place){.line = 0},
                    code == UV_EOF
                        ? "there is no configuration: %s is not there, and %.*s holds no *.yaml (name a file "
                          "or a folder)"
                        : "there is no configuration: neither %s nor %.*s is there (name a file or a folder)",
                    here_file, STR_ARG(folder));
}

/* Sets default_folder. False: there is none, which is reported. */
static bool find_default(struct files *files, config_getenv *env, void *env_owner) {
  struct str *folder = &files->default_folder;
  const char *own = env(env_owner, "LITEGINX_CONF_DIR");
  if (own && own[0]) {
    *folder = arena_dup(&files->inputs.arena, str_of(own));
    files->inputs.no_memory |= !folder->ptr;
  } else {
    *folder = shell_config_folder(&files->inputs, env, env_owner);
    if (!folder->ptr && !files->inputs.no_memory) {
      report_nowhere(files, "there is no home folder to look for a configuration in (name a file or a folder)");
    }
  }
  return folder->ptr != NULL;
}

/* --- what there is to say --- */

/* The line in the way of compilers, so that it cannot be taken for a message of its own. */
static void print_source(const struct config_message *message, FILE *to, bool color) {
  const char *begin = color ? "\x1b[1;32m" : "", *end = color ? "\x1b[0m" : "";
  if (message->source.len == 0) return;
  int width = fprintf(to, "%5u", message->place.line);
  fprintf(to, " | %.*s\n%*s | %*s%s^%s\n", STR_ARG(message->source), width > 0 ? width : 0, "", (int)message->caret, "",
          begin, end);
}

static void print_message(const struct config_message *message, FILE *to, bool color) {
  const char *word = message->is_error ? "error:" : "warning:";
  struct str rest = message->text;
  size_t at = 0;
  while (at < rest.len && !str_starts_with(str_from(rest, at), str_of(word))) at++;
  if (!color || at == rest.len) {
    fprintf(to, "%.*s\n", STR_ARG(rest));
    return;
  }
  fprintf(to, "%.*s\x1b[1;%dm%s\x1b[0m%.*s\n", STR_ARG(str_upto(rest, at)), message->is_error ? 31 : 33, word,
          STR_ARG(str_from(rest, at + strlen(word))));
}

/* What has been said is seen before anything else happens, also where standard error is buffered (Windows). */
void files_print(const struct files *files, const struct config_report *report, FILE *to, bool color) {
  for (const struct config_message *message = report->first; message; message = message->next) {
    print_message(message, to, color);
    print_source(message, to, color);
  }
  bool nothing_found = files && files->nothing_found;
  if (report->show_start || nothing_found) {
    fprintf(to,
            "\nTo start, save these lines as %s, with your own ports (%sor see it work first: liteginx demo):\n\n%s",
            here_file, nothing_found ? "or let 'liteginx init' write them with every key\nexplained; " : "",
            first_config);
  }
  fflush(to);
}

const char *files_first_config(void) {
  return first_config;
}

/* What the program itself has: its variables, which `variables` keeps, and files. */
static struct config_world process_world(struct arena *variables) {
  arena_init(variables, NULL, VARIABLES_BYTES);
  return (struct config_world){
      .owner = variables, .env = shell_getenv, .read = file_named, .exposed = file_exposed, .look = tls_world_look()};
}

struct config *files_load_text(const struct config_text *text, FILE *err, bool color) {
  struct config_report report;
  struct arena variables;
  struct config_world world = process_world(&variables);
  config_report_init(&report);
  struct config *config = config_load_in(&world, text, 1, &report);
  files_print(NULL, &report, err, color);
  config_report_free(&report);
  arena_reset(&variables);
  return config;
}

struct config *files_load(const char *const *paths, unsigned count, FILE *err, bool color) {
  struct config_report report;
  struct files files;
  struct arena variables;
  struct config_world world = process_world(&variables);
  struct config *config = NULL;
  config_report_init(&report);
  for (unsigned i = 0; i < count; i++) {
    bool typed = strcmp(paths[i], "-") == 0 && system_is_terminal(STDIN);
    if (!typed) continue;
    fprintf(err, "liteginx: waiting for the configuration to be typed here; %s\n", shell_end_of_input());
    fflush(err);
  }
  /* What could be read is checked even if something could not: all errors at once. */
  bool complete = files_read(&files, paths, count, world.env, world.owner, &report);
  if (complete || (files.texts && files.count > 0)) config = config_load_in(&world, files.texts, files.count, &report);
  if (files.here_file || files.here_folder) {
    fprintf(err, "liteginx: the configuration is %s%s%s\n", files.here_file ? files.here_file : "",
            files.here_file && files.here_folder ? " and " : "", files.here_folder ? here_folder : "");
  }
  files_print(&files, &report, err, color);
  files_free(&files);
  config_report_free(&report);
  arena_reset(&variables);
  return config;
}
