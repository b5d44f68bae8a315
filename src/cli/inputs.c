/* Each failure is one sentence in the report that says what to do; the other files are read nevertheless. Two names of one
 * file (a link, a folder and a file in it) are told by device and inode, or where there are none by the name itself. libuv's
 * blocking calls make paths mean the same on all systems. */
#include "liteginx/cli/inputs.h"

#include <stdlib.h>

#include "liteginx/base/filename.h"
#include "liteginx/cli/file.h"
#include "liteginx/config/yaml.h"

enum { INPUTS_BYTES = 1 << 30, LARGEST = YAML_MAX_BYTES, STDIN = 0, RETRY_MS = 5 };

struct inputs_entry {
  struct config_text text;
  struct file_id id;
};

static const char *c_path(struct inputs *inputs, struct str path);
static int stat_path(struct inputs *inputs, struct str path, uv_stat_t *stat);
static bool is_known(const struct inputs *inputs, struct str path, struct file_id id);
static bool add_entry(struct inputs *inputs, struct inputs_entry entry);
static int read_folder(struct inputs *inputs, struct str folder);
static bool read_folder_entry(struct inputs *inputs, struct str folder, struct str name);
static void read_file(struct inputs *inputs, struct str path, const uv_stat_t *stat);
static void read_standard_input(struct inputs *inputs);
static void report_error(struct inputs *inputs, struct str path, const char *message);
static void report_code(struct inputs *inputs, struct str path, int code, bool folder);

void inputs_init(struct inputs *inputs, struct config_report *report) {
  *inputs = (struct inputs){.report = report};
  arena_init(&inputs->arena, NULL, INPUTS_BYTES);
}

void inputs_free(struct inputs *inputs) {
  arena_reset(&inputs->arena);
}

int inputs_add(struct inputs *inputs, struct str path) {
  uv_stat_t stat;
  if (str_eq(path, STR("-"))) {
    read_standard_input(inputs);
    return 0;
  }
  int code = stat_path(inputs, path, &stat);
  if (code == UV_ENOENT || code == UV_ENOTDIR) return code;
  if (code == 0 && file_kind(&stat) == FILE_FOLDER) return read_folder(inputs, path);
  if (code == 0) {
    read_file(inputs, path, &stat);
  } else {
    report_code(inputs, path, code, false);
  }
  return 0;
}

void inputs_report(struct inputs *inputs, struct str path, int code) {
  if (code != UV_EOF) {
    report_code(inputs, path, code, false);
    return;
  }
  report_error(inputs, path, "this folder holds no *.yaml or *.yml (put a configuration there, or name another one)");
}

static int by_name(const void *a, const void *b) {
  const struct config_text *left = a, *right = b;
  return str_compare(left->name, right->name);
}

struct config_text *inputs_texts(struct inputs *inputs) {
  struct config_text *texts = arena_alloc(&inputs->arena, inputs->count * sizeof *texts);
  if (!texts || inputs->no_memory) return NULL;
  for (unsigned i = 0; i < inputs->count; i++) texts[i] = inputs->entries[i].text;
  if (inputs->count) qsort(texts, inputs->count, sizeof *texts, by_name);
  return texts;
}

bool inputs_lack(struct inputs *inputs, struct str path) {
  uv_stat_t stat;
  return stat_path(inputs, path, &stat) == 0 && !is_known(inputs, path, file_id(&stat));
}

/* --- paths --- */

/* A NUL-terminated copy, which is what libuv wants. NULL: out of memory. */
static const char *c_path(struct inputs *inputs, struct str path) {
  char *copy = arena_alloc(&inputs->arena, path.len + 1);
  inputs->no_memory |= !copy;
  if (!copy) return NULL;
  memcpy(copy, path.ptr, path.len);
  copy[path.len] = '\0';
  return copy;
}

struct str inputs_join(struct inputs *inputs, struct str folder, struct str name) {
  /* Behind "C:" stands a name in the drive's current folder. */
  char last = folder.len ? folder.ptr[folder.len - 1] : '\0';
  bool separated = filename_separates(last) || (last == ':' && filename_root(folder) == folder.len);
  char between[] = {separated ? '\0' : filename_separator(folder), '\0'};
  struct str joined = arena_printf(&inputs->arena, "%.*s%s%.*s", STR_ARG(folder), between, STR_ARG(name));
  inputs->no_memory |= !joined.ptr;
  return joined;
}

int inputs_stat(const char *path, uv_stat_t *stat) {
  uv_fs_t request;
  int code = uv_fs_stat(NULL, &request, path, NULL);
  *stat = request.statbuf;
  uv_fs_req_cleanup(&request);
  return code;
}

static int stat_path(struct inputs *inputs, struct str path, uv_stat_t *stat) {
  const char *text = c_path(inputs, path);
  return text ? inputs_stat(text, stat) : UV_ENOMEM;
}

/* --- folders --- */

static bool ends_with_nocase(struct str s, struct str suffix) {
  return s.len >= suffix.len && str_eq_nocase(str_from(s, s.len - suffix.len), suffix);
}

static bool is_yaml_name(struct str name) {
  bool ends = ends_with_nocase(name, STR(".yaml")) || ends_with_nocase(name, STR(".yml"));
  return ends && name.ptr[0] != '.';
}

/* Read to its end in any case: libuv 1.44 frees the last entry only then. */
bool inputs_in_folder(const char *folder) {
  uv_fs_t request;
  uv_dirent_t entry;
  bool found = false;
  int code = uv_fs_scandir(NULL, &request, folder, 0, NULL);
  while (code >= 0 && uv_fs_scandir_next(&request, &entry) == 0) found |= is_yaml_name(str_of(entry.name));
  uv_fs_req_cleanup(&request);
  return found;
}

/* One name in a folder. True: it is a file of the configuration. */
static bool read_folder_entry(struct inputs *inputs, struct str folder, struct str name) {
  uv_stat_t stat;
  if (!is_yaml_name(name)) return false;
  struct str path = inputs_join(inputs, folder, name);
  int code = path.ptr ? stat_path(inputs, path, &stat) : UV_ENOMEM;
  if (code != 0) {
    report_code(inputs, path, code, false);
  } else if (file_kind(&stat) == FILE_FOLDER) {
    config_report_add(inputs->report, false, (struct config_place){.file = path},
                      "this folder is not read, whatever its name: only the files beside it are (move its files up, or "
                      "name it too)");
    return false;
  } else {
    read_file(inputs, path, &stat);
  }
  return true;
}

/* As inputs_add. */
static int read_folder(struct inputs *inputs, struct str folder) {
  const char *text = c_path(inputs, folder);
  uv_fs_t request;
  uv_dirent_t entry;
  bool found = false;
  if (!text) return 0;
  int code = uv_fs_scandir(NULL, &request, text, 0, NULL);
  while (code >= 0 && (code = uv_fs_scandir_next(&request, &entry)) == 0) {
    found |= read_folder_entry(inputs, folder, str_of(entry.name));
  }
  uv_fs_req_cleanup(&request);
  if (code != UV_EOF) report_code(inputs, folder, code, true);
  return code == UV_EOF && !found ? UV_EOF : 0;
}

/* --- files --- */

static bool is_known(const struct inputs *inputs, struct str path, struct file_id id) {
  for (unsigned i = 0; i < inputs->count; i++) {
    const struct inputs_entry *entry = &inputs->entries[i];
    if (file_id_equal(entry->id, id) || str_eq(entry->text.name, path)) return true;
  }
  return false;
}

/* False: out of memory. */
static bool add_entry(struct inputs *inputs, struct inputs_entry entry) {
  if (inputs->count == inputs->room) {
    unsigned room = inputs->room ? inputs->room * 2 : 8;
    struct inputs_entry *grown =
        arena_grow(&inputs->arena, inputs->entries, inputs->room * sizeof entry, room * sizeof entry);
    if (!grown) return false;
    inputs->entries = grown;
    inputs->room = room;
  }
  inputs->entries[inputs->count++] = entry;
  return true;
}

static void read_file(struct inputs *inputs, struct str path, const uv_stat_t *stat) {
  if (is_known(inputs, path, file_id(stat))) return;
  if (file_kind(stat) != FILE_REGULAR) {
    report_error(inputs, path,
                 "this is neither a file nor a folder (save the configuration as a file, or send it to --config -)");
    return;
  }
  if (stat->st_size > LARGEST) {
    struct config_place place = {path, 1, 1};
    config_report_add(inputs->report, true, place, "the file has %llu bytes, more than the limit of 1 MiB (split it)",
                      (unsigned long long)stat->st_size);
    return;
  }
  size_t room = (size_t)stat->st_size + 1; /* one more shows a file that grows just now, whatever it ends in */
  char *bytes = arena_alloc(&inputs->arena, room);
  const char *text = c_path(inputs, path);
  struct str name = arena_dup(&inputs->arena, path);
  inputs->no_memory |= !bytes || !name.ptr;
  if (inputs->no_memory) return;
  ssize_t len = file_bytes(text, bytes, room);
  if (len < 0) {
    report_code(inputs, path, (int)len, false);
    return;
  }
  struct inputs_entry entry = {{name, str_make(bytes, (size_t)len)}, file_id(stat)};
  inputs->no_memory |= !add_entry(inputs, entry);
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

static void read_standard_input(struct inputs *inputs) {
  struct inputs_entry entry = {.text.name = STR_INIT("<stdin>")};
  size_t room = (size_t)LARGEST + 1;
  char *bytes = arena_alloc(&inputs->arena, room);
  inputs->no_memory |= !bytes;
  if (!bytes) return;
  ssize_t len = read_input(bytes, room);
  if (len < 0) {
    report_code(inputs, entry.text.name, (int)len, false);
  } else if (len > LARGEST) {
    struct config_place place = {entry.text.name, 1, 1};
    config_report_add(inputs->report, true, place,
                      "standard input has more than the limit of 1 MiB (save it as several files)");
  } else {
    entry.text.text = str_make(bytes, (size_t)len);
    inputs->no_memory |= !add_entry(inputs, entry);
  }
}

/* --- what is wrong --- */

static void report_error(struct inputs *inputs, struct str path, const char *message) {
  config_report_add(inputs->report, true, (struct config_place){.file = path}, "%s", message);
}

static void report_code(struct inputs *inputs, struct str path, int code, bool folder) {
  switch (code) {
  case UV_ENOMEM:
    inputs->no_memory = true;
    return;
  case UV_ENOENT:
    report_error(inputs, path, "no such file or folder (check the path)");
    return;
  case UV_ENOTDIR:
    report_error(inputs, path, "a part of this path is a file, not a folder (check the path)");
    return;
  case UV_EACCES:
  case UV_EPERM:
    report_error(inputs, path,
                 folder ? "permission denied (let this user read and enter the folder)"
                        : "permission denied (let this user read the file, and enter its folders)");
    return;
  default:
    config_report_add(inputs->report, true, (struct config_place){.file = path}, "%s cannot be read: %s",
                      folder ? "the folder" : "the file", uv_strerror(code));
  }
}
