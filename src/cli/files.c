/* Finding and reading the configuration's files, with libuv's blocking calls, so that paths mean the same on all
 * systems. Each failure is one sentence in the report that says what to do; the others are read nevertheless. Two names
 * of one file (a link, a folder and a file in it) are told by device and inode. */
#include "liteginx/cli/files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <uv.h>

#include "liteginx/config/yaml.h"

#ifndef S_ISREG
#define S_ISREG(mode) (((mode)&S_IFMT) == S_IFREG)
#define S_ISDIR(mode) (((mode)&S_IFMT) == S_IFDIR)
#endif

enum { FILES_BYTES = 1 << 30, LARGEST = YAML_MAX_BYTES, STDIN = 0, RETRY_MS = 5 };

static const char here_file[] = "./liteginx.yaml", here_short[] = "./liteginx.yml", here_folder[] = "./liteginx";

static const char first_config[] =
    "name: first\n"
    "spec:\n"
    "  - {kind: http, listen: 5000, path: /, targets: [{host: localhost, port: 3000}]}\n"
    "  - {kind: http, listen: 5000, path: /api, targets: [{host: localhost, port: 8000}]}\n"
    "  - {kind: tcp, listen: 4001, targets: [{host: localhost, port: 4000}]}\n";

struct files_entry {
  struct config_text text;
  uint64_t device, inode;
};

/* One call of files_read. */
struct reading {
  struct files *files;
  struct config_report *report;
  bool no_memory;
};

static void read_path(struct reading *reading, struct str path);
static void read_folder(struct reading *reading, struct str folder);
static void read_file(struct reading *reading, struct str path, const uv_stat_t *stat);
static void read_standard_input(struct reading *reading);
static void read_usual(struct reading *reading, config_getenv *env, void *env_owner);
static bool find_default(struct reading *reading, config_getenv *env, void *env_owner);
static void report_code(struct reading *reading, struct str path, int code, bool folder);

static bool report_error(struct reading *reading, struct str path, const char *message) {
  config_report_add(reading->report, true, (struct config_place){.file = path}, "%s", message);
  return false;
}

static int by_name(const void *a, const void *b) {
  const struct config_text *left = a, *right = b;
  return str_compare(left->name, right->name);
}

bool files_read(struct files *files, const char *const *paths, unsigned count, config_getenv *env, void *env_owner,
                struct config_report *report) {
  struct reading reading = {.files = files, .report = report};
  unsigned errors = report->errors;
  *files = (struct files){.texts = NULL};
  arena_init(&files->arena, NULL, FILES_BYTES);
  if (count > 0) {
    for (unsigned i = 0; i < count; i++) read_path(&reading, str_of(paths[i]));
  } else {
    read_usual(&reading, env, env_owner);
  }
  files->texts = arena_alloc(&files->arena, files->count * sizeof *files->texts);
  if (!files->texts || reading.no_memory) {
    config_report_no_memory(report);
    return false;
  }
  for (unsigned i = 0; i < files->count; i++) files->texts[i] = files->entries[i].text;
  if (files->count) qsort(files->texts, files->count, sizeof *files->texts, by_name);
  config_report_sort(report);
  return report->errors == errors;
}

void files_free(struct files *files) {
  arena_reset(&files->arena);
}

/* A NUL-terminated copy, which is what libuv wants. NULL: out of memory. */
static const char *c_path(struct reading *reading, struct str path) {
  char *copy = arena_alloc(&reading->files->arena, path.len + 1);
  reading->no_memory |= !copy;
  if (!copy) return NULL;
  memcpy(copy, path.ptr, path.len);
  copy[path.len] = '\0';
  return copy;
}

static bool is_separator(char c) {
#ifdef _WIN32
  return c == '/' || c == '\\';
#else
  return c == '/';
#endif
}

static struct str join(struct reading *reading, struct str folder, struct str name) {
  bool separated = folder.len && is_separator(folder.ptr[folder.len - 1]);
  struct str joined =
      arena_printf(&reading->files->arena, "%.*s%s%.*s", STR_ARG(folder), separated ? "" : "/", STR_ARG(name));
  reading->no_memory |= !joined.ptr;
  return joined;
}

/* Follows links. A libuv code. */
static int stat_path(struct reading *reading, struct str path, uv_stat_t *stat) {
  const char *text = c_path(reading, path);
  uv_fs_t request;
  if (!text) return UV_ENOMEM;
  int code = uv_fs_stat(NULL, &request, text, NULL);
  *stat = request.statbuf;
  uv_fs_req_cleanup(&request);
  return code;
}

bool files_exist(const char *path) {
  uv_fs_t request;
  int code = uv_fs_stat(NULL, &request, path, NULL);
  uv_fs_req_cleanup(&request);
  return code == 0;
}

static void read_path(struct reading *reading, struct str path) {
  uv_stat_t stat;
  if (str_eq(path, STR("-"))) {
    read_standard_input(reading);
    return;
  }
  if (path.len == 0) {
    config_report_add(reading->report, true, (struct config_place){.line = 0},
                      "--config is given an empty path (name a file or a folder)");
    return;
  }
  int code = stat_path(reading, path, &stat);
  bool is_default = path.ptr == reading->files->default_folder.ptr;
  if (is_default && (code == UV_ENOENT || code == UV_ENOTDIR)) {
    reading->files->nothing_found = true;
    config_report_add(reading->report, true, (struct config_place){.line = 0},
                      "there is no configuration: neither %s nor %.*s is there (name a file or a folder)", here_file,
                      STR_ARG(path));
  } else if (code != 0) {
    report_code(reading, path, code, false);
  } else if (S_ISDIR(stat.st_mode)) {
    read_folder(reading, path);
  } else {
    read_file(reading, path, &stat);
  }
}

static bool ends_with_nocase(struct str s, struct str suffix) {
  return s.len >= suffix.len && str_eq_nocase(str_from(s, s.len - suffix.len), suffix);
}

static bool is_yaml_name(struct str name) {
  bool ends = ends_with_nocase(name, STR(".yaml")) || ends_with_nocase(name, STR(".yml"));
  return ends && name.ptr[0] != '.';
}

/* One name in a folder. True: it is a file of the configuration. */
static bool read_folder_entry(struct reading *reading, struct str folder, struct str name) {
  uv_stat_t stat;
  if (!is_yaml_name(name)) return false;
  struct str path = join(reading, folder, name);
  int code = path.ptr ? stat_path(reading, path, &stat) : UV_ENOMEM;
  if (code != 0) {
    report_code(reading, path, code, false);
  } else if (S_ISDIR(stat.st_mode)) {
    config_report_add(reading->report, false, (struct config_place){.file = path},
                      "this folder is not read, whatever its name: only the files beside it are (move its files up, or "
                      "name it too)");
    return false;
  } else {
    read_file(reading, path, &stat);
  }
  return true;
}

static void read_folder(struct reading *reading, struct str folder) {
  const char *text = c_path(reading, folder);
  uv_fs_t request;
  uv_dirent_t entry;
  bool found = false;
  if (!text) return;
  int code = uv_fs_scandir(NULL, &request, text, 0, NULL);
  while (code >= 0 && (code = uv_fs_scandir_next(&request, &entry)) == 0) {
    found |= read_folder_entry(reading, folder, str_of(entry.name));
  }
  uv_fs_req_cleanup(&request);
  if (code != UV_EOF) {
    report_code(reading, folder, code, true);
  } else if (!found && folder.ptr == reading->files->default_folder.ptr) {
    reading->files->nothing_found = true;
    config_report_add(reading->report, true, (struct config_place){.line = 0},
                      "there is no configuration: %s is not there, and %.*s holds no *.yaml (name a file or a folder)",
                      here_file, STR_ARG(folder));
  } else if (!found) {
    report_error(reading, folder,
                 "this folder holds no *.yaml or *.yml (put a configuration there, or name another one)");
  }
}

static bool is_known(const struct files *files, const uv_stat_t *stat) {
  for (unsigned i = 0; i < files->count; i++) {
    if (files->entries[i].device == stat->st_dev && files->entries[i].inode == stat->st_ino) return true;
  }
  return false;
}

/* False: out of memory. */
static bool add_entry(struct files *files, struct files_entry entry) {
  if (files->count == files->room) {
    unsigned room = files->room ? files->room * 2 : 8;
    struct files_entry *grown =
        arena_grow(&files->arena, files->entries, files->room * sizeof entry, room * sizeof entry);
    if (!grown) return false;
    files->entries = grown;
    files->room = room;
  }
  files->entries[files->count++] = entry;
  return true;
}

/* Reads until the end of the file or `room` bytes. The number of bytes, or a libuv code. */
static ssize_t read_bytes(const char *path, char *into, size_t room) {
  uv_fs_t request;
  int file = uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY, 0, NULL);
  uv_fs_req_cleanup(&request);
  if (file < 0) return file;
  size_t len = 0;
  ssize_t got = 1;
  while (got > 0 && len < room) {
    size_t piece = room - len < 65536 ? room - len : 65536;
    uv_buf_t buf = uv_buf_init(into + len, (unsigned)piece);
    got = uv_fs_read(NULL, &request, file, &buf, 1, (int64_t)len, NULL);
    uv_fs_req_cleanup(&request);
    if (got > 0) len += (size_t)got;
  }
  (void)uv_fs_close(NULL, &request, file, NULL);
  uv_fs_req_cleanup(&request);
  return got < 0 ? got : (ssize_t)len;
}

static void read_file(struct reading *reading, struct str path, const uv_stat_t *stat) {
  struct files *files = reading->files;
  if (is_known(files, stat)) return;
  if (!S_ISREG(stat->st_mode)) {
    report_error(reading, path,
                 "this is neither a file nor a folder (save the configuration as a file, or send it to --config -)");
    return;
  }
  if (stat->st_size > LARGEST) {
    struct config_place place = {path, 1, 1};
    config_report_add(reading->report, true, place, "the file has %llu bytes, more than the limit of 1 MiB (split it)",
                      (unsigned long long)stat->st_size);
    return;
  }
  size_t room = (size_t)stat->st_size + 1; /* one more shows a file that grows just now, whatever it ends in */
  char *bytes = arena_alloc(&files->arena, room);
  const char *text = c_path(reading, path);
  struct str name = arena_dup(&files->arena, path);
  reading->no_memory |= !bytes || !name.ptr;
  if (reading->no_memory) return;
  ssize_t len = read_bytes(text, bytes, room);
  if (len < 0) {
    report_code(reading, path, (int)len, false);
    return;
  }
  struct files_entry entry = {{name, str_make(bytes, (size_t)len)}, stat->st_dev, stat->st_ino};
  reading->no_memory |= !add_entry(files, entry);
}

static void report_code(struct reading *reading, struct str path, int code, bool folder) {
  switch (code) {
  case UV_ENOMEM:
    reading->no_memory = true;
    return;
  case UV_ENOENT:
    report_error(reading, path, "no such file or folder (check the path)");
    return;
  case UV_ENOTDIR:
    report_error(reading, path, "a part of this path is a file, not a folder (check the path)");
    return;
  case UV_EACCES:
  case UV_EPERM:
    report_error(reading, path,
                 folder ? "permission denied (let this user read and enter the folder)"
                        : "permission denied (let this user read the file, and enter its folders)");
    return;
  default:
    config_report_add(reading->report, true, (struct config_place){.file = path}, "%s cannot be read: %s",
                      folder ? "the folder" : "the file", uv_strerror(code));
  }
}

/* Until its end, or `room` bytes. The number of bytes, or a libuv code. */
static ssize_t read_input(char *into, size_t room) {
  size_t len = 0;
  ssize_t got = 1;
  while (got > 0 && len < room) {
    uv_fs_t request;
    uv_buf_t buf = uv_buf_init(into + len, (unsigned)(room - len));
    got = uv_fs_read(NULL, &request, STDIN, &buf, 1, -1, NULL);
    uv_fs_req_cleanup(&request);
    if (got > 0) len += (size_t)got;
    if (got == UV_EAGAIN) { /* somebody who shares it made it non-blocking */
      uv_sleep(RETRY_MS);
      got = 1;
    }
  }
  return got < 0 ? got : (ssize_t)len;
}

static void read_standard_input(struct reading *reading) {
  struct files_entry entry = {.text.name = STR_INIT("<stdin>")};
  size_t room = (size_t)LARGEST + 1;
  char *bytes = arena_alloc(&reading->files->arena, room);
  reading->no_memory |= !bytes;
  if (!bytes) return;
  ssize_t len = read_input(bytes, room);
  if (len < 0) {
    report_code(reading, entry.text.name, (int)len, false);
  } else if (len > LARGEST) {
    struct config_place place = {entry.text.name, 1, 1};
    config_report_add(reading->report, true, place,
                      "standard input has more than the limit of 1 MiB (save it as several files)");
  } else {
    entry.text.text = str_make(bytes, (size_t)len);
    reading->no_memory |= !add_entry(reading->files, entry);
  }
}

/* Does the folder hold a name that counts? One that cannot be read does not. Read to its end in any case: libuv 1.44 frees
 * the last entry only then. */
static bool has_yaml(const char *folder) {
  uv_fs_t request;
  uv_dirent_t entry;
  bool found = false;
  int code = uv_fs_scandir(NULL, &request, folder, 0, NULL);
  while (code >= 0 && uv_fs_scandir_next(&request, &entry) == 0) found |= is_yaml_name(str_of(entry.name));
  uv_fs_req_cleanup(&request);
  return found;
}

/* The file of the two usual names; NULL: there is none. Both are too many, unless they are one file. */
static const char *find_here(struct reading *reading) {
  uv_stat_t one = {0}, other = {0};
  bool found = stat_path(reading, str_of(here_file), &one) == 0, both = found;
  both &= stat_path(reading, str_of(here_short), &other) == 0;
  if (both && (one.st_dev != other.st_dev || one.st_ino != other.st_ino)) {
    report_error(reading, str_of(here_short),
                 "./liteginx.yaml is here, too, and only one of them can be meant (remove the other, or name the one)");
  }
  return found ? here_file : files_exist(here_short) ? here_short : NULL;
}

/* Where large and small letters are told apart, a name that differs in them only is not the one that is looked for. */
static void warn_of_letters(struct reading *reading) {
  uv_fs_t request;
  uv_dirent_t entry;
  int code = uv_fs_scandir(NULL, &request, ".", 0, NULL);
  while (code >= 0 && uv_fs_scandir_next(&request, &entry) == 0) {
    struct str name = str_of(entry.name);
    uv_stat_t stat;
    bool exact = str_eq(name, str_of(here_file + 2)) || str_eq(name, str_of(here_short + 2));
    bool alike = str_eq_nocase(name, str_of(here_file + 2)) || str_eq_nocase(name, str_of(here_short + 2));
    struct str path = alike && !exact ? join(reading, STR("."), name) : STR("");
    if (!path.len || stat_path(reading, path, &stat) != 0 || is_known(reading->files, &stat)) continue;
    config_report_add(reading->report, false, (struct config_place){.file = path},
                      "this file is not read (call it liteginx.yaml, in small letters, or name it)");
  }
  uv_fs_req_cleanup(&request);
}

/* The current folder goes first. What is called liteginx there may as well be the program, or its source. */
static void read_usual(struct reading *reading, config_getenv *env, void *env_owner) {
  struct files *files = reading->files;
  files->here_file = find_here(reading);
  files->here_folder = has_yaml(here_folder);
  if (files->here_file) read_path(reading, str_of(files->here_file));
  if (files->here_folder) read_path(reading, str_of(here_folder));
  warn_of_letters(reading);
  if (files->here_file || files->here_folder) return;
  if (find_default(reading, env, env_owner)) read_path(reading, files->default_folder);
}

/* The home folder from $HOME, or from the system's list of users. ptr NULL: none. */
static struct str find_home(struct reading *reading, config_getenv *env, void *env_owner) {
  const char *home = env(env_owner, "HOME");
  char text[4096];
  size_t size = sizeof text;
  if (home && home[0]) return str_of(home);
  if (uv_os_homedir(text, &size) != 0 || size == 0) return (struct str){NULL, 0};
  struct str copy = arena_dup(&reading->files->arena, str_make(text, size));
  reading->no_memory |= !copy.ptr;
  return copy;
}

/* Sets default_folder. False: there is none, which is reported. */
static bool find_default(struct reading *reading, config_getenv *env, void *env_owner) {
  struct str *folder = &reading->files->default_folder;
  const char *own = env(env_owner, "LITEGINX_CONF_DIR");
#ifdef _WIN32
  const char *base = env(env_owner, "APPDATA");
  bool usable = base && base[0];
#else
  const char *base = env(env_owner, "XDG_CONFIG_HOME");
  bool usable = base && base[0] == '/'; /* relative ones are to be ignored (XDG Base Directory Specification) */
#endif
  if (own && own[0]) {
    *folder = arena_dup(&reading->files->arena, str_of(own));
  } else if (usable) {
    *folder = join(reading, str_of(base), STR("liteginx"));
  } else {
    struct str home = find_home(reading, env, env_owner);
    if (home.ptr) *folder = join(reading, home, STR(".config/liteginx"));
    if (!home.ptr && !reading->no_memory) {
      config_report_add(reading->report, true, (struct config_place){.line = 0},
                        "there is no home folder to look for a configuration in (name a file or a folder)");
    }
  }
  reading->no_memory |= own && own[0] && !folder->ptr;
  return folder->ptr != NULL;
}

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

void files_print(const struct files *files, const struct config_report *report, FILE *to, bool color) {
  for (const struct config_message *message = report->first; message; message = message->next) {
    print_message(message, to, color);
    print_source(message, to, color);
  }
  bool nothing_found = files && files->nothing_found;
  if (!report->show_start && !nothing_found) return;
  fprintf(to, "\nTo start, save these lines as %s, with your own ports (%sor see it work first: liteginx demo):\n\n%s",
          here_file, nothing_found ? "or let 'liteginx init' write them with every key\nexplained; " : "",
          first_config);
}

const char *files_first_config(void) {
  return first_config;
}

static const char *process_getenv(void *owner, const char *name) {
  (void)owner;
  return getenv(name);
}

struct config *files_load_text(const struct config_text *text, FILE *err, bool color) {
  struct config_report report;
  config_report_init(&report);
  struct config *config = config_load(text, 1, process_getenv, NULL, &report);
  files_print(NULL, &report, err, color);
  config_report_free(&report);
  return config;
}

struct config *files_load(const char *const *paths, unsigned count, FILE *err, bool color) {
  struct config_report report;
  struct files files;
  struct config *config = NULL;
  config_report_init(&report);
  for (unsigned i = 0; i < count; i++) {
    bool typed = strcmp(paths[i], "-") == 0 && uv_guess_handle(STDIN) == UV_TTY;
    if (typed)
      fputs("liteginx: waiting for the configuration to be typed here; Ctrl-D on a line of its own ends it\n", err);
  }
  /* What could be read is checked even if something could not: all errors at once. */
  bool complete = files_read(&files, paths, count, process_getenv, NULL, &report);
  if (complete || (files.texts && files.count > 0))
    config = config_load(files.texts, files.count, process_getenv, NULL, &report);
  if (files.here_file || files.here_folder) {
    fprintf(err, "liteginx: the configuration is %s%s%s\n", files.here_file ? files.here_file : "",
            files.here_file && files.here_folder ? " and " : "", files.here_folder ? here_folder : "");
  }
  files_print(&files, &report, err, color);
  files_free(&files);
  config_report_free(&report);
  return config;
}
